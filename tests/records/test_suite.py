from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from records.frames import check_rows
from records.suite import SuiteRunner, Verdict
from records.tables import TABLES

Tables = Callable[..., dict[str, pl.DataFrame]]


# Between them they have columns of every kind.
EVERY_KIND = ("debtors", "payments", "restriction_measures", "property_reports", "repair_applications", "decisions")


def run(name: str, raw: pl.DataFrame, refusals: set[tuple[str, str]] | None = None) -> SuiteRunner:
    runner = SuiteRunner()
    found = check_rows(TABLES[name], raw).faults.select("column", "code").unique().rows()
    buckets = pl.Series([0] * raw.height, dtype=pl.Int64)
    runner.run(TABLES[name], raw, buckets, found if refusals is None else refusals)
    return runner


def failed(runner: SuiteRunner) -> set[tuple[str, str | None]]:
    return {(verdict.expectation, verdict.column) for verdict in runner.verdicts() if not verdict.success}


def test_right_rows_pass_every_expectation(typed_tables: Tables) -> None:
    runner = SuiteRunner()
    tables = typed_tables(["D1", "D2"], rows=3)
    tables = {name: tables[name] for name in EVERY_KIND}
    for name, frame in tables.items():
        runner.run(TABLES[name], frame, pl.Series([0] * frame.height, dtype=pl.Int64), set())
    verdicts = runner.verdicts()
    assert len(verdicts) > 150
    assert [verdict for verdict in verdicts if not verdict.success or verdict.raised] == []
    assert runner.disagreements() == []
    assert {verdict.table for verdict in verdicts} == set(tables)


@pytest.mark.parametrize(
    ("change", "expectation", "column"),
    [
        ({"nature": "stolen"}, "ExpectColumnValuesToBeInSet", "nature"),
        ({"nature": None}, "ExpectColumnValuesToNotBeNull", "nature"),
        ({"region_code": "22010"}, "ExpectColumnValuesToMatchRegex", "region_code"),
        ({"payment_id": "a b"}, "ExpectColumnValuesToMatchRegex", "payment_id"),
        ({"paid_date": "2024-02-02"}, "ExpectColumnPairValuesAToBeGreaterThanB", "paid_date"),
        ({"paid_date": "2023-02-29"}, "ExpectColumnValuesToMatchRegex", "paid_date"),
        ({"cleared_date": "1850-01-01"}, "ExpectColumnValuesToBeBetween", "cleared_date"),
        ({"amount": "-0.01"}, "ExpectColumnValuesToBeBetween", "amount"),
        ({"amount": "1.234"}, "ExpectColumnValuesToMatchRegex", "amount"),
        ({"known_at": "2024-01-01T10:00:00"}, "ExpectColumnValuesToMatchRegex", "known_at"),
        ({"extra": "1"}, "ExpectTableColumnsToMatchSet", None),
    ],
)
def test_each_kind_of_wrong_value_fails_its_own_expectation(
    typed_tables: Tables, change: dict[str, str | None], expectation: str, column: str | None
) -> None:
    raw = typed_tables(["D1"], rows=4)["payments"].with_columns(pl.lit(None, pl.String).alias("supersedes_id"))
    raw = raw.with_columns(pl.lit(None, pl.String).alias(name) for name in change if name not in raw.columns)
    first = pl.int_range(pl.len()) == 0
    texts = [
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%:z") if name == "known_at" else pl.col(name).cast(pl.String)
        for name in change
    ]
    raw = raw.with_columns(texts).with_columns(
        pl.when(first).then(pl.lit(value, pl.String)).otherwise(name).alias(name) for name, value in change.items()
    )
    runner = run("payments", raw)
    assert failed(runner) == {(expectation, column)}
    assert runner.disagreements() == []
    (verdict,) = [verdict for verdict in runner.verdicts() if not verdict.success]
    assert verdict.unexpected == (None if column is None else 1)
    silent = run("payments", raw, refusals=set())
    assert [fault.code for fault in silent.disagreements()] == ["suite_disagrees"]


def test_a_refusal_the_suite_does_not_see_is_a_disagreement(typed_tables: Tables) -> None:
    runner = run("payments", typed_tables(["D1"])["payments"], refusals={("amount", "out_of_range")})
    (fault,) = runner.disagreements()
    assert (fault.table, fault.column) == ("payments", "amount")
    assert "passed" in fault.detail


def test_several_batches_make_one_verdict(typed_tables: Tables) -> None:
    runner = SuiteRunner()
    good = typed_tables(["D1"], rows=4)["payments"]
    bad = good.with_columns(nature=pl.lit("stolen"))
    for frame, refusals in ((good, set()), (bad, {("nature", "not_allowed")}), (good, set())):
        runner.run(TABLES["payments"], frame, pl.Series([0] * 4, dtype=pl.Int64), refusals)
    (verdict,) = [verdict for verdict in runner.verdicts() if not verdict.success]
    asked = {"column": "nature", "value_set": list(TABLES["payments"].column("nature").values)}
    assert verdict == Verdict("payments", "ExpectColumnValuesToBeInSet", "nature", False, 4, False, True, asked)
    assert runner.disagreements() == []


def test_row_ids_are_unique_within_a_bucket_only(typed_tables: Tables) -> None:
    frame = typed_tables(["D1"])["payments"].with_columns(row_id=pl.lit("same"), supersedes_id=pl.lit(None, pl.String))
    apart, together = SuiteRunner(), SuiteRunner()
    apart.run(TABLES["payments"], frame, pl.Series([0, 1]), set())
    together.run(TABLES["payments"], frame, pl.Series([0, 0]), {("row_id", "duplicate_row")})
    assert failed(apart) == set()
    assert failed(together) == {("ExpectCompoundColumnsToBeUnique", "row_id")}


def test_suite_and_row_check_agree_on_random_damage(
    document: Callable[..., dict[str, Any]],
    damage: Callable[..., None],
    raw_frames: Callable[..., dict[str, pl.DataFrame]],
) -> None:
    names = ("property_reports", "repair_applications", "debtors")
    outcomes = set()
    for seed in range(6):
        rng = random.Random(seed)  # noqa: S311 - test data
        case = document(seed, rows=3, tables=names)
        damage(case, rng, 3)
        for name, raw in raw_frames(case, rng).items():
            runner = run(name, raw)
            assert runner.disagreements() == [], (seed, name)
            outcomes |= {kind for kind, _ in failed(runner)}
    assert len(outcomes) >= 4
