"""How often intervals hold what they claim: repeated worlds whose truth is known, four methods on the same draws.

    python -m benchmarks.intervals --worlds 200 --cases 3000 --calibration line
    python -m benchmarks.intervals --worlds 1500 --methods ours

In a world the true chance of a case follows its score along a bent curve, its court area and a hidden cause. The score
is calibrated on `cases` labels (by a line, or by the curve that many events are given), and every method says an
interval for new cases. Claim: it holds the average truth of cases with this prediction, area by area and tenth by tenth
of risk. `own` asks for more than is claimed: the average truth of like cases of the case's own area.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta
from venn_abers import VennAbers

from models.calibration import Calibrator
from models.calibration_fit import fit_calibrator
from models.intervals_fit import Seen, fit_intervals
from models.params import FitParams

Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]
AREAS = 5
MIX = np.linspace(-0.6, 0.6, AREAS)  # areas differ in whom they see
OWN = np.array([-0.2, 0.1, 0.0, 0.2, -0.1])  # and in what becomes of them
HIDDEN = 0.7  # spread of the hidden cause, in log-odds
BOOTSTRAPS = 60
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(31)


def own_truth(score: Floats, area: NDArray[np.int64]) -> Floats:
    """Average truth of cases with this score in this area, over the hidden cause."""
    level = -1.2 + 0.85 * score - 0.08 * score**2 + OWN[area]
    return np.asarray(expit(level[:, None] + HIDDEN * NODES[None, :]) @ (WEIGHTS / WEIGHTS.sum()))


def like_truth(score: Floats) -> Floats:
    """Average truth of cases with this score, over areas and the hidden cause."""
    density = np.exp(-0.5 * (score[:, None] - MIX[None, :]) ** 2)
    of_area = np.stack([own_truth(score, np.full(len(score), area)) for area in range(AREAS)], axis=1)
    return np.asarray((density * of_area).sum(axis=1) / density.sum(axis=1))


def draw(rng: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.int64]]:
    """Scores and areas of n cases."""
    area = rng.integers(0, AREAS, n)
    return rng.normal(MIX[area], 1.0), area


def ours(seen: Seen, new: Floats, **_: object) -> Ends:
    """`models.intervals_fit`."""
    table = fit_intervals(seen, FitParams().intervals)
    found = [table.at(value) for value in new.tolist()]
    return np.array([one.low for one in found]), np.array([one.high for one in found])


def window(seen: Seen, new: Floats, **_: object) -> Ends:
    """Jeffreys' interval of the tenth most like, shifted by the window's mean prediction."""
    place, size = logit(seen.p), max(100, len(seen.p) // 10)
    knots = np.unique(np.quantile(seen.p, np.linspace(0, 1, 41)))
    ends = []
    for knot in logit(knots):
        apart = np.abs(place - knot)
        near = apart <= np.partition(apart, size - 1)[size - 1]
        events, cases = seen.y[near].sum(), near.sum()
        both = beta.ppf([0.05, 0.95], events + 0.5, cases - events + 0.5)
        ends.append(expit(knot + logit(both) - logit(seen.p[near].mean())))
    low, high = np.array(ends).T
    return np.interp(new, knots, low), np.interp(new, knots, high)


def venn_abers(seen: Seen, new: Floats, **_: object) -> Ends:
    """The two probabilities of the inductive Venn-Abers predictor."""
    predictor = VennAbers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor.fit(p_cal=np.column_stack([1 - seen.p, seen.p]), y_cal=seen.y)
        _, both = predictor.predict_proba(np.column_stack([1 - new, new]))
    return both[:, 0], both[:, 1]


def bootstrap(
    seen: Seen, new: Floats, *, rng: np.random.Generator, refit: Callable[[NDArray[np.int64]], Floats], **_: object
) -> Ends:
    """Percentiles of the calibration fitted again on resampled cases."""
    found = [refit(rng.integers(0, len(seen.p), len(seen.p))) for _ in range(BOOTSTRAPS)]
    low, high = np.quantile(found, [0.05, 0.95], axis=0)
    return low, high


METHODS: dict[str, Callable[..., Ends]] = {
    "ours": ours, "window": window, "Venn-Abers": venn_abers, "bootstrap": bootstrap
}  # fmt: skip


def worlds(
    count: int, cases: int, params: FitParams, seed: int, methods: Sequence[str]
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Per world and method, rows (new case): claim held, own area's truth held, width."""
    fixed = np.random.default_rng(seed)
    new, area = draw(fixed, 400)
    like, own = like_truth(new), own_truth(new, area)
    for world in range(count):
        rng = np.random.default_rng([seed, world])
        score, where = draw(rng, cases)
        y = (rng.random(cases) < own_truth(score, where)).astype(np.float64)

        def fitted(rows: NDArray[np.int64], score: Floats = score, y: Floats = y) -> Calibrator:
            return fit_calibrator(score[rows], y[rows], "made", params)

        calibrator = fitted(np.arange(cases))
        seen = Seen(calibrator.apply(score), y, "made", calibrator.worth)
        found = {}
        for name in methods:
            low, high = METHODS[name](
                seen, calibrator.apply(new), rng=rng, refit=lambda rows, f=fitted: f(rows).apply(new)
            )
            held = [(low <= true) & (true <= high) for true in (like, own)]
            found[name] = np.column_stack([*held, high - low]).astype(np.float64)
        yield found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--calibration", choices=("line", "curve"), default="line")
    parser.add_argument("--seed", type=int, default=20260401)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    given = parser.parse_args()
    # A curve needs this many events: more than any world has, or none.
    params = replace(FitParams(), isotonic_min_events=10**9 if given.calibration == "line" else 1)
    new, area = draw(np.random.default_rng(given.seed), 400)
    tenth = np.argsort(np.argsort(new)) * 10 // len(new)
    kept = list(worlds(given.worlds, given.cases, params, given.seed, given.methods))
    out = sys.stdout
    out.write(
        f"{given.worlds} worlds, {given.cases} calibration cases, calibrated by a {given.calibration}; claim 0.90\n"
    )
    for name in given.methods:
        all_ = np.stack([one[name] for one in kept])
        held, own, width = all_.mean(axis=0).T
        error = all_[:, :, 0].mean(axis=1).std() / np.sqrt(given.worlds)
        out.write(f"{name}: held {held.mean():.3f} (se {error:.3f}), own {own.mean():.3f}, width {width.mean():.4f}\n")
        out.write("  by area:  " + " ".join(f"{held[area == a].mean():.3f}" for a in range(AREAS)) + "\n")
        out.write("  own area: " + " ".join(f"{own[area == a].mean():.3f}" for a in range(AREAS)) + "\n")
        out.write("  by tenth: " + " ".join(f"{held[tenth == t].mean():.3f}" for t in range(10)) + "\n")


if __name__ == "__main__":
    main()
