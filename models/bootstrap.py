"""Intervals of a probability's figures by drawing debtors with replacement.

A debtor's cases stand or fall together, so debtors are drawn, not cases: a draw is a whole number of times each debtor
counts. Every figure is therefore written once for weighted cases, on orders made once; 400 draws of 50,000 cases take
seconds. Percentile intervals (Efron & Tibshirani 1993, ch. 13). The ECE of a sample is biased upwards, and so is its
interval: read it beside `ece_if_true`, what honest probabilities would show on as many cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.auc import Interval
from models.metrics import calibration_line, ece

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FIGURES: Final = (
    "auc", "gini", "ks", "pr_auc", "brier", "log_loss", "calibration_slope", "calibration_intercept", "ece",
    "mean_difference",
)  # fmt: skip
_EDGE = 1e-12


def debtor_weights(debtors: Sequence[str] | NDArray[np.str_], draws: int, seed: int) -> Iterator[FloatArray]:
    """`draws` times the number of times each case counts, (n,), when its debtor is drawn with replacement."""
    _, code = np.unique(np.asarray(debtors), return_inverse=True)
    count = int(code.max()) + 1 if len(code) else 0
    random = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(random.integers(0, count, count), minlength=count)[code].astype(np.float64)


def interval_of(value: float, drawn: Sequence[float] | FloatArray, level: float = 0.95) -> Interval:
    """`value` with standard deviation and percentile interval of its bootstrap draws (NaN ones left out)."""
    found = np.asarray(drawn, dtype=np.float64)
    found = found[~np.isnan(found)]
    if len(found) < 2:
        return Interval(value, float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(value, float(found.std(ddof=1)), low, high)


def figure_intervals(
    y: FloatArray, p: FloatArray, debtors: Sequence[str] | NDArray[np.str_], *, draws: int, seed: int
) -> dict[str, Interval]:
    """Every figure of `FIGURES` for probabilities p (n,) and outcomes y (n,), with its interval over debtors.

    ValueError when one of the outcomes is absent.
    """
    if not 0 < y.sum() < len(y):
        raise ValueError("figures need both outcomes")
    figures = WeightedFigures.of(y, p)
    value = figures.at(np.ones(len(y)))
    drawn = [figures.at(weights) for weights in debtor_weights(debtors, draws, seed)]
    return {name: interval_of(value[name], [one[name] for one in drawn]) for name in FIGURES}


def paired_intervals(
    y: FloatArray,
    first: FloatArray,
    second: FloatArray,
    debtors: Sequence[str] | NDArray[np.str_],
    *,
    draws: int,
    seed: int,
) -> dict[str, Interval]:
    """First minus second, on the same draws of debtors: mean differences of Brier score and log loss."""
    gaps = {
        "brier": (first - y) ** 2 - (second - y) ** 2,
        "log_loss": _losses(y, first) - _losses(y, second),
    }
    weights = list(debtor_weights(debtors, draws, seed))
    return {
        name: interval_of(float(gap.mean()), [float(w @ gap / w.sum()) for w in weights]) for name, gap in gaps.items()
    }


def ece_if_true(p: FloatArray, *, bins: int = 10, draws: int = 100, seed: int = 0) -> float:
    """The mean ECE that probabilities p (n,) would show if they were the true ones: what is due to chance alone."""
    random = np.random.default_rng(seed)
    return float(np.mean([ece((random.random(len(p)) < p).astype(np.float64), p, bins) for _ in range(draws)]))


@dataclass(frozen=True)
class WeightedFigures:
    """Cases in the order of their probability, with the starts of ties and of ten bins of equal count."""

    y: FloatArray
    p: FloatArray
    order: IntArray
    ties: IntArray
    bins: IntArray
    logit: FloatArray
    loss: FloatArray
    line: tuple[float, float]

    @classmethod
    def of(cls, y: FloatArray, p: FloatArray, bins: int = 10) -> WeightedFigures:
        """Lay out outcomes y (n,) and probabilities p (n,), once for all draws."""
        order = np.argsort(p, kind="stable")
        y, p = np.asarray(y, dtype=np.float64)[order], np.asarray(p, dtype=np.float64)[order]
        starts = np.cumsum([0, *(len(part) for part in np.array_split(order, min(bins, len(p))))])[:-1]
        safe = np.clip(p, _EDGE, 1 - _EDGE)
        varied = float(p.std()) > 0
        return cls(
            y=y,
            p=p,
            order=order,
            ties=np.flatnonzero(np.r_[True, np.diff(p) > 0]),
            bins=starts,
            logit=np.log(safe / (1 - safe)),
            loss=_losses(y, p),
            line=calibration_line(y, p) if varied else (float("nan"), float("nan")),
        )

    def at(self, weights: FloatArray) -> Mapping[str, float]:
        """All figures when case i counts weights[i] times (weights (n,) in the order first given).

        What needs both outcomes is NaN where one is absent.
        """
        w = weights[self.order]
        total, bad = float(w.sum()), w * self.y
        mass, events = np.add.reduceat(w, self.ties), np.add.reduceat(bad, self.ties)
        found = dict.fromkeys(FIGURES, float("nan"))
        gap = w @ (self.p - self.y)
        in_bins = np.abs(np.add.reduceat(w * (self.p - self.y), self.bins)).sum()
        found |= {
            "brier": float(w @ (self.p - self.y) ** 2 / total),
            "log_loss": float(w @ self.loss / total),
            "ece": float(in_bins / total),
            "mean_difference": float(gap / total),
        }
        m = float(events.sum())
        n = total - m
        if m == 0 or n == 0:
            return found
        fine = mass - events
        area = float(np.sum(events * (np.cumsum(fine) - fine / 2)) / (m * n))
        # Average precision, from the riskiest down.
        hit, called = np.cumsum(events[::-1]), np.cumsum(mass[::-1])
        precision = np.divide(hit, called, out=np.zeros_like(hit), where=called > 0)
        slope, intercept = self._line(w)
        found |= {
            "auc": area,
            "gini": 2 * area - 1,
            "ks": float(np.max(np.abs(np.cumsum(events) / m - np.cumsum(fine) / n))),
            "pr_auc": float(np.sum(events[::-1] * precision) / m),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        }
        return found

    def _line(self, w: FloatArray) -> tuple[float, float]:
        """Weighted logistic line by Newton's method from the line of all cases, which is never far."""
        slope, level = self.line
        for _ in range(8):
            q = 1 / (1 + np.exp(-(level + slope * self.logit)))
            g = w * (self.y - q)
            h = w * q * (1 - q)
            h01, h11 = float(h @ self.logit), float(h @ self.logit**2)
            h00 = float(h.sum())
            det = h00 * h11 - h01 * h01
            if not det > 0:
                return float("nan"), float("nan")
            g0, g1 = float(g.sum()), float(g @ self.logit)
            d0, d1 = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
            slope, level = slope + d1, level + d0
            if abs(d0) + abs(d1) < 1e-8:
                break
        return slope, level


def _losses(y: FloatArray, p: FloatArray) -> FloatArray:
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(-(y * np.log(safe) + (1 - y) * np.log(1 - safe)), dtype=np.float64)
