"""Spells out of contact: from a lost_contact event to the next contact_restored, or to the as-of day."""

from __future__ import annotations

import polars as pl

from features.expressions import DAY, months_before
from features.source import Source

_LOST = pl.col("kind") == "lost_contact"
_RESTORED = pl.col("kind") == "contact_restored"
_RESTORED_DAY = (pl.col("case_at", "event_date"), pl.col("event_date").alias("restored_day"))
_END = pl.min_horizontal(pl.col("restored_day"), DAY).to_physical().cast(pl.Int64)
_START = pl.max_horizontal(pl.col("event_date"), months_before(12)).to_physical().cast(pl.Int64)
_DAYS = pl.max_horizontal(_END - _START, pl.lit(0, pl.Int64)).alias("lost_days_12m")
_ROW = ("case_at", "row_id")
_NONE = pl.DataFrame(schema={"case_at": pl.UInt32, "row_id": pl.String, "lost_days_12m": pl.Int64})


def lost_contact_days(source: Source) -> pl.LazyFrame:
    """`lost_days_12m` of each event: on the one that opens a spell, its days within the last 12 months.

    Losing contact again before contact was restored opens no spell of its own.
    """
    frame = source.frames["behaviour_events"]
    events, spells = frame.lazy(), _NONE.lazy()
    if frame.select(_LOST.any()).item():
        restored = events.filter(_RESTORED).select(_RESTORED_DAY).sort("event_date")
        opened = (
            events.filter(_LOST)
            .select("case_at", "row_id", "as_of_day", "day_12m", "event_date")
            .sort("event_date", "row_id")
            .join_asof(restored, on="event_date", by="case_at", strategy="forward", check_sortedness=False)
            .unique(("case_at", "restored_day"), keep="first", maintain_order=True)
        )
        spells = opened.select(*_ROW, _DAYS)
    joined = events.select(_ROW).join(spells, on=_ROW, how="left", maintain_order="left")
    return joined.select("lost_days_12m")
