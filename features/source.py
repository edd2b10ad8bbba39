"""The frames that rows are linked across, and what several links ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

# Of the application under assessment.
THIS = (pl.col("application_id") == pl.col("case_application_id")).fill_null(False)
LIVE = pl.col("lifted_date").is_null() & (pl.col("lift_ground") != "error").fill_null(True)
_LIVE_LISTING = (pl.col("kind") == "失信") & LIVE
_LISTING_DAY = pl.col("decided_date").min().alias("listing_day")
_REVOKED = pl.col("decided_at").is_not_null()
_FOUND = pl.lit(True)


@dataclass(frozen=True)
class Source:
    """The frames of `features.as_of.cut`. A table without rows is None: no join is needed then."""

    frames: Mapping[str, pl.DataFrame]

    def rows(self, name: str) -> pl.LazyFrame | None:
        """The table, or None when it has no row."""
        return self.frames[name].lazy() if self.frames[name].height else None

    def need(self, name: str) -> pl.LazyFrame:
        """The table, with rows or without."""
        return self.frames[name].lazy()

    def named(self) -> pl.LazyFrame | None:
        """Cases that the application under assessment names: case_at, case_id."""
        rows = self.rows("repair_applications")
        return None if rows is None else _named(rows.filter(THIS))

    def revoked(self) -> pl.LazyFrame | None:
        """Applications whose repair was revoked: case_at, application_id."""
        rows = self.rows("revocations")
        return None if rows is None else rows.filter(_REVOKED)

    def revoked_cases(self) -> pl.LazyFrame | None:
        """Cases that a revoked repair covered: case_at, case_id."""
        revoked, on = self.revoked(), ("case_at", "application_id")
        return None if revoked is None else _named(self.need("repair_applications").join(revoked, on=on, how="semi"))

    def first_live_listing(self) -> pl.LazyFrame | None:
        """Day of the first live listing of each case's debtor: case_at, listing_day."""
        rows = self.rows("restriction_measures")
        return None if rows is None else rows.filter(_LIVE_LISTING).group_by("case_at").agg(_LISTING_DAY)


def mark(frame: pl.LazyFrame, keys: pl.LazyFrame | None, on: Sequence[str], name: str) -> pl.LazyFrame:
    """`frame` with a flag `name`: whether its key columns `on` occur in `keys`."""
    if keys is None:
        return frame.with_columns(pl.lit(False).alias(name))
    found = keys.select(on).unique().with_columns(_FOUND.alias(name))
    return frame.join(found, on=on, how="left", maintain_order="left").with_columns(pl.col(name).fill_null(False))


def _named(applications: pl.LazyFrame) -> pl.LazyFrame:
    cases = applications.select("case_at", pl.col("case_ids").alias("case_id"))
    return cases.explode("case_id", empty_as_null=False, keep_nulls=False)
