"""Columns a row takes from its siblings, so that every indicator can be read off single rows.

A payment counts towards the debt only if its case is still owed, a listing belongs to the
application if its case does, an instalment is late by comparison with the payments of its
settlement: such facts are written onto the rows here, once, after the boundary. An indicator that
reads a linked column declares the sibling rows as `support`, so evidence alone gives its value.

The columns (text of each in `features.linked_columns`) are integers, flags and dates only; none depends on order.
Every plan here gives the new columns alone, in the order of the rows; whole rows are never moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import polars as pl

from features.expressions import coded, one_of
from features.instalments import lateness, plan_sums
from features.linked_cases import cases, of_case
from features.linked_columns import LINKED
from features.monitored import months, operating
from features.run import collect_all
from features.source import LIVE, THIS, Source, mark
from features.spells import lost_contact_days
from records.tables import TABLES
from records.tables.measures import LISTING_REASONS

REASON_RANK: Mapping[str, int] = MappingProxyType({"①": 1, "④": 2, "⑥": 2, "⑤": 3, "③": 4, "②": 5})
REASON_CODE: Mapping[str, int] = MappingProxyType({reason: at for at, reason in enumerate(LISTING_REASONS, 1)})
_QUERIES = TABLES["property_queries"]
_CHANNELS = {name: at for at, name in enumerate(sorted(_QUERIES.column("channel").values))}
_CLASSES = {name: at for at, name in enumerate(_QUERIES.column("asset_class").values)}
_EMPTY: Mapping[str, pl.DataFrame] = MappingProxyType(
    {
        name: pl.DataFrame(schema={key: column.dtype for key, column in columns.items()})
        for name, columns in LINKED.items()
    }
)


def link(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames of `features.as_of.cut` with the columns of `LINKED`; row order is kept."""
    source = Source(frames)
    found = collect_all({name: plan(source) for name, plan in _PLANS.items() if frames[name].height})
    own = found.get("enforcement_cases")
    found |= collect_all({name: plan(source, own) for name, plan in _OF_CASES.items() if frames[name].height})
    return {
        name: frame.hstack(found[name] if name in found else _EMPTY[name]) if name in LINKED else frame
        for name, frame in frames.items()
    }


def _payments(source: Source, linked: pl.DataFrame | None) -> pl.LazyFrame:
    payments = of_case(source, "payments", linked, "paid_date")
    measures = source.rows("restriction_measures")
    if measures is None:
        return payments.select(*_FLAGS, pl.lit(True).alias("before_measure"))
    first = measures.filter(_SANCTION).group_by("case_at", "case_id").agg(_FIRST_DAY)
    joined = payments.join(first, on=["case_at", "case_id"], how="left", maintain_order="left")
    return joined.select(*_FLAGS, _BEFORE_MEASURE)


_FLAGS = ("case_owed", "case_in_scope", "case_in_application")
_SANCTION = one_of("kind", "失信", "限消")
_FIRST_DAY = pl.col("decided_date").min().alias("first_day")
_BEFORE_MEASURE = (pl.col("paid_date") < pl.col("first_day")).fill_null(True).alias("before_measure")


def _obligations(source: Source, linked: pl.DataFrame | None) -> pl.LazyFrame:
    return of_case(source, "obligations", linked).select(_FLAGS)


def _settlements(source: Source, linked: pl.DataFrame | None) -> pl.LazyFrame:
    settlements = source.need("settlements")
    parts = [
        of_case(source, "settlements", linked).select(_FLAGS),
        plan_sums(source.frames["settlements"], _PERFORMING),
        lateness(settlements, source.need("payments")),
    ]
    return pl.concat(parts, how="horizontal")


_PERFORMING = pl.col("status") == "performing"


def _measures(source: Source) -> pl.LazyFrame:
    rows = source.need("restriction_measures").select("case_at", "case_id", "listing_reason", LIVE.alias("live"))
    rows = mark(rows, source.named(), ("case_at", "case_id"), "in_application")
    return mark(rows, source.revoked_cases(), ("case_at", "case_id"), "repair_revoked").select(_MEASURE)


