"""Columns a row takes from its siblings, so that every indicator can be read off single rows.

A payment counts towards the debt only if its case is still owed, a listing belongs to the
application if its case does, an instalment is late by comparison with the payments of its
settlement: such facts are written onto the rows here, once, after the boundary. An indicator that
reads a linked column declares the sibling rows as `support`, so evidence alone gives its value.

The columns (text of each in `features.linked_columns`) are integers, flags and dates only; none depends on order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from features.expressions import coded, fen, one_of
from features.instalments import lateness, plan_sums
from features.linked_columns import LINKED
from features.monitored import months, operating
from features.run import collect_all
from features.spells import lost_contact_days
from records.tables import TABLES
from records.tables.measures import LISTING_REASONS

REASON_RANK: Mapping[str, int] = MappingProxyType({"①": 1, "④": 2, "⑥": 2, "⑤": 3, "③": 4, "②": 5})
REASON_CODE: Mapping[str, int] = MappingProxyType({reason: at for at, reason in enumerate(LISTING_REASONS, 1)})
_QUERIES = TABLES["property_queries"]
_CHANNELS = {name: at for at, name in enumerate(sorted(_QUERIES.column("channel").values))}
_CLASSES = {name: at for at, name in enumerate(_QUERIES.column("asset_class").values)}
_CASE = ["case_at", "case_id"]
_OF_APPLICATION = (
    "repair_applications", "creditor_notices", "decisions", "revocations", "creditor_social_facts",
    "monitoring_monthly",
)  # fmt: skip


def link(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames of `features.as_of.cut` with the columns of `LINKED`; row order is kept."""
    lazy = {name: frame.lazy() for name, frame in frames.items()}
    filled = {name for name, frame in frames.items() if frame.height}
    this = pl.col("application_id") == pl.col("case_application_id")
    for name in _OF_APPLICATION:
        lazy[name] = lazy[name].with_columns(this_application=this.fill_null(False))
    source = Source(lazy, filled)
    named = source.named()
    out = {name: _unlinked(frame, name) for name, frame in frames.items()}
    plans: dict[str, Callable[[], pl.LazyFrame]] = {
        "enforcement_cases": lambda: _cases(source, named),
        "restriction_measures": lambda: _measures(source, named),
        "property_queries": lambda: _queries(source),
        "property_reports": lambda: _reports(lazy["property_reports"]),
        "behaviour_events": lambda: lost_contact_days(lazy["behaviour_events"]),
        "creditor_social_facts": lambda: _social(lazy["creditor_social_facts"]),
        "repair_applications": lambda: _applications(source),
        "creditor_notices": lambda: lazy["creditor_notices"],
        "decisions": lambda: lazy["decisions"],
        "revocations": lambda: lazy["revocations"],
        "operating_monthly": lambda: operating(lazy["operating_monthly"], source.rows("monitoring_monthly")),
        "monitoring_monthly": lambda: months(
            lazy["monitoring_monthly"], source.rows("operating_monthly"), source.rows("debtors")
        ),
    }
    out |= collect_all({name: plan() for name, plan in plans.items() if name in filled})
    flags = out["enforcement_cases"].lazy()
    flags = flags.select(*_CASE, case_owed="owed", case_in_scope="in_scope", case_in_application="in_application")
    of_cases: dict[str, Callable[[], pl.LazyFrame]] = {
        "obligations": lambda: _with_case(lazy["obligations"], flags),
        "payments": lambda: _payments(_with_case(lazy["payments"], flags), source),
        "settlements": lambda: lateness(
            plan_sums(_with_case(lazy["settlements"], flags), pl.col("status") == "performing"), lazy["payments"]
        ),
    }
    return out | collect_all({name: plan() for name, plan in of_cases.items() if name in filled})


@dataclass(frozen=True)
class Source:
    """The frames to link, and which of them have rows at all: without rows, no join is needed."""

    lazy: Mapping[str, pl.LazyFrame]
    filled: set[str]

    def rows(self, name: str) -> pl.LazyFrame | None:
        """The table, or None when it has no row."""
        return self.lazy[name] if name in self.filled else None

    def named(self) -> pl.LazyFrame | None:
        """Cases that the application under assessment names: case_at, case_id."""
        rows = self.rows("repair_applications")
        return None if rows is None else _exploded(rows.filter(pl.col("this_application")))

    def revoked(self) -> pl.LazyFrame | None:
        """Applications whose repair was revoked: case_at, application_id."""
        rows = self.rows("revocations")
        return None if rows is None else rows.filter(pl.col("decided_at").is_not_null())

    def first_live_listing(self) -> pl.LazyFrame | None:
        """Day of the first live listing of each case's debtor: case_at, listing_day."""
        rows = self.rows("restriction_measures")
        if rows is None:
            return None
        listed = rows.filter((pl.col("kind") == "失信") & _LIVE)
        return listed.group_by("case_at").agg(listing_day=pl.col("decided_date").min())


