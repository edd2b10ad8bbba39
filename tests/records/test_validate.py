from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from records import quarantine
from records import validate as module
from records.buckets import bucket_number, part_path
from records.dataset import Dataset, DatasetInfo, write_dataset
from records.faults import DatasetFault, Fault
from records.files import write_atomically
from records.frames import check_tables
from records.tables import DATASET_TABLES
from records.validate import validate
from records.validation_report import RowsLost, TableCount, ValidationReport

Tables = Callable[..., dict[str, pl.DataFrame]]
BUCKETS = 2
DEBTORS = [f"D{i}" for i in range(5)]
USED = ("debtors", "enforcement_cases", "payments", "repair_applications", "property_reports")


@pytest.fixture
def folder(tmp_path: Path, typed_tables: Tables) -> Path:
    """A right dataset of five debtors in two buckets."""
    tables = typed_tables(DEBTORS, tables=USED)
    write_dataset(tmp_path / "data", DatasetInfo("applications", BUCKETS, date(2024, 12, 31)), tables)
    return tmp_path / "data"


def spoil(folder: Path, table: str, debtor: str, *changes: pl.Expr) -> None:
    """Rewrite the file that holds `debtor` with `changes`, which may say `mine` by the debtor_id."""
    path = part_path(folder, table, bucket_number(debtor, BUCKETS))
    rows = pl.read_parquet(path, hive_partitioning=False)
    rows.with_columns(*changes).write_parquet(path)


def only(debtor: str, column: str, value: str) -> pl.Expr:
    mine = pl.col("debtor_id") == debtor
    return pl.when(mine).then(pl.lit(value)).otherwise(pl.col(column).cast(pl.String)).alias(column)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_right_dataset_is_left_as_it_is(folder: Path) -> None:
    before = contents(folder)
    seen: list[tuple[int, int]] = []
    report = validate(folder, lambda done, total, what: seen.append((done, total)))
    assert report.ok
    assert report.total == TableCount(rows_in=50, accepted=50)
    assert report.all_faults() == []
    steps = BUCKETS + len(DATASET_TABLES)
    assert seen == [(done, steps) for done in range(1, steps + 1)]
    after = contents(folder)
    written = json.loads(after.pop("validation.json"))
    assert after == before
    assert written == json.loads(json.dumps(report.to_json()))
    assert written["ok"] is written["suite"]["success"] is written["suite"]["agrees"] is written["listed_all"] is True
    assert len(written["suite"]["expectations"]) > 100
    assert Dataset.open(folder).is_validated()


def test_bad_rows_move_and_every_fault_is_named(folder: Path) -> None:
    spoil(folder, "payments", "D1", only("D1", "amount", "abc"), only("D1", "nature", "stolen"))
    spoil(folder, "debtors", "D3", only("D3", "established_date", "2024-02-30"))
    report = validate(folder)
    assert report.total == TableCount(rows_in=50, accepted=46, quarantined=4)
    assert report.by_code() == {"not_allowed": 2, "wrong_type": 4}
    assert {(fault.code, fault.where) for fault in report.all_faults()} == {
        ("wrong_type", "payments/payments-D1-0/amount"),
        ("wrong_type", "payments/payments-D1-1/amount"),
        ("not_allowed", "payments/payments-D1-0/nature"),
        ("not_allowed", "payments/payments-D1-1/nature"),
        ("wrong_type", "debtors/debtors-D3-0/established_date"),
        ("wrong_type", "debtors/debtors-D3-1/established_date"),
    }
    assert not report.ok
    assert not any("abc" in str(fault) or "stolen" in str(fault) for fault in report.all_faults())
    assert {(verdict.table, verdict.column) for verdict in report.verdicts if not verdict.success} == {
        ("payments", "amount"),
        ("payments", "nature"),
        ("debtors", "established_date"),
    }
    dataset = Dataset.open(folder)
    rows = dataset.read(["payments", "debtors"])
    assert set(rows["payments"]["debtor_id"]) == {"D0", "D2", "D3", "D4"}
    aside = quarantine.read_quarantine(folder, "payments", bucket_number("D1", BUCKETS))
    assert [json.loads(text)["amount"] for text in aside["raw"]] == ["abc", "abc"]
    assert [fault["code"] for fault in json.loads(aside["faults"][0])] == ["wrong_type", "not_allowed"]
    assert dataset.quarantined()["row_id"].sort().to_list() == [
        "debtors-D3-0", "debtors-D3-1", "payments-D1-0", "payments-D1-1"
    ]  # fmt: skip


def test_a_second_run_finds_nothing_and_still_counts_what_lies_in_quarantine(folder: Path) -> None:
    spoil(folder, "enforcement_cases", "D1", only("D1", "claim_kind", "neither"))
    first = validate(folder, suite=False)
    before = contents(folder)
    second = validate(folder, suite=False)
    assert second.ok
    assert first.total == TableCount(rows_in=50, accepted=48, quarantined=2)
    assert second.total == TableCount(rows_in=50, accepted=48, quarantined=2, earlier=2)
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == {"validation.json"}
    spoil(folder, "enforcement_cases", "D0", only("D0", "claim_kind", "neither"))
    third = validate(folder, suite=False)
    assert third.total == TableCount(rows_in=50, accepted=46, quarantined=4, earlier=2)


