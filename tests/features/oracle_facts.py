"""Plain-Python facts of gates, routes and warnings: a function per fact; None where it is unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from oracle_case import RANK, Case, Number, Row, debtor, known_flag, net, over, total


def _named(c: Case) -> list[Row]:
    return [case for case in c.rows("enforcement_cases") if c.in_application(case) and not c.resumed(case)]


def _at_rest(c: Case, case: Row) -> bool:
    return c.performed(case) or c.settled(case) or case["closing_mode"] in ("终结执行", "不予执行")


def _ground(c: Case, holds: Callable[[Row], bool]) -> Number:
    cases = _named(c)
    if not cases:
        return None
    return int(all(_at_rest(c, case) for case in cases) and any(holds(case) for case in cases))


def all_performed(c: Case) -> Number:
    return int(all(c.performed(case) for case in _named(c))) if _named(c) else None


def settlement_performed(c: Case) -> Number:
    return _ground(c, c.settled)


def enforcement_terminated(c: Case) -> Number:
    return _ground(c, lambda case: case["closing_mode"] == "终结执行")


def non_enforcement_ruled(c: Case) -> Number:
    return _ground(c, lambda case: case["closing_mode"] == "不予执行")


def enforcement_suspended(c: Case) -> Number:
    cases = _named(c)
    if not cases:
        return None
    stopped = [case["status"] == "suspended" for case in cases]
    return int(any(stopped) and all(stop or _at_rest(c, case) for stop, case in zip(stopped, cases, strict=True)))


def is_minor(c: Case) -> Number:
    row = debtor(c)
    return known_flag(row, "is_minor")


def _named_listings(c: Case) -> list[Row]:
    return [row for row in c.rows("restriction_measures", kind="失信") if row["case_id"] in c.named_cases()]


def wrong_listing(c: Case) -> Number:
    listings = _named_listings(c)
    live = [row for row in listings if row in c.live()]
    return int(not live and any(row["lift_ground"] == "error" for row in listings))


def listing_term_passed(c: Case) -> Number:
    live = [row for row in _named_listings(c) if row in c.live()]
    return int(bool(live) and all(row["term_end"] is not None and row["term_end"] < c.day for row in live))


def _stage(c: Case) -> str | None:
    row = c.newest_fact("bankruptcy_stage")
    return None if row is None else row["value"]


def _person(c: Case) -> bool:
    row = debtor(c)
    return row is not None and row["subject_type"] in ("natural", "individual_business")


def reorganisation_approved(c: Case) -> Number:
    return int(_stage(c) in ("plan_approved", "completed") and not _person(c))


def reorganisation_completed(c: Case) -> Number:
    return int(_stage(c) == "completed" and not _person(c))


def liquidation_completed(c: Case) -> Number:
    return int(_stage(c) == "liquidated" and not _person(c))


def is_listed(c: Case) -> Number:
    return int(bool(c.live()))


def lacks_capacity(c: Case) -> Number:
    row = debtor(c)
    return known_flag(row, "lacks_capacity")


def _barred(c: Case, kind: str, severity: int = 1) -> int:
    rows = c.events(c.parameter["neg_window_months"], kind)
    return int(any(row["severity"] >= severity for row in rows))


def refusal_crime_36m(c: Case) -> Number:
    return _barred(c, "refusal_crime")


def concealment_36m(c: Case) -> Number:
    return _barred(c, "asset_transfer")


def violence_36m(c: Case) -> Number:
    return _barred(c, "obstruct", 2)


def sham_or_false_report_36m(c: Case) -> Number:
    return _barred(c, "false_report")


def _lockouts(c: Case) -> list[date]:
    return [row["lockout_until"] for row in c.rows("revocations") if row["decided_at"] and row["lockout_until"]]


def in_lockout(c: Case) -> Number:
    return int(any(day >= c.day for day in _lockouts(c)))


def lockout_near(c: Case) -> Number:
    return int(any(day < c.day and c.since(day, c.parameter["lockout_near_months"]) for day in _lockouts(c)))


def fake_repair_listed(c: Case) -> Number:
    rows = c.rows("revocations", ground="false_material")
    return int(any(c.since(row["decided_at"], c.parameter["fake_list_months"]) for row in rows))


def report_refused_uncured(c: Case) -> Number:
    reports = c.rows("property_reports")
    sound = [row["filed_date"] for row in reports if row["filed_date"] and row["verdict"] not in ("false", "refused")]
    refused = [row for row in reports if row["verdict"] == "refused"]
    return int(any(not any(day >= row["ordered_date"] for day in sound) for row in refused))


def grave_harm(c: Case) -> Number:
    return int(bool(c.facts("other_severe_list", int(c.parameter["neg_window_months"]))))


def no_ai(c: Case) -> Number:
    return int(any(row["no_ai"] for row in c.own("repair_applications")))


def listing_reason(c: Case) -> Number:
    reasons = [row["listing_reason"] for row in c.live() if row["listing_reason"]]
    return max(((RANK[reason], "①②③④⑤⑥".index(reason) + 1) for reason in reasons), default=(0, None))[1]


def live_listings_5y(c: Case) -> Number:
    return sum(c.since(row["decided_date"], 60) for row in c.live())


def prior_revocations(c: Case) -> Number:
    return sum(row["decided_at"] is not None for row in c.rows("revocations"))


def able_at_listing(c: Case) -> Number:
    listed = c.first_live()
    answers = c.answers(listed, early=True)
    if listed is None or not answers:
        return None
    due = total(c.due(case) for case in c.owed() if case["filed_date"] is None or case["filed_date"] <= listed)
    return int(net(answers) >= due) if due else None


def grace_good(c: Case) -> Number:
    outcomes = [row["outcome"] for row in c.rows("pre_notices") if row["outcome"]]
    return int(any(outcome != "none" for outcome in outcomes)) if outcomes else None


def remaining_debt(c: Case) -> Number:
    debt = c.debt()
    return None if debt is None else debt / 100


def subject_is_person(c: Case) -> Number:
    row = debtor(c)
    return None if row is None else int(row["subject_type"] in ("natural", "individual_business"))


def hardship_attested(c: Case) -> Number:
    return int(any(row["valid_to"] >= c.day for row in c.rows("hardship_attestations")))


def query_coverage(c: Case) -> Number:
    rows = [row for row in c.rows("property_queries") if c.since(row["requested_at"], 12)]
    return over(sum(row["feedback_status"] in ("ok", "partial") for row in rows), len(rows))


def plan_set(c: Case) -> Number:
    return int(c.plan() is not None and any(row["commitment_signed"] for row in c.own("repair_applications")))


def conduct_active(c: Case) -> Number:
    paid = [
        row for row in c.rows("payments", nature="voluntary") if row["amount"] > 0 and c.since(row["paid_date"], 12)
    ]
    return int(bool(paid or c.events(12, "clue_given", "asset_handed_over", "commitment_kept")))


def open_cases_elsewhere(c: Case) -> Number:
    return sum(case["status"] != "closed" and not c.in_application(case) for case in c.rows("enforcement_cases"))


def insolvency_sign(c: Case) -> Number:
    return int(_stage(c) in ("applied", "accepted"))


def creditors_heard(c: Case) -> Number:
    heard = c.heard()
    return None if heard is None else int(heard)


def objections(c: Case) -> Number:
    replies = sum(row["reply"] == "object" for row in c.own("creditor_notices"))
    stated = [row for row in c.facts("objection") if c.application and row["application_id"] == c.application]
    count = max(replies, len(stated))
    return count if count > 0 or c.heard() else None


def mass_event(c: Case) -> Number:
    return int(bool(c.facts("mass_event", 12)))


def granted_mode(c: Case) -> Number:
    order = {"granted_full": 1, "granted_conditional": 2, "granted_suspension": 3}
    return max((order[row["result"]] for row in c.own("decisions") if row["result"] in order), default=None)
