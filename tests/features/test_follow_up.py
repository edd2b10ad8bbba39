"""Follow-up of granted repairs: whole months, what ended them, and agreement with the labels."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from made import at, cohort, day, frames

from data_synth.world import generate
from features.cohort import applications
from features.follow_up import SCHEMA, follow_up, followed
from features.labels import application_labels
from records.dataset import Dataset

Row = tuple[str, dict[str, Any]]
APPLICATION: Row = (
    "repair_applications",
    {"application_id": "A", "case_ids": ["c1"], "filed_at": at("2024-01-02"), "accepted_at": at("2024-01-03")},
)
DECIDED: Row = (
    "decisions",
    {"application_id": "A", "decided_at": at("2024-01-29"), "known_at": at("2024-01-29"), "result": "granted_full"},
)


def lifting(kind: str = "失信", ground: str = "repair", when: str = "2024-01-31") -> Row:
    return (
        "restriction_measures",
        {"case_id": "c1", "kind": kind, "decided_date": day("2021-01-01"), "lifted_date": day(when),
         "lift_ground": ground},
    )  # fmt: skip


def event(when: str, **more: Any) -> Row:
    row = {"application_id": "A", "redefault_id": f"e{when}", "event_date": day(when), "known_at": at(when)}
    return "redefault_events", row | more


def gone(when: str) -> Row:
    return "debtors", {"operating_status": "注销", "valid_from": day(when), "known_at": at(when)}


def case(*rows: Row, until: str = "2024-12-31") -> tuple[dict[str, Any], tuple[int, int]]:
    """The follow-up of the one case, and (months, cause) as it stands when `until` has ended."""
    whole = follow_up(frames(APPLICATION, DECIDED, *rows), cohort("2024-01-04", "A"), day(until))
    assert whole.schema == SCHEMA
    seen = followed(whole, day(until) + timedelta(days=1)).to_dicts()[0]
    return whole.to_dicts()[0], (seen["months"], seen["cause"])


def test_the_worked_calendar_of_the_module() -> None:
    row, seen = case(lifting())
    assert (row["anchor"], row["event_on"], row["exit_on"], row["lift_ground"]) == (
        day("2024-01-31"), None, None, "repair",
    )  # fmt: skip
    assert seen == (9, 0)
    assert case(lifting(), event("2024-05-10"))[1] == (4, 1)


@pytest.mark.parametrize(("until", "months"), [("2024-12-28", 8), ("2024-12-29", 9)])
def test_a_month_counts_once_it_has_ended_and_been_reported(until: str, months: int) -> None:
    # Month 9 ends on 2024-10-31; sixty days later is 2024-12-30, the day after the last observed one.
    assert case(lifting(), until=until)[1] == (months, 0)


@pytest.mark.parametrize(("day_of_event", "month"), [("2024-02-28", 1), ("2024-02-29", 2), ("2024-03-30", 2)])
def test_months_end_where_the_labels_end_them(day_of_event: str, month: int) -> None:
    assert case(lifting(), event(day_of_event))[1] == (month, 1)


def test_what_comes_first_ends_the_follow_up() -> None:
    assert case(lifting(), event("2024-06-10"), gone("2024-05-10"))[1] == (4, 2)
    assert case(lifting(), event("2024-05-10"), gone("2024-06-10"))[1] == (4, 1)
    assert case(lifting(), event("2024-05-10"), gone("2024-05-10"))[1] == (4, 2)


def test_an_event_in_a_month_not_yet_whole_and_one_before_the_lifting_do_not_count() -> None:
    row, seen = case(lifting(), event("2024-11-01"))
    assert row["event_on"] == day("2024-11-01")
    assert seen == (9, 0)
    assert case(lifting(), event("2024-01-30"))[0]["event_on"] is None


def test_a_deletion_at_the_creditors_request_is_told_apart() -> None:
    row, _ = case(lifting("限消", "repair"), lifting("失信", "art10_3"))
    assert row["lift_ground"] == "art10_3"
    assert case(lifting("限消", "repair"))[0]["lift_ground"] is None


def test_refused_cases_have_no_follow_up_and_later_grants_none_yet() -> None:
    refused = ("decisions", {**DECIDED[1], "result": "refused"})
    assert follow_up(frames(APPLICATION, refused), cohort("2024-01-04", "A"), day("2024-12-31")).is_empty()
    whole = follow_up(frames(APPLICATION, DECIDED, lifting()), cohort("2024-01-04", "A"), day("2024-12-31"))
    assert followed(whole, day("2024-01-31")).is_empty()
    assert followed(whole, day("2024-02-01")).height == 1


def test_labels_and_follow_up_agree_case_by_case(tmp_path: Any) -> None:
    generate(tmp_path / "world", 700, 3, buckets=1)
    dataset = Dataset.open(tmp_path / "world")
    tables = dataset.read_bucket(0)
    whom, until = applications(tables), dataset.info.observed_until
    seen = followed(follow_up(tables, whom, until), until + timedelta(days=1))
    for outcome, months in (("redefault_6", 6), ("redefault_12", 12)):
        found = application_labels(tables, whom, until).filter(pl.col("outcome") == outcome)
        both = found.filter(pl.col("status") == "observed").join(seen, on="case_key", how="left")
        assert both.height > 100
        event = (pl.col("cause") == 1) & (pl.col("months") <= months)
        assert both.select((event.cast(pl.Int8) == pl.col("label")).all()).item()
        left = found.filter(pl.col("status") == "competing").join(seen, on="case_key")
        assert (left["cause"] == 2).all()
    assert seen["months"].max() == 12
    assert isinstance(until, date)
