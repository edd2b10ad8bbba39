"""Who is assessed, and when: an explicit table, made before any indicator.

Columns: `case_key` ("<application or debtor>@<as_of with offset>"), `debtor_id`, `application_id`
(null for first listings), `as_of`, `region_code`, `kind` ("application", "first_listing",
"observation"); `features.facts.with_parameters` adds regional parameters as `p_*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from features.as_of import cut
from records.clock import day_start
from records.tables import TABLES

ZONE = "Asia/Shanghai"
SCHEMA = pl.Schema(
    {
        "case_key": pl.String(),
        "debtor_id": pl.String(),
        "application_id": pl.String(),
        "as_of": pl.Datetime("us", ZONE),
        "region_code": pl.String(),
        "kind": pl.String(),
    }
)
GRANTS = ("granted_full", "granted_conditional", "granted_suspension")


def case_key(who: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    """Name of a case: who is assessed (application or debtor) and when, to the second, with the offset."""
    return pl.concat_str(who, pl.lit("@"), as_of.dt.strftime("%Y-%m-%dT%H:%M:%S%z"))


def build(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """A cohort of `kind` out of rows with debtor_id, application_id, as_of, region_code; ordered by as_of, key."""
    who = pl.coalesce("application_id", "debtor_id")
    named = rows.with_columns(case_key=case_key(who, pl.col("as_of")), kind=pl.lit(kind))
    return named.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort("as_of", "case_key")


def midnight(day: pl.Expr) -> pl.Expr:
    """Court-time midnight that begins a day."""
    return day.cast(pl.Datetime("us")).dt.replace_time_zone(ZONE)


def applications(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every accepted repair application, assessed at the midnight that ends the day of acceptance.

    Should the acceptance have become visible later than it happened, the day it became visible
    counts: an application cannot be assessed before a reviewer can see that it was accepted.
    """
    rows = tables["repair_applications"].filter(pl.col("accepted_at").is_not_null())
    first = rows.sort("known_at", "row_id").unique("application_id", keep="first", maintain_order=True)
    seen = pl.max_horizontal("accepted_at", "known_at").dt.date().dt.offset_by("1d")
    return build(first.with_columns(as_of=midnight(seen)), "application")


def first_listings(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every listed debtor, assessed at the first day of the month of the first listing.

    Listings ruled wrong do not count; of a listing that was corrected its last version does, as for labels. Nothing of
    the first month itself is known then.
    """
    versions = tables["restriction_measures"].sort("known_at", "row_id")
    measures = versions.unique(["debtor_id", "measure_id"], keep="last", maintain_order=True)
    listed = measures.filter((pl.col("kind") == "失信") & (pl.col("lift_ground") != "error").fill_null(True))
    first = (
        listed.with_columns(month=listing_month())
        .sort("month", "row_id")
        .unique("debtor_id", keep="first", maintain_order=True)
    )
    return build(
        first.with_columns(as_of=midnight(pl.col("month")), application_id=pl.lit(None, pl.String)), "first_listing"
    )


def listing_month() -> pl.Expr:
    """First day of the month of a listing: published, or decided where publication is not known."""
    return pl.coalesce("published_date", "decided_date").dt.month_start()


def observations(tables: Mapping[str, pl.DataFrame], month: date, *, lag_days: int = 45) -> pl.DataFrame:
    """Granted applications under observation in the calendar month of `month`.

    As-of is the midnight that ends day `lag_days` after the month, when the month's facts have come
    in (sources lag 15 to 45 days). A case is under observation from the day of the decision for the
    months the decision sets; a revocation decided before the as-of ends it. Decisions and
    revocations are read as known at that as-of. Raises ValueError for a negative lag.
    """
    if lag_days < 0:
        raise ValueError(f"lag_days is {lag_days}; give the days after the month's end, 0 or more")
    start = month.replace(day=1)
    end = (start + timedelta(days=32)).replace(day=1)
    as_of = day_start(end + timedelta(days=lag_days))
    whom = tables["repair_applications"].select("debtor_id", "application_id", "region_code", "known_at", "row_id")
    whom = whom.sort("known_at", "row_id").unique("application_id", keep="last", maintain_order=True)
    moment = pl.lit(as_of).cast(pl.Datetime("us", ZONE))
    everyone = build(whom.with_columns(as_of=moment), "observation")
    names = ("decisions", "revocations")
    seen = cut({**{name: TABLES[name].empty() for name in names}, **tables}, everyone, names)
    own = pl.col("application_id") == pl.col("case_application_id")
    day = pl.col("decided_at").dt.date()
    until = day.dt.offset_by(pl.format("{}mo", "observation_months"))
    granted = seen["decisions"].filter(
        own & pl.col("result").is_in(GRANTS) & (day < end) & (until > start) & (pl.col("observation_months") > 0)
    )
    revoked = seen["revocations"].filter(own & pl.col("decided_at").is_not_null())
    under = granted.join(revoked, on="case_key", how="anti").select("case_key").unique()
    return everyone.join(under, on="case_key", how="semi", maintain_order="left")


def december_observations(tables: Mapping[str, pl.DataFrame], observed_until: date) -> pl.DataFrame:
    """`observations` of the December of each year whose facts had come in by the end of `observed_until`."""
    years = tables["decisions"]["decided_at"].dt.year()
    first, last = years.min(), years.max()
    span = range(first, last + 2) if isinstance(first, int) and isinstance(last, int) else range(0)
    months = [observations(tables, date(year, 12, 1)) for year in span]
    seen = pl.col("as_of") <= day_start(observed_until + timedelta(days=1))
    return pl.concat([SCHEMA.to_frame(), *months]).filter(seen)
