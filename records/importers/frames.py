"""Helpers that turn columns of outside layouts into columns of our tables."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from records.contract import DTYPES
from records.identifiers import REGION_NOT_STATED
from records.tables import TABLES

_MONTH_FORMS = r"^\s*(?P<year>\d{4})\s*[年\-/.]\s*(?P<month>\d{1,2})\s*月?\s*$"  # 2014年08月, 2015年8月, 2013-11
_LAST_MOMENT = pl.duration(hours=23, minutes=59, seconds=59)


def month_end(column: str) -> pl.Expr:
    """Last day of a month given as text (2014年08月, 2015年8月, 2013-11); null when it is none."""
    groups = pl.col(column).cast(pl.String).str.extract_groups(_MONTH_FORMS)
    year = groups.struct.field("year").cast(pl.Int32, strict=False)
    month = groups.struct.field("month").cast(pl.Int32, strict=False)
    valid = year.is_between(1949, 2100) & month.is_between(1, 12)
    return pl.date(pl.when(valid).then(year), pl.when(valid).then(month), 1).dt.month_end()


def year_end(column: str, last: date) -> pl.Expr:
    """Last day of a year given as a whole number, `last` for the year of `last`; null when it is none."""
    number = pl.col(column).cast(pl.Float64, strict=False)
    valid = number.is_between(1800, 2100) & (number == number.floor())
    ends = pl.date(pl.when(valid).then(number).cast(pl.Int32, strict=False), 12, 31)
    return pl.when(number == last.year).then(pl.lit(last)).otherwise(ends)


def end_of_day(column: str) -> pl.Expr:
    """23:59:59 court time of a day: what is dated to a day (or to a month's last day) is known when the day is over,
    and at the midnight that follows it is known."""
    moment = pl.col(column).cast(pl.Datetime("us")) + _LAST_MOMENT
    return moment.dt.replace_time_zone("Asia/Shanghai", ambiguous="latest")


def shaped(table: str, rows: pl.DataFrame, source_system: str, moment: datetime) -> pl.DataFrame:
    """Rows as the contract has them: `day` becomes `known_at`, columns that are absent become null.

    `rows` holds row_id, debtor_id, `day` (the day at whose end the row is known) and own columns; raises
    polars errors when a column cannot take the contract's type.
    """
    filled = rows.with_columns(
        end_of_day("day").alias("known_at"),
        pl.lit(source_system).alias("source_system"),
        pl.lit(moment).cast(DTYPES["timestamp"]).alias("ingested_at"),
        *([] if "region_code" in rows.columns else [pl.lit(REGION_NOT_STATED).alias("region_code")]),
    ).drop("day")
    schema = TABLES[table].schema
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in filled.columns]
    return filled.with_columns(absent).select(schema.names()).cast(schema).sort("debtor_id", "known_at", "row_id")
