"""Facts of the gate and the routes on small hand-made records, each beside a neighbour."""

from __future__ import annotations

from typing import Any

import pytest
from made import at, cohort, day, frames

from features.as_of import known
from features.engine import evaluate
from features.facts import FACTS, with_parameters

Row = tuple[str, dict[str, Any]]


def facts(*rows: Row, application: str | None = "A") -> dict[str, Any]:
    whom = with_parameters(cohort("2024-03-01", application))
    return evaluate(known(frames(*rows), whom), whom, FACTS).row(0, named=True)


def application(**more: Any) -> Row:
    return "repair_applications", {"application_id": "A", "case_ids": ["c1"]} | more


def case(name: str = "c1", **more: Any) -> Row:
    return "enforcement_cases", {"case_id": name, "status": "open", "requested_amount": 100} | more


def listing(name: str = "m1", **more: Any) -> Row:
    return "restriction_measures", {
        "measure_id": name,
        "case_id": "c1",
        "kind": "失信",
        "decided_date": day("2023-01-01"),
    } | more


CLOSED = {"status": "closed", "closed_date": day("2024-01-01")}


def test_all_performed_asks_every_case_of_the_application() -> None:
    done = case(**CLOSED, closing_mode="执行完毕")
    assert facts(application(), done)["all_performed"] == 1
    assert facts(application(case_ids=["c1", "c2"]), done, case("c2"))["all_performed"] == 0
    assert facts(application(), done, case("c2"))["all_performed"] == 1  # another case does not matter
    assert facts(application(case_ids=["c9"]), done)["all_performed"] is None
    owed = ("obligations", {"case_id": "c1", "performance_state": "全部已履行", "principal": 100})
    assert facts(application(), case(), owed)["all_performed"] == 1


@pytest.mark.parametrize(
    ("fact", "mode"), [("enforcement_terminated", "终结执行"), ("non_enforcement_ruled", "不予执行")]
)
def test_grounds_of_closing(fact: str, mode: str) -> None:
    assert facts(application(), case(**CLOSED, closing_mode=mode))[fact] == 1
    assert facts(application(), case(**CLOSED, closing_mode="终结本次执行程序"))[fact] == 0


def test_a_suspended_or_settled_case_beside_one_at_rest() -> None:
    both = application(case_ids=["c1", "c2"])
    done = case("c2", **CLOSED, closing_mode="执行完毕")
    assert facts(both, case(status="suspended"), done)["enforcement_suspended"] == 1
    assert facts(both, case(status="suspended"), case("c2"))["enforcement_suspended"] == 0
    settled = ("settlements", {"case_id": "c1", "status": "completed"})
    assert facts(both, case(), done, settled)["settlement_performed"] == 1
    running = ("settlements", {"case_id": "c1", "status": "performing"})
    assert facts(both, case(), done, running)["settlement_performed"] == 0


def test_a_resumed_case_stands_for_the_one_it_resumes() -> None:
    old = case(**CLOSED, closing_mode="终结本次执行程序")
    new = case("c2", case_type="执恢", prior_case_id="c1", requested_amount=70)
    assert facts(application(), old)["remaining_debt"] == 100
    found = facts(application(), old, new)
    assert (found["remaining_debt"], found["open_cases_elsewhere"]) == (70, 0)
    done = case("c2", case_type="执恢", prior_case_id="c1", **CLOSED, closing_mode="执行完毕")
    assert (facts(application(), old, done)["all_performed"], facts(application(), old)["all_performed"]) == (1, 0)


def test_an_amount_that_is_not_on_record_is_unknown_not_nothing() -> None:
    assert facts(application(), case(requested_amount=None))["remaining_debt"] is None
    assert facts(application(), case(requested_amount=None, **CLOSED, closing_mode="执行完毕"))["remaining_debt"] == 0
    assert facts(application())["remaining_debt"] == 0


