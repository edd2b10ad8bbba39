"""What differs by court area, by industry and by year, kept out of the margin and added in the calibration.

A margin is learnt from the person's own facts alone. Courts differ in severity, trades in hazard, and practice grows
more or less generous over the years: those are shifts of the log-odds that belong to a place and a day, never to a
person. They stand in the record as a step of their own.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from records.regions import region_on

FloatArray = NDArray[np.float64]
YEAR = 365.25
COLUMNS = ("region", "industry", "as_of")


class Place(NamedTuple):
    """Where and when a case is assessed: the court's area under its newest code, the section of industry (None: not
    stated), and the day."""

    region: str
    industry: str | None
    on: date

    @property
    def cell(self) -> str:
        """Area and industry together."""
        return f"{self.region}/{self.industry}"


def place_of(region: str, industry: object, on: date) -> Place:
    """The place of a case: the area under its newest code, so that its history stays one; industry None if not text."""
    return Place(region_on(region, date.max), industry if isinstance(industry, str) else None, on)


class Shift(NamedTuple):
    """Log-odds that the calibration adds for a place, in parts; `total` is their sum in this order.

    `ruled` is what a dated, approved parameter of the rule book adds (`calibration.shift.*`).
    """

    region: float
    industry: float
    cell: float
    trend: float
    ruled: float

    @property
    def total(self) -> float:
        return self.region + self.industry + self.cell + self.trend + self.ruled


NOWHERE = Shift(0.0, 0.0, 0.0, 0.0, 0.0)


class LocalShifts(BaseModel):
    """Shifts in log-odds by area, industry and both together; 0 where a group is unknown or too small.

    `trend` is per year, counted from `trend_from` and no further than `trend_until`: nobody knows for how long a
    trend goes on. `trend_error`: its standard error, log-odds a year.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    regions: dict[str, float] = {}
    industries: dict[str, float] = {}
    cells: dict[str, float] = {}
    trend: float = 0.0
    trend_error: float = 0.0
    trend_from: date | None = None
    trend_until: date | None = None

    @model_validator(mode="after")
    def _dated(self) -> LocalShifts:
        if self.trend and (self.trend_from is None or self.trend_until is None):
            raise ValueError("a trend needs the days between which it runs")
        if self.trend_error < 0:
            raise ValueError("a trend's error must not be below zero")
        return self

    def at(self, place: Place, ruled: float = 0.0) -> Shift:
        """The shift at a place, with what the rules of the day add."""
        return Shift(
            self.regions.get(place.region, 0.0),
            self.industries.get(place.industry or "", 0.0),
            self.cells.get(place.cell, 0.0),
            self.trend * self.years(place.on),
            ruled,
        )

    def years(self, on: date) -> float:
        """Years that the trend has run on a day."""
        if self.trend_from is None or self.trend_until is None:
            return 0.0
        return (min(on, self.trend_until) - self.trend_from).days / YEAR