def test_a_table_none_of_whose_rows_is_right_leaves_no_file(folder: Path) -> None:
    for debtor in DEBTORS:
        spoil(folder, "property_reports", debtor, only(debtor, "verdict", "perhaps"))
    report = validate(folder, suite=False)
    assert report.tables["property_reports"] == TableCount(rows_in=10, accepted=0, quarantined=10)
    assert not list((folder / "property_reports").rglob("*.parquet"))
    assert validate(folder, suite=False).tables["property_reports"].earlier == 10


def test_a_column_of_another_type_without_a_wrong_value_is_mended(folder: Path) -> None:
    original = Dataset.open(folder).read(["payments"])["payments"]
    for debtor in ("D0", "D1", "D2", "D3", "D4"):
        spoil(folder, "payments", debtor, pl.col("amount", "paid_date").cast(pl.String), pl.lit(None).alias("empty"))
    with pytest.raises(DatasetFault, match="wrong_schema"):
        Dataset.open(folder).read(["payments"])
    report = validate(folder)
    assert report.total.quarantined == 0
    assert {(fault.code, fault.column) for fault in report.faults} == {("unknown_column", "empty")}
    assert Dataset.open(folder).read(["payments"])["payments"].equals(original)


@pytest.mark.parametrize("kill_at", [1, 2])
def test_a_crash_between_the_two_steps_loses_and_doubles_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    spoil(folder, "payments", "D1", only("D1", "nature", "stolen"))
    writes = 0

    def dies(path: Path, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == kill_at:
            raise OSError("disk gone")
        write_atomically(path, content)

    monkeypatch.setattr(quarantine, "write_atomically", dies)
    monkeypatch.setattr(module, "write_atomically", dies)
    with pytest.raises(OSError, match="disk gone"):
        validate(folder, suite=False)
    monkeypatch.undo()
    in_file = pl.read_parquet(part_path(folder, "payments", bucket_number("D1", BUCKETS)), hive_partitioning=False)
    assert in_file.filter(pl.col("debtor_id") == "D1").height == 2
    assert Dataset.open(folder).quarantined().height == (0 if kill_at == 1 else 2)
    report = validate(folder, suite=False)
    assert report.tables["payments"] == TableCount(rows_in=10, accepted=8, quarantined=2)
    assert Dataset.open(folder).quarantined().height == 2


def test_files_that_cannot_be_read_are_named_and_left_alone(folder: Path) -> None:
    lost = part_path(folder, "enforcement_cases", 0)
    lost.write_bytes(b"PAR1 nothing")
    spoil(folder, "payments", "D1", only("D1", "nature", "stolen"))
    report = validate(folder, suite=False)
    assert ("unreadable_file", "enforcement_cases/bucket=0000/part.parquet") in {
        (f.code, f.where) for f in report.faults
    }
    assert lost.read_bytes() == b"PAR1 nothing"
    assert report.tables["enforcement_cases"].unread == 1
    # what points into the lost table is not blamed for it
    assert report.by_code() == {"unreadable_file": 1, "not_allowed": 2}


def test_a_damaged_quarantine_is_named_and_its_table_left_alone(folder: Path) -> None:
    spoil(folder, "payments", "D1", only("D1", "nature", "stolen"))
    validate(folder, suite=False)
    bucket = bucket_number("D1", BUCKETS)
    quarantine.quarantine_path(folder, "payments", bucket).write_bytes(b"junk")
    before = part_path(folder, "payments", bucket).read_bytes()
    report = validate(folder, suite=False)
    assert [(fault.code, fault.where) for fault in report.faults] == [
        ("unreadable_file", f"quarantine/payments/bucket={bucket:04d}/part.parquet")
    ]
    assert part_path(folder, "payments", bucket).read_bytes() == before


def test_missing_and_strange_folders_and_files_are_all_named(folder: Path) -> None:
    shutil.rmtree(folder / "payments")
    (folder / "debtors/bucket=0007").mkdir()
    (folder / "debtors/bucket=0000/extra.parquet").write_bytes(b"")
    (folder / "payment/bucket=0000").mkdir(parents=True)
    (folder / "notes").mkdir()
    report = validate(folder, suite=False)
    assert {(fault.code, fault.where) for fault in report.faults} == {
        ("missing_table", "payments"),
        ("row_count", "payments"),
        ("unknown_file", "debtors/bucket=0007"),
        ("unknown_file", "debtors/bucket=0000/extra.parquet"),
        ("unknown_table", "payment"),
    }


def test_a_lost_bucket_is_noticed_by_its_rows(folder: Path) -> None:
    part_path(folder, "payments", bucket_number("D1", BUCKETS)).unlink()
    report = validate(folder, suite=False)
    assert [fault.code for fault in report.faults] == ["row_count"]
    assert "10 rows were written" in report.faults[0].detail


def test_tables_that_nobody_counted_must_at_least_have_a_folder(folder: Path) -> None:
    content = json.loads((folder / "dataset.json").read_text())
    del content["rows"]
    (folder / "dataset.json").write_text(json.dumps(content))
    report = validate(folder, suite=False)
    assert {fault.code for fault in report.faults} == {"missing_table"}
    assert {fault.table for fault in report.faults} == set(DATASET_TABLES) - set(USED)


def test_no_dataset_is_one_clear_fault(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(DatasetFault, match=r"holds no dataset\.json"):
            validate(path)


def test_counts_that_do_not_prove_raise() -> None:
    lost = TableCount(rows_in=3, accepted=1, quarantined=1)
    with pytest.raises(RowsLost, match="payments: 3 rows in, but 1 accepted and 1 quarantined"):
        ValidationReport({"payments": lost}, (), pl.DataFrame(), (), "")
    whole = TableCount(rows_in=3, accepted=2, quarantined=1)
    assert ValidationReport({"payments": whole}, (), pl.DataFrame(), (), "").total == whole


def test_a_run_that_drops_a_row_raises(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(folder, "payments", "D1", only("D1", "nature", "stolen"))
    monkeypatch.setattr(module, "set_aside", lambda *_: pl.DataFrame(schema=quarantine.QUARANTINE_SCHEMA))
    with pytest.raises(RowsLost, match="payments/bucket="):
        validate(folder, suite=False)


def test_a_disagreement_of_suite_and_row_check_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(folder, "payments", "D1", only("D1", "nature", "stolen"))

    def blind(raw: dict[str, pl.DataFrame], *others: Any) -> Any:
        amended = {
            name: f.with_columns(nature=pl.lit("auction")) if name == "payments" else f for name, f in raw.items()
        }
        return check_tables(amended, *others)

    monkeypatch.setattr(module, "check_tables", blind)
    report = validate(folder)
    assert [(fault.code, fault.where) for fault in report.faults] == [("suite_disagrees", "payments/nature")]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), times=st.integers(0, 6))
@example(seed=38326, times=3)  # a row points to one that was set aside for its unreadable debtor
def test_rows_in_are_rows_accepted_and_rows_quarantined_whatever_is_wrong(  # noqa: PLR0917
    tmp_path: Path,
    document: Callable[..., dict[str, Any]],
    damage: Callable[..., None],
    raw_frames: Callable[..., dict[str, pl.DataFrame]],
    seed: int,
    times: int,
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    folder = tmp_path / f"{seed}-{times}"
    shutil.rmtree(folder, ignore_errors=True)
    write_dataset(folder, DatasetInfo("applications", BUCKETS, date(2024, 12, 31)), {})
    given_rows: dict[str, int] = {}
    given_ids: dict[str, list[Any]] = {name: [] for name in USED}
    for bucket in range(BUCKETS):
        debtor = next(f"X{i}" for i in range(100) if bucket_number(f"X{i}", BUCKETS) == bucket)
        case = document(seed, rows=4, debtor=debtor, tables=USED)
        damage(case, rng, times)
        for name, raw in raw_frames(case, rng).items():
            path = part_path(folder, name, bucket)
            path.parent.mkdir(parents=True)
            raw.write_parquet(path)
            given_rows[name] = given_rows.get(name, 0) + raw.height
            given_ids[name] += raw["row_id"].to_list() if "row_id" in raw.columns else [None] * raw.height
    first = validate(folder, suite=False)
    second = validate(folder, suite=False)
    dataset = Dataset.open(folder)
    accepted, aside = dataset.read(USED), dataset.quarantined()
    assert not any(check.faults.height for bucket in range(BUCKETS) for check in _recheck(dataset, bucket).values())
    for name in USED:
        count = first.tables[name]
        assert count.rows_in == given_rows[name] == count.accepted + count.quarantined
        assert second.tables[name] == TableCount(count.rows_in, count.accepted, count.quarantined, count.quarantined)
        lying = accepted[name]["row_id"].to_list() + aside.filter(pl.col("table") == name)["row_id"].to_list()
        assert sorted(map(str, lying)) == sorted(map(str, given_ids[name]))
    assert second.row_faults.height == 0
    assert (first.row_faults.height == 0) == (first.total.quarantined == 0)
    assert all(isinstance(fault, Fault) and fault.table for fault in first.all_faults())


def _recheck(dataset: Dataset, bucket: int) -> dict[str, Any]:
    aside = {
        name: rows for name in DATASET_TABLES if (rows := quarantine.read_quarantine(dataset.path, name, bucket)).height
    }
    return check_tables(dataset.read_bucket(bucket, DATASET_TABLES), aside, (), (bucket, BUCKETS))
