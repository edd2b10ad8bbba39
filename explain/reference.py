"""The reference population a value is compared with: the one the points card was scaled on, or its cases like this
one, of the same region and tier, where there are enough."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from models.reference import GRID, GroupReference, IndicatorReference, ReferencePopulation
from models.scorecard import CardIndicator, Scorecard


@dataclass(frozen=True)
class Standing:
    """Where a value stands: shares (0 to 1) of the known values that are lower, and that are not higher."""

    lower: float
    not_higher: float
    median: float


@dataclass(frozen=True)
class Reference:
    """Quantiles of every indicator among the reference cases that know it, all at `shares` (0 to 1, rising).

    `missing` is the share of reference cases in which the indicator is missing; `points` the mean points
    per indicator of the card. Indicators absent from a mapping are not compared. `region` and `tier` say whose these
    cases are (None: all); `groups` are the narrower ones there are.
    """

    shares: tuple[float, ...] = ()
    quantiles: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    region: str | None = None
    tier: str | None = None
    groups: tuple[GroupReference, ...] = ()

    @classmethod
    def of(cls, population: ReferencePopulation, card: Scorecard | None) -> Self:
        """The reference of a bundle. The mean points are those of the cases the card was made from."""
        return cls(
            shares=GRID,
            quantiles=_quantiles(population.indicators),
            missing=_missing(population.indicators),
            points={} if card is None else {item.id: _mean_points(item) for item in card.indicators},
            groups=population.groups,
        )

    def like(self, region: str, tier: str | None) -> Self:
        """The cases like one of this region and tier: of both where there are enough, else of its tier, which says
        more of a debtor than the place, else of its region, else all. Mean points stay those of the whole card."""
        groups = {(group.region, group.tier): group for group in self.groups}
        for wanted in ((region, tier), (None, tier), (region, None)):
            group = groups.get(wanted)
            if group is not None and wanted != (None, None):
                return replace(
                    self,
                    quantiles=_quantiles(group.indicators),
                    missing=_missing(group.indicators),
                    region=group.region,
                    tier=group.tier,
                )
        return self

    def standing(self, indicator: str, value: float) -> Standing | None:
        """Standing of a known value, as finely as the quantiles are spaced; None without a reference."""
        values = self.quantiles.get(indicator)
        if not values:
            return None
        first, last = bisect_left(values, value), bisect_right(values, value)
        lower = self.shares[first] if first < len(values) else 1.0
        not_higher = self.shares[last - 1] if last else 0.0
        if first == last and first not in (0, len(values)):  # between two quantiles: never claim too much
            lower, not_higher = self.shares[first - 1], self.shares[first]
        return Standing(lower, not_higher, values[bisect_left(self.shares, 0.5)])


def _quantiles(known: Mapping[str, IndicatorReference]) -> dict[str, tuple[float, ...]]:
    return {id_: one.quantiles for id_, one in known.items() if one.quantiles}


def _missing(known: Mapping[str, IndicatorReference]) -> dict[str, float]:
    return {id_: one.missing_share for id_, one in known.items()}


def _mean_points(item: CardIndicator) -> float:
    """Mean points of an indicator over the cases its bins hold; whole tenths and counts, so exact until divided."""
    bins = (*item.bins, item.missing, item.other)
    cases = sum(bin_.good + bin_.bad for bin_ in bins)
    return sum((bin_.good + bin_.bad) * bin_.tenths for bin_ in bins) / (10 * cases) if cases else 0.0
