"""A batch of raw rows as Great Expectations sees them: pandas columns, and helper columns for what does
not have the type of the contract. Readings of text here are Polars' own, not those of the row check, so
that the suite stays a second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import polars as pl

from records.contract import Column, Kind, Table
from records.frame_columns import TEXTS, readable
from records.rules import MONEY_TEXT, NUMBER_TEXT

BUCKET: Final = "::bucket"
KNOWN_DAY: Final = "::known_day"

_MONTH_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = f"(?!0000)(?:[0-9]{{4}}-{_MONTH_DAY}|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"

# What the text of a value looks like, exactly (the calendar included).
KIND_TEXTS: Final[Mapping[Kind, str]] = {
    "date": _DAY,
    "timestamp": f"{_DAY}T{_TIME}(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    "money": MONEY_TEXT,
    "integer": "-?(?:0|[1-9][0-9]*)",
    "number": NUMBER_TEXT,
    "flag": "true|false",
}


def text_name(column: str) -> str:
    """Helper column: the values as text, where text stands for another kind."""
    return f"{column}::text"


def given_name(column: str) -> str:
    """Helper column: 1 where a column of another type holds something."""
    return f"{column}::given"


def refused_name(column: str) -> str:
    """Helper column: 1 where a value of another type cannot stand for the column's kind."""
    return f"{column}::refused"


@dataclass(frozen=True)
class SuiteView:
    """`frame`: the columns of the contract that are there, the unknown ones that hold something, and
    `helpers`, the names of the helper columns among them.
    """

    frame: pd.DataFrame
    helpers: frozenset[str]


def view_of(table: Table, raw: pl.DataFrame, buckets: pl.Series) -> SuiteView:
    """The view of `raw`; `buckets`: the bucket of every row (a row_id names one row of a bucket)."""
    columns: dict[str, pl.Series] = {}
    helpers: dict[str, pl.Series] = {BUCKET: buckets}
    for column in table.columns:
        if column.name in raw.columns:
            columns[column.name] = _values(column, raw[column.name], helpers)
        elif column.nullable:
            columns[column.name] = pl.Series([None] * raw.height, dtype=column.dtype)
    if "known_at" in columns:
        helpers[KNOWN_DAY] = columns["known_at"].dt.date()
    for name in raw.columns:
        if name not in table.schema and raw[name].null_count() < raw.height:
            columns[name] = raw[name].is_not_null().cast(pl.Float64)
    frame = pd.DataFrame({name: _pandas(values) for name, values in (columns | helpers).items()})
    return SuiteView(frame, frozenset(helpers))


def _values(column: Column, given: pl.Series, helpers: dict[str, pl.Series]) -> pl.Series:
    if given.dtype == column.dtype:
        return given
    present = given.to_frame("x").select(pl.when(pl.col("x").is_not_null()).then(1.0)).to_series()
    helpers[given_name(column.name)] = present
    if given.dtype in TEXTS and column.kind not in ("id", "text", "enum"):
        text = given.cast(pl.String)
        helpers[text_name(column.name)] = text
        return _read(column, text)
    values, refused = readable(column, given)
    helpers[refused_name(column.name)] = refused.to_frame("x").select(pl.when(pl.col("x")).then(1.0)).to_series()
    return values


def _read(column: Column, text: pl.Series) -> pl.Series:
    """Polars' reading of a text, null where it has none."""
    match column.kind:
        case "date":
            return text.str.to_date("%Y-%m-%d", strict=False)
        case "timestamp":
            plain = text.str.replace("Z$", "+00:00")
            return plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False).dt.convert_time_zone(
                "Asia/Shanghai"
            )
        case "money" | "integer" | "number":
            return text.cast(pl.Float64, strict=False)
        case _:
            return pl.Series([None] * text.len(), dtype=column.dtype)


def _pandas(values: pl.Series) -> Any:
    """A pandas column: text as Python strings (their regular expressions are the contract's), amounts as floats."""
    if values.dtype == pl.String or values.dtype.is_nested():
        return pd.Series(values.to_list(), dtype=object)
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us")).to_pandas()
    if values.dtype == pl.Datetime:  # as UTC: the suite compares instants
        return values.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_pandas()
    if values.dtype.is_numeric():
        number = values.cast(pl.Float64)
        return (
            number.to_frame("x")
            .select(pl.when(pl.col("x").is_nan()).then(float("inf")).otherwise("x"))
            .to_series()
            .to_pandas()
        )
    return values.to_pandas()
