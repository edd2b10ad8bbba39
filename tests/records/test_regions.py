"""Area codes by date."""

from __future__ import annotations

import re
from datetime import date

import pytest

from records.regions import region_on, successors


@pytest.mark.parametrize(
    ("code", "on", "bears"),
    [
        ("220181", date(2014, 12, 31), "220181"),  # 九台市
        ("220181", date(2015, 1, 1), "220113"),  # 九台区
        ("220381", date(2020, 12, 31), "220381"),  # 公主岭市, of Siping
        ("220381", date(2021, 1, 1), "220184"),  # of Changchun
        ("220102", date(2025, 1, 1), "220102"),  # 南关区 never changed
        ("542621", date(2014, 1, 1), "542621"),
        ("542621", date(2024, 1, 1), "540402"),
        ("000000", date(2024, 1, 1), "000000"),
    ],
)
def test_the_code_of_the_day(code: str, on: date, bears: str) -> None:
    assert region_on(code, on) == bears


def test_every_change_is_between_two_codes_and_ends_somewhere() -> None:
    known = successors()
    assert len(known) > 200
    for old, (day, new) in known.items():
        assert re.fullmatch("[0-9]{6}", old)
        assert re.fullmatch("[0-9]{6}", new)
        assert old != new
        assert new not in known or known[new][0] > day, f"{old} leads to {new}, which had gone before"
