"""The rows that outcomes rest on, read as of the end of observation: decision, effective lifting, events, ends.

Every frame has `case_key` and at most the rows of that case's own application or debtor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from features.as_of import cut
from features.cohort import GRANTS, ZONE
from features.expressions import one_of
from records.clock import day_start
from records.tables import CASE_TABLES, TABLES


def as_known(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame, observed_until: date) -> dict[str, pl.DataFrame]:
    """Rows of every case table as known when the day `observed_until` has ended; absent tables are empty."""
    end = pl.lit(day_start(observed_until + timedelta(days=1))).cast(pl.Datetime("us", ZONE))
    absent = {name: TABLES[name].empty() for name in CASE_TABLES if name not in tables}
    return cut({**absent, **tables}, cohort.with_columns(as_of=end))


def own_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that belong to the very application of their case."""
    return frame.filter(pl.col("application_id") == pl.col("case_application_id"))


def first_decisions(rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """First decision of each case's application: result, instant, row, when it was known."""
    own = own_rows(rows["decisions"]).sort("case_key", "decided_at", "row_id")
    first = own.unique("case_key", keep="first", maintain_order=True)
    return first.select("case_key", "result", "decided_at", decision_row="row_id", decision_known="known_at")


def with_anchor(cases: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """case_key, state (granted, excluded, immature, not_granted), anchor: the day of effective lifting, anchor_known:
    when decision and lifting had become known.

    The anchor is the first day, from the decision on, on which a 失信 or 限消 of the application's cases was
    lifted on the ground of repair or plan; the day of the decision where no such lifting is recorded. A
    lifting after this repair was revoked, or another application on the same case decided, is not this one's.
    """
    named = _named(own_rows(rows["repair_applications"])).drop("application_id")
    lifted = rows["restriction_measures"].filter(
        one_of("kind", "失信", "限消") & one_of("lift_ground", "repair", "plan") & pl.col("lifted_date").is_not_null()
    )
    lifted = lifted.join(named, on=["case_key", "case_id"], how="semi").select(
        "case_key", "lifted_date", lifting_known="known_at"
    )
    granted = cases.with_columns(day=pl.col("decided_at").dt.date()).filter(pl.col("result").is_in(GRANTS))
    after = granted.join(lifted, on="case_key").join(_superseded(granted, named, rows), on="case_key", how="left")
    after = after.filter(
        (pl.col("lifted_date") >= pl.col("day")) & (pl.col("lifted_date") < pl.col("until")).fill_null(True)
    )
    first = after.sort("lifted_date", "lifting_known").unique("case_key", keep="first", maintain_order=True)
    first = first.select("case_key", "lifting_known", effective="lifted_date")
    state = (
        pl.when(pl.col("result").is_in(GRANTS))
        .then(pl.lit("granted"))
        .when(pl.col("result") == "closed_statutory")
        .then(pl.lit("excluded"))
        .when(pl.col("result") == "refused")
        .then(pl.lit("not_granted"))
        .when(pl.col("withdrawn").fill_null(False))
        .then(pl.lit("not_granted"))
        .otherwise(pl.lit("immature"))
    )
    withdrawn = own_rows(rows["repair_applications"]).select("case_key", withdrawn=pl.col("withdrawn_at").is_not_null())
    joined = cases.join(first, on="case_key", how="left", maintain_order="left")
    joined = joined.join(withdrawn, on="case_key", how="left", maintain_order="left").with_columns(state=state)
    anchor = pl.when(pl.col("state") == "granted").then(pl.coalesce("effective", pl.col("decided_at").dt.date()))
    known = pl.max_horizontal("decision_known", "lifting_known")
    return joined.select("case_key", "state", anchor=anchor, anchor_known=known)


def _named(applications: pl.DataFrame) -> pl.DataFrame:
    """case_key, application_id, case_id: one row for every case that one of `applications` names."""
    named = applications.select("case_key", "application_id", case_id="case_ids")
    return named.explode("case_id", empty_as_null=False, keep_nulls=False).unique()


def _superseded(granted: pl.DataFrame, named: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """case_key, until: the first day on which a granted repair was revoked, or another application that names one of
    its cases (`named`) decided; `granted` has the day of the decision."""
    others = rows["repair_applications"].filter(pl.col("application_id") != pl.col("case_application_id"))
    others = _named(others).join(named, on=["case_key", "case_id"], how="semi")
    again = rows["decisions"].join(others, on=["case_key", "application_id"], how="semi")
    ends = [
        frame.select("case_key", until=pl.col("decided_at").dt.date())
        for frame in (again, own_rows(rows["revocations"]))
    ]
    later = (
        pl.concat(ends).join(granted.select("case_key", "day"), on="case_key").filter(pl.col("until") > pl.col("day"))
    )
    return later.group_by("case_key").agg(pl.col("until").min())


def competing_ends(rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Deregistration and acceptance of a bankruptcy: case_key, row_id, day. Death is not observed.

    A bankruptcy begins once: the first of its stages on record counts, and what follows is no second end.
    """
    gone = rows["debtors"].filter(pl.col("operating_status") == "注销")
    stages = ("accepted", "plan_approved", "completed", "liquidated")
    bankrupt = rows["creditor_social_facts"].filter((pl.col("kind") == "bankruptcy_stage") & one_of("value", *stages))
    bankrupt = bankrupt.sort("case_key", "event_date", "row_id").unique("case_key", keep="first", maintain_order=True)
    return pl.concat(
        [
            gone.select("case_key", "row_id", day="valid_from"),
            bankrupt.select("case_key", "row_id", day="event_date"),
        ]
    )


def redefaults(rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Re-defaults of each case's application that were not annulled: case_key, row_id, day, known_at."""
    events = own_rows(rows["redefault_events"]).filter(pl.col("annulled_at").is_null())
    return events.select("case_key", "row_id", "known_at", day="event_date")


def annulments(rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Re-defaults of each case's application that were annulled: case_key, day (of the event), known_at (annulled)."""
    events = own_rows(rows["redefault_events"]).filter(pl.col("annulled_at").is_not_null())
    return events.select("case_key", "known_at", day="event_date")
