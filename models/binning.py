"""Monotone bins of one indicator, found by optbinning, with weights of evidence that never break.

optbinning chooses the cuts (exactly, by constraint programming, in the declared direction). The weights are computed
here, so that empty, pure, missing and unseen values each have a defined weight and the order is kept after smoothing.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.params import CardParams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# A pure side is looked for only in indicators of few values (yes or no, a rank): elsewhere it is chance.
_FEW = 8


@dataclass(frozen=True)
class Binning:
    """Cuts and weights of evidence, ln(share of good / share of bad), of one indicator.

    `cuts` (m,) rise; bin i holds cuts[i-1] <= x < cuts[i]. `woe`, `good`, `bad` (m + 3): the m + 1 bins, then
    missing, then values outside the allowed range or infinite ("other").
    """

    cuts: tuple[float, ...]
    woe: tuple[float, ...]
    good: tuple[int, ...]
    bad: tuple[int, ...]

    @property
    def information(self) -> float:
        """Information value over the known bins and missing; 0 for an indicator that tells nothing."""
        goods, bads = max(sum(self.good), 1), max(sum(self.bad), 1)
        return sum((g / goods - b / bads) * w for g, b, w in zip(self.good, self.bad, self.woe, strict=True))


def bin_numbers(x: FloatArray, cuts: tuple[float, ...], allowed: tuple[float | None, float | None]) -> IntArray:
    """Bin of every value of x (n,): 0 .. len(cuts), then len(cuts) + 1 for missing, len(cuts) + 2 for other."""
    numbers = np.searchsorted(np.asarray(cuts, dtype=np.float64), x, side="right").astype(np.int64)
    low, high = allowed
    outside = np.isinf(x)
    if low is not None:
        outside |= x < low
    if high is not None:
        outside |= x > high
    numbers[outside] = len(cuts) + 2
    numbers[np.isnan(x)] = len(cuts) + 1
    return numbers


def fit_bins(
    x: FloatArray, bad: FloatArray, direction: int, allowed: tuple[float | None, float | None], params: CardParams
) -> Binning:
    """Bins of x (n,) against `bad` (n,), 1 where the debtor re-defaulted.

    `direction` +1: more of it means more re-default; -1: less. An indicator without two usable bins gets no cut and
    weight 0. A missing bin smaller than `min_missing` weighs 0, and not knowing never weighs more than the best known
    bin (otherwise hiding a fact would pay). Values outside the range weigh 0: nothing was learnt of them.
    """
    cuts = _cuts(x, bad, direction, allowed, params)
    while True:
        numbers = bin_numbers(x, cuts, allowed)
        goods = np.bincount(numbers[bad == 0], minlength=len(cuts) + 3)
        bads = np.bincount(numbers[bad == 1], minlength=len(cuts) + 3)
        woe = [_weight(int(g), int(b), goods.sum(), bads.sum()) for g, b in zip(goods, bads, strict=True)]
        # Half-counts may upset the order of two thin neighbours: they are merged until the order holds.
        wrong = [i for i in range(len(cuts)) if (woe[i + 1] - woe[i]) * -direction <= 0]
        if not wrong:
            break
        cuts = tuple(cut for i, cut in enumerate(cuts) if i != wrong[0])
    known = woe[: len(cuts) + 1] if cuts else [0.0]
    seen = int(goods[len(cuts) + 1] + bads[len(cuts) + 1])
    missing = min(woe[len(cuts) + 1], max(known)) if seen >= params.min_missing else 0.0
    return Binning(
        cuts=cuts,
        woe=(*known, missing, 0.0),
        good=tuple(int(v) for v in goods),
        bad=tuple(int(v) for v in bads),
    )


def _cuts(
    x: FloatArray, bad: FloatArray, direction: int, allowed: tuple[float | None, float | None], params: CardParams
) -> tuple[float, ...]:
    usable = bin_numbers(x, (), allowed) == 0
    values, labels = x[usable], bad[usable]
    if len(np.unique(values)) < 2 or len(np.unique(labels)) < 2:
        return ()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        # Imported here: it takes seconds, only training needs it, and it complains on import of solvers we never use.
        warnings.simplefilter("ignore")
        from optbinning import OptimalBinning  # noqa: PLC0415

        found = OptimalBinning(
            dtype="numerical",
            solver="cp",
            monotonic_trend="ascending" if direction > 0 else "descending",
            max_n_bins=params.max_bins,
            min_bin_size=params.min_bin_share,
        ).fit(values, labels.astype(np.int64))
    if len(found.splits):
        return tuple(float(cut) for cut in found.splits)
    return _pure_cut(values, labels, direction, params)


def _pure_cut(values: FloatArray, labels: FloatArray, direction: int, params: CardParams) -> tuple[float, ...]:
    """One cut with only good or only bad cases on a side; optbinning merges such sides away and finds nothing."""
    distinct = np.unique(values)
    least = params.min_bin_share * len(values)
    for cut in ((distinct[1:] + distinct[:-1]) / 2).tolist() if len(distinct) <= _FEW else ():
        left, right = labels[values < cut], labels[values >= cut]
        pure = {float(left.mean()), float(right.mean())} & {0.0, 1.0}
        rises = direction * (right.mean() - left.mean()) > 0
        if pure and rises and min(len(left), len(right)) >= least:
            return (float(cut),)
    return ()


def _weight(good: int, bad: int, goods: int, bads: int) -> float:
    if good + bad == 0:
        return 0.0
    return math.log((good + 0.5) / (goods + 1.0)) - math.log((bad + 0.5) / (bads + 1.0))
