"""Turns arrays into rows of the contract's tables: identifiers, times, versions, row order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from data_synth.rng import Bools, Floats, Ints
from records.contract import Column
from records.tables import DATASET_TABLES, TABLES

NEVER = int(np.iinfo(np.int64).min)  # "no day", "no instant": null in a table
_NO_DAY = -100_000  # earlier than any day of the world: NEVER, or some days from it
_DAY = 86_400_000_000
_ZONE = 8 * 3_600_000_000  # Asia/Shanghai; no summer time since 1991

Value = Ints | Floats | Bools | pl.Series | str | int | float | bool | None


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def at(day: Ints, minute: int | Ints = 540) -> Ints:
    """Instant (µs since the epoch) at `minute` of the court-time day; NEVER, or some days from it, is NEVER."""
    moment = day * _DAY + np.asarray(minute, dtype=np.int64) * 60_000_000 - _ZONE
    return np.asarray(np.where(day < 0, NEVER, moment), dtype=np.int64)


def working(day: Ints) -> Ints:
    """The day itself, or the Monday after a weekend (court holidays are not modelled)."""
    weekday = (day + 3) % 7
    return np.asarray(day + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0)), dtype=np.int64)


def debtor_ids(who: Ints) -> pl.Series:
    """Debtor identifiers of debtor numbers."""
    return "D" + pl.Series(who).cast(pl.String).str.zfill(8)


def ids(who: Ints, tag: str, number: int | Ints, missing: Bools | None = None) -> pl.Series:
    """Business identifiers such as D00000001-P3; null where `missing`."""
    names = _numbered(debtor_ids(who), tag, number)
    return names if missing is None else nullify(names, missing)


def _numbered(debtors: pl.Series, tag: str, number: int | Ints) -> pl.Series:
    if isinstance(number, int):
        return debtors + f"-{tag}{number}"
    return debtors + f"-{tag}" + pl.Series(number).cast(pl.String)


def nullify(values: pl.Series, missing: Bools) -> pl.Series:
    """`values` with null where `missing`."""
    if not missing.any():
        return values
    nothing = pl.Series(values.name, [None], dtype=values.dtype).new_from_index(0, values.len())
    return values.zip_with(pl.Series(~missing), nothing)


def coded(codes: Ints, values: Sequence[str]) -> pl.Series:
    """Texts by position in `values`; a negative code is null."""
    # Indexing, here and below, not `gather`: that one asks the query engine, and does so thousands of times a part.
    return pl.Series([*values, None], dtype=pl.String)[np.where(codes < 0, len(values), codes)]


def _typed(value: Value, column: Column, size: int) -> pl.Series:
    if value is None or isinstance(value, str | int | float | bool):
        series = pl.Series([value]).new_from_index(0, size)
    elif isinstance(value, pl.Series):
        series = value
    else:
        series = pl.Series(value)
    if isinstance(value, np.ndarray) and value.dtype == np.int64:
        series = nullify(series, value < _NO_DAY if column.kind == "date" else value == NEVER)
    elif isinstance(value, np.ndarray) and value.dtype == np.float64:
        series = nullify(series, np.isnan(value))
    if column.kind == "date":
        series = series.cast(pl.Int32).cast(pl.Date)
    elif column.kind == "money":
        return series.cast(pl.Float64)  # `add` rounds all of a table at once
    return series.cast(column.dtype)


@dataclass
class Sheet:
    """Collects rows of all tables for one set of debtors. Rows that become known after
    `last` (µs) are left out: nobody has observed them. `region` gives the area codes of debtors (their
    positions) on days."""

    who: Ints
    region: Callable[[Ints, Ints], pl.Series]
    last: int
    parts: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    debtor: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        self.debtor = debtor_ids(self.who)

    def add(
        self,
        table: str,
        known: Ints,
        *,
        tag: str,
        number: int | Ints = 0,
        version: int = 1,
        source: str | pl.Series = "case_system",
        rows: Bools | None = None,
        take: Ints | None = None,
        corrects: int | None = None,
        **columns: Value,
    ) -> None:
        """Add one version of rows. `take` (n,) maps rows to debtors of the sheet (default: one
        row a debtor); `known` (n,) is their instant of knowledge; `rows` (n,) picks rows;
        `corrects` is the version that this one corrects. Columns left out are null."""
        contract = TABLES[table]
        place = np.arange(self.who.size) if take is None else take
        keep = (known != NEVER) & (known <= self.last)
        if rows is not None:
            keep &= rows
        if not keep.any():
            return
        kept = np.flatnonzero(keep)
        number_of = number if isinstance(number, int) else number[kept]
        known, place = known[kept], place[kept]
        size = kept.size
        debtor = self.debtor[place]
        business = debtor if contract.business_id == "debtor_id" else _numbered(debtor, tag, number_of)
        data: dict[str, pl.Series] = {}
        given: dict[str, Value] = {
            "row_id": business + f".{version}",
            "supersedes_id": None if corrects is None else business + f".{corrects}",
            "debtor_id": debtor,
            "region_code": self.region(place, (known + _ZONE) // _DAY),
            "source_system": source if isinstance(source, str) else source[kept],
            "ingested_at": known - 20 * 60_000_000,
            "known_at": known,
            contract.business_id: business,
        }
        for name, value in columns.items():
            contract.column(name)
            if isinstance(value, pl.Series | np.ndarray):
                given[name] = value[kept]
            else:
                given[name] = value
        for column in contract.columns:
            data[column.name] = _typed(given.get(column.name), column, size).alias(column.name)
        money = [
            pl.col(column.name).round(2).cast(column.dtype) for column in contract.columns if column.kind == "money"
        ]
        self.parts.setdefault(table, []).append(pl.DataFrame(data).with_columns(money))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every dataset table in canonical row order (debtor, known_at, row_id)."""
        return merge([{name: pl.concat(frames) for name, frames in self.parts.items()}])


def merge(sheets: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """All rows of several sheets, canonical row order; a table without rows is an empty frame."""
    merged: dict[str, pl.DataFrame] = {}
    for name in DATASET_TABLES:
        frames = [sheet[name] for sheet in sheets if name in sheet and sheet[name].height]
        frame = pl.concat(frames) if frames else TABLES[name].empty()
        merged[name] = frame.sort("debtor_id", "known_at", "row_id")
    return merged
