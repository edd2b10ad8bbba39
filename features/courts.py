"""Figures of courts and of the departments around them, by area and year: covariates of groups, never of a person.

They say how a court fares (how long decisions take) and how its partners answer (queries, orders), as S0a R22 asks:
success goes together with cycle length, local resources and departmental efficiency. Calibration alone reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

ORDER_DAYS: Final = 3  # an order done within 72 hours is timely (S2a R62: 24 to 72 hours)
SUMS: Final = ("queries", "answered", "decisions", "decision_days", "orders", "timely")
SCHEMA: Final = pl.Schema(
    {"region_code": pl.String(), "year": pl.Int32(), **{name: pl.Int64() for name in SUMS}},
)
FIGURES: Final = ("answered_share", "decision_days", "timely_share")


def court_sums(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Counts by area and year in which a thing became known, columns `SCHEMA`; sums of parts are the sums of the whole.

    A query counts as answered when any feedback but failure or time-out is known; a decision counts its days from
    acceptance; an order is timely when done within `ORDER_DAYS`.
    """
    queries = (
        tables["property_queries"]
        .sort("known_at", "row_id")
        .unique("query_id", keep="last", maintain_order=True)
        .select(
            "region_code",
            "known_at",
            queries=pl.lit(1),
            answered=pl.col("feedback_status").is_in(["ok", "partial"]).fill_null(False).cast(pl.Int64),
        )
    )
    accepted = (
        tables["repair_applications"]
        .filter(pl.col("accepted_at").is_not_null())
        .sort("known_at", "row_id")
        .unique("application_id", keep="first", maintain_order=True)
        .select("application_id", "accepted_at")
    )
    decisions = (
        tables["decisions"]
        .sort("known_at", "row_id")
        .unique("decision_id", keep="first", maintain_order=True)
        .join(accepted, on="application_id", how="inner", maintain_order="left")
        .select(
            "region_code",
            "known_at",
            decisions=pl.lit(1),
            decision_days=(pl.col("decided_at") - pl.col("accepted_at")).dt.total_days().clip(lower_bound=0),
        )
    )
    orders = (
        tables["sync_orders"]
        .sort("known_at", "row_id")
        .unique("order_id", keep="last", maintain_order=True)
        .select(
            "region_code",
            "known_at",
            orders=pl.lit(1),
            timely=((pl.col("done_at") - pl.col("sent_at")).dt.total_hours() <= 24 * ORDER_DAYS)
            .fill_null(False)
            .cast(pl.Int64),
        )
    )
    return total(
        [
            frame.with_columns(year=pl.col("known_at").dt.year()).drop("known_at")
            for frame in (queries, decisions, orders)
        ]
    )


def total(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Sums by area and year of frames that hold `region_code`, `year` and any of `SUMS`."""
    laid = [
        part.select(
            pl.col("region_code"),
            pl.col("year").cast(pl.Int32),
            *((pl.col(name) if name in part.columns else pl.lit(0)).cast(pl.Int64).alias(name) for name in SUMS),
        )
        for part in parts
    ]
    whole = pl.concat([SCHEMA.to_frame(), *laid])
    return whole.group_by("region_code", "year").agg(pl.col(SUMS).sum()).sort("region_code", "year")


def court_figures(sums: pl.DataFrame, before: datetime) -> pl.DataFrame:
    """`FIGURES` of every area from the whole years before `before`; null where nothing was counted."""
    whole = sums.filter(pl.col("year") < before.year).group_by("region_code").agg(pl.col(SUMS).sum())
    return whole.select(
        "region_code",
        answered_share=_ratio("answered", "queries"),
        decision_days=_ratio("decision_days", "decisions"),
        timely_share=_ratio("timely", "orders"),
    ).sort("region_code")


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def figures_of(sums: pl.DataFrame, before: datetime) -> Mapping[str, Sequence[float | None]]:
    """`court_figures` as area -> its figures in the order of `FIGURES`."""
    return {row[0]: row[1:] for row in court_figures(sums, before).iter_rows()}
