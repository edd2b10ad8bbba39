"""The hazard challenger: person-months by hand, coherent horizons, known hazards recovered, directions kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.calibration import Calibrator
from models.censoring import CENSORED, EXIT, REDEFAULT
from models.faults import FitFault
from models.hazard import HazardModel, fit_hazard, person_months
from models.params import BoosterParams


def test_person_months_by_hand() -> None:
    months = np.array([2, 1, 2, 0, 5])
    cause = np.array([REDEFAULT, CENSORED, EXIT, CENSORED, REDEFAULT])
    case, month, label = person_months(months, cause, 3)
    # Re-defaulted in month 2; clean for one; left in month 2, so followed for one; not at all; clean within three.
    assert list(zip(case.tolist(), month.tolist(), label.tolist(), strict=True)) == [
        (0, 1, 0.0), (0, 2, 1.0), (1, 1, 0.0), (2, 1, 0.0), (4, 1, 0.0), (4, 2, 0.0), (4, 3, 0.0),
    ]  # fmt: skip


def _followed(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Monthly hazard 0.01 to 0.06 by one indicator, exits at 1 % and censoring at any month; the true p12."""
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    rate = 0.01 + 0.05 * x
    event, leave, stop = rng.geometric(rate), rng.geometric(0.01, n), rng.integers(0, 25, n)
    cause = np.where(event <= np.minimum(leave - 1, stop), REDEFAULT, np.where(leave <= stop, EXIT, CENSORED))
    months = np.where(cause == REDEFAULT, event, np.where(cause == EXIT, leave, stop))
    frame = pd.DataFrame({"x": x, "noise": rng.random(n)})
    return frame, months, cause, 1 - (1 - rate) ** 12


@pytest.fixture(scope="module")
def fitted() -> HazardModel:
    frame, months, cause, _ = _followed(6000, 1)
    return fit_hazard(frame, months, cause, [1, 0], BoosterParams(rounds=60), seed=3)


def test_known_hazards_are_recovered_in_spite_of_censoring_and_exits(fitted: HazardModel) -> None:
    frame, _, _, truth = _followed(2000, 2)
    p = fitted.probabilities(frame)
    assert p.shape == (2000, 12)
    assert abs((p[:, 11] - truth).mean()) < 0.02
    assert np.abs(p[:, 11] - truth).mean() < 0.05


def test_six_months_are_never_above_twelve_and_the_direction_holds(fitted: HazardModel) -> None:
    frame, _, _, _ = _followed(500, 4)
    assert (np.diff(fitted.probabilities(frame), axis=1) >= 0).all()
    line = pd.DataFrame({"x": np.linspace(0, 1, 200), "noise": 0.5})
    assert (np.diff(fitted.probabilities(line), axis=0) >= -1e-12).all()


def test_a_calibrator_acts_on_the_monthly_hazard(fitted: HazardModel) -> None:
    frame, _, _, _ = _followed(5, 5)
    flat = Calibrator(method="platt", slope=1e-9, intercept=0.0, cases=1, events=1, source="test")
    even = HazardModel(fitted.booster, fitted.columns, 12, flat)
    assert even.probabilities(frame)[:, 0] == pytest.approx(np.full(5, 0.5), abs=1e-6)
    assert even.probabilities(frame)[:, 1] == pytest.approx(np.full(5, 0.75), abs=1e-6)


def test_cases_without_a_re_default_cannot_be_learnt_from() -> None:
    frame, months, _, _ = _followed(200, 6)
    with pytest.raises(FitFault, match="labels"):
        fit_hazard(frame, months, np.zeros(200, dtype=int), [1, 0], BoosterParams(rounds=5), seed=1)
    some = np.where(np.arange(200) % 5 == 0, REDEFAULT, CENSORED)
    assert fit_hazard(frame, np.maximum(months, 1), some, [1, 0], BoosterParams(rounds=5), seed=1).horizon == 12
