"""The check of JSON rows and the check of frames are two programs with one law."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.case import parse_case
from records.faults import CaseFaults
from records.frames import check_tables

TABLES_USED = (
    "debtors",
    "enforcement_cases",
    "settlements",
    "payments",
    "restriction_measures",
    "property_reports",
    "repair_applications",
    "decisions",
    "monitoring_monthly",
)
Found = set[tuple[str, int, str, str]]


def _in_json(document: dict[str, Any]) -> Found:
    try:
        parse_case(json.dumps(document, ensure_ascii=False).encode())
    except CaseFaults as error:
        return {
            (fault.table or "", -1 if fault.row is None else fault.row, fault.where.split("/")[-1], _one(fault.code))
            for fault in error.faults
            if fault.code != "unknown_application"
        }
    return set()


def _in_frames(frames: dict[str, pl.DataFrame]) -> Found:
    return {
        (name, row, column, _one(code))
        for name, check in check_tables(frames).items()
        for row, column, code in check.faults.select("row", "column", "code").iter_rows()
    }


def _one(code: str) -> str:
    """A frame has a null where a JSON row lacks the key."""
    return "not_null" if code == "missing_column" else code


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32), times=st.integers(0, 4))
def test_both_refuse_the_same_cells_for_the_same_reasons(
    document: Callable[..., dict[str, Any]],
    damage: Callable[..., None],
    raw_frames: Callable[..., dict[str, pl.DataFrame]],
    seed: int,
    times: int,
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    case = document(seed, rows=3, tables=TABLES_USED)
    damage(case, rng, times)
    assert _in_json(case) == _in_frames(raw_frames(case, rng))


def test_frames_and_json_give_the_same_typed_rows(
    document: Callable[..., dict[str, Any]], raw_frames: Callable[..., dict[str, pl.DataFrame]]
) -> None:
    case = document(7, rows=3)
    typed = parse_case(json.dumps(case).encode()).tables
    for seed in range(5):
        checks = check_tables(raw_frames(case, random.Random(seed)))  # noqa: S311 - test data
        for name, check in checks.items():
            assert check.accepted.equals(typed[name]), name


@pytest.mark.parametrize(
    "code",
    [
        "wrong_type",
        "not_null",
        "future",
        "out_of_range",
        "bad_text",
        "bad_pattern",
        "not_allowed",
        "dangling_reference",
        "duplicate_row",
        "bad_supersedes",
        "unknown_column",
    ],
)
def test_the_damages_reach_every_code(
    document: Callable[..., dict[str, Any]], damage: Callable[..., None], code: str
) -> None:
    for seed in range(400):
        case = document(seed, rows=3, tables=TABLES_USED)
        damage(case, random.Random(seed), 2)  # noqa: S311 - test data
        if any(found[3] == code for found in _in_json(case)):
            return
    pytest.fail(f"no damage leads to {code}")
