"""Working days against a slow oracle, months by the calendar, and what is not exact says so."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from chinese_calendar import get_workdays
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.clocks import after_working_days, due, months_after, sync_due
from policy.outcome import Context
from policy.parameters import load
from records.clock import SHANGHAI

POLICY = load()
DAYS = st.dates(date(2005, 1, 1), date(2026, 6, 1))


@settings(deadline=None)
@given(DAYS, st.integers(1, 60))
def test_the_last_working_day_is_the_nth_after_the_event(started: date, days: int) -> None:
    workdays = get_workdays(started + timedelta(days=1), min(started + timedelta(days=150), date(2026, 12, 31)))
    assert after_working_days(started, days) == (workdays[days - 1], True)


def test_beyond_the_published_calendar_the_answer_is_not_exact() -> None:
    assert after_working_days(date(2026, 12, 31), 1) == (date(2027, 1, 1), False)
    assert after_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), True)
    assert after_working_days(date(2026, 12, 31), 0) == (date(2026, 12, 31), True)
    with pytest.raises(ValueError, match="-1 working days: a time limit is not negative"):
        after_working_days(date(2026, 1, 1), -1)


@given(DAYS, st.integers(0, 60))
def test_months_on_keep_the_day_or_take_the_last_of_the_month(started: date, months: int) -> None:
    found = months_after(started, months)
    assert (found.year * 12 + found.month) - (started.year * 12 + started.month) == months
    assert found.day == started.day or (found.day < started.day and (found + timedelta(days=1)).day == 1)


def test_a_clock_says_by_which_parameter_it_runs() -> None:
    told = due("credit_platform_extended", date(2025, 3, 3), Context(date(2025, 3, 3), "440304"), POLICY).to_json()
    assert told["due"] == "2025-03-11"
    assert [item["value"] for item in told["parameters"]] == [3, 3]
    assert {item["source"] for item in told["parameters"]} == {"深圳经济特区社会信用条例第八十二条"}


def test_a_decision_is_to_be_followed_within_a_day_and_must_be_within_three() -> None:
    decided = datetime(2025, 3, 3, 10, tzinfo=SHANGHAI)
    found = sync_due(decided, POLICY.rules(date(2025, 3, 3)))
    assert (found.target - decided, found.limit - decided) == (timedelta(days=1), timedelta(days=3))
