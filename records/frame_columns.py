"""One column of a frame: brought to the type of the contract, and the rules its values must keep."""

from __future__ import annotations

from typing import Any

import polars as pl

from records.cells import FIRST_INSTANT, LAST_INSTANT, CellFault, read_text
from records.contract import Column
from records.faults import FaultCode
from records.rules import CONTROLS, FIRST_DAY, LARGEST_INTEGER, LAST_DAY
from records.typed import series

TEXTS = (pl.String, pl.Categorical, pl.Enum)

_FOUND_SCHEMA = pl.Schema({"row": pl.Int64(), "column": pl.String(), "code": pl.String()})


def typed_column(column: Column, given: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """`given` in the type of the column, null where that is impossible; with a fault for each such row."""
    wanted = column.dtype
    by_hand = given.dtype in TEXTS and column.kind not in ("id", "text", "enum")
    if given.dtype == wanted and not (by_hand and column.kind in ("plan", "json")):
        return given, no_faults()
    if by_hand:
        return _read_texts(column, given.cast(pl.String))
    values, refused = readable(column, given)
    return values, faults_where(refused, column.name, "wrong_type")


def readable(column: Column, given: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Values of another type in the type of the column, and where (boolean) that loses something or is a guess."""
    values = pl.Series(column.name, [None] * given.len(), dtype=column.dtype)
    if _lossless(given.dtype, column):
        values = given.cast(column.dtype, strict=False)
    refused = given.is_not_null() & values.is_null()
    if given.dtype.is_decimal() or given.dtype.is_temporal():
        back = values.cast(given.dtype, strict=False)
        refused |= (given.is_not_null() & (back != given)).fill_null(value=True) & given.is_not_null()
        values = values.to_frame().select(pl.when(~refused).then(pl.col(column.name)).alias(column.name)).to_series()
    return values, refused


def _lossless(given: pl.DataType, column: Column) -> bool:
    """Whether values of type `given` can stand for the column's kind without a guess."""
    match column.kind:
        case "id" | "text" | "enum" | "plan" | "json":
            fits = given in TEXTS
        case "timestamp":
            fits = isinstance(given, pl.Datetime) and given.time_zone is not None
        case "money":
            fits = given.is_decimal()
        case "integer":
            fits = given.is_integer()
        case "number":
            fits = given.is_numeric() and not given.is_decimal()
        case "ids" | "codes":
            fits = isinstance(given, pl.List | pl.Array) and given.inner in (*TEXTS, pl.Null)
        case _:
            fits = False
    return fits


def _read_texts(column: Column, given: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """Read each different text with the reader of cells."""
    read = read_text(column)
    texts = given.unique().drop_nulls().sort()
    values: list[Any] = []
    codes: list[str | None] = []
    for text in texts:
        try:
            values.append(read(text))
            codes.append(None)
        except CellFault as fault:
            values.append(None)
            codes.append(fault.code)
    meaning = pl.DataFrame(
        [texts.alias("text"), series(column, values).alias("value"), pl.Series("code", codes, dtype=pl.String)]
    )
    read_rows = given.alias("text").to_frame().join(meaning, on="text", how="left", maintain_order="left")
    faults = read_rows.with_row_index("row").filter(pl.col("code").is_not_null())
    return read_rows["value"].alias(column.name), faults.select(
        pl.col("row").cast(pl.Int64), pl.lit(column.name).alias("column"), "code"
    )


def value_rules(column: Column) -> list[tuple[FaultCode, pl.Expr]]:
    """(code, expression that is true where a typed value breaks the rule), in the order of precedence."""
    value = pl.col(column.name)
    rules: list[tuple[FaultCode, pl.Expr]] = []
    match column.kind:
        case "id" | "text":
            rules = [("bad_text", _bad_text(value)), *_pattern_rule(column, value)]
        case "enum":
            rules = [("not_allowed", ~value.is_in(list(column.values)))]
        case "ids" | "codes":
            rules = _list_rules(column, value)
        case "date":
            rules = [("out_of_range", (value < FIRST_DAY) | (value > LAST_DAY))]
        case "timestamp":
            instant = value.to_physical()
            rules = [("out_of_range", (instant < FIRST_INSTANT) | (instant > LAST_INSTANT))]
        case "number":
            rules = [("not_finite", ~value.is_finite()), *_range_rule(column, value, None)]
        case "integer":
            rules = _range_rule(column, value, LARGEST_INTEGER)
        case "money":
            rules = _range_rule(column, value, None)
    return rules


def _list_rules(column: Column, value: pl.Expr) -> list[tuple[FaultCode, pl.Expr]]:
    element = pl.element()
    if column.values:
        of_elements: list[tuple[FaultCode, pl.Expr]] = [("not_allowed", ~element.is_in(list(column.values)))]
    else:
        of_elements = [("bad_text", _bad_text(element)), *_pattern_rule(column, element)]
    rules: list[tuple[FaultCode, pl.Expr]] = [("wrong_type", element.is_null()), *of_elements]
    return [(code, value.list.eval(bad).list.any()) for code, bad in rules]


def _bad_text(value: pl.Expr) -> pl.Expr:
    return (value.str.len_bytes() == 0) | value.str.contains(CONTROLS)


def _pattern_rule(column: Column, value: pl.Expr) -> list[tuple[FaultCode, pl.Expr]]:
    if not column.full_pattern:
        return []
    return [("bad_pattern", ~value.str.contains(f"^(?:{column.full_pattern})$"))]


def _range_rule(column: Column, value: pl.Expr, limit: int | None) -> list[tuple[FaultCode, pl.Expr]]:
    low = column.minimum if column.minimum is not None else None if limit is None else -limit
    high = column.maximum if column.maximum is not None else limit
    bad = pl.lit(value=False)
    if low is not None:
        bad = bad | (value < low)
    if high is not None:
        bad = bad | (value > high)
    return [("out_of_range", bad)]


def no_faults() -> pl.DataFrame:
    """A frame of faults (row, column, code) without any."""
    return pl.DataFrame(schema=_FOUND_SCHEMA)


def faults_where(mask: pl.Series, column: str, code: FaultCode) -> pl.DataFrame:
    """One fault for every row where `mask` is true."""
    return faults_in(mask.arg_true(), column, code) if mask.any() else no_faults()


def faults_in(rows: pl.Series, column: str, code: FaultCode) -> pl.DataFrame:
    """One fault for every row number in `rows`."""
    return pl.DataFrame({"row": rows.cast(pl.Int64)}).with_columns(
        pl.lit(column, dtype=pl.String).alias("column"), pl.lit(code, dtype=pl.String).alias("code")
    )
