"""The points card (动态积分): a published table that anyone can add up by hand.

How a case is scored
--------------------
1. For each indicator find the bin of its value; the table gives its points, to a tenth (they may be negative).
2. Add the points of each dimension. A sum below 0 counts as 0 and a sum above the dimension's share counts as the
   share (扣完为止，不超过满分); the difference is shown as that dimension's own line, the *cap*.
3. Add the three dimensions: the total, 0 to 100. So total = sum of indicator points + sum of caps, exactly: all sums
   are of whole tenths.
4. ln(odds of no re-default within 12 months) = intercept + slope x total, fitted once and stored;
   `points_to_double` points double the odds.

How the points were made: see `models.scorecard_fit`. This module only reads the table, so scoring needs no
optimiser and gives the same bits for one case and for a million.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from models.binning import bin_numbers
from models.faults import PredictFault
from models.log_odds import logistic

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ONE_SCALE = "all"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class CardBin(_Model):
    """One bin: cases without and with re-default it held, its weight of evidence and its points in tenths."""

    good: int
    bad: int
    woe: float
    tenths: int


class CardIndicator(_Model):
    """One indicator of the card. Bin i holds cuts[i-1] <= value < cuts[i]; `missing` and `other` stand beside.

    `other` takes infinite values and values outside [minimum, maximum].
    """

    id: str
    zh: str
    en: str
    dimension: str
    direction: int
    weight: float
    minimum: float | None
    maximum: float | None
    cuts: tuple[float, ...]
    bins: tuple[CardBin, ...]
    missing: CardBin
    other: CardBin

    @model_validator(mode="after")
    def _sound(self) -> CardIndicator:
        if list(self.cuts) != sorted(set(self.cuts)) or len(self.bins) != len(self.cuts) + 1 or not self.cuts:
            raise ValueError("cuts must rise, at least one, and there must be one bin more than cuts")
        steps = [b.tenths - a.tenths for a, b in pairwise(self.bins)]
        if any(step * -self.direction < 0 for step in steps):
            raise ValueError("points move against the indicator's direction")
        return self

    def tenths(self, values: FloatArray) -> IntArray:
        """Points in tenths of values (n,)."""
        numbers = bin_numbers(values, self.cuts, (self.minimum, self.maximum))
        table = np.array([bin_.tenths for bin_ in (*self.bins, self.missing, self.other)], dtype=np.int64)
        found: IntArray = table[numbers]
        return found

    def bin_texts(self) -> tuple[str, ...]:
        """Readable bins in the order of the table: the known ones, missing, other."""
        cuts = [format(cut, ".6g") for cut in self.cuts]
        middle = [f"{a} ≤ x < {b}" for a, b in pairwise(cuts)]
        return (f"x < {cuts[0]}", *middle, f"x ≥ {cuts[-1]}", "缺失", "超出范围")


class Odds(_Model):
    """ln(odds of no re-default) = intercept + slope x total points. `source`: the cases the line was fitted on."""

    slope: float
    intercept: float
    source: str

    @model_validator(mode="after")
    def _rises(self) -> Odds:
        if self.slope <= 0:
            raise ValueError("more points must mean better odds")
        return self

    @property
    def points_to_double(self) -> float:
        """How many points double the odds."""
        return math.log(2.0) / self.slope


class Anchor(_Model):
    """One end of the scale: this quantile of the reference population's totals was put at these points."""

    quantile: float
    points: float


class CardReference(_Model):
    """The stated population the scale stands on, and how its totals lie (quantiles 0, .05, ..., 1)."""

    rule: str
    cases: int
    first: str
    last: str
    total_quantiles: tuple[float, ...]
    grade_shares: dict[str, float]


class Dropped(_Model):
    """An indicator that is not on the card, and why."""

    id: str
    reason: str
    detail: str


