"""Plain-Python facts of how a repair runs: a function per fact; None where it is unknown."""

from __future__ import annotations

import calendar
from datetime import date, datetime

from oracle_case import Case, Number, Row, day_of, debtor, fen, instalments

_GRANTED = ("granted_full", "granted_conditional", "granted_suspension")


def _months_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _whole_months(since: date, today: date) -> int:
    months = (today.year - since.year) * 12 + today.month - since.month + 1
    while _months_on(since, months) > today:
        months -= 1
    return months


def _named(c: Case) -> list[Row]:
    return [case for case in c.rows("enforcement_cases") if c.in_application(case) and not c.resumed(case)]


def _of(c: Case, table: str) -> list[Row]:
    return [] if c.application is None else c.rows(table, application_id=c.application)


def listing_criteria_met(c: Case) -> Number:
    return 1 if c.rows("pre_notices") else None


def grace_elapsed_months(c: Case) -> Number:
    running = [row["served_date"] for row in c.rows("pre_notices") if row["outcome"] is None]
    if not running:
        return None
    months = _whole_months(max(running), c.day)
    return months + (c.day - _months_on(max(running), months)).days / 31


def months_published(c: Case) -> Number:
    listings = [row for row in c.live() if row["case_id"] in c.named_cases()]
    if any(row["published_date"] is None for row in listings):
        return None
    return min((_whole_months(row["published_date"], c.day) for row in listings), default=None)


def credit_report(c: Case) -> Number:
    papers = [row for row in _of(c, "documents") if row["kind"] == "report"]
    return int(any(row["verdict"] not in ("false", "inconsistent") for row in papers))


def field_checked(c: Case) -> Number:
    answers = [row for row in c.rows("property_queries", channel="onsite") if c.since(row["requested_at"], 12)]
    return int(any(row["feedback_status"] in ("ok", "partial") for row in answers))


def late_interest_paid(c: Case) -> Number:
    cases = _named(c)
    return int(all(case["closing_mode"] == "执行完毕" for case in cases)) if cases else None


def hearing_held(c: Case) -> Number:
    return int(bool(_of(c, "hearings")))


def third_party_opinion(c: Case) -> Number:
    codes = {"support": 1, "neutral": 0, "oppose": -1}
    told = [row for row in _of(c, "hearings") if row["third_party_opinion"] != "none"]
    if not told:
        return None
    newest = max(day_of(row["held_at"]) for row in told)
    return min(codes[row["third_party_opinion"]] for row in told if day_of(row["held_at"]) == newest)


def _agreed(c: Case, *states: str) -> list[Row]:
    # The application may name a resumed case's forerunner: both are of the application.
    mine = {case["case_id"] for case in c.rows("enforcement_cases") if c.in_application(case)}
    return [row for row in c.rows("settlements") if row["status"] in states and row["case_id"] in mine]


def _reached(c: Case, settlement: Row) -> int:
    paid = sum(fen(row["amount"]) for row in c.rows("payments", settlement_id=settlement["settlement_id"]))
    any_paid = bool(c.rows("payments", settlement_id=settlement["settlement_id"]))
    owed, reached = 0, 0
    for _, amount in sorted(instalments(settlement["plan_json"])):
        owed += amount
        reached += any_paid and owed <= paid
    return reached


def stages_total(c: Case) -> Number:
    return sum(len(instalments(row["plan_json"])) for row in _agreed(c, "performing")) or None


def stages_paid(c: Case) -> Number:
    return None if stages_total(c) is None else sum(_reached(c, row) for row in _agreed(c, "performing"))


def debt_clearing(c: Case) -> Number:
    row, whom = c.newest_fact("bankruptcy_stage"), debtor(c)
    stages = ("accepted", "plan_approved", "first_distribution", "administrator_applied", "observation_waived")
    person = whom is not None and whom["subject_type"] in ("natural", "individual_business")
    return int(person and row is not None and row["value"] in stages)


def _step(c: Case, value: str) -> list[Row]:
    return [row for row in c.facts("bankruptcy_stage") if row["value"] == value]


def first_distribution(c: Case) -> Number:
    return int(bool(_step(c, "first_distribution")))


def administrator_applied(c: Case) -> Number:
    return int(bool(_step(c, "administrator_applied")))


def waiver_vote_share(c: Case) -> Number:
    shares = [row["share_of_debt"] for row in _step(c, "observation_waived")]
    return max((round(share * 1_000_000) / 1_000_000 for share in shares if share is not None), default=None)


def guardian_misconduct(c: Case) -> Number:
    return int(bool(c.rows("guardian_conduct")))


def _grants(c: Case) -> list[Row]:
    return [row for row in _of(c, "decisions") if row["result"] in _GRANTED]


def lifting_temporary(c: Case) -> Number:
    return int(any("temporary_lifting" in row["conditions_json"] for row in _grants(c))) if _grants(c) else None


def observation_ended(c: Case) -> Number:
    if not _grants(c):
        return None
    return int(all(_months_on(day_of(row["decided_at"]), row["observation_months"]) < c.day for row in _grants(c)))


def false_material_verified(c: Case) -> Number:
    return int(any(row["verdict"] == "false" for row in _of(c, "documents")))


def _newest_month(c: Case) -> Row | None:
    months = [row for row in _of(c, "monitoring_monthly") if row["quality_flag"] != "missing"]
    return max(months, key=lambda row: (row["month_index"], row["row_id"])) if months else None


def breach_days(c: Case) -> Number:
    late: list[int] = []
    for settlement in _agreed(c, "performing", "breached"):
        dues = c.lateness(settlement)
        late += [max((c.day - due).days if reached is None else 0 for due, reached in dues)] if dues else []
    month = _newest_month(c)
    if month is not None and month["d1_days_late"] is not None:
        late.append(month["d1_days_late"])
    return max(late, default=None)


def _events(c: Case, *kinds: str) -> int:
    return int(any(row["annulled_at"] is None and row["kind"] in kinds for row in _of(c, "redefault_events")))


def new_dishonesty(c: Case) -> Number:
    return _events(c, "E1", "E2", "E7", "E8")


def new_dishonesty_serious(c: Case) -> Number:
    return _events(c, "E7", "E8")


def lookback_mismatch(c: Case) -> Number:
    if not _grants(c):
        return None
    granted = max(day_of(row["decided_at"]) for row in _grants(c))
    checked: list[datetime] = [
        row["verified_at"]
        for row in _of(c, "documents")
        if row["verdict"] in ("inconsistent", "false") and row["verified_at"] is not None
    ]
    month = _newest_month(c)
    alarm = month is not None and (month["d6_document_mismatch"] or 0) > 0
    return int(alarm or any(day_of(moment) > granted for moment in checked))
