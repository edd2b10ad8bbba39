"""Labels: maturity, competing ends, exclusions, anchors, and the rows that decide."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from made import at, cohort, day, frames, midnight_after

from features.labels import SCHEMA, application_labels, listing_labels

Row = tuple[str, dict[str, Any]]
APPLICATION: Row = (
    "repair_applications",
    {"application_id": "A", "case_ids": ["c1"], "filed_at": at("2022-03-01"), "accepted_at": at("2022-03-02")},
)
LIFTED: Row = (
    "restriction_measures",
    {
        "case_id": "c1", "kind": "失信", "decided_date": day("2021-01-01"), "lifted_date": day("2022-03-14"),
        "lift_ground": "repair", "row_id": "lifting",
    },
)  # fmt: skip


def decided(result: str = "granted_full", when: str = "2022-03-10") -> Row:
    return "decisions", {
        "application_id": "A",
        "decided_at": at(when),
        "known_at": at(when),
        "result": result,
        "row_id": "dec",
    }


def event(when: str, known: str | None = None, **more: Any) -> Row:
    row = {"application_id": "A", "redefault_id": f"e{when}", "event_date": day(when), "row_id": f"e{when}"}
    return "redefault_events", row | {"known_at": at(known or when)} | more


def labels(*rows: Row, until: str = "2024-12-31", **given: Any) -> dict[str, dict[str, Any]]:
    found = application_labels(frames(*rows), cohort("2022-03-03", "A"), day(until), **given)
    assert found.schema == SCHEMA
    return {row["outcome"]: row for row in found.to_dicts()}


def test_a_grant_is_a_success_and_a_refusal_is_not() -> None:
    for result, label in (("granted_full", 1), ("granted_conditional", 1), ("granted_suspension", 1), ("refused", 0)):
        row = labels(APPLICATION, decided(result))["repair_success"]
        assert (row["label"], row["status"], row["row_ids"]) == (label, "observed", ["dec"])
        assert row["known_by"] == at("2022-05-31")  # filed 1 March + 90 days, and the midnight after


def test_only_the_first_decision_counts() -> None:
    later = (
        "decisions",
        {"decision_id": "2", "application_id": "A", "decided_at": at("2022-09-01"), "result": "granted_full"},
    )
    assert labels(APPLICATION, decided("refused"), later)["repair_success"]["label"] == 0


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ((APPLICATION, decided("closed_statutory")), "excluded"),
        ((APPLICATION,), "immature"),
        (((APPLICATION[0], APPLICATION[1] | {"withdrawn_at": at("2022-03-05"), "row_id": "w"}),), "competing"),
    ],
)
def test_what_the_law_decides_or_nobody_does_is_no_label(rows: tuple[Row, ...], status: str) -> None:
    row = labels(*rows)["repair_success"]
    assert (row["label"], row["status"], row["known_by"]) == (None, status, None)


def test_early_decisions_of_fresh_applications_wait_for_the_slow_ones() -> None:
    assert labels(APPLICATION, decided(), until="2022-05-29")["repair_success"]["status"] == "immature"
    assert labels(APPLICATION, decided(), until="2022-05-30")["repair_success"]["status"] == "observed"
    sooner = labels(APPLICATION, decided(), until="2022-03-20", decision_maturity_days=10)
    assert sooner["repair_success"]["status"] == "observed"


def test_a_decision_known_after_the_last_day_observed_is_not_seen() -> None:
    late = (decided()[0], decided()[1] | {"known_at": at("2025-01-01")})
    assert labels(APPLICATION, late)["repair_success"]["status"] == "immature"
    assert labels(APPLICATION, late, until="2025-01-01")["repair_success"]["label"] == 1


def test_the_anchor_is_the_effective_lifting_or_the_decision() -> None:
    assert labels(APPLICATION, decided(), LIFTED)["redefault_6"]["anchor"] == day("2022-03-14")
    assert labels(APPLICATION, decided())["redefault_6"]["anchor"] == day("2022-03-10")
    for other in ({"lift_ground": "term"}, {"kind": "拘留"}, {"lifted_date": day("2022-03-09")}, {"case_id": "c2"}):
        odd = (LIFTED[0], LIFTED[1] | other)
        assert labels(APPLICATION, decided(), odd)["redefault_6"]["anchor"] == day("2022-03-10"), other
    plan = (LIFTED[0], LIFTED[1] | {"kind": "限消", "lift_ground": "plan"})
    assert labels(APPLICATION, decided(), plan)["redefault_6"]["anchor"] == day("2022-03-14")


@pytest.mark.parametrize(
    ("when", "six", "later", "twelve"),
    [
        ("2022-03-13", 0, 0, 0),  # before the lifting
        ("2022-03-14", 1, None, 1),
        ("2022-09-13", 1, None, 1),
        ("2022-09-14", 0, 1, 1),  # the seventh month begins
        ("2023-03-13", 0, 1, 1),
        ("2023-03-14", 0, 0, 0),
    ],
)
def test_windows_are_half_open_and_share_no_day(when: str, six: int, later: int | None, twelve: int) -> None:
    found = labels(APPLICATION, decided(), LIFTED, event(when))
    assert [found[name]["label"] for name in ("redefault_6", "redefault_7_12", "redefault_12")] == [six, later, twelve]
    if later is None:
        assert (found["redefault_7_12"]["status"], found["redefault_7_12"]["row_ids"]) == ("excluded", [f"e{when}"])
    if twelve:
        assert found["redefault_12"]["row_ids"] == [f"e{when}"]


def test_labels_mature_after_horizon_and_reporting_lag_even_when_an_event_is_on_record() -> None:
    rows = (APPLICATION, decided(), LIFTED, event("2022-04-01"))
    assert labels(*rows, until="2022-11-11")["redefault_6"]["status"] == "immature"
    mature = labels(*rows, until="2022-11-12")["redefault_6"]
    assert (mature["label"], mature["known_by"]) == (1, midnight_after("2022-11-12"))
    assert labels(*rows, until="2022-11-12")["redefault_12"]["status"] == "immature"
    assert labels(*rows, until="2022-09-13", reporting_lag_days=0)["redefault_6"]["label"] == 1


def test_an_annulled_event_is_none_once_the_annulment_is_known() -> None:
    wrong = event("2022-04-01")
    annulled = (wrong[0], wrong[1] | {"annulled_at": at("2023-06-01"), "known_at": at("2023-06-01"), "row_id": "an"})
    assert labels(APPLICATION, decided(), LIFTED, wrong, annulled)["redefault_6"]["label"] == 0
    assert labels(APPLICATION, decided(), LIFTED, wrong, annulled, until="2023-05-31")["redefault_6"]["label"] == 1


def test_competing_ends_before_an_event_take_the_case_out() -> None:
    gone = (
        "debtors",
        {"operating_status": "注销", "valid_from": day("2022-05-01"), "known_at": at("2022-05-02"), "row_id": "gone"},
    )
    bankrupt = (
        "creditor_social_facts",
        {"kind": "bankruptcy_stage", "value": "accepted", "event_date": day("2022-05-01"), "row_id": "bk"},
    )
    for end in (gone, bankrupt):
        found = labels(APPLICATION, decided(), LIFTED, end, event("2022-06-01"))["redefault_6"]
        assert (found["label"], found["status"], found["row_ids"]) == (None, "competing", [end[1]["row_id"]])
        assert labels(APPLICATION, decided(), LIFTED, end, event("2022-04-01"))["redefault_6"]["label"] == 1
    old = (bankrupt[0], bankrupt[1] | {"event_date": day("2021-05-01")})
    applied = (bankrupt[0], bankrupt[1] | {"value": "applied"})
    for none in (old, applied):
        assert labels(APPLICATION, decided(), LIFTED, none)["redefault_6"]["label"] == 0


def test_without_a_grant_there_is_no_redefault_to_speak_of() -> None:
    expected = {"refused": "not_granted", "closed_statutory": "excluded"}
    for result, status in expected.items():
        found = labels(APPLICATION, decided(result), event("2022-06-01"))
        assert {found[name]["status"] for name in found if name != "repair_success"} == {status}
    assert labels(APPLICATION)["redefault_6"]["status"] == "immature"
    withdrawn = (APPLICATION[0], APPLICATION[1] | {"withdrawn_at": at("2022-03-05")})
    assert labels(withdrawn)["redefault_6"]["status"] == "not_granted"


def listing(when: str, **more: Any) -> Row:
    return "restriction_measures", {
        "measure_id": when,
        "kind": "失信",
        "decided_date": day(when),
        "row_id": when,
    } | more


def listing_label(until: str, *whens: str) -> dict[str, tuple[Any, str, list[str]]]:
    rows = [listing(when) for when in ("2014-08-31", *whens)]
    found = listing_labels(frames(*rows), cohort("2014-08-01"), day(until))
    return {row["outcome"]: (row["label"], row["status"], row["row_ids"]) for row in found.to_dicts()}


def test_listed_again_means_in_a_later_month_within_the_horizon() -> None:
    assert listing_label("2015-08-31", "2014-08-02")["redefault_12"] == (0, "observed", [])
    assert listing_label("2015-08-31", "2014-09-01")["redefault_6"] == (1, "observed", ["2014-09-01"])
    assert listing_label("2015-08-31", "2015-02-28")["redefault_6"][0] == 1
    seventh = listing_label("2015-08-31", "2015-03-01")
    assert [seventh[name][0] for name in ("redefault_6", "redefault_7_12", "redefault_12")] == [0, 1, 1]
    assert listing_label("2015-08-31", "2015-08-30")["redefault_12"][0] == 1
    assert listing_label("2016-08-31", "2015-09-01")["redefault_12"][0] == 0


def test_full_followup_only_so_early_positives_do_not_count_before_their_time() -> None:
    assert listing_label("2015-02-27", "2014-09-01")["redefault_6"][:2] == (None, "immature")
    assert listing_label("2015-02-28", "2014-09-01")["redefault_6"][:2] == (1, "observed")
    assert listing_label("2015-08-30", "2014-09-01")["redefault_12"][:2] == (None, "immature")
    assert listing_label("2015-08-31", "2014-09-01")["redefault_7_12"][:2] == (None, "excluded")


def test_a_listing_ruled_wrong_is_no_relisting() -> None:
    rows = [
        listing("2014-08-31"),
        listing("2014-10-01"),
        listing("2014-10-01", lift_ground="error", known_at=at("2015-01-01")),
    ]
    found = listing_labels(frames(*rows), cohort("2014-08-01"), day("2015-08-31"))
    assert found.filter(pl.col("outcome") == "redefault_12")["label"].item() == 0


def test_a_label_is_known_only_once_the_rows_that_decided_it_are() -> None:
    mature = at("2022-11-13")
    late = labels(APPLICATION, decided(), LIFTED, event("2022-04-01", known="2024-04-02"))["redefault_6"]
    assert (late["label"], late["known_by"]) == (1, at("2024-04-02"))
    soon = labels(APPLICATION, decided(), LIFTED, event("2022-04-01", known="2022-04-02"))["redefault_6"]
    assert (soon["label"], soon["known_by"]) == (1, mature)
    undone = event("2022-04-01", known="2023-06-01", annulled_at=at("2023-05-30"))
    cleared = labels(APPLICATION, decided(), LIFTED, undone)["redefault_6"]
    assert (cleared["label"], cleared["known_by"]) == (0, at("2023-06-01"))
    outside = event("2023-04-01", known="2023-06-01", annulled_at=at("2023-05-30"))
    assert labels(APPLICATION, decided(), LIFTED, outside)["redefault_6"]["known_by"] == mature
    slow = (LIFTED[0], LIFTED[1] | {"known_at": at("2023-02-01")})
    assert labels(APPLICATION, decided(), slow)["redefault_6"]["known_by"] == at("2023-02-01")


def test_one_event_on_record_makes_the_label_however_many_follow() -> None:
    found = labels(
        APPLICATION, decided(), LIFTED, event("2022-04-01", known="2023-04-02"), event("2022-05-01", known="2022-05-02")
    )["redefault_6"]
    assert (found["label"], found["known_by"]) == (1, at("2022-11-13"))


def test_a_case_decided_before_it_is_assessed_has_no_label() -> None:
    """Its acceptance became visible late: by the as-of the indicators may know the lifting that the grant brought."""
    for when, status in (("2022-03-02", "excluded"), ("2022-03-10", "observed")):
        found = labels(APPLICATION, decided("granted_full", when), LIFTED, event("2022-04-01"))
        assert {row["status"] for row in found.values()} == {status} | ({"excluded"} if status == "observed" else set())
        assert (found["repair_success"]["label"] is None) == (status == "excluded")
        assert (found["repair_success"]["known_by"] is None) == (status == "excluded")


def test_a_lifting_for_a_later_application_or_after_a_revocation_is_not_this_ones() -> None:
    hidden = decided("granted_suspension")  # lifts nothing
    far = (LIFTED[0], LIFTED[1] | {"lifted_date": day("2023-08-01"), "known_at": at("2023-08-01")})
    early = event("2022-06-01")
    assert labels(APPLICATION, hidden, far, early)["redefault_6"]["anchor"] == day("2023-08-01")
    second = {"application_id": "B", "case_ids": ["c1"], "filed_at": at("2023-06-01"), "accepted_at": at("2023-06-02")}
    granted = {"decision_id": "2", "application_id": "B", "decided_at": at("2023-07-20"), "result": "granted_full"}
    again = (("repair_applications", second), ("decisions", granted))
    revoked = ("revocations", {"application_id": "A", "decided_at": at("2022-07-01")})
    for more in (again, (revoked,)):
        found = labels(APPLICATION, hidden, far, early, *more)["redefault_6"]
        assert (found["anchor"], found["label"]) == (day("2022-03-10"), 1)
    # An application on another case says nothing of this one.
    other = ("repair_applications", second | {"case_ids": ["c9"]})
    assert labels(APPLICATION, hidden, far, early, other, again[1])["redefault_6"]["anchor"] == day("2023-08-01")


def test_a_bankruptcy_that_began_before_the_repair_does_not_end_it_when_it_closes() -> None:
    def stage(value: str, when: str) -> Row:
        row = {"kind": "bankruptcy_stage", "value": value, "event_date": day(when), "row_id": value, "fact_id": value}
        return "creditor_social_facts", row

    closed = stage("completed", "2022-07-01")
    found = labels(APPLICATION, decided(), LIFTED, stage("accepted", "2021-05-01"), closed)["redefault_6"]
    assert (found["label"], found["status"]) == (0, "observed")
    found = labels(APPLICATION, decided(), LIFTED, stage("accepted", "2022-05-01"), closed)["redefault_6"]
    assert (found["status"], found["row_ids"]) == ("competing", ["accepted"])