class Scorecard(_Model):
    """The whole card. `shares` (points per dimension, summing to 100) is None when there is one scale only."""

    format: int = 1
    outcome: str
    indicators: tuple[CardIndicator, ...]
    shares: dict[str, float] | None
    anchors: tuple[Anchor, Anchor]
    odds: Odds
    reference: CardReference
    dropped: tuple[Dropped, ...]
    cases: int
    events: int

    @model_validator(mode="after")
    def _complete(self) -> Scorecard:
        if not self.indicators or len({item.id for item in self.indicators}) != len(self.indicators):
            raise ValueError("a card needs indicators, each once")
        if unknown := {item.dimension for item in self.indicators} - set(self.full_marks):
            raise ValueError(f"no share is given for dimension {sorted(unknown)}")
        if any(share <= 0 or not float(share * 10).is_integer() for share in self.full_marks.values()):
            raise ValueError("shares must be positive tenths of points")
        return self

    @property
    def indicator_ids(self) -> tuple[str, ...]:
        """Indicators of the card, in the order of the columns of `points`."""
        return tuple(item.id for item in self.indicators)

    @property
    def full_marks(self) -> dict[str, float]:
        """Points each dimension can give; one entry `all` = 100 when the card has no dimensions."""
        return dict(self.shares) if self.shares is not None else {ONE_SCALE: 100.0}

    def points(self, X: pd.DataFrame) -> FloatArray:
        """Points (n, k) of every case and indicator, to a tenth. PredictFault lists every missing column."""
        if absent := [item.id for item in self.indicators if item.id not in X.columns]:
            raise PredictFault([f"indicator '{name}' of the points card is missing from the input" for name in absent])
        columns = [item.tenths(X[item.id].to_numpy(dtype=np.float64)) for item in self.indicators]
        result: FloatArray = np.stack(columns, axis=1) / 10.0
        return result

    def _dimension_tenths(self, points: FloatArray) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
        """Whole tenths per dimension, before and after the cap."""
        tenths = np.rint(points * 10.0).astype(np.int64)
        raw, kept = {}, {}
        for name, share in self.full_marks.items():
            chosen = [place for place, item in enumerate(self.indicators) if item.dimension == name]
            raw[name] = tenths[:, chosen].sum(axis=1)
            kept[name] = np.clip(raw[name], 0, round(share * 10))
        return raw, kept

    def dimensions(self, points: FloatArray) -> dict[str, FloatArray] | None:
        """Sub-scores (n,) of the dimensions, each between 0 and its share; None for a card with one scale."""
        if self.shares is None:
            return None
        _, kept = self._dimension_tenths(points)
        return {name: np.asarray(values / 10.0, dtype=np.float64) for name, values in kept.items()}

    def dimension_scores_100(self, points: FloatArray) -> dict[str, FloatArray] | None:
        """Sub-scores (n,) on 0 to 100, as policy tests them: tenths x 10 / share."""
        if self.shares is None:
            return None
        _, kept = self._dimension_tenths(points)
        return {name: np.asarray(values * 10.0 / self.shares[name], dtype=np.float64) for name, values in kept.items()}

    def caps(self, points: FloatArray) -> dict[str, FloatArray]:
        """What the limits 0 and share add to (or take from) each dimension's sum; 0 for most cases."""
        raw, kept = self._dimension_tenths(points)
        return {name: np.asarray((kept[name] - raw[name]) / 10.0, dtype=np.float64) for name in raw}

    def total(self, points: FloatArray) -> FloatArray:
        """Total (n,), 0 to 100: the sum of the dimensions, which is the sum of points and caps."""
        _, kept = self._dimension_tenths(points)
        tenths: IntArray = np.sum(list(kept.values()), axis=0)
        result: FloatArray = tenths / 10.0
        return result

    def probability(self, total: FloatArray) -> FloatArray:
        """Probability (n,) of re-default within 12 months that the total stands for."""
        return np.array([logistic(-value) for value in self.log_odds(total).tolist()], dtype=np.float64)

    def log_odds(self, total: FloatArray) -> FloatArray:
        """ln(odds of no re-default within 12 months), (n,), that the total stands for."""
        return np.asarray(self.odds.intercept + self.odds.slope * total, dtype=np.float64)

    def table(self) -> list[dict[str, Any]]:
        """The published table, one row per bin: indicator, names, dimension, bin text, points, cases, events."""
        return [
            {
                "indicator": item.id,
                "zh": item.zh,
                "en": item.en,
                "dimension": item.dimension if self.shares is not None else None,
                "bin": text,
                "points": bin_.tenths / 10.0,
                "cases": bin_.good + bin_.bad,
                "redefaults": bin_.bad,
            }
            for item in self.indicators
            for text, bin_ in zip(item.bin_texts(), (*item.bins, item.missing, item.other), strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json(to_json())` gives an equal card."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Scorecard:
        """Read a card back; pydantic's ValidationError lists every fault."""
        return cls.model_validate(content, strict=False)
