"""Values that the readers of cells handed back, put into columns of the contract's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from records.contract import DTYPES, Column, Kind


def series(column: Column, values: Sequence[Any]) -> pl.Series:
    """Typed column of values that `reader(column)` handed back (or None)."""
    return typed(column.kind, values).alias(column.name)


def typed(kind: Kind, values: Sequence[Any]) -> pl.Series:
    """As `series`, for several columns of one kind laid end to end."""
    match kind:
        case "timestamp":
            return pl.Series(values, dtype=pl.Int64()).cast(DTYPES[kind])
        case "money":
            return pl.Series(values, dtype=pl.String()).cast(DTYPES[kind])
        case _:
            return pl.Series(values, dtype=DTYPES[kind])
