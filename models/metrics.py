"""How good a probability is: ranking, calibration and use by grade, with intervals where sampling matters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.metrics import average_precision_score, roc_curve

from models.auc import auc_interval
from models.owners import Owners

FloatArray = NDArray[np.float64]
# Probabilities of 0 and 1 have no logarithm; this is far below anything that is published (six decimals).
_EDGE = 1e-12


def ks(y: FloatArray, score: FloatArray) -> float:
    """Kolmogorov-Smirnov distance between the scores of the two classes."""
    false, true, _ = roc_curve(y, score)
    return float(np.max(np.abs(true - false)))


def pr_auc(y: FloatArray, score: FloatArray) -> float:
    """Average precision (area under precision over recall)."""
    return float(average_precision_score(y, score))


def brier(y: FloatArray, p: FloatArray) -> float:
    """Mean squared difference between probability and outcome."""
    return float(np.mean((p - y) ** 2))


def log_loss(y: FloatArray, p: FloatArray) -> float:
    """Mean negative log-likelihood; probabilities are kept 1e-12 away from 0 and 1."""
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    return float(-np.mean(y * np.log(safe) + (1 - y) * np.log(1 - safe)))


def logistic_line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Slope and intercept of an unpenalised logistic regression of y (n,) on one x (n,).

    Newton's method with step halving on x in standard units. Perfectly separated classes have no finite slope; the
    steps then stop at some large one. ValueError when y or x does not vary.
    """
    if not 0 < float(y.mean()) < 1 or float(x.std()) == 0:
        raise ValueError("a logistic line needs both outcomes and a varying score")
    centre, width = float(x.mean()), float(x.std())
    z = (x - centre) / width
    slope, level = 0.0, math.log(float(y.mean()) / (1 - float(y.mean())))

    def loss(s: float, c: float) -> float:
        t = c + s * z
        return float(np.sum(np.logaddexp(0.0, t) - y * t))

    value = loss(slope, level)
    for _ in range(50):
        p = 1 / (1 + np.exp(-(level + slope * z)))
        w = np.maximum(p * (1 - p), 1e-12)
        g0, g1 = float(np.sum(y - p)), float(np.sum((y - p) * z))
        h00, h01, h11 = float(w.sum()), float((w * z).sum()), float((w * z * z).sum())
        det = h00 * h11 - h01 * h01
        if det <= 0:
            break
        d0, d1 = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
        step = 1.0
        while step > 1e-6 and loss(slope + step * d1, level + step * d0) > value:
            step /= 2
        slope, level = slope + step * d1, level + step * d0
        if abs(step * d0) + abs(step * d1) < 1e-10 or abs(slope) > 30:
            break
        value = loss(slope, level)
    return slope / width, level - slope * centre / width


def calibration_line(y: FloatArray, p: FloatArray) -> tuple[float, float]:
    """Slope and intercept of outcome on logit(p): 1 and 0 when probabilities are honest."""
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    return logistic_line(np.log(safe / (1 - safe)), y)


def ece(y: FloatArray, p: FloatArray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal numbers of cases."""
    rows = reliability(y, p, bins)
    return float(sum(row["cases"] / len(y) * abs(row["predicted"] - row["observed"]) for row in rows))


def reliability(y: FloatArray, p: FloatArray, bins: int = 10) -> list[dict[str, Any]]:
    """Mean probability and observed rate, with its Wilson interval, in bins of equal numbers of cases."""
    order = np.argsort(p, kind="stable")
    return [
        {"predicted": float(p[part].mean()), "observed": float(y[part].mean()), **_rate(y[part])}
        for part in np.array_split(order, min(bins, len(y)))
    ]


def by_grade(y: FloatArray, grades: Sequence[str], order: Sequence[str] = ("A", "B", "C", "D")) -> list[dict[str, Any]]:
    """Per grade: cases, events, observed rate with its Wilson interval, and lift over the whole. Empty grades stay."""
    labels, names = np.asarray(y, dtype=np.float64), np.asarray(grades)
    base = float(labels.mean())
    rows = []
    for grade in order:
        part = labels[names == grade]
        rate = float(part.mean()) if len(part) else None
        lift = rate / base if rate is not None and base > 0 else None
        rows.append({"grade": grade, "observed": rate, "lift": lift, **_rate(part)})
    return rows


def summary(y: FloatArray, p: FloatArray, owners: Owners | None = None) -> dict[str, Any]:
    """All figures of one probability p (n,) for outcomes y (n,); AUC-type figures None when a class is absent. `owners`
    as for `models.auc.auc_interval`."""
    result: dict[str, Any] = {"cases": len(y), "events": int(y.sum()), "mean_probability": None}
    if len(y) == 0:
        return result
    result |= {"mean_probability": float(p.mean()), "brier": brier(y, p), "log_loss": log_loss(y, p)}
    if 0 < y.sum() < len(y):
        interval = auc_interval(y, p, owners)
        result |= {
            "auc": asdict(interval),
            "gini": 2 * interval.value - 1,
            "pr_auc": pr_auc(y, p),
            "ks": ks(y, p),
            "ece": ece(y, p),
        }
        if float(np.std(p)) > 0:
            slope, intercept = calibration_line(y, p)
            result |= {"calibration_slope": slope, "calibration_intercept": intercept}
    return result


def _rate(part: FloatArray, level: float = 0.95) -> dict[str, Any]:
    n, events = len(part), int(part.sum())
    if n == 0:
        return {"cases": 0, "events": 0, "low": None, "high": None}
    z = float(ndtri(0.5 + level / 2))
    rate = events / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"cases": n, "events": events, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}
