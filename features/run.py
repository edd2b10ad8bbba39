"""How plans are run: Polars' in-memory engine by name, without the optimiser.

The plans here are written in the order in which they should run; on one case the optimiser costs
more than the work. The in-memory engine is part of the promise of equal bits (`features.engine`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_AS_WRITTEN = pl.QueryOptFlags.none()


def collect(plan: pl.LazyFrame) -> pl.DataFrame:
    """One plan, run."""
    return plan.collect(engine="in-memory", optimizations=_AS_WRITTEN)


def collect_all(plans: Mapping[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """Named plans, run side by side."""
    frames = pl.collect_all(list(plans.values()), engine="in-memory", optimizations=_AS_WRITTEN)
    return dict(zip(plans, frames, strict=True))
