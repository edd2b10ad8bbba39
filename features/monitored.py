"""Months before repair (operating_monthly) and after it (monitoring_monthly), made to fit together.

Sources report operation before an application and the monitoring matrix after a grant. A month that
both know is read from the operating row; monitoring fills the months that have none, so that no
month counts twice.
"""

from __future__ import annotations

import polars as pl

from features.expressions import one_of

_MONTH = pl.col("period_end").dt.year().cast(pl.Int64) * 12 + pl.col("period_end").dt.month().cast(pl.Int64)
_NOW = pl.col("as_of_day").dt.year().cast(pl.Int64) * 12 + pl.col("as_of_day").dt.month().cast(pl.Int64)
_KEY = ["case_at", "month"]


def operating(rows: pl.LazyFrame, monitoring: pl.LazyFrame | None) -> pl.LazyFrame:
    """Operating rows with `lag` and `base`."""
    dated = rows.with_columns(month=_MONTH).with_columns(lag=_NOW - pl.col("month"))
    if monitoring is None:
        return dated.with_columns(base=pl.lit(False)).drop("month")
    year_on_year = pl.col("m01_sales_yoy").is_not_null()
    later = months(monitoring, rows, None).filter(pl.col("fills") & year_on_year)
    keys = later.select("case_at", month=_MONTH - 12).unique().with_columns(base=pl.lit(True))
    joined = dated.join(keys, on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col("base").fill_null(False)).drop("month")


def months(rows: pl.LazyFrame, known: pl.LazyFrame | None, debtors: pl.LazyFrame | None) -> pl.LazyFrame:
    """Monitoring rows with `newest`, `lag`, `fills` and `of_unit`; `known` are the operating rows."""
    told = pl.col("this_application") & (pl.col("quality_flag") != "missing")
    newest = pl.col("month_index").filter(told).max().over("case_at")
    last = pl.col("row_id").filter(told & (pl.col("month_index") == newest)).max().over("case_at")
    dated = rows.with_columns(month=_MONTH, newest=(pl.col("row_id") == last).fill_null(False))
    dated = dated.with_columns(
        lag=_NOW - pl.col("month"), fills=pl.col("row_id") == pl.col("row_id").max().over("case_at", "month")
    )
    if known is not None:
        covered = known.select("case_at", month=_MONTH).unique().with_columns(covered=pl.lit(True))
        dated = dated.join(covered, on=_KEY, how="left", maintain_order="left")
        dated = dated.with_columns(fills=pl.col("fills") & pl.col("covered").is_null()).drop("covered")
    if debtors is None:
        return dated.with_columns(of_unit=pl.lit(False)).drop("month")
    unit = one_of("subject_type", "enterprise", "individual_business", "other_unit")
    whom = debtors.select("case_at", of_unit=unit)
    joined = dated.join(whom, on="case_at", how="left", maintain_order="left")
    return joined.with_columns(pl.col("of_unit").fill_null(False)).drop("month")
