"""Do the grades mean what they say: rates, tests, the reference population's shares, and who changes grade."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.grade_tests import GRADES, migration, rates_by_grade, steps
from models.metrics import by_grade
from models.scorecard import Scorecard
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import Evaluated, Floats, Section
from policy.rules import Rules


def grades(given: Evaluated) -> Section:
    """Grade by points alone on the test period, each against what the card predicts and against the next grade; the
    grade that the trees' probability would give; and the grade of one debtor's later application."""
    held, card = given.held_out(CARD_OUTCOME), given.bundle.scorecard
    if card is None or card.shares is None or not held.usable:
        return Section()
    totals = card.total(card.points(given.frames.X.iloc[held.rows]))
    mine = grades_of(given, totals)
    tested = {
        grade: asdict(one) for grade, one in rates_by_grade(held.y, card.probability(totals), mine.tolist()).items()
    }
    stepped = [asdict(one) for one in steps(held.y, mine.tolist())]
    reference = reference_shares(given, card)
    moves: dict[str, Any] = {"to_later_application": later_grades(given, card)}
    if held.p is not None:
        moves["to_calibrated_probability"] = migration(mine.tolist(), graded_by_odds(given, card, held.p).tolist())
    useful = all(given.settings.share_low <= share <= given.settings.share_high for share in reference.values())
    metrics = {
        "tests": tested,
        "steps": stepped,
        "reference_shares": reference,
        "useful_shares": useful,
        "migration": {name: {k: v for k, v in one.items() if k != "counts"} for name, one in moves.items()},
    }
    observed = {row["grade"]: row for row in by_grade(held.y, mine.tolist())}
    rows = [
        {
            **observed[grade],
            "test": tested.get(grade),
            "reference": reference[grade],
            "share": float((mine == grade).mean()),
        }
        for grade in GRADES
    ]
    tables = {"observed": rows, "steps": stepped, "migration": moves, "useful": useful}
    return Section({"grades": metrics}, tables, _lines(metrics))


def grade_of(total: float, rules: Rules) -> str:
    """Grade by points alone (DT5 before its caps), so that the limits themselves are tested."""
    return next((g for g in ("A", "B", "C") if total >= rules.number[f"grade.limits.{g}"]), "D")


def grades_of(given: Evaluated, totals: Floats) -> NDArray[np.str_]:
    """Grades (n,) of totals (n,) by the limits in force on the last day of the data."""
    limits = given.policy.rules(_last_day(given))
    return np.array([grade_of(total, limits) for total in totals.tolist()], dtype=np.str_)


def graded_by_odds(given: Evaluated, card: Scorecard, p: Floats) -> NDArray[np.str_]:
    """The grade that a probability of re-default (n,) would give: the card's points at those odds, by its own line."""
    safe = np.clip(p, 1e-12, 1 - 1e-12)
    return grades_of(given, (np.log((1 - safe) / safe) - card.odds.intercept) / card.odds.slope)


def reference_shares(given: Evaluated, card: Scorecard) -> dict[str, float]:
    """Share of the reference population in each grade."""
    mine = grades_of(given, card.total(card.points(given.frames.X.loc[given.reference_keys()])))
    return {grade: float((mine == grade).mean()) for grade in GRADES}


def later_grades(given: Evaluated, card: Scorecard) -> dict[str, Any]:
    """From a debtor's grade at one application to that at the next, for all debtors with several."""
    cohort = given.prepared.cohort.select("case_key", "debtor_id", "as_of").to_pandas()
    cohort = cohort.sort_values(["debtor_id", "as_of", "case_key"])
    graded = pd.Series(grades_of(given, card.total(card.points(given.frames.X.loc[cohort["case_key"]]))), cohort.index)
    before = graded.groupby(cohort["debtor_id"]).shift()
    again = before.notna()
    return migration(before[again].tolist(), graded[again].tolist())


def _last_day(given: Evaluated) -> date:
    last: date = given.frames.splits["as_of"].max().date()
    return last


def _lines(metrics: dict[str, Any]) -> tuple[str, ...]:
    rates = ", ".join(f"{grade} {one['observed']:.1%}" for grade, one in metrics["tests"].items())
    unclear = [f"{one['worse']} over {one['better']}" for one in metrics["steps"] if one["p_value"] >= 0.05]
    told = "each clearly riskier than the one above" if not unclear else f"not clearly riskier: {', '.join(unclear)}"
    if absent := [grade for grade in GRADES if grade not in metrics["tests"]]:
        told = f"{told}; without cases: {', '.join(absent)}" if metrics["steps"] else "too few grades to compare"
    shares = ", ".join(f"{grade} {share:.0%}" for grade, share in metrics["reference_shares"].items())
    return (f"re-default by grade: {rates}; {told}; reference population: {shares}",)