def test_listings_wrong_over_or_live() -> None:
    wrong = listing(lift_ground="error")
    assert (facts(application(), wrong)["wrong_listing"], facts(application(), wrong)["is_listed"]) == (1, 0)
    assert facts(application(), wrong, listing("m2"))["wrong_listing"] == 0
    over = listing(term_end=day("2024-02-29"), listing_reason="④")
    assert facts(application(), over)["listing_term_passed"] == 1
    assert facts(application(), listing(term_end=day("2024-03-01")))["listing_term_passed"] == 0
    assert facts(application(), over, listing("m2"))["listing_term_passed"] == 0  # ① has no term
    found = facts(application(), over, listing("m2", listing_reason="②"))
    assert (found["listing_reason_rank"], found["listing_reason"], found["multi_behaviour"]) == (5, 2, 1)


def test_windows_end_at_the_as_of_day_in_calendar_months() -> None:
    def crime(verified: str) -> Row:
        return "behaviour_events", {"kind": "refusal_crime", "verified_date": day(verified), "severity": 3}

    assert facts(crime("2021-03-01"))["refusal_crime_36m"] == 1
    assert facts(crime("2021-02-28"))["refusal_crime_36m"] == 0
    unverified = (
        "behaviour_events",
        {"kind": "asset_transfer", "event_date": day("2024-01-01"), "verified_date": None},
    )
    assert facts(unverified)["concealment_36m"] == 0


def test_lockout_runs_through_its_last_day() -> None:
    def revoked(until: str, **more: Any) -> Row:
        row = {"application_id": "Z", "decided_at": at("2023-06-01"), "lockout_until": day(until)}
        return "revocations", row | {"ground": "condition_breach"} | more

    assert (facts(revoked("2024-03-01"))["in_lockout"], facts(revoked("2024-02-29"))["in_lockout"]) == (1, 0)
    assert (facts(revoked("2024-03-01"))["lockout_near"], facts(revoked("2024-02-29"))["lockout_near"]) == (0, 1)
    assert facts(revoked("2024-02-29", decided_at=None))["lockout_near"] == 0
    assert facts(revoked("2024-02-29"))["fake_repair_listed"] == 0
    assert facts(revoked("2024-02-29", ground="false_material"))["fake_repair_listed"] == 1


def test_silence_is_unknown_until_the_day_of_reply_has_passed() -> None:
    def notice(due: str, reply: str | None = None, name: str = "n1") -> Row:
        return "creditor_notices", {"notice_id": name, "application_id": "A", "reply_due": day(due), "reply": reply}

    waiting = facts(application(), notice("2024-03-01"))
    assert (waiting["creditors_heard"], waiting["objections"], waiting["consent_share"]) == (0, None, None)
    over = facts(application(), notice("2024-02-29"))
    assert (over["creditors_heard"], over["objections"], over["consent_share"]) == (1, 0, 0)
    spoken = facts(application(), notice("2024-03-01"), notice("2024-03-01", "object", "n2"))
    assert (spoken["creditors_heard"], spoken["objections"]) == (0, 1)
    assert facts(application())["creditors_heard"] is None


def test_the_newest_bankruptcy_stage_decides() -> None:
    def stage(value: str, when: str) -> Row:
        return "creditor_social_facts", {
            "fact_id": when,
            "kind": "bankruptcy_stage",
            "value": value,
            "event_date": day(when),
        }

    approved = facts(stage("accepted", "2023-01-01"), stage("plan_approved", "2023-06-01"))
    assert (approved["reorganisation_approved"], approved["insolvency_sign"]) == (1, 0)
    failed = facts(stage("plan_approved", "2023-01-01"), stage("liquidated", "2023-06-01"))
    assert (failed["reorganisation_approved"], failed["liquidation_completed"]) == (0, 1)


def test_a_refused_report_is_cured_by_a_sound_one_filed_later() -> None:
    refused = ("property_reports", {"report_id": "r1", "ordered_date": day("2023-01-01"), "verdict": "refused"})
    sound = {"report_id": "r2", "filed_date": day("2023-05-01"), "ordered_date": day("2023-04-01")}
    assert facts(refused)["report_refused_uncured"] == 1
    assert facts(refused, ("property_reports", sound))["report_refused_uncured"] == 0
    assert facts(refused, ("property_reports", sound | {"verdict": "false"}))["report_refused_uncured"] == 1


