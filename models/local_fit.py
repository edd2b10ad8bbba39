"""Fitting what differs by place and year, with partial pooling (`models.pooling`).

Three times. Before the trees are fitted, the labels alone say how areas, industries and years differ; the trees start
from there, so that they need not guess a court from the facts of its debtors. But such a difference may lie in the
debtors themselves: where incomes are high, few re-default. So the fit period's labels say once more what differs beside
the finished margin. On the calibration period that is estimated again, each shift drawn towards what was found.

A trend needs years to be seen in: it is fitted once, on both periods together (`trend_beside`), and held from there on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.faults import FitFault
from models.intervals import Drift
from models.local import COLUMNS, YEAR, LocalShifts, place_of
from models.params import LocalParams
from models.pooling import AS_GIVEN, FREE, Factor, Pooled, Prior, pool

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_REGRESSION_AREAS: Final = 8  # fewer areas say nothing of what their courts' figures do
_REGRESSION_ERROR: Final = 0.3  # log-odds per standard unit: prior of such a coefficient


@dataclass(frozen=True)
class Places:
    """Rows of X laid out by place: codes (n,) into the names of areas, industries and both together, -1 for none;
    `days` (n,) as day numbers; `figures` (areas, k): courts' figures in standard units, 0 where unknown."""

    areas: tuple[str, ...]
    industries: tuple[str, ...]
    cells: tuple[str, ...]
    area: IntArray
    industry: IntArray
    cell: IntArray
    days: IntArray
    figures: FloatArray

    def take(self, rows: IntArray) -> Places:
        """The places of some rows only."""
        return Places(
            self.areas, self.industries, self.cells,
            self.area[rows], self.industry[rows], self.cell[rows], self.days[rows], self.figures,
        )  # fmt: skip

    def shifts(self, local: LocalShifts) -> FloatArray:
        """Log-odds (n,) that `local` adds to each row."""
        trend = np.zeros(len(self.days))
        if local.trend_from is not None and local.trend_until is not None:
            capped = np.minimum(self.days, local.trend_until.toordinal())
            trend = local.trend * (capped - local.trend_from.toordinal()) / YEAR
        areas, industries, cells = (
            np.array([*(table.get(name, 0.0) for name in names), 0.0])
            for table, names in (
                (local.regions, self.areas),
                (local.industries, self.industries),
                (local.cells, self.cells),
            )
        )
        return np.asarray(areas[self.area] + industries[self.industry] + cells[self.cell] + trend, dtype=np.float64)


def lay_out_places(places: pd.DataFrame, figures: Mapping[str, Sequence[float | None]] | None = None) -> Places:
    """Places of cases: `places` holds `COLUMNS` (as_of zone-aware), one row per row of X, in its order.

    `figures`: courts' figures by area code (`features.courts`). Raises FitFault naming columns that are missing.
    """
    if missing := [name for name in COLUMNS if name not in places.columns]:
        raise FitFault([f"places lack column '{name}'" for name in missing])
    days = [moment.date() for moment in places["as_of"]]
    found = [
        place_of(region, industry, on)
        for region, industry, on in zip(places["region"], places["industry"], days, strict=True)
    ]
    area, areas = _coded([place.region for place in found])
    industry, industries = _coded([place.industry for place in found])
    cell, cells = _coded([None if place.industry is None else place.cell for place in found])
    return Places(
        areas, industries, cells, area, industry, cell,
        np.array([day.toordinal() for day in days], dtype=np.int64), _standard(areas, figures or {}),
    )  # fmt: skip


