from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from records.case import Case, case_to_json, parse_case
from records.clock import SHANGHAI
from records.faults import CaseFaults
from records.tables import CASE_TABLES, TABLES

Document = dict[str, Any]


def faults_of(document: object) -> set[tuple[str, str]]:
    with pytest.raises(CaseFaults) as caught:
        parse_case(document if isinstance(document, bytes) else json.dumps(document).encode())
    return {(fault.code, fault.where) for fault in caught.value.faults}


def test_a_case_comes_back_from_its_own_json(document: Callable[..., Document]) -> None:
    for seed in range(5):
        case = parse_case(json.dumps(document(seed, rows=3)).encode())
        assert case.as_of == datetime(2024, 6, 1, tzinfo=SHANGHAI)
        assert list(case.tables) == list(CASE_TABLES)
        for name, frame in case.tables.items():
            assert frame.schema == TABLES[name].schema
            assert frame.height == 3
        written = case_to_json(case)
        assert parse_case(written) == case
        assert case_to_json(parse_case(written)) == written


def test_the_order_of_rows_and_spelling_of_values_do_not_change_the_canonical_bytes(
    document: Callable[..., Document],
) -> None:
    first, second = document(1, rows=3), document(1, rows=3)
    for rows in second["tables"].values():
        random.Random(3).shuffle(rows)  # noqa: S311 - test data
        for row in rows:
            row["known_at"] = "2024-02-01T02:00:00Z"
            for name in [name for name, value in row.items() if value is None]:
                del row[name]
    one, other = (parse_case(json.dumps(case, indent=1).encode()) for case in (first, second))
    assert one == other
    assert case_to_json(one) == case_to_json(other)


def test_cases_differ_when_one_cell_does(document: Callable[..., Document]) -> None:
    first, second = document(1), document(1)
    second["tables"]["payments"][0]["amount"] = "0.01"
    assert parse_case(json.dumps(first).encode()) != parse_case(json.dumps(second).encode())
    assert parse_case(json.dumps(first).encode()) != "a case"


def test_values_keep_their_exact_meaning(document: Callable[..., Document]) -> None:
    case = document(1)
    row = case["tables"]["payments"][0]
    row |= {"amount": "9999999999999999.99", "known_at": "2024-02-01T23:59:59.999999+08:00", "paid_date": "2024-02-01"}
    case["tables"]["monitoring_monthly"][0] |= {"m01_sales_yoy": -0.0, "m08_orders": 2**53 - 1, "m06_power_water": 3}
    tables = parse_case(json.dumps(case).encode()).tables
    payment = tables["payments"].row(0, named=True)
    assert str(payment["amount"]) == "9999999999999999.99"
    assert payment["known_at"] == datetime(2024, 2, 1, tzinfo=SHANGHAI) + timedelta(days=1, microseconds=-1)
    month = tables["monitoring_monthly"].row(0, named=True)
    assert (str(month["m01_sales_yoy"]), month["m08_orders"], month["m06_power_water"]) == ("0.0", 2**53 - 1, 3.0)


def test_every_fault_of_a_bad_case_is_listed_at_once(document: Callable[..., Document]) -> None:
    case = document(1)
    tables = case["tables"]
    tables["payments"][0]["amount"] = 12.5
    tables["payments"][1] |= {"nature": "stolen", "paid_date": "2024-02-02", "case_id": "nowhere"}
    tables["debtors"][0]["is_minor"] = "no"
    tables["hearings"] = {"not": "a list"}
    tables["decisions"][1] = ["no", "row"]
    tables["documents"][0]["extra"] = 1
    tables["debtor_audit"] = []
    tables["unheard_of"] = []
    del tables["settlements"]
    case |= {"as_of": "2024-06-01", "application_id": "none-such", "colour": "red"}
    raw = json.dumps(case).encode().replace(b'"observation_months": 0', b'"observation_months": NaN', 1)
    raw = raw.replace(b'"debtor_id": "D1"', b'"debtor_id": "D1", "debtor_id": "D1"', 1)
    assert faults_of(raw) == {
        ("duplicate_key", "/debtor_id"),
        ("not_finite", "/tables/decisions/0/observation_months"),
        ("wrong_type", "/tables/payments/0/amount"),
        ("not_allowed", "/tables/payments/1/nature"),
        ("future", "/tables/payments/1/paid_date"),
        ("dangling_reference", "/tables/payments/1/case_id"),
        ("wrong_type", "/tables/debtors/0/is_minor"),
        ("wrong_type", "/tables/hearings"),
        ("wrong_type", "/tables/decisions/1"),
        ("unknown_column", "/tables/documents/0/extra"),
        ("unknown_table", "/tables/debtor_audit"),
        ("unknown_table", "/tables/unheard_of"),
        ("missing_table", "/tables/settlements"),
        ("wrong_type", "/as_of"),
        ("unknown_application", "/application_id"),
        ("unknown_column", "/colour"),
    }


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"debtor_id": None}, "not_null", "/debtor_id"),
        ({"debtor_id": 7}, "wrong_type", "/debtor_id"),
        ({"debtor_id": "D 1"}, "bad_pattern", "/debtor_id"),
        ({"debtor_id": "D2"}, "other_debtor", "/tables/debtors/0/debtor_id"),
        ({"application_id": ""}, "bad_text", "/application_id"),
        ({"as_of": None}, "not_null", "/as_of"),
        ({"as_of": "2024-06-01T00:00:00"}, "wrong_type", "/as_of"),
        ({"tables": []}, "wrong_type", "/tables"),
        ({"tables": {}}, "missing_table", "/tables/payments"),
    ],
)
def test_the_members_of_a_case_are_checked(
    document: Callable[..., Document], changes: Document, code: str, where: str
) -> None:
    assert (code, where) in faults_of(document(1) | changes)


