"""Spells out of contact: from a lost_contact event to the next contact_restored, or to the as-of day."""

from __future__ import annotations

import polars as pl

from features.expressions import DAY, months_before


def lost_contact_days(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events with `lost_days_12m`: on the event that opens a spell, its days within the last 12 months.

    Losing contact again before contact was restored opens no spell of its own.
    """
    restored = (
        events.filter(pl.col("kind") == "contact_restored")
        .select("case_at", restored_day="event_date", event_date="event_date")
        .sort("event_date")
    )
    opened = (
        events.filter(pl.col("kind") == "lost_contact")
        .select("case_at", "row_id", "as_of_day", "day_12m", "event_date")
        .sort("event_date", "row_id")
        .join_asof(restored, on="event_date", by="case_at", strategy="forward", check_sortedness=False)
        .unique(["case_at", "restored_day"], keep="first", maintain_order=True)
    )
    end = pl.min_horizontal(pl.col("restored_day"), DAY).to_physical().cast(pl.Int64)
    start = pl.max_horizontal(pl.col("event_date"), months_before(12)).to_physical().cast(pl.Int64)
    spells = opened.select("case_at", "row_id", lost_days_12m=pl.max_horizontal(end - start, pl.lit(0, pl.Int64)))
    return events.join(spells, on=["case_at", "row_id"], how="left", maintain_order="left")