_MEASURE = (
    pl.col("in_application", "live"),
    coded("listing_reason", REASON_RANK).alias("reason_rank"),
    coded("listing_reason", REASON_CODE).alias("reason_code"),
    pl.col("repair_revoked"),
)


def _applications(source: Source) -> pl.LazyFrame:
    applications = source.need("repair_applications")
    marked = mark(applications, source.revoked(), ("case_at", "application_id"), "repair_revoked")
    flags = marked.select(THIS.alias("this_application"), "repair_revoked")
    return pl.concat([flags, plan_sums(source.frames["repair_applications"], THIS)], how="horizontal")


def _queries(source: Source) -> pl.LazyFrame:
    queries = source.need("property_queries")
    listed = source.first_live_listing()
    if listed is None:
        return queries.select(_AMONG, _ASKED).select(_LATEST, pl.lit(False).alias("before_listing"))
    days = queries.join(listed, on="case_at", how="left", maintain_order="left")
    return days.select(_AMONG, _ASKED, _ASKED_EARLY).select(_LATEST, _BEFORE_LISTING)


# A register asked through two channels on one day shows the same assets twice: one channel counts, the
# first in the order of their names. Day and channel make one number, so that the newest is the greatest.
_ANSWERED = (one_of("feedback_status", "ok", "partial") & pl.col("gross_value").is_not_null()).fill_null(False)
_EARLY = _ANSWERED & (pl.col("feedback_at").dt.date() < pl.col("listing_day")).fill_null(False)
_DAY_AND_CHANNEL = (
    pl.col("requested_at").dt.date().to_physical().cast(pl.Int64) * len(_CHANNELS) - coded("channel", _CHANNELS)
)  # fmt: skip
_AMONG = (pl.col("case_at").cast(pl.Int64) * len(_CLASSES) + coded("asset_class", _CLASSES)).alias("among")
_ASKED = pl.when(_ANSWERED).then(_DAY_AND_CHANNEL).alias("latest")
_ASKED_EARLY = pl.when(_EARLY).then(_DAY_AND_CHANNEL).alias("before_listing")
_LATEST, _BEFORE_LISTING = (
    (pl.col(name) == pl.col(name).max().over("among")).fill_null(False) for name in ("latest", "before_listing")
)


def _reports(source: Source) -> pl.LazyFrame:
    return source.need("property_reports").select(_CURED)


_SOUND = pl.col("filed_date").is_not_null() & ~one_of("verdict", "false", "refused").fill_null(False)
_CURED = (
    (pl.col("filed_date").filter(_SOUND).max().over("case_at") >= pl.col("ordered_date"))
    .fill_null(False)
    .alias("cured")
)


def _social(source: Source) -> pl.LazyFrame:
    return source.need("creditor_social_facts").select(_SOCIAL)


_NEWEST = pl.col("row_id").sort_by("event_date", "known_at", "row_id").last().over("case_at", "kind")
_SOCIAL = (
    THIS.alias("this_application"),
    (pl.col("row_id") == _NEWEST).alias("latest"),
    pl.col("value").cast(pl.Float64, strict=False).alias("number"),
)


def _of_this(name: str) -> Callable[[Source], pl.LazyFrame]:
    return lambda source: source.need(name).select(THIS.alias("this_application"))


_PLANS: Mapping[str, Callable[[Source], pl.LazyFrame]] = MappingProxyType(
    {
        "enforcement_cases": cases,
        "restriction_measures": _measures,
        "property_queries": _queries,
        "property_reports": _reports,
        "behaviour_events": lost_contact_days,
        "creditor_social_facts": _social,
        "repair_applications": _applications,
        "creditor_notices": _of_this("creditor_notices"),
        "decisions": _of_this("decisions"),
        "revocations": _of_this("revocations"),
        "operating_monthly": operating,
        "monitoring_monthly": months,
    }
)
_OF_CASES: Mapping[str, Callable[[Source, pl.DataFrame | None], pl.LazyFrame]] = MappingProxyType(
    {"obligations": _obligations, "payments": _payments, "settlements": _settlements}
)