def _unlinked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """An empty frame with its linked columns; others are filled later."""
    if frame.height or name not in LINKED:
        return frame
    return pl.DataFrame(schema={**frame.schema, **{key: column.dtype for key, column in LINKED[name].items()}})


def mark(frame: pl.LazyFrame, keys: pl.LazyFrame | None, on: list[str], name: str) -> pl.LazyFrame:
    """`frame` with a flag `name`: whether its key columns `on` occur in `keys`."""
    if keys is None:
        return frame.with_columns(pl.lit(False).alias(name))
    found = keys.select(on).unique().with_columns(pl.lit(True).alias(name))
    return frame.join(found, on=on, how="left", maintain_order="left").with_columns(pl.col(name).fill_null(False))


def attach(
    frame: pl.LazyFrame, other: pl.LazyFrame | None, on: list[str], columns: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    """`frame` with `columns` of `other` joined by its keys; null without a match."""
    if other is None:
        return frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in columns.items())
    return frame.join(other, on=on, how="left", maintain_order="left")


def _exploded(applications: pl.LazyFrame) -> pl.LazyFrame:
    cases = applications.select("case_at", case_id="case_ids")
    return cases.explode("case_id", empty_as_null=False, keep_nulls=False)


def _owed(obligations: pl.LazyFrame | None) -> pl.LazyFrame | None:
    if obligations is None:
        return None
    done, principal = pl.col("performance_state") == "全部已履行", fen("principal")
    return obligations.group_by(_CASE).agg(
        obligations=pl.len().cast(pl.Int64),
        undone=(~done).cast(pl.Int64).sum(),
        done_fen=principal.filter(done).sum(),
        undone_fen=principal.filter(~done).sum(),
    )


def _cases(source: Source, named: pl.LazyFrame | None) -> pl.LazyFrame:
    cases, payments, settled = source.lazy["enforcement_cases"], source.rows("payments"), source.rows("settlements")
    paid = None if payments is None else payments.group_by(_CASE).agg(paid_fen=fen("amount").sum())
    names_prior = None if named is None else named.select("case_at", prior_case_id="case_id")
    resumed = cases.filter(pl.col("prior_case_id").is_not_null()).select("case_at", case_id="prior_case_id")
    cases = mark(cases, named, _CASE, "named")
    cases = mark(cases, names_prior, ["case_at", "prior_case_id"], "prior_named")
    cases = mark(cases, resumed, _CASE, "resumed")
    cases = mark(
        cases, None if settled is None else settled.filter(pl.col("status") == "completed"), _CASE, "settlement_done"
    )
    whole = dict.fromkeys(("obligations", "undone", "done_fen", "undone_fen"), pl.Int64())
    cases = attach(cases, _owed(source.rows("obligations")), _CASE, whole)
    cases = attach(cases, paid, _CASE, {"paid_fen": pl.Int64()})
    cases = attach(cases, source.first_live_listing(), ["case_at"], {"listing_day": pl.Date()})
    pending = (pl.col("closing_mode") == "终结本次执行程序").fill_null(False)
    counted = pl.col("obligations").fill_null(0)
    got = pl.max_horizontal(pl.col("paid_fen").fill_null(0), fen("recovered_amount"))
    left = (
        pl.when(counted > 0)
        .then(pl.col("undone_fen") - pl.max_horizontal(got - pl.col("done_fen"), pl.lit(0, pl.Int64)))
        .otherwise(fen("requested_amount") - got)
    )
    standing = (pl.col("status") != "closed") | pending
    return (
        cases.with_columns(
            in_application=pl.col("named") | pl.col("prior_named"),
            owed=standing & ~pl.col("resumed"),
            owed_at_listing=standing
            & ~pl.col("resumed")
            & (pl.col("filed_date") <= pl.col("listing_day")).fill_null(pl.col("listing_day").is_not_null()),
            performed=(pl.col("closing_mode") == "执行完毕").fill_null(False)
            | ((counted > 0) & (pl.col("undone").fill_null(0) == 0)),
            due_fen=pl.when(counted > 0)
            .then(pl.col("done_fen") + pl.col("undone_fen"))
            .otherwise(fen("requested_amount")),
            remaining_fen=pl.when(standing).then(left.clip(lower_bound=0)).otherwise(0),
        )
        .with_columns(in_scope=(pl.col("owed") | pl.col("in_application")) & ~pl.col("resumed"))
        .drop("named", "prior_named", "obligations", "undone", "done_fen", "undone_fen", "paid_fen", "listing_day")
    )


