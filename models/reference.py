"""The reference population: what a case's values, points and probabilities are compared with, and two warnings.

*Extrapolated*: the models learnt re-default from granted cases only. p(success) is the propensity to be granted, so a
case whose p(success) lies below nearly all granted reference cases is one the re-default models have hardly seen. The
same holds for an indicator that is missing here and never was in training.

*Cases like this one*: the same figures within a region, within a tier of conduct, and within both, wherever the
population has enough of them to speak of.

*Disagreement*: the points card and the trees answer the same question (re-default within twelve months). When their
probabilities differ by more than nearly all reference cases' do, a person looks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

FloatArray = NDArray[np.float64]
# Quantiles 0, .05, ..., 1.
GRID = tuple(step / 20 for step in range(21))
# Fewest reference cases that a region or tier is described by: the quantiles step by a twentieth. An assumption.
SMALLEST_GROUP = 100


class IndicatorReference(BaseModel):
    """One indicator in the reference population: quantiles of its known values on `GRID`, and the share missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    quantiles: tuple[float, ...]
    missing_share: float


class GroupReference(BaseModel):
    """The reference cases of one region (None: of all), one tier (None: of all), or one region and tier."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    region: str | None
    tier: str | None
    cases: int
    indicators: dict[str, IndicatorReference]


class ReferencePopulation(BaseModel):
    """The stated population (`rule`, `cases`, first and last as-of), its groups, and the two limits that come from it.

    Bundles made before there were groups have none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    rule: str
    cases: int
    first: str
    last: str
    indicators: dict[str, IndicatorReference]
    probabilities: dict[str, tuple[float, ...]]
    card_total: tuple[float, ...]
    never_missing: tuple[str, ...]
    propensity_quantile: float
    propensity_low: float | None
    disagreement_limit: float | None
    groups: tuple[GroupReference, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> ReferencePopulation:
        if strange := set(self.never_missing) - set(self.indicators):
            raise ValueError(f"never_missing names unknown indicators: {sorted(strange)}")
        if any(set(group.indicators) != set(self.indicators) for group in self.groups):
            raise ValueError("a group describes other indicators than the whole population")
        return self

    def standing(self, indicator: str, value: float) -> float | None:
        """Share of the reference population with a lower known value, in steps of .05; None when all are missing."""
        quantiles = self.indicators[indicator].quantiles
        if not quantiles or math.isnan(value):
            return None
        return max(0, int(np.searchsorted(np.asarray(quantiles), value, side="left")) - 1) / 20

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json(to_json())` gives an equal population."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ReferencePopulation:
        """Read back; pydantic's ValidationError lists every fault."""
        return cls.model_validate(content, strict=False)


def quantile_grid(values: FloatArray) -> tuple[float, ...]:
    """Quantiles on `GRID` of the values that are known; empty when none is."""
    known = values[~np.isnan(values)]
    return tuple(float(v) for v in np.quantile(known, GRID)) if len(known) else ()


def describe_indicators(X: pd.DataFrame) -> dict[str, IndicatorReference]:
    """Reference figures of every column of X (n, k)."""
    found = {}
    for name in X.columns:
        values = X[name].to_numpy(dtype=np.float64)
        found[str(name)] = IndicatorReference(
            quantiles=quantile_grid(values), missing_share=float(np.isnan(values).mean())
        )
    return found


def describe_groups(X: pd.DataFrame, places: pd.DataFrame) -> tuple[GroupReference, ...]:
    """Groups of at least SMALLEST_GROUP cases of X (n, k): by region and tier, by region, by tier, in this order.

    `places` has the same index as X and the columns `region` and `tier`; a missing label is in no group.
    """
    found = []
    for columns in (["region", "tier"], ["region"], ["tier"]):
        for labels, rows in places.groupby(columns, sort=True, dropna=True):
            if len(rows) >= SMALLEST_GROUP:
                told = dict(zip(columns, map(str, labels), strict=True))
                found.append(
                    GroupReference(
                        region=told.get("region"),
                        tier=told.get("tier"),
                        cases=len(rows),
                        indicators=describe_indicators(X.loc[rows.index]),
                    )
                )
    return tuple(found)
