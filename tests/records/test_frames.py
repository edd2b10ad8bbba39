from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest

from records.frames import FAULTS_SCHEMA, IDS_SCHEMA, RowCheck, check_rows, check_tables
from records.tables import TABLES

Tables = Callable[..., dict[str, pl.DataFrame]]
PAYMENTS = TABLES["payments"]


@pytest.fixture
def payments(typed_tables: Tables) -> pl.DataFrame:
    return typed_tables(["D1"], rows=5)["payments"]


def codes(check: RowCheck) -> list[tuple[int, str, str]]:
    return check.faults.select("row", "column", "code").rows()


def test_one_text_among_amounts_costs_one_row(payments: pl.DataFrame) -> None:
    amounts = payments["amount"].cast(pl.String).to_list()
    raw = payments.with_columns(amount=pl.Series([*amounts[:2], "abc", *amounts[3:]]))
    check = check_rows(PAYMENTS, raw)
    assert codes(check) == [(2, "amount", "wrong_type")]
    assert check.accepted.equals(payments.filter(pl.int_range(pl.len()) != 2))
    assert check.rejected.equals(raw[2:3])
    assert check.rejected_rows.to_list() == [2]
    assert check.faults.schema == FAULTS_SCHEMA
    assert check.faults["row_id"].to_list() == ["payments-D1-2"]


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ("amount", pl.Float64()),  # 0.1 is no amount of money
        ("amount", pl.Int64()),  # 元 or 分?
        ("known_at", pl.Datetime("us")),  # where?
        ("paid_date", pl.Datetime("us")),
        ("paid_date", pl.Int32()),
        ("row_id", pl.Int64()),
        ("nature", pl.Int64()),
    ],
)
def test_types_that_would_have_to_be_guessed_cost_every_row(
    payments: pl.DataFrame, column: str, dtype: pl.DataType
) -> None:
    given = payments[column].cast(dtype, strict=False) if column not in ("row_id", "nature") else pl.Series([1] * 5)
    payments = payments.with_columns(pl.lit(None, pl.String).alias("supersedes_id"))
    check = check_rows(PAYMENTS, payments.with_columns(given.alias(column)))
    assert {(name, code) for _, name, code in codes(check)} == {(column, "wrong_type")}
    assert check.accepted.height == 0
    assert check.rejected.height == 5


@pytest.mark.parametrize(
    "change",
    [
        pl.col("amount").cast(pl.Decimal(30, 4)),
        pl.col("known_at", "ingested_at").dt.convert_time_zone("UTC"),
        pl.col("known_at").dt.cast_time_unit("ns"),
        pl.col("known_at").dt.cast_time_unit("ms"),
        pl.col("nature").cast(pl.Categorical),
        pl.col("nature").cast(pl.Enum(["voluntary", "deducted", "auction", "third_party"])),
        pl.col("amount", "paid_date").cast(pl.String),
        pl.lit(None).alias("supersedes_id"),
    ],
)
def test_types_that_say_the_same_are_taken(payments: pl.DataFrame, change: pl.Expr) -> None:
    payments = payments.with_columns(pl.lit(None, pl.String).alias("supersedes_id"))
    check = check_rows(PAYMENTS, payments.with_columns(change))
    assert codes(check) == []
    assert check.accepted.equals(payments)


def test_what_would_lose_digits_is_refused(payments: pl.DataFrame) -> None:
    amounts = pl.Series(
        [Decimal("1.00"), Decimal("1.005"), None, Decimal("2.5"), Decimal(10) ** 17], dtype=pl.Decimal(30, 4)
    )
    check = check_rows(PAYMENTS, payments.with_columns(amount=amounts))
    assert codes(check) == [(1, "amount", "wrong_type"), (2, "amount", "not_null"), (4, "amount", "wrong_type")]
    fine = datetime(2024, 1, 1)  # noqa: DTZ001 - a zone is given below
    instants = pl.Series([fine] * 5, dtype=pl.Datetime("ns", "Asia/Shanghai"))
    instants = (instants.to_physical() + pl.Series([0, 1, 1000, 0, 0])).cast(pl.Datetime("ns", "Asia/Shanghai"))
    check = check_rows(PAYMENTS, payments.with_columns(ingested_at=instants))
    assert codes(check) == [(1, "ingested_at", "wrong_type")]


