"""Coordination rates against a slow oracle over rows, and nothing out of nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.clocks import after_working_days
from policy.kpi import Rates, coordination
from policy.outcome import Context
from policy.parameters import load
from records.clock import SHANGHAI
from records.tables import TABLES

POLICY = load()
UNTIL = datetime(2025, 6, 1, tzinfo=SHANGHAI)
SENT = datetime(2025, 3, 3, 9, tzinfo=SHANGHAI)
NATIONAL = Context(date(2025, 6, 1))


def orders(rows: list[dict[str, Any]]) -> pl.DataFrame:
    empty = TABLES["sync_orders"].empty()
    full = [
        {"row_id": f"R{place}", "order_id": f"O{place}", "known_at": SENT + timedelta(days=40), **row}
        for place, row in enumerate(rows)
    ]
    schema = {name: dtype for name, dtype in empty.schema.items() if name in full[0]} if full else empty.schema
    return pl.DataFrame(full, schema=schema)


def order(body: str, received: float | None, done: float | None, correct: bool | None) -> dict[str, Any]:
    """An order sent on a Monday morning; hours until receipt and until done."""
    at = [None if hours is None else SENT + timedelta(hours=hours) for hours in (received, done)]
    return {"target_body": body, "sent_at": SENT, "received_at": at[0], "done_at": at[1], "feedback_correct": correct}


def test_the_three_rates_by_hand() -> None:
    rows = [
        order("tax", 2, 72, True),  # at the limit
        order("tax", 2, 72.01, True),  # just over it
        order("tax", 5, None, None),
        order("tax", None, None, None),
        order("credit_platform", 1, 80, False),  # Thursday evening, the third working day after Monday
    ]
    found = coordination(orders(rows), UNTIL, NATIONAL, POLICY)
    assert found.all == Rates("all", sent=5, received=4, timely=2, pending=0, feedback=3, correct=2)
    assert (found.all.receipt_rate, found.all.timely_rate, found.all.accuracy_rate) == (0.8, 0.5, 2 / 3)
    assert [body.body for body in found.bodies] == ["credit_platform", "tax"]
    assert found.to_json()["bodies"][1]["timely_rate"] == pytest.approx(1 / 3)
    assert {item["key"] for item in found.to_json()["parameters"]} == {
        "clocks.other.sync_hours", "clocks.working_days.credit_platform",
    }  # fmt: skip


@pytest.mark.parametrize(("region", "timely"), [("*", 1), ("410105", 0), ("310115", 1)])
def test_the_platforms_limit_is_the_regions(region: str, timely: int) -> None:
    found = coordination(
        orders([order("credit_platform", 1, 80, None)]), UNTIL, Context(date(2025, 6, 1), region), POLICY
    )
    assert found.all.timely == timely


def test_nothing_sent_has_no_rate() -> None:
    found = coordination(orders([]), UNTIL, NATIONAL, POLICY)
    assert found.all == Rates("all", 0, 0, 0, 0, 0, 0)
    assert (found.all.receipt_rate, found.all.timely_rate, found.all.accuracy_rate) == (None, None, None)
    assert found.bodies == ()


def test_only_what_was_known_counts_and_the_latest_row_of_an_order() -> None:
    sent = order("tax", None, None, None)
    done = order("tax", 2, 10, True)
    rows = [
        {**sent, "order_id": "A", "known_at": SENT},
        {**done, "order_id": "A", "known_at": SENT + timedelta(hours=10)},
        {**done, "order_id": "B", "known_at": UNTIL},
    ]
    assert coordination(orders(rows), UNTIL, NATIONAL, POLICY).all == Rates("all", 1, 1, 1, 0, 1, 1)
    early = coordination(orders(rows), SENT + timedelta(hours=1), NATIONAL, POLICY)
    assert early.all == Rates("all", 1, 0, 0, 0, 0, 0)


def test_an_order_whose_limit_still_runs_is_pending() -> None:
    rows = [{**order("tax", 2, None, None), "known_at": SENT + timedelta(hours=2)}]
    assert coordination(orders(rows), SENT + timedelta(hours=72), NATIONAL, POLICY).all.pending == 1
    assert coordination(orders(rows), SENT + timedelta(hours=72.1), NATIONAL, POLICY).all.pending == 0


HOURS = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 24.0, 71.9, 72.0, 72.1, 86.9, 87.1, 300.0]))
ROWS = st.lists(
    st.builds(order, st.sampled_from(["tax", "credit_platform"]), HOURS, HOURS, st.sampled_from([None, True, False])),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(ROWS)
def test_the_rates_are_those_of_a_slow_count(rows: list[dict[str, Any]]) -> None:
    timely = 0
    for row in rows:
        if row["received_at"] is None or row["done_at"] is None:
            continue
        if row["target_body"] == "credit_platform":
            timely += row["done_at"].date() <= after_working_days(row["received_at"].date(), 3)[0]
        else:
            timely += row["done_at"] - row["sent_at"] <= timedelta(hours=72)
    found = coordination(orders(rows), UNTIL, NATIONAL, POLICY)
    assert found.all.timely == timely
    assert found.all.sent == len(rows) == sum(body.sent for body in found.bodies)
    assert found.all.received == sum(row["received_at"] is not None for row in rows)
    assert found.all.correct == sum(row["feedback_correct"] is True for row in rows)