def test_able_at_listing_compares_assets_answered_before_it_with_the_debt_of_then() -> None:
    def answer(when: str, gross: int) -> Row:
        row = {"query_id": when, "asset_class": "deposit", "requested_at": at(when), "feedback_at": at(when)}
        return "property_queries", row | {"feedback_status": "ok", "gross_value": gross}

    base = (application(), case(filed_date=day("2022-06-01")), listing())
    assert facts(*base, answer("2022-12-31", 100))["able_at_listing"] == 1
    assert facts(*base, answer("2022-12-31", 99))["able_at_listing"] == 0
    assert facts(*base, answer("2023-01-01", 500))["able_at_listing"] is None  # answered too late to know
    assert facts(*base, answer("2022-12-31", 50), answer("2024-01-01", 500))["able_at_listing"] == 0


def test_the_mode_granted_is_known_once_decided_and_only_of_this_application() -> None:
    granted = {"application_id": "A", "result": "granted_conditional", "known_at": at("2024-02-01")}
    assert facts(application(), ("decisions", granted))["granted_mode"] == 2
    assert facts(application(), ("decisions", granted | {"known_at": at("2024-03-01")}))["granted_mode"] is None
    assert facts(application(), ("decisions", granted | {"application_id": "B"}))["granted_mode"] is None


def test_publication_counts_whole_months_and_the_listing_published_last() -> None:
    def published(when: str | None, name: str = "m1") -> Row:
        return listing(name, published_date=None if when is None else day(when))

    assert facts(application(), case(), published("2023-12-01"))["months_published"] == 3
    assert facts(application(), case(), published("2023-12-02"))["months_published"] == 2
    assert facts(application(), case(), published("2022-01-01"), published("2024-02-01", "m2"))["months_published"] == 1
    assert facts(application(), case(), published("2022-01-01"), published(None, "m2"))["months_published"] is None
    elsewhere = listing("m3", case_id="c9", published_date=day("2024-02-01"))
    assert facts(application(), case(), published("2023-12-01"), elsewhere)["months_published"] == 3


def test_a_grace_period_runs_until_its_outcome_is_known() -> None:
    served = ("pre_notices", {"notice_id": "p1", "served_date": day("2023-12-01"), "outcome": None})
    running = facts(served)
    assert (running["listing_criteria_met"], running["grace_elapsed_months"]) == (1, 3)
    assert facts(("pre_notices", served[1] | {"served_date": day("2023-11-29")}))["grace_elapsed_months"] == 3 + 1 / 31
    assert facts(("pre_notices", served[1] | {"outcome": "partial"}))["grace_elapsed_months"] is None
    assert facts(case())["listing_criteria_met"] is None


def test_the_newest_opinion_of_this_application_counts_and_of_one_day_the_one_against() -> None:
    def heard(when: str, opinion: str, application_id: str = "A") -> Row:
        row = {"hearing_id": when + opinion, "application_id": application_id, "held_at": at(when)}
        return "hearings", row | {"third_party_opinion": opinion}

    found = facts(application(), heard("2024-01-05", "oppose"), heard("2024-02-05", "support"))
    assert (found["hearing_held"], found["third_party_opinion"]) == (1, 1)
    both = facts(application(), heard("2024-02-05 09:00", "oppose"), heard("2024-02-05 10:00", "support"))
    assert both["third_party_opinion"] == -1
    silent = facts(application(), heard("2024-02-05", "none"), heard("2024-02-06", "oppose", "B"))
    assert (silent["hearing_held"], silent["third_party_opinion"]) == (1, None)
    assert facts(application())["hearing_held"] == 0


def test_payments_agreed_in_parts_are_reached_in_order_early_ones_too() -> None:
    plan = '[{"due_date": "2024-01-01", "amount": "10"}, {"due_date": "2024-06-01", "amount": "20"}]'
    agreed = ("settlements", {"settlement_id": "s1", "case_id": "c1", "status": "performing", "plan_json": plan})

    def paid(amount: int) -> Row:
        return "payments", {"case_id": "c1", "settlement_id": "s1", "amount": amount, "paid_date": day("2024-02-01")}

    stages = [facts(application(), case(), agreed, paid(amount)) for amount in (9, 10, 29, 30)]
    assert [(row["stages_total"], row["stages_paid"]) for row in stages] == [(2, 0), (2, 1), (2, 1), (2, 2)]
    assert [row["breach_days"] for row in stages] == [60, 0, 0, 0]
    assert facts(application(), case("c2"), agreed)["stages_total"] is None  # of another case


