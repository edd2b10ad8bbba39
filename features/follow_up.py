"""How long each granted repair was followed, and what ended that: the basis of censoring-aware estimates.

Worked calendar, with a reporting lag of 60 days: lifted 2024-01-31 (the anchor), records end 2024-12-31. What happened
before 2024-11-02 has been reported by then, so the months known whole are those that end by 2024-11-02: month 1 ends
2024-02-29, ..., month 9 ends 2024-10-31: nine months. A re-default of 2024-05-10 falls into month 4 (cause 1, months
4). Without any event the case is *censored after nine months* (cause 0, months 9). An event in a month not yet whole
does not count: to count the early bad days of a month and not yet its good ones would bend the rate.

The months are those of `features.labels`: month m of an anchor is [anchor + m - 1 months, anchor + m months).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from features.expressions import one_of
from features.labels import REPORTING_LAG_DAYS
from features.outcome_rows import as_known, competing_ends, first_decisions, own_rows, redefaults, with_anchor

MONTHS = 12
SCHEMA = pl.Schema(
    {
        "case_key": pl.String(),
        "anchor": pl.Date(),
        "event_on": pl.Date(),
        "exit_on": pl.Date(),
        "lift_ground": pl.String(),
    }
)
CENSORED, REDEFAULT, EXIT = 0, 1, 2


def follow_up(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame, observed_until: date) -> pl.DataFrame:
    """One row per granted case, in cohort order, columns as `SCHEMA`.

    `anchor`: day of effective lifting; `event_on` the first re-default from the anchor on and `exit_on` the first
    competing end (deregistration, bankruptcy), null where none is on record; `lift_ground`: the ground on which a 失信
    listing of the application's cases was first lifted from the decision on ("art10_3": at the creditor's request,
    which bars a re-listing for six months), null where none was.
    """
    rows = as_known(tables, cohort, observed_until)
    decided = first_decisions(rows)
    cases = cohort.select("case_key", "application_id").join(decided, on="case_key", how="left", maintain_order="left")
    granted = with_anchor(cases, rows).filter(pl.col("state") == "granted").select("case_key", "anchor")
    for name, found in (("event_on", redefaults(rows)), ("exit_on", competing_ends(rows))):
        since = found.join(granted, on="case_key").filter(pl.col("day") >= pl.col("anchor"))
        first = since.group_by("case_key").agg(pl.col("day").min().alias(name))
        granted = granted.join(first, on="case_key", how="left", maintain_order="left")
    granted = granted.join(_delisted(cases, rows), on="case_key", how="left", maintain_order="left")
    return granted.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def followed(frame: pl.DataFrame, cut: date, *, lag_days: int = REPORTING_LAG_DAYS) -> pl.DataFrame:
    """Follow-up until the day `cut`, which itself has not been seen: `case_key`, `months`, `cause`.

    What happened by then is told as `frame` tells it: a report that came late counts, one annulled since does not.

    `cause` 1 (re-default) and 2 (competing exit) happened in month `months` (1 to 12); 0: known without either for
    `months` whole months (0 to 12; 12 also for those followed longer). Cases lifted on or after `cut` are left out.
    """
    known_to = cut - timedelta(days=lag_days)
    ended = pl.min_horizontal("event_on", "exit_on")
    ends = [pl.col("anchor").dt.offset_by(f"{month}mo") for month in range(1, MONTHS + 1)]
    whole = pl.sum_horizontal((end <= known_to).cast(pl.Int64) for end in ends)
    month = pl.sum_horizontal((end <= ended).cast(pl.Int64) for end in ends) + 1
    # An exit on the very day of a re-default counts as the exit, as in the labels.
    first = pl.when(pl.col("exit_on") <= ended).then(EXIT).otherwise(REDEFAULT)
    happened = ended.is_not_null() & (month <= whole)
    return frame.filter(pl.col("anchor") < cut).select(
        "case_key",
        months=pl.when(happened).then(month).otherwise(whole),
        cause=pl.when(happened).then(first).otherwise(CENSORED).cast(pl.Int64),
    )


def _delisted(cases: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """case_key, lift_ground of the first lifting of a named case's 失信 listing from the decision on."""
    named = own_rows(rows["repair_applications"]).select("case_key", case_id="case_ids")
    named = named.explode("case_id", empty_as_null=False, keep_nulls=False).unique()
    lifted = rows["restriction_measures"].filter(one_of("kind", "失信") & pl.col("lifted_date").is_not_null())
    lifted = lifted.join(named, on=["case_key", "case_id"], how="semi")
    decided = cases.select("case_key", day=pl.col("decided_at").dt.date())
    after = lifted.join(decided, on="case_key").filter(pl.col("lifted_date") >= pl.col("day"))
    first = after.sort("lifted_date", "row_id").unique("case_key", keep="first", maintain_order=True)
    return first.select("case_key", "lift_ground")
