"""Do scores stay the same: over the years, and when only chance is another."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import raw_margin
from models.challengers import straightened
from models.grade_tests import GRADES
from models.stability import agreement, psi, psi_of_shares
from pipeline.sections.evaluated import HEADS, Evaluated, Floats, Section
from pipeline.sections.grades import grades_of
from pipeline.sections.refits import debtors_of, fitted_outcomes, refitted

REFITTED: Final = ("success", "redefault_6")  # months 7-12 are fitted in the same way on fewer cases
LEAST = 50  # cases of a year
FIT: Final = ("fit",)


def score_stability(given: Evaluated) -> Section:
    """PSI of every probability and of the card's points by year against the fit period, the grades' shares by year,
    and refits with other seeds and with other debtors."""
    if given.params.split.mode == "cross_fit":
        return Section()
    years, shares = over_time(given)
    refits = other_fits(given)
    if not years and not refits:
        return Section()
    metrics = {
        "psi": {
            name: max((row["psi"] for row in years if row["score"] == name), default=None) for name in _scores(years)
        },
        "years_shifted": {
            name: sum(row["shifted"] for row in years if row["score"] == name) for name in _scores(years)
        },
        "refits": refits,
    }
    told = "; ".join(
        f"{row['outcome']} with other {row['other']}: rank correlation {row['rank_correlation']:.3f}, "
        f"mean |difference| {row['mean_difference']:.3f}"
        for row in refits
    )
    lines = (f"refits: {told}",) if refits else ()
    return Section({"score_stability": metrics}, {"years": years, "shares": shares, "refits": refits}, lines)


def over_time(given: Evaluated) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of PSI by score and year of as-of, and of grade shares by year, against the fit period."""
    index = given.frames.X.index
    fitted, known = alike(given)
    cohort = given.prepared.cohort.select("case_key", "as_of").to_pandas().set_index("case_key").loc[index]
    year = cohort["as_of"].dt.year.to_numpy()
    of_year = {one: known & (year == one) for one in sorted(set(year.tolist()))}
    later = {one: mine for one, mine in of_year.items() if mine.sum() >= LEAST and not fitted[mine].any()}
    scores = {name: p for name in HEADS if (p := given.probabilities.get(name)) is not None}
    rows: list[dict[str, Any]] = []
    shares: list[dict[str, Any]] = []
    card = given.bundle.scorecard
    if card is not None:
        totals = card.total(card.points(given.frames.X))
        scores["card"] = totals
        mine = grades_of(given, totals)
        base = [int((mine[fitted] == grade).sum()) for grade in GRADES]
        shares.append({"year": None, "cases": int(fitted.sum()), **_shares(base), "psi": None, "limit": None})
        for one, then in later.items():
            counts = [int((mine[then] == grade).sum()) for grade in GRADES]
            moved = psi_of_shares(base, counts)
            shares.append(
                {"year": one, "cases": sum(counts), **_shares(counts), "psi": moved.value, "limit": moved.limit}
            )
    for name, score in scores.items():
        for one, then in later.items():
            found = psi(score[fitted], score[then])
            row = {"score": name, "year": str(one), "cases": int(then.sum()), "psi": found.value}
            rows.append(row | {"limit": found.limit, "shifted": found.shifted})
    return rows, shares


def alike(given: Evaluated) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which cases of X (n,) are of the fit period, and which of any, both of one kind: applications that a court
    decided at its discretion, under the practice that still holds (of a table without decisions: known outcomes).

    Applicants of another kind (withdrawn, excluded by a rule, or granted ones alone) would look like drift.
    """
    splits, index = given.frames.splits, given.frames.X.index
    decided = splits[splits["outcome"] == "success"]
    mine = decided if (decided["split"] == "fit").any() else splits
    fitted, known = mine["split"] == "fit", ~mine["split"].isin(["unlabelled", "other_regime"])
    return index.isin(set(mine.loc[fitted, "case_key"])), index.isin(set(mine.loc[known, "case_key"]))


def other_fits(given: Evaluated) -> list[dict[str, Any]]:
    """Trees with other seeds, and on debtors drawn with replacement, against those with the bundle's own seed."""
    if not given.settings.refits:
        return []
    return [row for outcome in REFITTED if outcome in given.margins for row in refits_of(given, outcome)]


def refits_of(given: Evaluated, outcome: str) -> list[dict[str, Any]]:
    """Two rows, `other` seeds and `other` debtors: how far the probabilities of the test cases agree, mean over fits.

    All learn from the fit period alone and are turned into probabilities by one logistic line on the calibration
    period, so that only the trees differ; the bundle's own, on more cases, are if anything steadier. Empty where one of
    the periods is missing.
    """
    settings, params = given.settings, given.params
    held, splits = given.held_out(outcome), given.frames.splits
    mine = splits[splits["outcome"] == outcome].set_index("case_key").sort_index()
    later = mine[mine["split"] == "calibrate"]
    labels = later["label"].to_numpy(dtype=np.float64)
    if not held.usable or not 0 < labels.sum() < len(labels):
        return []
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806
    tested, on = (X.loc[keys].to_numpy(dtype=np.float64) for keys in (held.keys, later.index))
    outcomes = fitted_outcomes(given, (outcome,))
    debtors = debtors_of(given, outcomes, FIT)

    def probability(seed: int, times: pd.Series | None = None) -> Floats:
        booster = refitted(given, outcomes, seed=seed, times=times, periods=FIT)[outcome]
        threads = params.booster.num_threads
        return straightened(raw_margin(booster, tested, threads), raw_margin(booster, on, threads), labels)

    first = probability(params.seed)
    random = np.random.default_rng(settings.seed)
    numbers = range(1, settings.refits + 1)
    again = {
        "seed": [probability(params.seed + number) for number in numbers],
        "debtors": [probability(params.seed, _drawn(debtors, random)) for _ in numbers],
    }
    rows = []
    for other, fits in again.items():
        found = [asdict(agreement(first, one)) for one in fits]
        mean = {key: float(np.mean([one[key] for one in found])) for key in found[0]}
        rows.append({"outcome": outcome, "other": other, "fits": len(fits), **mean})
    return rows


def _drawn(debtors: pd.Index, random: np.random.Generator) -> pd.Series:
    """How often each debtor comes in a draw with replacement."""
    size = len(debtors)
    return pd.Series(np.bincount(random.integers(0, size, size), minlength=size), index=debtors)


def _scores(years: list[dict[str, Any]]) -> list[str]:
    return sorted({row["score"] for row in years})


def _shares(counts: list[int]) -> dict[str, float]:
    return {grade: count / max(1, sum(counts)) for grade, count in zip(GRADES, counts, strict=True)}