def test_the_stages_of_a_person_are_debt_clearing_those_of_an_enterprise_are_bankruptcy() -> None:
    def whom(kind: str) -> Row:
        return "debtors", {"debtor_id": "D", "subject_type": kind}

    def stage(value: str, when: str, share: float | None = None) -> Row:
        row = {"fact_id": value, "kind": "bankruptcy_stage", "value": value, "event_date": day(when)}
        return "creditor_social_facts", row | {"share_of_debt": share}

    steps = (
        stage("plan_approved", "2023-01-01"), stage("observation_waived", "2023-02-01", 1.0),
        stage("first_distribution", "2023-03-01"), stage("administrator_applied", "2023-04-01"),
    )  # fmt: skip
    person = facts(whom("natural"), *steps)
    names = ("debt_clearing", "first_distribution", "administrator_applied", "waiver_vote_share")
    assert [person[name] for name in names] == [1, 1, 1, 1.0]
    assert facts(whom("natural"), steps[0])["reorganisation_approved"] == 0
    firm = facts(whom("enterprise"), steps[0])
    assert (firm["debt_clearing"], firm["reorganisation_approved"]) == (0, 1)
    done = facts(whom("enterprise"), steps[0], stage("completed", "2023-06-01"))
    assert (done["reorganisation_approved"], done["reorganisation_completed"]) == (1, 1)


def test_what_is_seen_after_a_grant() -> None:
    granted = {"application_id": "A", "result": "granted_conditional", "decided_at": at("2023-08-31"),
               "known_at": at("2023-09-01"), "observation_months": 6, "conditions_json": "{}"}  # fmt: skip

    def after(*rows: Row, **more: Any) -> dict[str, Any]:
        return facts(application(), case(), ("decisions", granted | more), *rows)

    assert (after()["observation_ended"], after(observation_months=7)["observation_ended"]) == (1, 0)
    temporary = '{"conditions": ["temporary_lifting"]}'
    assert (after()["lifting_temporary"], after(conditions_json=temporary)["lifting_temporary"]) == (0, 1)
    event = ("redefault_events", {"application_id": "A", "kind": "E1", "redefault_id": "e"})
    grave = ("redefault_events", event[1] | {"kind": "E8"})
    undone = ("redefault_events", event[1] | {"annulled_at": at("2024-01-01")})
    kinds = ("new_dishonesty", "new_dishonesty_serious")
    found = [tuple(after(row)[name] for name in kinds) for row in (event, grave, undone)]
    assert found == [(1, 0), (1, 1), (0, 0)]
    paper = {"application_id": "A", "document_id": "d", "verdict": "inconsistent", "verified_at": at("2023-09-01")}
    late, early = ("documents", paper), ("documents", paper | {"verified_at": at("2023-08-31")})
    assert (after(late)["lookback_mismatch"], after(early)["lookback_mismatch"]) == (1, 0)
    false = ("documents", paper | {"verdict": "false"})
    assert (after(false)["false_material_verified"], after(late)["false_material_verified"]) == (1, 0)
    assert facts(application(), false)["observation_ended"] is None


def test_entry_conditions_that_the_records_show() -> None:
    report = ("documents", {"application_id": "A", "kind": "report"})
    assert facts(application(), report)["credit_report"] == 1
    assert facts(application(), ("documents", report[1] | {"verdict": "false"}))["credit_report"] == 0
    visit = {"query_id": "q", "channel": "onsite", "requested_at": at("2024-01-05"), "feedback_status": "ok"}
    assert facts(("property_queries", visit))["field_checked"] == 1
    assert facts(("property_queries", visit | {"channel": "总对总"}))["field_checked"] == 0
    whole = case(**CLOSED, closing_mode="执行完毕")
    assert facts(application(), whole)["late_interest_paid"] == 1
    assert facts(application(), case())["late_interest_paid"] == 0
    ward = ("guardian_conduct", {"conduct_id": "g", "kind": "mixed_property"})
    assert (facts(ward)["guardian_misconduct"], facts(case())["guardian_misconduct"]) == (1, 0)
