"""From margin to probability: one monotone step of its own, fitted on cases the margin was not fitted on.

With many events a rising curve, with few a Platt line, with very few only a shift that makes the mean right. The
step is plain numbers (JSON) and is applied with `math.exp` one case at a time: NumPy's exponential gives other last
bits at other vector widths, so a case alone and in a batch could differ.

What differs by court, trade and year is added here too, as a shift of the log-odds that belongs to a place and a day
(`models.local`). Within a place the order of cases is the margin's.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from models.local import LocalShifts
from models.log_odds import log_odds, logistic

FloatArray = NDArray[np.float64]


class Calibrator(BaseModel):
    """A monotone map from margin (log-odds) to probability.

    "platt": p = 1 / (1 + exp(-(intercept + slope x margin))). "isotonic": linear between knots (x rising, y not
    falling), flat outside. `local`: shifts by place and day, added to the log-odds of p. `source`: which cases it was
    fitted on; `note`: why it is simpler than usual, if so; `worth`: for how many free bins of its cases a curve counts
    at most, 0 for a line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    method: Literal["platt", "isotonic"]
    slope: float = 1.0
    intercept: float = 0.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    worth: int = 0
    local: LocalShifts = LocalShifts()
    cases: int
    events: int
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _monotone(self) -> Calibrator:
        if self.method == "platt" and self.slope <= 0:
            raise ValueError("slope must be above zero")
        if self.method == "isotonic":
            rising = all(a < b for a, b in pairwise(self.x))
            steady = all(a <= b for a, b in pairwise(self.y))
            inside = all(0 <= value <= 1 for value in self.y)
            if not (self.x and len(self.x) == len(self.y) and rising and steady and inside):
                raise ValueError("knots must rise in x, not fall in y, and lie within 0 and 1")
        return self

    def apply(self, margin: FloatArray, shifts: Sequence[float] | None = None) -> FloatArray:
        """Probabilities (n,) of margins (n,), each with its place's shift (n,); the same bits for one case or many."""
        values = np.asarray(margin, dtype=np.float64).tolist()
        added = [0.0] * len(values) if shifts is None else shifts
        return np.array(
            [self.probability(value, shift) for value, shift in zip(values, added, strict=True)], dtype=np.float64
        )

    def probability(self, margin: float, shift: float = 0.0) -> float:
        """Probability of one margin at a place whose shift of the log-odds is `shift` (`LocalShifts.at(...).total`)."""
        if self.method == "platt":
            return logistic(self.intercept + self.slope * margin + shift)
        p = self._curve(margin)
        return p if shift == 0.0 or not 0.0 < p < 1.0 else logistic(log_odds(p) + shift)

    def _curve(self, margin: float) -> float:
        place = bisect.bisect_right(self.x, margin)
        if place == 0:
            return self.y[0]
        if place == len(self.x):
            return self.y[-1]
        x0, x1, y0, y1 = self.x[place - 1], self.x[place], self.y[place - 1], self.y[place]
        return min(y1, y0 + (y1 - y0) * ((margin - x0) / (x1 - x0)))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json(to_json())` gives an equal calibrator."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Calibrator:
        """Read back; pydantic's ValidationError lists every fault."""
        return cls.model_validate(content, strict=False)
