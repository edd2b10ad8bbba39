"""Supposed facts are read alike from a command line and from JSON, and everything wrong with them is named."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from explain.edits import edits_of_json, edits_of_text
from explain.what_if import MOST_EDITS, Edit, EditError
from records.clock import SHANGHAI


def test_text_and_json_say_the_same() -> None:
    told = edits_of_text(
        [
            "payments p1 amount=5000.00 paid_date=2026-03-01 settlement_id=",
            "behaviour_events + kind=lost_contact severity=2 'event_date=2026-02-03'",
            "payments - p2",
            "creditor_notices n1 sent_at=2026-03-01T09:00:00+08:00",
        ]
    )
    assert told == edits_of_json(
        [
            {
                "table": "payments",
                "row_id": "p1",
                "values": {"amount": "5000.00", "paid_date": "2026-03-01", "settlement_id": None},
            },
            {
                "table": "behaviour_events",
                "values": {"kind": "lost_contact", "severity": 2, "event_date": "2026-02-03"},
            },
            {"table": "payments", "row_id": "p2"},
            {"table": "creditor_notices", "row_id": "n1", "values": {"sent_at": "2026-03-01T09:00:00+08:00"}},
        ]
    )
    assert told[0] == Edit(
        "payments", "p1", {"amount": Decimal("5000.00"), "paid_date": date(2026, 3, 1), "settlement_id": None}
    )
    assert told[2] == Edit("payments", "p2", {})
    assert told[3].values["sent_at"] == datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)


def test_what_cannot_be_read_is_named_all_at_once() -> None:
    with pytest.raises(EditError) as error:
        edits_of_text(
            [
                "payments",
                "payments p1",
                "payments p1 amount",
                "payments - p1 p2",
                "payments p1 amount=much paid_date=yesterday",
                "payments p1 amount=5.00",
            ]
        )
    assert [number for number, _ in error.value.faults] == [0, 1, 2, 3, 4, 4]
    told = str(error.value)
    assert "edit 0 reads TABLE ROW_ID COLUMN=VALUE" in told
    assert "edit 3 setting a row aside names that one row" in told
    assert "edit 4 (payments): amount: must be" in told
    assert "edit 4 (payments): paid_date: must be" in told
    assert "much" not in told  # a fault names the rule, never the value


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"table": "payments"}, "changes must be a list"),
        ([["payments"]], "must be an object of table, row_id and values"),
        ([{"table": "payments", "known_at": "now"}], "must be an object of table, row_id and values"),
        ([{"table": "payments", "row_id": 3}], "needs a table's name"),
        ([{"table": "payments", "values": {"amount": 5}}], "amount: must be"),
        ([{"table": "payments", "row_id": "p1", "values": []}], "values that are an object"),
        ([{"table": "payments", "row_id": "p1", "values": ""}], "values that are an object"),
        ([{"table": "payments", "row_id": "p1", "values": 0}], "values that are an object"),
        ([{"table": "payments", "row_id": "p1", "values": False}], "values that are an object"),
        ([{"table": "payments", "row_id": "p1", "values": {}}], "leave values out to set the row aside"),
    ],
)
def test_json_of_another_shape_is_refused(document: object, told: str) -> None:
    assert edits_of_json([{"table": "payments", "row_id": "p1", "values": {"amount": "5.00"}}])
    with pytest.raises(EditError, match=told):
        edits_of_json(document)


def test_a_row_is_set_aside_only_where_no_values_are_meant() -> None:
    aside = [Edit("payments", "p1")]
    assert edits_of_json([{"table": "payments", "row_id": "p1"}]) == aside
    assert edits_of_json([{"table": "payments", "row_id": "p1", "values": None}]) == aside


def test_more_changes_than_a_person_supposes_are_refused_before_they_are_read() -> None:
    most = ["payments - p1"] * MOST_EDITS
    assert len(edits_of_text(most)) == MOST_EDITS
    for read, changes in ((edits_of_text, [*most, "'"]), (edits_of_json, [1] * (MOST_EDITS + 1))):
        with pytest.raises(EditError, match="is too many: at most 100 are supposed at once, not 101") as error:
            read(changes)
        assert [number for number, _ in error.value.faults] == [MOST_EDITS]
