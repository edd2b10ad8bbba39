"""Outcomes of cases, with maturity, competing ends and the rows they rest on.

Labels look back from the day on which observation ended: rows are read through the same boundary
as indicators, with `as_of` the midnight that ends `observed_until`.

Worked calendar, redefault_6 with a reporting lag of 60 days: granted 2022-03-10, listing lifted
2022-03-14 (the anchor). The window is [2022-03-14, 2022-09-14); the label can be known from
2022-11-13 on. If observation ended before 2022-11-12 the case is immature even when an event is
already on record: to count the early bad ones and not yet the good ones would bend the rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from features.cohort import GRANTS, ZONE, listing_month, midnight
from features.outcome_rows import (
    annulments,
    as_known,
    competing_ends,
    first_decisions,
    own_rows,
    redefaults,
    with_anchor,
)

REPORTING_LAG_DAYS = 60
DECISION_MATURITY_DAYS = 90


@dataclass(frozen=True)
class Horizon:
    """Months from the anchor: the window is [anchor + start, anchor + stop)."""

    outcome: str
    start: int
    stop: int


HORIZONS = (Horizon("redefault_6", 0, 6), Horizon("redefault_7_12", 6, 12), Horizon("redefault_12", 0, 12))
ZONED = pl.Datetime("us", ZONE)
SCHEMA = pl.Schema(
    {
        "case_key": pl.String(),
        "outcome": pl.String(),
        "label": pl.Int8(),
        "status": pl.String(),
        "anchor": pl.Date(),
        "known_by": ZONED,
        "row_ids": pl.List(pl.String()),
    }
)


def application_labels(
    tables: Mapping[str, pl.DataFrame],
    cohort: pl.DataFrame,
    observed_until: date,
    *,
    reporting_lag_days: int = REPORTING_LAG_DAYS,
    decision_maturity_days: int = DECISION_MATURITY_DAYS,
) -> pl.DataFrame:
    """Labels of applications: outcomes `repair_success`, `redefault_6`, `redefault_7_12`, `redefault_12`.

    Columns as `SCHEMA`, four rows per case in cohort order. `status`: observed (label 0 or 1), immature, competing
    (withdrawn; deregistered or bankrupt before a re-default), excluded (closed by statute; re-defaulted before the
    window of redefault_7_12; decided before the as-of, so that the indicators may know the outcome), not_granted.
    `anchor` is the day of effective lifting; `known_by` when an observed label could first be known as it stands: not
    before its maturity, nor before the rows that decided it, late reports and annulments among them; `row_ids` those
    rows. Rejects on the negative list are rule outcomes too: who holds the gate drops them, this module does not know
    the rules.
    """
    rows = as_known(tables, cohort, observed_until)
    decided = first_decisions(rows)
    cases = cohort.select("case_key", "application_id").join(decided, on="case_key", how="left", maintain_order="left")
    success = _success(cases, rows, observed_until, decision_maturity_days)
    anchored = with_anchor(cases, rows)
    events = redefaults(rows)
    ends = competing_ends(rows)
    mature = [_maturity(horizon, observed_until, extra=f"{reporting_lag_days}d") for horizon in HORIZONS]
    told = Told(events, annulments(rows), ends)
    later = [_redefault(anchored, told, at, on) for at, on in zip(HORIZONS, mature, strict=True)]
    return without_hindsight(_ordered([success, *later], cohort), cohort, decided)


def without_hindsight(labels: pl.DataFrame, cohort: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """`labels` in which a case that was decided before it is assessed has none: its status is "excluded"."""
    both = cohort.select("case_key", "as_of").join(decided.select("case_key", "decided_at"), on="case_key")
    late = pl.col("case_key").is_in(both.filter(pl.col("decided_at") < pl.col("as_of"))["case_key"].to_list())
    nothing = {name: pl.lit(None, SCHEMA[name]) for name in ("label", "known_by")}
    return labels.with_columns(
        pl.when(late).then(pl.lit("excluded")).otherwise(pl.col("status")).alias("status"),
        *(pl.when(late).then(none).otherwise(pl.col(name)).alias(name) for name, none in nothing.items()),
    )


def listing_labels(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame, observed_until: date) -> pl.DataFrame:
    """Labels of first listings: listed again in a later month, within 6, 7 to 12, and 12 months.

    Full follow-up only: the whole window of months must have been observed, else immature, even
    where a re-listing is already on record. Columns as `SCHEMA`; three rows per case; `anchor` is the
    first day of the month of the first listing.
    """
    rows = as_known(tables, cohort, observed_until)
    listed = rows["restriction_measures"].filter(
        (pl.col("kind") == "失信") & (pl.col("lift_ground") != "error").fill_null(True)
    )
    months = listed.select("case_key", "row_id", "known_at", day=listing_month())
    anchored = cohort.select(
        "case_key", anchor=pl.col("as_of").dt.date(), state=pl.lit("granted"), anchor_known=pl.lit(None, ZONED)
    )
    later = (
        months.join(anchored.select("case_key", "anchor"), on="case_key")
        .filter(pl.col("day") > pl.col("anchor"))
        # A month is a whole: month 6 after the first is inside the horizon of six.
        .with_columns(day=pl.col("day").dt.offset_by("-1mo"))
        .drop("anchor")
    )
    told = Told(later, later.clear(), later.clear())
    # The last month of the window ends one month after the horizon has passed from the first day.
    mature = [_maturity(horizon, observed_until, extra="1mo") for horizon in HORIZONS]
    frames = [_redefault(anchored, told, at, on) for at, on in zip(HORIZONS, mature, strict=True)]
    return _ordered(frames, cohort)


@dataclass(frozen=True)
class Told:
    """What the records tell of the time after an anchor: `events`, those `annulled` since, competing `ends`; each with
    case_key and day, the first two with known_at."""

    events: pl.DataFrame
    annulled: pl.DataFrame
    ends: pl.DataFrame


@dataclass(frozen=True)
class _Maturity:
    """The day from which a label can be known, and whether observation has reached it."""

    day: pl.Expr
    reached: pl.Expr


def _maturity(horizon: Horizon, observed_until: date, *, extra: str) -> _Maturity:
    day = pl.col("anchor").dt.offset_by(f"{horizon.stop}mo").dt.offset_by(extra)
    return _Maturity(day, day <= observed_until + timedelta(days=1))


def _success(
    cases: pl.DataFrame, rows: Mapping[str, pl.DataFrame], observed_until: date, maturity_days: int
) -> pl.DataFrame:
    own = own_rows(rows["repair_applications"]).select("case_key", "filed_at", "withdrawn_at", application_row="row_id")
    frame = cases.join(own, on="case_key", how="left", maintain_order="left")
    mature_on = pl.col("filed_at").dt.date().dt.offset_by(f"{maturity_days}d")
    immature = pl.col("filed_at").is_null() | (mature_on > observed_until)
    status = (
        pl.when(immature)
        .then(pl.lit("immature"))
        .when(pl.col("result") == "closed_statutory")
        .then(pl.lit("excluded"))
        .when(pl.col("result").is_not_null())
        .then(pl.lit("observed"))
        .when(pl.col("withdrawn_at").is_not_null())
        .then(pl.lit("competing"))
        .otherwise(pl.lit("immature"))
    )
    deciding = pl.when(pl.col("result").is_null() & pl.col("withdrawn_at").is_not_null())
    row = deciding.then(pl.col("application_row")).otherwise(pl.col("decision_row"))
    observed = pl.col("status") == "observed"
    return frame.with_columns(status=status).select(
        "case_key",
        outcome=pl.lit("repair_success"),
        label=pl.when(observed).then(pl.col("result").is_in(GRANTS).cast(pl.Int8)),
        status="status",
        anchor=pl.col("decided_at").dt.date(),
        known_by=pl.when(observed).then(pl.max_horizontal("decision_known", midnight(mature_on.dt.offset_by("1d")))),
        row_ids=pl.concat_list(row).list.drop_nulls(),
    )


def _redefault(anchored: pl.DataFrame, told: Told, horizon: Horizon, mature: _Maturity) -> pl.DataFrame:
    """One horizon: whether an event falls into its window, unless a competing end came first."""
    spans = anchored.filter(pl.col("anchor").is_not_null()).select(
        "case_key",
        "anchor",
        opening=pl.col("anchor").dt.offset_by(f"{horizon.start}mo"),
        closing=pl.col("anchor").dt.offset_by(f"{horizon.stop}mo"),
    )
    # What happened before the lifting, an old bankruptcy for one, is no end of this spell.
    since_anchor = pl.col("day") >= pl.col("anchor")
    found = told.events.join(spans, on="case_key").filter(since_anchor & (pl.col("day") < pl.col("closing")))
    stopped = told.ends.join(spans, on="case_key").filter(since_anchor & (pl.col("day") < pl.col("closing")))
    undone = told.annulled.join(spans, on="case_key").filter(since_anchor & (pl.col("day") < pl.col("closing")))
    early = found.filter(pl.col("day") < pl.col("opening"))
    inside = found.filter(pl.col("day") >= pl.col("opening"))
    frame = anchored
    for name, part in (("early", early), ("event", inside), ("end", stopped)):
        firsts = part.group_by("case_key").agg(
            pl.col("day").min().alias(f"{name}_day"), pl.col("row_id").sort_by("day", "row_id").alias(f"{name}_rows")
        )
        frame = frame.join(firsts, on="case_key", how="left", maintain_order="left")
    # One event on record makes the label; it is none only once every event is known to be undone.
    seen = inside.group_by("case_key").agg(event_known=pl.col("known_at").min())
    cleared = undone.group_by("case_key").agg(cleared=pl.col("known_at").max())
    for part in (seen, cleared):
        frame = frame.join(part, on="case_key", how="left", maintain_order="left")
    first_event = pl.min_horizontal("early_day", "event_day")
    status = (
        pl.when(pl.col("state") != "granted")
        .then(pl.col("state"))
        .when(~mature.reached)
        .then(pl.lit("immature"))
        .when((pl.col("end_day") <= first_event).fill_null(pl.col("end_day").is_not_null() & first_event.is_null()))
        .then(pl.lit("competing"))
        .when(pl.col("early_day").is_not_null())
        .then(pl.lit("excluded"))
        .otherwise(pl.lit("observed"))
    )
    observed = pl.col("status") == "observed"
    because = (
        pl.when(pl.col("status") == "competing")
        .then(pl.col("end_rows"))
        .when(pl.col("status") == "excluded")
        .then(pl.col("early_rows"))
        .when(observed)
        .then(pl.col("event_rows"))
    )
    return frame.with_columns(status=status).select(
        "case_key",
        outcome=pl.lit(horizon.outcome),
        label=pl.when(observed).then(pl.col("event_day").is_not_null().cast(pl.Int8)),
        status="status",
        anchor="anchor",
        known_by=pl.when(observed).then(
            pl.max_horizontal(midnight(mature.day), "anchor_known", "event_known", "cleared")
        ),
        row_ids=because.fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )


def _ordered(frames: list[pl.DataFrame], cohort: pl.DataFrame) -> pl.DataFrame:
    order = cohort.select("case_key").with_row_index("at")
    joined = pl.concat([frame.with_columns(part=pl.lit(at)) for at, frame in enumerate(frames)]).join(
        order, on="case_key"
    )
    return joined.sort("at", "part").select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
