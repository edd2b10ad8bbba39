"""How firm the leading reasons are: under noise in the figures, and when the models are fitted again.

Each refit sees the same history as a bootstrap would draw it, debtor by debtor (a Poisson draw with mean 1, Oza &
Russell 2001), so that a reason which only one sample gives shows. Calibration stays the bundle's own: it only
weighs the two half years.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import pandas as pd

from explain.stability import LEADING, MAJORITY, Calibrated, Stability, held, leading, stability
from models.calibration import Calibrator
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.refits import debtors_of, fitted_outcomes, refitted

MODELS: Final = 4
CASES: Final = 150
RANKING: Final = ("redefault_6", "redefault_7_12")


@dataclass(frozen=True)
class Refitted:
    """The models that rank reasons, fitted again."""

    boosters: Mapping[str, lgb.Booster]
    indicator_ids: Sequence[str]
    calibrators: Mapping[str, Calibrator]


def reasons_stability(given: Evaluated) -> Section:
    """Shares of cases whose reasons would be flagged, and how often each indicator, where it leads, still leads."""
    bundle, X = given.bundle, given.frames.X  # noqa: N806
    if RANKING[0] not in bundle.boosters:
        return Section()
    catalogue = given.prepared.profile.catalogue
    sample = X.loc[sorted(X.index)[:: max(1, len(X) // CASES)], list(bundle.indicator_ids)]
    refits = [refit(given, number) for number in range(MODELS)]
    own = leading(bundle, catalogue, sample)
    again = [leading(model, catalogue, sample) for model in refits]
    noise = []
    for key, row in zip(sample.index, sample.to_numpy(dtype=np.float64).tolist(), strict=True):
        known = {id_: None if isnan(value) else value for id_, value in zip(bundle.indicator_ids, row, strict=True)}
        noise.append(stability(bundle, catalogue, known, str(key)))
    models = [held(first, [other[place] for other in again], MAJORITY) for place, first in enumerate(own)]
    shaken, refitted = told(noise), told(models)
    shown = f"{shaken['flagged']:.1%} under noise, {refitted['flagged']:.1%} over {MODELS} refits"
    return Section(
        {"stability": {"cases": len(sample), "models": MODELS, "noise": shaken, "refits": refitted}},
        {"indicators": by_indicator(noise, models)},
        (f"reasons flagged as not firm: {shown} ({len(sample)} cases)",),
    )


def refit(given: Evaluated, number: int) -> Calibrated:
    """The ranking models on the `number`-th redraw of the debtors that the bundle learnt from."""
    outcomes = fitted_outcomes(given, RANKING)
    debtors = debtors_of(given, outcomes)
    drawn = np.random.default_rng([given.settings.seed, number]).poisson(1.0, len(debtors))
    boosters = refitted(given, outcomes, seed=number, times=pd.Series(drawn, index=debtors))
    return Refitted(boosters, given.bundle.indicator_ids, given.bundle.calibrators)


def told(found: Sequence[Stability]) -> dict[str, float]:
    """`flagged`: share of cases that are not firm; `kept`: how often a leading reason still leads, on average."""
    kept = [share for one in found for share in list(one.kept.values())[:LEADING]]
    return {
        "flagged": float(np.mean([not one.stable for one in found])),
        "kept": float(np.mean(kept)) if kept else 1.0,
    }


def by_indicator(noise: Sequence[Stability], models: Sequence[Stability]) -> list[dict[str, Any]]:
    """Every indicator that leads in some case, the least firm over refits first: in how many cases, and how often it
    still leads there."""
    kept: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for place, found in enumerate((noise, models)):
        for one in found:
            for id_ in list(one.kept)[:LEADING]:
                kept[id_][place].append(one.kept[id_])
    rows = [
        {"indicator": id_, "cases": len(over), "noise": float(np.mean(shaken)), "refits": float(np.mean(over))}
        for id_, (shaken, over) in kept.items()
    ]
    return sorted(rows, key=lambda row: (row["refits"], row["indicator"]))
