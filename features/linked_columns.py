"""The columns that `features.linked` writes onto rows: their types and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl


@dataclass(frozen=True)
class Linked:
    """One linked column: its type and what it says."""

    dtype: pl.DataType
    note: str


def _flag(note: str) -> Linked:
    return Linked(pl.Boolean(), note)


def _whole(note: str) -> Linked:
    return Linked(pl.Int64(), note)


def _number(note: str) -> Linked:
    return Linked(pl.Float64(), note)


LINKED: Mapping[str, Mapping[str, Linked]] = MappingProxyType(
    {
        "enforcement_cases": {
            "in_application": _flag("the application under assessment names the case, or the case it resumes"),
            "resumed": _flag("a later known case resumes this one and carries its debt"),
            "owed": _flag("the duty still stands: not closed, or closed for the time being (终本), and not resumed"),
            "owed_at_listing": _flag("owed, and filed by the day of the first live listing, or on a day unknown"),
            "in_scope": _flag("owed or in the application, and not resumed"),
            "performed": _flag("closed as 执行完毕, or every obligation 全部已履行"),
            "settlement_done": _flag("a settlement of the case was completed"),
            "due_fen": _whole("principal of its obligations; the requested amount where none is known; else null"),
            "remaining_fen": _whole("what is left of it after payments, principal first (2014 interest rule)"),
        },
        "obligations": {
            "case_owed": _flag("as owed of its case"),
            "case_in_scope": _flag("as in_scope of its case"),
            "case_in_application": _flag("as in_application of its case"),
        },
        "payments": {
            "case_owed": _flag("as owed of its case"),
            "case_in_scope": _flag("as in_scope of its case"),
            "case_in_application": _flag("as in_application of its case"),
            "before_measure": _flag("paid before the first 失信 or 限消 decided in its case, or there is none"),
        },
        "settlements": {
            "case_owed": _flag("as owed of its case"),
            "case_in_scope": _flag("as in_scope of its case"),
            "case_in_application": _flag("as in_application of its case"),
            "plan_future_fen": _whole("while performing: instalments due on or after the as-of day"),
            "plan_last_day": _whole("while performing: due day of the last instalment, days since 1970-01-01"),
            "due_12m": _whole("instalments that fell due in the last 12 months"),
            "on_time_12m": _whole("of those, reached by payments of the settlement on or before the due day"),
            "late_12m": _whole("greatest lateness of those in days, unpaid ones counted up to the as-of day"),
            "late_now": _whole("days since the earliest instalment not reached yet fell due; 0 when none is behind"),
            "plan_parts": _whole("instalments agreed"),
            "plan_reached": _whole("of those, reached by payments of the settlement, due already or not"),
        },
        "restriction_measures": {
            "in_application": _flag("the application under assessment names its case"),
            "live": _flag("not lifted and not ruled wrong"),
            "reason_rank": _whole("severity of the listing reason: ①1 ④2 ⑥2 ⑤3 ③4 ②5"),
            "reason_code": _whole("the listing reason as 1 to 6"),
            "repair_revoked": _flag("a revoked repair covered its case"),
        },
        "property_queries": {
            "latest": _flag("of the newest answered query day of its asset class, one channel"),
            "before_listing": _flag("the same among answers given before the first live listing"),
        },
        "property_reports": {"cured": _flag("a later report was filed and not found false or refused")},
        "behaviour_events": {
            "lost_days_12m": _whole("days out of contact in the last 12 months, on the event that began them")
        },
        "creditor_social_facts": {
            "this_application": _flag("of the application under assessment"),
            "latest": _flag("the newest fact of its kind"),
            "number": _number("value read as a number"),
        },
        "repair_applications": {
            "this_application": _flag("the application under assessment"),
            "repair_revoked": _flag("the repair granted on it was revoked"),
            "plan_future_fen": _whole("of this application: instalments due on or after the as-of day"),
            "plan_last_day": _whole("of this application: due day of the last instalment, days since 1970-01-01"),
        },
        "creditor_notices": {"this_application": _flag("of the application under assessment")},
        "decisions": {"this_application": _flag("of the application under assessment")},
        "revocations": {"this_application": _flag("of the application under assessment")},
        "operating_monthly": {
            "lag": _whole("calendar months from the row's month to the as-of month"),
            "base": _flag("monitored sales of the month a year later are read against this row"),
        },
        "monitoring_monthly": {
            "this_application": _flag("of the application under assessment"),
            "newest": _flag("the newest month of the application that is not marked missing"),
            "lag": _whole("calendar months from the row's month to the as-of month"),
            "fills": _flag("no operating row of the month is known, and no other monitoring row of it comes first"),
            "of_unit": _flag("the debtor runs a business: enterprise, individual business or other unit"),
        },
    }
)