def drift_of(found: LocalShifts, days: IntArray, told: IntArray, params: LocalParams) -> Drift:
    """How far the level may have moved since the calibration's cases, whose days (n,) are given as day numbers.

    A trend was told by cases of the days `told` (m,), earlier on average, say by g years, and the calibration's own are
    among them: where luck made these too many, it made level and trend too high together. So the level errs, y years
    later, by error of the trend x sqrt(y^2 + 2 g y) more than at its own time. Without a trend it moves as it will.
    """
    since = date.fromordinal(round(float(days.mean())))
    if found.trend_from is None:
        return Drift(since=since, level=params.level_drift, trend=0.0)
    earlier = max(0.0, float(days.mean() - told.mean())) / YEAR
    return Drift(since=since, level=found.trend_error * math.sqrt(2.0 * earlier), trend=found.trend_error)


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float


_UNKNOWN: Final = Estimate(0.0, FREE)


@dataclass(frozen=True)
class LocalFit:
    """A logistic line on the margin with shifts beside it: log-odds = intercept + slope x margin + shift. Without a
    margin the slope is 0 and of no certainty."""

    intercept: float
    slope: Estimate
    shifts: LocalShifts


def first_shifts(y: FloatArray, places: Places, params: LocalParams, *, expected: float | None) -> LocalFit:
    """Shifts from labels y (n,) alone, before any margin: slope 0. `expected`: what is expected of a trend, None for
    none.

    An area with too few cases gets what its court's figures let expect of it, where enough areas tell.
    """
    trend = None if expected is None else Estimate(expected, params.trend_error)
    return _with_figures(y, None, places, params, trend=trend, settled=False)


def trend_beside(y: FloatArray, margin: FloatArray, places: Places, params: LocalParams, expected: float) -> Estimate:
    """The yearly trend of labels y (n,) beside margins (n,), drawn towards the `expected` one; areas and industries
    differ beside it."""
    found = _with_figures(y, margin, places, params, trend=Estimate(expected, params.trend_error), settled=False).shifts
    return Estimate(found.trend, found.trend_error)


def shifts_beside(
    y: FloatArray, margin: FloatArray, places: Places, params: LocalParams, *, trend: Estimate | None
) -> LocalFit:
    """Shifts from labels y (n,) beside margins (n,), drawn towards none, or, for areas, towards what courts' figures
    let expect. `trend` is taken as it was found."""
    return _with_figures(y, margin, places, params, trend=trend, settled=True)


def fit_local(y: FloatArray, margin: FloatArray, places: Places, params: LocalParams, before: LocalFit) -> LocalFit:
    """Line and shifts from labels y (n,) and margins (n,) of cases the margin never saw, drawn towards `before`: the
    slope as far as it is known and may have moved since; the trend is taken as it was found."""
    known = before.shifts
    trend = None if known.trend_from is None else Estimate(known.trend, known.trend_error)
    slope = Estimate(before.slope.value, math.hypot(before.slope.error, params.slope_drift))
    return _fit(y, margin, places, params, known, trend=trend, settled=True, slope=slope).result


def _with_figures(
    y: FloatArray,
    margin: FloatArray | None,
    places: Places,
    params: LocalParams,
    *,
    trend: Estimate | None,
    settled: bool,
) -> LocalFit:
    """Shifts drawn towards none, or, for areas, towards what courts' figures let expect."""
    plain = _fit(y, margin, places, params, None, trend=trend, settled=settled)
    areas = _by_figures(plain.pooled, places, params)
    if areas is None:
        return plain.result
    return _fit(y, margin, places, params, None, trend=trend, settled=settled, areas=areas).result


@dataclass(frozen=True)
class _Fit:
    pooled: Pooled
    result: LocalFit


