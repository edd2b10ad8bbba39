"""Instalment plans: what they promise, and how late they were met.

A plan is JSON text `[{"due_date": "YYYY-MM-DD", "amount": "0.00"}, …]`. Payments meet instalments
in the order in which these fall due: an instalment is reached on the day on which the payments of
the settlement add up to all that was due until then.
"""

from __future__ import annotations

import polars as pl

from features.expressions import DAY, as_of_number, day_number, fen, months_before

_PLAN = pl.List(pl.Struct({"due_date": pl.String, "amount": pl.String}))
_ROW = ["case_at", "row_id"]


def _instalments(rows: pl.LazyFrame, *carried: str) -> pl.LazyFrame:
    """One row per instalment: case_at, row_id, as_of_day, day_12m, `carried`, due_day, due_fen; by due day."""
    plans = rows.filter(pl.col("plan_json").is_not_null()).select(*_ROW, "as_of_day", "day_12m", *carried, "plan_json")
    each = plans.with_columns(pl.col("plan_json").str.json_decode(_PLAN)).explode(
        "plan_json", empty_as_null=False, keep_nulls=False
    )
    return (
        each.unnest("plan_json")
        .with_columns(
            due_day=pl.col("due_date").str.to_date("%Y-%m-%d"),
            due_fen=pl.col("amount").cast(pl.Decimal(18, 2)).to_physical().cast(pl.Int64),
        )
        .drop("due_date", "amount")
        .sort(*_ROW, "due_day", "due_fen")
    )


def plan_sums(rows: pl.LazyFrame, wanted: pl.Expr) -> pl.LazyFrame:
    """Rows with `plan_future_fen` and `plan_last_day` (null without a plan, and where not `wanted`)."""
    ahead = pl.col("due_day") >= DAY
    sums = (
        _instalments(rows.filter(wanted))
        .group_by(_ROW)
        .agg(plan_future_fen=pl.col("due_fen").filter(ahead).sum(), plan_last_day=day_number("due_day").max())
    )
    return rows.join(sums, on=_ROW, how="left", maintain_order="left")


def lateness(settlements: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    """Settlements with `due_12m`, `on_time_12m`, `late_12m`, `late_now` (null when nothing fell due), `plan_parts`
    and `plan_reached` (null without a plan)."""
    group = ["case_at", "settlement_id"]
    running = (
        payments.filter(pl.col("settlement_id").is_not_null())
        .select(*group, "paid_date", "row_id", paid_fen=fen("amount"))
        .sort(*group, "paid_date", "row_id")
        .select(*group, reached_day="paid_date", total_fen=pl.col("paid_fen").cum_sum().over(group))
        .sort("total_fen", "reached_day")
    )
    agreed = (
        _instalments(settlements, "settlement_id")
        .with_columns(total_fen=pl.col("due_fen").cum_sum().over(_ROW))
        .sort("total_fen", "due_day")
        .join_asof(running, on="total_fen", by=group, strategy="forward", check_sortedness=False)
    )
    end = pl.col("reached_day").fill_null(DAY).to_physical().cast(pl.Int64)
    fallen = pl.col("due_day") < DAY
    recent = fallen & (pl.col("due_day") >= months_before(12))
    behind = pl.col("reached_day").is_null()
    late = pl.max_horizontal(end - day_number("due_day"), pl.lit(0, pl.Int64))
    sums = agreed.group_by(_ROW).agg(
        due_12m=recent.cast(pl.Int64).sum(),
        on_time_12m=(recent & ~behind & (late == 0)).cast(pl.Int64).sum(),
        late_12m=late.filter(recent).max(),
        late_now=pl.when(behind).then(as_of_number() - day_number("due_day")).otherwise(0).filter(fallen).max(),
        plan_parts=pl.len().cast(pl.Int64),
        plan_reached=(~behind).cast(pl.Int64).sum(),
        fallen=fallen.any(),
    )
    joined = settlements.join(sums, on=_ROW, how="left", maintain_order="left")
    known = [pl.when("fallen").then(pl.col(name)).alias(name) for name in ("due_12m", "on_time_12m")]
    return joined.with_columns(known).drop("fallen")
