"""Rows of the ccf2017 tables with the reasons for which some of them cannot be imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

# Columns that tell of a later moment of the same thing, and become rows of their own.
SECOND: Mapping[str, str] = {"breakfaith": "SXENDDATE", "qualification": "EXPIRYDATE", "invest": "BTENDYEAR"}


@dataclass(frozen=True)
class Source:
    """The source's rows, judged: with `reasons`, `day` (the last day of the row's month) and, where the row has a
    second date, `second_day`; and the last day observed."""

    parts: Mapping[str, pl.DataFrame]
    observed_until: date

    def accepted(self, part: str) -> pl.DataFrame:
        """Rows of `part` without a reason against them."""
        return self.parts[part].filter(pl.col("reasons").list.len() == 0)


def when(condition: pl.Expr, reason: str) -> pl.Expr:
    """`reason` where the condition holds, null elsewhere."""
    return pl.when(condition).then(pl.lit(reason))


def all_reasons(reasons: list[pl.Expr]) -> pl.Expr:
    """The reasons that apply to a row, each once, in order of the alphabet."""
    return pl.concat_list(reasons).list.drop_nulls().list.unique().list.sort()


def no_reasons(reasons: list[pl.Expr]) -> pl.Expr:
    """Whether no reason applies to a row."""
    return all_reasons(reasons).list.len() == 0


def money(column: str) -> pl.Expr:
    """The amount as exact text with two decimals; null when it is missing, negative or too large for our tables."""
    amount = pl.col(column).cast(pl.Decimal(18, 2), strict=False)
    return pl.when(amount >= 0).then(amount.cast(pl.String))


def second_reasons(part: str, source: Source) -> pl.DataFrame:
    """Rows of `part` whose second date is stated, with the reasons for which it becomes no row of its own."""
    frame = source.parts[part].filter(pl.col(SECOND[part]).is_not_null())
    kept = pl.col("reasons").list.len() == 0
    never = pl.col("reasons").list.contains("never_listed")
    own = [when(never, "never_listed"), when(kept.not_() & never.not_(), "row_set_aside")]
    if part == "breakfaith":
        own.append(when(pl.lit(True), "snapshot_artefact"))
    else:
        own.append(when(pl.col("second_day").is_null(), "bad_month"))
        own.append(when(pl.col("second_day") < pl.col("day"), "bad_month"))
        own.append(when(pl.col("second_day") > source.observed_until, "after_observation"))
    return frame.with_columns(all_reasons(own).alias("reasons"))
