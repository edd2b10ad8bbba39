"""The reference population: what a case's values, points and probabilities are compared with, and two warnings.

*Extrapolated*: the models learnt re-default from granted cases only. p(success) is the propensity to be granted, so a
case whose p(success) lies below nearly all granted reference cases is one the re-default models have hardly seen. The
same holds for an indicator that is missing here and never was in training.

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


class IndicatorReference(BaseModel):
    """One indicator in the reference population: quantiles of its known values on `GRID`, and the share missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    quantiles: tuple[float, ...]
    missing_share: float


class ReferencePopulation(BaseModel):
    """The stated population (`rule`, `cases`, first and last as-of) and the two limits that come from it."""

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

    @model_validator(mode="after")
    def _known(self) -> ReferencePopulation:
        if strange := set(self.never_missing) - set(self.indicators):
            raise ValueError(f"never_missing names unknown indicators: {sorted(strange)}")
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