@pytest.mark.parametrize("raw", [b"[]", b'"case"', b"null", b"1"])
def test_a_case_is_an_object(raw: bytes) -> None:
    assert faults_of(raw) == {("wrong_type", "")}


def test_an_empty_object_lacks_everything() -> None:
    missing = {("missing_column", f"/{name}") for name in ("debtor_id", "application_id", "as_of", "tables")}
    assert faults_of(b"{}") == missing


def test_a_syntax_error_stands_alone(case_bytes: Callable[..., bytes]) -> None:
    assert faults_of(case_bytes()[:-2]) == {("json_syntax", "")}


def test_a_case_without_application_is_fine(case_bytes: Callable[..., bytes]) -> None:
    assert parse_case(case_bytes(application_id=None)).application_id is None


def test_rows_known_after_as_of_are_no_faults(case_bytes: Callable[..., bytes]) -> None:
    case = parse_case(case_bytes(as_of="2020-01-01T00:00:00+08:00"))
    assert all(frame.height == 2 for frame in case.tables.values())


def test_rows_that_share_a_row_id_are_all_refused(document: Callable[..., Document]) -> None:
    case = document(1, rows=4)
    rows = case["tables"]["income_facts"]
    rows[3] |= {"row_id": rows[0]["row_id"], "supersedes_id": None}
    found = {where for code, where in faults_of(case) if code == "duplicate_row"}
    assert found == {"/tables/income_facts/0/row_id", "/tables/income_facts/3/row_id"}


@pytest.mark.parametrize("claimed", ["itself", "another thing", "no row"])
def test_a_correction_names_another_row_of_the_same_thing(document: Callable[..., Document], claimed: str) -> None:
    case = document(1, rows=4)
    rows = case["tables"]["income_facts"]
    names = {"itself": rows[3]["row_id"], "another thing": rows[0]["row_id"], "no row": "nothing"}
    rows[3]["supersedes_id"] = names[claimed]
    assert faults_of(case) == {("bad_supersedes", "/tables/income_facts/3/supersedes_id")}


def test_values_never_appear_in_what_is_said(document: Callable[..., Document], damage: Callable[..., None]) -> None:
    hidden = "张三-11010519491231002X"
    for seed in range(30):
        case = document(seed)
        damage(case, random.Random(seed), 3)  # noqa: S311 - test data
        for rows in case["tables"].values():
            for row in rows:
                row.update({name: hidden for name, value in row.items() if type(value) is str and len(value) % 3 == 0})
        with pytest.raises(CaseFaults) as caught:
            parse_case(json.dumps(case).encode())
        assert hidden not in str(caught.value)
        assert all(fault.row_id is None for fault in caught.value.faults)


def test_a_case_of_other_tables_is_another_case(case_bytes: Callable[..., bytes]) -> None:
    case = parse_case(case_bytes())
    fewer = Case(case.debtor_id, case.application_id, case.as_of, {"debtors": case.tables["debtors"]})
    assert case != fewer
    assert hash(case) == hash(parse_case(case_bytes()))
    assert isinstance(fewer.tables["debtors"], pl.DataFrame)