def _fit(
    y: FloatArray,
    margin: FloatArray | None,
    places: Places,
    params: LocalParams,
    before: LocalShifts | None,
    *,
    trend: Estimate | None,
    settled: bool,
    slope: Estimate = _UNKNOWN,
    areas: FloatArray | None = None,
) -> _Fit:
    """A line on the margin (None: a level alone), whose slope is drawn towards `slope`, with shifts drawn towards
    `before`, or none; a `settled` trend is held, another is drawn towards what is expected of it."""
    earlier = before or LocalShifts()
    origin = earlier.trend_from or date.fromordinal(int(places.days.min()))
    columns, means, errors = [np.ones(len(y))], [0.0], [FREE]
    if margin is not None:
        columns, means, errors = [*columns, margin], [*means, slope.value], [*errors, slope.error]
    if trend is not None:
        columns.append((places.days - origin.toordinal()) / YEAR)
        means.append(trend.value)
        errors.append(AS_GIVEN if settled else trend.error)
    means_of = [
        np.array([table.get(name, 0.0) for name in names])
        for table, names in (
            (earlier.regions, places.areas),
            (earlier.industries, places.industries),
            (earlier.cells, places.cells),
        )
    ]
    if areas is not None:
        means_of[0] = areas
    factors = [
        # A group that holds every case differs from nothing.
        Factor(codes, len(mean), mean, params.min_cases if len(mean) > 1 or codes.min() < 0 else len(y) + 1)
        for codes, mean in zip((places.area, places.industry, places.cell), means_of, strict=True)
    ]
    pooled = pool(y, np.column_stack(columns), Prior(np.array(means), np.array(errors)), factors)
    by_area, by_industry, by_cell = (
        {name: float(effect) for name, effect in zip(names, effects.tolist(), strict=True) if effect != 0.0}
        for names, effects in zip((places.areas, places.industries, places.cells), pooled.effects, strict=True)
    )
    found = trend if trend is None or settled else Estimate(float(pooled.fixed[-1]), float(pooled.fixed_error[-1]))
    until = date.fromordinal(int(places.days.max())) + timedelta(days=round(params.trend_years * YEAR))
    shifts = LocalShifts(
        regions=by_area,
        industries=by_industry,
        cells=by_cell,
        trend=0.0 if found is None else found.value,
        trend_error=0.0 if found is None else found.error,
        trend_from=None if found is None else origin,
        trend_until=None if found is None else until,
    )
    sloped = _UNKNOWN if margin is None else Estimate(float(pooled.fixed[1]), float(pooled.fixed_error[1]))
    return _Fit(pooled, LocalFit(float(pooled.fixed[0]), sloped, shifts))


def _by_figures(found: Pooled, places: Places, params: LocalParams) -> FloatArray | None:
    """What courts' figures let expect of each area (areas,): weighted ridge regression of the areas' own effects."""
    counts = np.bincount(places.area[places.area >= 0], minlength=len(places.areas))
    known = counts >= params.min_cases
    if not places.figures.size or int(known.sum()) < _REGRESSION_AREAS:
        return None
    weight = 1.0 / (np.square(found.errors[0][known]) + found.spreads[0] ** 2)
    design = places.figures[known]
    inside = design.T @ (design * weight[:, None]) + np.eye(design.shape[1]) / _REGRESSION_ERROR**2
    return np.asarray(places.figures @ np.linalg.solve(inside, design.T @ (weight * found.effects[0][known])))


def _coded(names: Sequence[str | None]) -> tuple[IntArray, tuple[str, ...]]:
    """Codes (n,) into the sorted distinct names; -1 for None."""
    known = tuple(sorted({name for name in names if name is not None}))
    place: dict[str | None, int] = {name: number for number, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64), known


def _standard(areas: Sequence[str], figures: Mapping[str, Sequence[float | None]]) -> FloatArray:
    """Figures of the areas (areas, k) with mean 0 and deviation 1; 0 where a figure is unknown or never differs."""
    width = max((len(row) for row in figures.values()), default=0)
    raw = np.array(
        [[np.nan if v is None else v for v in figures.get(area, [None] * width)] for area in areas], dtype=np.float64
    ).reshape(len(areas), width)
    raw = raw[:, np.isfinite(raw).any(axis=0)]
    centred = raw - np.nanmean(raw, axis=0)
    deviation = np.nanstd(raw, axis=0)
    return np.where(np.isfinite(centred) & (deviation > 0), centred / np.where(deviation > 0, deviation, 1.0), 0.0)
