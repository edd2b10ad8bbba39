"""An interval for one probability: between which rates the true share of cases with a like prediction lies.

Of the calibration cases whose predicted probability was most like this one, so many had the event; reckoned from them
and their neighbours, the true share among cases with this prediction lies between `low` and `high`, with the stated
confidence. It speaks of the average of like cases, not of this one debtor, whose own chance nobody can observe.
Fitted by `models.intervals_fit`; argued in `docs/decisions/0011-intervals-of-like-cases.md`.

The table is plain numbers (JSON) and is read with Python's own arithmetic and `math` one case at a time, so that a
case alone and in a batch has the same bits.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from statistics import NormalDist
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.local import YEAR
from models.log_odds import log_odds, logistic


class Interval(NamedTuple):
    """`low` <= the probability <= `high`, at `level`.

    `events` among the `cases` most like it when calibrating, whose predictions lay from `like_from` to `like_to`.
    `years`: how long after them the case is assessed, for which the interval was widened; None where no days are known.
    """

    low: float
    high: float
    level: float
    cases: int
    events: int
    like_from: float
    like_to: float
    years: float | None


# Log-odds a year beyond which an interval says nothing; far larger ones, in a damaged file, would overflow.
_MOST_DRIFT: Final = 10.0


class Drift(BaseModel):
    """How far the general level may have moved since the calibration cases, whose mean day is `since`.

    Standard errors in log-odds: `trend` a year, for a trend that is carried on and may be off; `level` after one year,
    growing with the root of the years, for what nobody foresees, or for luck that level and trend have in common.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    since: date
    level: float = Field(ge=0, le=_MOST_DRIFT)
    trend: float = Field(ge=0, le=_MOST_DRIFT)

    def years(self, on: date) -> float:
        """Years from the calibration cases to a day, none before them."""
        return max(0, (on - self.since).days) / YEAR

    def error(self, years: float) -> float:
        """Standard error of the level, in log-odds, so many years later."""
        return math.sqrt(self.level**2 * years + (self.trend * years) ** 2)


class IntervalTable(BaseModel):
    """Intervals of one probability on `knots` from 0 to 1, linear between them.

    `low` and `high` do not fall and hold the knot between them; `cases`, `events`, `like_from` and `like_to` tell
    of the calibration cases nearest each knot. `source`: which cases it was fitted on; `calibrated`: how many. The
    table is that of the calibration's own time; `drift`, where days are known, widens it for later cases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    level: float
    knots: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cases: tuple[int, ...]
    events: tuple[int, ...]
    like_from: tuple[float, ...]
    like_to: tuple[float, ...]
    calibrated: int
    source: str
    drift: Drift | None = None

    @model_validator(mode="after")
    def _sound(self) -> IntervalTable:
        if not 0.5 < self.level < 1:
            raise ValueError("level must be above 0.5 and below 1")
        columns = (self.low, self.high, self.cases, self.events, self.like_from, self.like_to)
        if len(self.knots) < 2 or any(len(column) != len(self.knots) for column in columns):
            raise ValueError("knots and their columns must be of one length, at least 2")
        if self.knots[0] != 0 or self.knots[-1] != 1 or not all(a < b for a, b in pairwise(self.knots)):
            raise ValueError("knots must rise from 0 to 1")
        if not all(a <= b for side in (self.low, self.high) for a, b in pairwise(side)):
            raise ValueError("low and high must not fall")
        rows = zip(self.low, self.knots, self.high, strict=True)
        if not all(0 <= low <= knot <= high <= 1 for low, knot, high in rows):
            raise ValueError("low and high must hold the knot between them, within 0 and 1")
        if not all(0 <= k <= n <= self.calibrated and n > 0 for k, n in zip(self.events, self.cases, strict=True)):
            raise ValueError("events must be among the cases, and the cases among those calibrated on")
        if not all(0 <= a <= b <= 1 for a, b in zip(self.like_from, self.like_to, strict=True)):
            raise ValueError("predictions of like cases must run from lower to higher, within 0 and 1")
        return self

    def at(self, probability: float, on: date | None = None) -> Interval:
        """The interval around one probability in [0, 1] of a case assessed on a day; ValueError outside."""
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability lies in 0 to 1, not at {probability}")
        after = min(bisect.bisect_right(self.knots, probability), len(self.knots) - 1)
        before = after - 1
        left, right = self.knots[before], self.knots[after]
        share = (probability - left) / (right - left)
        low = self.low[before] + (self.low[after] - self.low[before]) * share
        high = self.high[before] + (self.high[after] - self.high[before]) * share
        years = None if self.drift is None or on is None else self.drift.years(on)
        if self.drift is not None and years:
            beyond = NormalDist().inv_cdf((1.0 + self.level) / 2.0) * self.drift.error(years)
            low, high = _beyond(probability, low, -beyond), _beyond(probability, high, beyond)
        nearest = before if probability - left <= right - probability else after
        # Rounding of the last bit may not push the probability out of its own interval.
        return Interval(
            min(low, probability),
            min(1.0, max(high, probability)),
            self.level,
            self.cases[nearest],
            self.events[nearest],
            self.like_from[nearest],
            self.like_to[nearest],
            years,
        )

    def of(self, probabilities: Sequence[float], days: Sequence[date] | None = None) -> list[Interval]:
        """The intervals of cases (n,), assessed on `days` (n,) where these are known."""
        if days is None:
            return [self.at(probability) for probability in probabilities]
        return [self.at(probability, on) for probability, on in zip(probabilities, days, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json(to_json())` gives an equal table."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> IntervalTable:
        """Read back; pydantic's ValidationError lists every fault."""
        return cls.model_validate(content, strict=False)


def _beyond(probability: float, end: float, more: float) -> float:
    """An end of an interval moved away from its probability, down or up as the sign of `more` (log-odds) says: the two
    distances are independent errors, so their squares add. Chances of 0 and 1 have no log-odds and stay."""
    if not 0.0 < probability < 1.0 or not 0.0 < end < 1.0:
        return end
    place, apart = log_odds(probability), log_odds(probability) - log_odds(end)
    return logistic(place + math.copysign(math.sqrt(apart * apart + more * more), more))
