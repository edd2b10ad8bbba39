"""Instalment plans: what they promise, and how late they were met.

A plan is JSON text `[{"due_date": "YYYY-MM-DD", "amount": "0.00"}, …]`. Payments meet instalments
in the order in which these fall due: an instalment is reached on the day on which the payments of
the settlement add up to all that was due until then.
"""

from __future__ import annotations

import polars as pl

from features.expressions import DAY, as_of_number, day_number, fen, months_before

_PLAN = pl.List(pl.Struct({"due_date": pl.String, "amount": pl.String}))
_ROW = ("case_at", "row_id")
_SETTLEMENT = ("case_at", "settlement_id")
_PLANNED = pl.col("plan_json").is_not_null()
_DECODED = pl.col("plan_json").str.json_decode(_PLAN)
_DUE = (
    pl.col("due_date").str.to_date("%Y-%m-%d").alias("due_day"),
    pl.col("amount").cast(pl.Decimal(18, 2)).to_physical().cast(pl.Int64).alias("due_fen"),
)
_SUMS = (
    pl.col("due_fen").filter(pl.col("due_day") >= DAY).sum().alias("plan_future_fen"),
    day_number("due_day").max().alias("plan_last_day"),
)
_NO_SUMS = tuple(pl.lit(None, pl.Int64).alias(name) for name in ("plan_future_fen", "plan_last_day"))


def plan_sums(rows: pl.DataFrame, wanted: pl.Expr) -> pl.LazyFrame:
    """`plan_future_fen` and `plan_last_day` of each row (null without a plan, and where not `wanted`)."""
    if rows["plan_json"].null_count() == rows.height:
        return rows.lazy().select(_HEIGHT, *_NO_SUMS).select("plan_future_fen", "plan_last_day")
    sums = _instalments(rows.lazy().filter(wanted & _PLANNED)).group_by(_ROW).agg(_SUMS)
    joined = rows.lazy().select(_ROW).join(sums, on=_ROW, how="left", maintain_order="left")
    return joined.select("plan_future_fen", "plan_last_day")


_HEIGHT = pl.col("row_id")  # beside a column, a literal has as many rows

_RUNNING = pl.col("paid_fen").cum_sum().over(_SETTLEMENT).alias("total_fen")
_TOTAL_DUE = pl.col("due_fen").cum_sum().over(_ROW).alias("total_fen")
_BEHIND = pl.col("reached_day").is_null()
_FALLEN = pl.col("due_day") < DAY
_RECENT = _FALLEN & (pl.col("due_day") >= months_before(12))
_END = pl.col("reached_day").fill_null(DAY).to_physical().cast(pl.Int64)
_LATE = pl.max_horizontal(_END - day_number("due_day"), pl.lit(0, pl.Int64))
_LATENESS = (
    _RECENT.cast(pl.Int64).sum().alias("due_12m"),
    (_RECENT & ~_BEHIND & (_LATE == 0)).cast(pl.Int64).sum().alias("on_time_12m"),
    _LATE.filter(_RECENT).max().alias("late_12m"),
    pl.when(_BEHIND).then(as_of_number() - day_number("due_day")).otherwise(0).filter(_FALLEN).max().alias("late_now"),
    pl.len().cast(pl.Int64).alias("plan_parts"),
    (~_BEHIND).cast(pl.Int64).sum().alias("plan_reached"),
    _FALLEN.any().alias("fallen"),
)
_LATE_COLUMNS = (
    pl.when("fallen").then(pl.col("due_12m")).alias("due_12m"),
    pl.when("fallen").then(pl.col("on_time_12m")).alias("on_time_12m"),
    pl.col("late_12m", "late_now", "plan_parts", "plan_reached"),
)


def lateness(settlements: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    """`due_12m`, `on_time_12m`, `late_12m`, `late_now` of each settlement (null when nothing fell due), `plan_parts`
    and `plan_reached` (null without a plan)."""
    running = (
        payments.filter(pl.col("settlement_id").is_not_null())
        .select(*_SETTLEMENT, "row_id", pl.col("paid_date").alias("reached_day"), fen("amount").alias("paid_fen"))
        .sort(*_SETTLEMENT, "reached_day", "row_id")
        .select(*_SETTLEMENT, "reached_day", _RUNNING)
        .sort("total_fen", "reached_day")
    )
    agreed = (
        _instalments(settlements.filter(_PLANNED), "settlement_id", "day_12m")
        .sort(*_ROW, "due_day", "due_fen")
        .with_columns(_TOTAL_DUE)
        .sort("total_fen", "due_day")
        .join_asof(running, on="total_fen", by=_SETTLEMENT, strategy="forward", check_sortedness=False)
    )
    sums = agreed.group_by(_ROW).agg(_LATENESS)
    joined = settlements.select(_ROW).join(sums, on=_ROW, how="left", maintain_order="left")
    return joined.select(_LATE_COLUMNS)


def _instalments(planned: pl.LazyFrame, *carried: str) -> pl.LazyFrame:
    """One row per instalment: case_at, row_id, as_of_day, `carried`, due_day, due_fen."""
    each = planned.select(*_ROW, "as_of_day", *carried, _DECODED)
    each = each.explode("plan_json", empty_as_null=False, keep_nulls=False).unnest("plan_json")
    return each.select(*_ROW, "as_of_day", *carried, *_DUE)
