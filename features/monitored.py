"""Months before repair (operating_monthly) and after it (monitoring_monthly), made to fit together.

Sources report operation before an application and the monitoring matrix after a grant. A month that
both know is read from the operating row; monitoring fills the months that have none, so that no
month counts twice.
"""

from __future__ import annotations

import polars as pl

from features.expressions import one_of
from features.source import THIS, Source


def _month(day: str) -> pl.Expr:
    return pl.col(day).dt.year().cast(pl.Int64) * 12 + pl.col(day).dt.month().cast(pl.Int64)


_MONTH = _month("period_end")
_LAG = (_month("as_of_day") - _MONTH).alias("lag")
_KEY = ("case_at", "month")
_KEYS = (pl.col("case_at"), _MONTH.alias("month"))
_YEAR_BEFORE = (pl.col("case_at"), (pl.col("month") - 12).alias("month"))
_YEAR_ON_YEAR = pl.col("fills") & pl.col("m01_sales_yoy").is_not_null()
_TRUE, _FALSE = pl.lit(True), pl.lit(False)

_TOLD = THIS & (pl.col("quality_flag") != "missing")
_NEWEST_MONTH = pl.col("month_index").filter(_TOLD).max().over("case_at")
_NEWEST_ROW = pl.col("row_id").filter(_TOLD & (pl.col("month_index") == _NEWEST_MONTH)).max().over("case_at")
_OWN = (
    pl.col("case_at", "m01_sales_yoy"),
    THIS.alias("this_application"),
    _MONTH.alias("month"),
    (pl.col("row_id") == _NEWEST_ROW).fill_null(False).alias("newest"),
    _LAG,
    (pl.col("row_id") == pl.col("row_id").max().over("case_at", _MONTH)).alias("fills"),
)
_OF_UNIT = one_of("subject_type", "enterprise", "individual_business", "other_unit").alias("of_unit")


def operating(source: Source) -> pl.LazyFrame:
    """`lag` and `base` of each operating row."""
    rows = source.need("operating_monthly")
    if source.rows("monitoring_monthly") is None:
        return rows.select(_LAG, _FALSE.alias("base"))
    later = _filling(source).filter(_YEAR_ON_YEAR).select(_YEAR_BEFORE).unique().with_columns(_TRUE.alias("base"))
    joined = rows.select(*_KEYS, _LAG).join(later, on=_KEY, how="left", maintain_order="left")
    return joined.select("lag", pl.col("base").fill_null(False))


def months(source: Source) -> pl.LazyFrame:
    """`this_application`, `newest`, `lag`, `fills` and `of_unit` of each monitoring row."""
    rows, debtors = _filling(source), source.rows("debtors")
    if debtors is None:
        rows = rows.with_columns(_FALSE.alias("of_unit"))
    else:
        rows = rows.join(debtors.select("case_at", _OF_UNIT), on="case_at", how="left", maintain_order="left")
    return rows.select("this_application", "newest", "lag", "fills", pl.col("of_unit").fill_null(False))


def _filling(source: Source) -> pl.LazyFrame:
    """Monitoring rows with what they say of themselves; `fills` where no operating row of the month is known."""
    rows, known = source.need("monitoring_monthly").select(_OWN), source.rows("operating_monthly")
    if known is None:
        return rows
    covered = known.select(_KEYS).unique().with_columns(_TRUE.alias("covered"))
    joined = rows.join(covered, on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col("fills") & pl.col("covered").is_null())
