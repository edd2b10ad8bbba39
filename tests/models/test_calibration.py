from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import logit

from models.calibration import Calibrator
from models.calibration_fit import fit_calibrator
from models.faults import FitFault
from models.horizons import joined_cases, p12
from models.metrics import calibration_line
from models.params import FitParams

PARAMS = FitParams()


def made(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins twice too bold and shifted: the truth is logit(p) = 0.5 margin - 1."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=n) * 2
    y = (rng.random(n) < 1 / (1 + np.exp(-(0.5 * margin - 1)))).astype(float)
    return margin, y


@pytest.mark.parametrize(("n", "method"), [(1300, "platt"), (8000, "isotonic")])
def test_method_follows_from_size_and_probabilities_become_honest(n: int, method: str) -> None:
    calibrator = fit_calibrator(*made(n), "x", PARAMS)
    assert calibrator.method == method
    margin, y = made(20_000, seed=1)
    slope, intercept = calibration_line(y, calibrator.apply(margin))
    assert slope == pytest.approx(1.0, abs=0.15)
    assert intercept == pytest.approx(0.0, abs=0.15)


def bent(n: int, seed: int, bend: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins, labels and the truth logit(p) = margin - 1 + bend x |margin|."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=n)
    true = 1 / (1 + np.exp(-(margin - 1 + bend * np.abs(margin))))
    return margin, (rng.random(n) < true).astype(float), true


def test_the_curve_is_the_line_where_the_line_fits_and_bends_where_the_truth_does() -> None:
    away, worth = {}, {}
    for bend in (0.0, 0.6):
        new, _, true = bent(20_000, 99, bend)
        for name, limit in (("line", 10**9), ("curve", 1)):
            found = [
                fit_calibrator(*bent(8000, seed, bend)[:2], "x", replace(PARAMS, isotonic_min_events=limit))
                for seed in range(8)
            ]
            away[bend, name] = float(np.mean([np.abs(one.apply(new) - true).mean() for one in found]))
            worth[bend, name] = float(np.mean([one.worth for one in found]))
    assert away[0.0, "curve"] < 1.25 * away[0.0, "line"]
    assert away[0.6, "curve"] < 0.5 * away[0.6, "line"]
    # Nine to twelve bins are offered: all count where the truth bends; where it does not, the line's two and one for
    # their spread, and what little chance adds.
    assert 4 <= worth[0.0, "curve"] < 5
    assert worth[0.6, "curve"] == 12
    assert worth[0.0, "line"] == worth[0.6, "line"] == 0


def test_the_curve_follows_the_line_to_its_ends() -> None:
    """Between knots it is linear in probability, which lies above a line in log-odds where chances are small."""
    for seed in range(4):
        margin, y, _ = bent(8000, seed, 0.0)
        curve, line = (
            fit_calibrator(margin, y, "x", replace(PARAMS, isotonic_min_events=limit)) for limit in (1, 10**9)
        )
        assert (curve.method, line.method) == ("isotonic", "platt")
        ends = np.sort(margin)
        for cases in (ends[:160], ends[-160:]):
            apart = logit(curve.apply(cases)) - logit(line.apply(cases))
            assert np.abs(apart).mean() < 0.03


def test_few_events_only_correct_the_mean_and_say_so() -> None:
    margin, y = made(30)
    few = fit_calibrator(margin, y, "x", PARAMS)
    assert few.slope == 1.0
    assert "rarer outcome" in few.note
    assert few.apply(margin).mean() == pytest.approx(y.mean())
    backwards = fit_calibrator(-made(600)[0], made(600)[1], "x", PARAMS)
    assert backwards.slope == 1.0
    assert "was not above zero" in backwards.note
    assert fit_calibrator(*made(600), "x", PARAMS).note == ""
    with pytest.raises(FitFault, match="needs both outcomes, found 0 events among 30"):
        fit_calibrator(margin, np.zeros(30), "x", PARAMS)


@pytest.mark.parametrize("n", [600, 6000])
def test_one_or_many_and_saved_or_not_give_the_same_bits(n: int) -> None:
    calibrator = fit_calibrator(*made(n), "x", PARAMS)
    read_back = Calibrator.from_json(calibrator.to_json())
    assert read_back == calibrator
    margin = made(500, seed=2)[0]
    whole = calibrator.apply(margin)
    assert [read_back.apply(margin[i : i + 1])[0] for i in range(500)] == whole.tolist()
    steps = np.diff(calibrator.apply(np.linspace(-50, 50, 4001)))
    assert (steps >= 0).all()


def test_extreme_margins_stay_probabilities() -> None:
    for calibrator in (fit_calibrator(*made(600), "x", PARAMS), fit_calibrator(*made(6000), "x", PARAMS)):
        low, high = calibrator.apply(np.array([-1e6, 1e6]))
        assert 0 <= low < 0.1
        assert 0.9 < high <= 1 or calibrator.method == "isotonic"


def test_a_curve_that_falls_is_refused() -> None:
    base = {"cases": 1, "events": 1, "source": "x"}
    with pytest.raises(ValidationError, match="not fall in y"):
        Calibrator.from_json({"method": "isotonic", "x": [0, 1], "y": [0.5, 0.4], **base})
    with pytest.raises(ValidationError, match="slope must be above zero"):
        Calibrator.from_json({"method": "platt", "slope": -1, **base})
    assert Calibrator.from_json({"method": "isotonic", "x": [0, 1], "y": [0.4, 0.5], **base}).probability(0.5) == 0.45


def test_isotonic_starts_at_its_limit() -> None:
    margin, y = made(600)
    rarer = int(min(y.sum(), len(y) - y.sum()))
    assert fit_calibrator(margin, y, "x", replace(PARAMS, isotonic_min_events=rarer)).method == "isotonic"
    assert fit_calibrator(margin, y, "x", replace(PARAMS, isotonic_min_events=rarer + 1)).method == "platt"


@given(st.floats(0, 1), st.floats(0, 1))
def test_twelve_months_are_never_below_six(p6: float, q: float) -> None:
    value = float(p12(np.array([p6]), np.array([q]))[0])
    assert p6 <= value <= 1
    assert value == pytest.approx(1 - (1 - p6) * (1 - q))


def test_both_halves_tell_twelve_months_as_surely_as_so_many_cases_watched_throughout() -> None:
    """Drawn again and again, the joined rate varies as the rate of so many cases would."""
    rng = np.random.default_rng(41)
    p6, q, n, m = 0.1, 0.2, 3000, 900
    rates = [float(p12(rng.binomial(n, p6) / n, rng.binomial(m, q) / m)) for _ in range(20_000)]  # type: ignore[arg-type]
    first, second = (np.arange(size) < round(rate * size) for size, rate in ((n, p6), (m, q)))
    cases = joined_cases(first.astype(np.float64), second.astype(np.float64))
    year = p6 + (1 - p6) * q
    assert np.var(rates) == pytest.approx(year * (1 - year) / cases, rel=0.05)
    # Where the second half follows the very cases of the first, they are the cases watched throughout.
    clean = np.arange(2700) < 540
    assert joined_cases(first.astype(np.float64), clean.astype(np.float64)) == pytest.approx(3000)
