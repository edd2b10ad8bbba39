from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.clock import SHANGHAI, day_start, next_day_start
from records.contract import DTYPES, IDENTIFIER, common_columns
from records.rules import CONTROLS
from records.tables import CASE_TABLES, DATASET_TABLES, TABLES

PATTERNS = sorted({c.full_pattern for t in TABLES.values() for c in t.columns if c.full_pattern})


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_whole(name: str) -> None:
    table = TABLES[name]
    names = [column.name for column in table.columns]
    assert table.name == name
    assert len(set(names)) == len(names)
    assert names[: len(common_columns())] == [column.name for column in common_columns()]
    assert not table.column(table.business_id).nullable
    assert not table.column("known_at").nullable
    assert table.empty().schema == table.schema
    for column in table.columns:
        assert bool(column.values) == (column.kind in ("enum", "codes")), column.name
        assert column.references is None or (column.references in TABLES and column.kind in ("id", "ids"))
        assert not column.past or column.kind in ("date", "timestamp")
        assert (column.minimum is None and column.maximum is None) or column.kind in ("integer", "number", "money")
        assert column.dtype == DTYPES[column.kind]
    with pytest.raises(KeyError, match="no column 'nothing'"):
        table.column("nothing")


def test_audit_attributes_and_scores_do_not_travel_with_a_case() -> None:
    assert set(TABLES) - set(DATASET_TABLES) == {"score_log"}
    assert set(DATASET_TABLES) - set(CASE_TABLES) == {"debtor_audit"}
    sensitive = {t.name for t in TABLES.values() for c in t.columns if c.sensitivity == "audit"}
    assert sensitive == {"debtor_audit"}


def test_public_is_what_the_courts_lists_publish_and_nothing_personal_is() -> None:
    """Fields of 失信被执行人 and 被执行人 at zxgk.court.gov.cn; names and numbers of persons are masked there."""
    classes = {(t.name, c.name): c.sensitivity for t in TABLES.values() for c in t.columns}
    assert {place for place, kind in classes.items() if kind == "public"} == {
        ("debtors", "subject_type"),
        ("debtors", "uscc"),
        ("enforcement_cases", "case_no"),
        ("enforcement_cases", "court_code"),
        ("enforcement_cases", "basis_doc_no"),
        ("enforcement_cases", "filed_date"),
        ("enforcement_cases", "requested_amount"),
        ("obligations", "performance_state"),
        ("restriction_measures", "listing_reason"),
        ("restriction_measures", "published_date"),
        ("decisions", "certificate_code"),
    }
    for name in ("id_key", "name_masked"):
        assert classes[("debtors", name)] == "sensitive"
    assert classes[("hardship_attestations", "kind_class")] == "sensitive"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.from_regex("[0-9A-HJ-NP-Y]{4,20}"))
def test_patterns_read_the_same_in_both_engines(text: str) -> None:
    for pattern in (*PATTERNS, f"[^{CONTROLS[1:-1]}]+"):
        rust = pl.Series([text]).str.contains(f"^(?:{pattern})$")[0]
        assert rust == bool(re.fullmatch(pattern, text)), pattern


@pytest.mark.parametrize("text", ["a b", "", "x" * 81, "a\u00a0b", "a\u200bb", "a\u3000", "\ufeffa", "a\u202e", "a\n"])
def test_spaces_and_invisible_marks_are_no_part_of_an_identifier(text: str) -> None:
    assert not re.fullmatch(IDENTIFIER, text)
    assert re.fullmatch(IDENTIFIER, "（2023）吉0102执1234号")
    assert re.fullmatch(IDENTIFIER, "x" * 80)


def test_court_time() -> None:
    moment = datetime(2024, 2, 28, 16, 30, tzinfo=UTC)  # half past midnight of the 29th in court time
    assert next_day_start(moment) == datetime(2024, 3, 1, tzinfo=SHANGHAI)
    assert day_start(date(2024, 2, 29)) - day_start(date(2024, 2, 28)) == timedelta(days=1)
