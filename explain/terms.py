"""The models' part of one case's record: margin, contributions, and the calibration as its own step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from explain.contributions import Contributions
from explain.record import ModelTerms
from models.calibration import Calibrator
from models.local import NOWHERE, Shift


def model_terms(
    indicator_ids: Sequence[str],
    explained: Mapping[str, Contributions],
    calibrators: Mapping[str, Calibrator],
    place: int,
    shifts: Mapping[str, Sequence[Shift]] | None = None,
) -> dict[str, ModelTerms]:
    """Terms of the case in row `place` of `explained`, by outcome; `shifts`: what the calibration adds there."""
    terms = {}
    for outcome, part in explained.items():
        margin = float(part.margin[place])
        shift = NOWHERE if shifts is None else shifts[outcome][place]
        terms[outcome] = ModelTerms(
            base=part.base,
            contributions=dict(zip(indicator_ids, part.values[place].tolist(), strict=True)),
            margin=margin,
            calibration=calibration_step(calibrators[outcome], margin, shift),
            probability=calibrators[outcome].probability(margin, shift.total),
        )
    return terms


def calibration_step(calibrator: Calibrator, margin: float, shift: Shift = NOWHERE) -> dict[str, Any]:
    """The step from this margin to its probability, whole enough to be recomputed by hand.

    Of an isotonic curve only the knots on both sides of the margin are told: the whole curve stands in the
    bundle, and a million records need not repeat it. `local` tells what the place and the day add to the log-odds.
    """
    local = {"local": shift._asdict()} if any(shift) else {}
    if calibrator.method == "platt":
        return {"method": "platt", "slope": calibrator.slope, "intercept": calibrator.intercept, **local}
    place = bisect_right(calibrator.x, margin)
    near = slice(max(place - 1, 0), place + 1)
    return {"method": "isotonic", "x": list(calibrator.x[near]), "y": list(calibrator.y[near]), **local}