def _with_case(frame: pl.LazyFrame, flags: pl.LazyFrame) -> pl.LazyFrame:
    names = ("case_owed", "case_in_scope", "case_in_application")
    joined = frame.join(flags, on=_CASE, how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(False) for name in names)


def _payments(payments: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    measures = source.rows("restriction_measures")
    first = None
    if measures is not None:
        sanctions = measures.filter(one_of("kind", "失信", "限消"))
        first = sanctions.group_by(_CASE).agg(first_day=pl.col("decided_date").min())
    joined = attach(payments, first, _CASE, {"first_day": pl.Date()})
    before = (pl.col("paid_date") < pl.col("first_day")).fill_null(True)
    return joined.with_columns(before_measure=before).drop("first_day")


def _measures(source: Source, named: pl.LazyFrame | None) -> pl.LazyFrame:
    measures = mark(source.lazy["restriction_measures"], named, _CASE, "in_application")
    revoked, covered = source.revoked(), None
    if revoked is not None:
        applications = mark(source.lazy["repair_applications"], revoked, ["case_at", "application_id"], "revoked")
        covered = _exploded(applications.filter(pl.col("revoked")))
    measures = mark(measures, covered, _CASE, "repair_revoked")
    rank, code = coded("listing_reason", REASON_RANK), coded("listing_reason", REASON_CODE)
    return measures.with_columns(live=_LIVE, reason_rank=rank, reason_code=code)


_LIVE = pl.col("lifted_date").is_null() & (pl.col("lift_ground") != "error").fill_null(True)


def _applications(source: Source) -> pl.LazyFrame:
    applications = source.lazy["repair_applications"]
    marked = mark(applications, source.revoked(), ["case_at", "application_id"], "repair_revoked")
    return plan_sums(marked, pl.col("this_application"))


def _queries(source: Source) -> pl.LazyFrame:
    first = source.first_live_listing()
    queries = attach(source.lazy["property_queries"], first, ["case_at"], {"listing_day": pl.Date()})
    answered = one_of("feedback_status", "ok", "partial") & pl.col("gross_value").is_not_null()
    early = answered & (pl.col("feedback_at").dt.date() < pl.col("listing_day"))
    # A register asked through two channels on one day shows the same assets twice: one channel counts, the
    # first in the order of their names. Day and channel make one number, so that the newest is the greatest.
    asked = pl.col("requested_at").dt.date().to_physical().cast(pl.Int64) * len(_CHANNELS) - coded("channel", _CHANNELS)
    among = pl.col("case_at").cast(pl.Int64) * len(_CLASSES) + coded("asset_class", _CLASSES)
    keyed = queries.with_columns(
        among=among,
        latest=pl.when(answered.fill_null(False)).then(asked),
        before_listing=pl.when(early.fill_null(False)).then(asked),
    )
    newest = [(pl.col(name) == pl.col(name).max().over("among")).fill_null(False) for name in _NEWEST]
    return keyed.with_columns(newest).drop("listing_day", "among")


_NEWEST = ("latest", "before_listing")


def _reports(reports: pl.LazyFrame) -> pl.LazyFrame:
    sound = pl.col("filed_date").is_not_null() & ~one_of("verdict", "false", "refused").fill_null(False)
    last = pl.col("filed_date").filter(sound).max().over("case_at")
    return reports.with_columns(cured=(last >= pl.col("ordered_date")).fill_null(False))


def _social(facts: pl.LazyFrame) -> pl.LazyFrame:
    newest = pl.col("row_id").sort_by("event_date", "known_at", "row_id").last().over("case_at", "kind")
    return facts.with_columns(
        latest=pl.col("row_id") == newest,
        number=pl.col("value").cast(pl.Float64, strict=False),
    )
