"""Short form for facts: what gates, routes and warnings read, never a model."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from features.indicator import Dimension, Indicator, Missing, Part


def fact(  # noqa: PLR0917
    id_: str,
    zh: str,
    en: str,
    basis: str,
    parts: Mapping[str, Part],
    combine: pl.Expr,
    *,
    dimension: Dimension = "willingness",
    unit: str = "0/1",
    window: str = "as-of",
    minimum: float | None = 0,
    maximum: float | None = 1,
    missing: Missing = "unknown",
    steps: Mapping[str, pl.Expr] | None = None,
) -> Indicator:
    """An indicator that may not be scored and bears no direction."""
    return Indicator(
        id=id_,
        zh=zh,
        en=en,
        dimension=dimension,
        unit=unit,
        window=window,
        minimum=minimum,
        maximum=maximum,
        success=0,
        redefault=0,
        missing=missing,
        basis=basis,
        parts=parts,
        combine=combine,
        review=f"核对“{zh}”所依据的记录",
        scored=False,
        steps=steps or {},
    )