def test_numbers_that_are_none(typed_tables: Tables) -> None:
    reports = typed_tables(["D1"], rows=5)["property_reports"]
    values = pl.Series([float("nan"), float("inf"), 1.5, -0.0, None])
    check = check_rows(TABLES["property_reports"], reports.with_columns(verified_match=values))
    assert codes(check) == [
        (0, "verified_match", "not_finite"),
        (1, "verified_match", "not_finite"),
        (2, "verified_match", "out_of_range"),
    ]
    assert [str(value) for value in check.accepted["verified_match"]] == ["0.0", "None"]


def test_missing_and_unknown_columns(payments: pl.DataFrame) -> None:
    extra = pl.Series("extra", [None, 1, None, None, None])
    check = check_rows(PAYMENTS, payments.drop("nature", "settlement_id").with_columns(extra))
    assert codes(check) == [
        (0, "nature", "missing_column"),
        (1, "extra", "unknown_column"),
        (1, "nature", "missing_column"),
        (2, "nature", "missing_column"),
        (3, "nature", "missing_column"),
        (4, "nature", "missing_column"),
    ]
    assert check_rows(PAYMENTS, payments.drop("settlement_id")).accepted["settlement_id"].null_count() == 5


def test_no_rows_and_no_columns(payments: pl.DataFrame) -> None:
    for raw in (payments.clear(), pl.DataFrame()):
        check = check_rows(PAYMENTS, raw)
        assert (check.accepted.height, check.rejected.height, check.faults.height) == (0, 0, 0)
        assert check.accepted.schema == PAYMENTS.schema


def test_references_stay_within_a_debtor(typed_tables: Tables) -> None:
    tables = typed_tables(["D1", "D2"])
    mine = pl.lit("case_id-D1-0").alias("case_id")
    checks = check_tables(tables | {"payments": tables["payments"].with_columns(mine)})
    assert codes(checks["payments"]) == [(2, "case_id", "dangling_reference"), (3, "case_id", "dangling_reference")]
    assert not any(check.faults.height for name, check in checks.items() if name != "payments")


def test_references_find_rows_that_were_set_aside_but_not_lost_tables(typed_tables: Tables) -> None:
    tables = typed_tables(["D1"])
    cases = tables.pop("enforcement_cases")
    assert set(check_tables(tables)["payments"].faults["code"]) == {"dangling_reference"}
    aside = pl.DataFrame(
        {"debtor_id": cases["debtor_id"], "row_id": cases["row_id"], "business_id": cases["case_id"]}, schema=IDS_SCHEMA
    )
    for checks in (
        check_tables(tables, {"enforcement_cases": aside}),
        check_tables(tables, unreadable=["enforcement_cases"]),
    ):
        assert not any(check.faults.height for check in checks.values())


def test_rows_of_another_bucket_are_refused(typed_tables: Tables) -> None:
    tables = typed_tables(["D1", "D2"])
    fine = check_tables(tables, bucket=(0, 1))
    assert not any(check.faults.height for check in fine.values())
    refused = [check_tables(tables, bucket=(bucket, 2)) for bucket in (0, 1)]
    assert sum(checks["payments"].rejected.height for checks in refused) == 4
    assert {code for checks in refused for code in checks["payments"].faults["code"]} == {"wrong_bucket"}


def test_a_reference_to_a_faulty_row_is_not_dangling(typed_tables: Tables) -> None:
    tables = typed_tables(["D1"])
    cases = tables["enforcement_cases"].with_columns(pl.lit("x").alias("status"))
    checks = check_tables(tables | {"enforcement_cases": cases})
    assert checks["enforcement_cases"].accepted.height == 0
    assert checks["payments"].faults.height == 0
