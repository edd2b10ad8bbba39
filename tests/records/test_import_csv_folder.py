"""The CSV import: a dataset written out as CSV comes back, and every faulty row is set aside with its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from records.clock import SHANGHAI, day_start
from records.dataset import Dataset
from records.faults import DatasetFault
from records.importers.csv_folder import import_csv_folder
from records.importers.report import ImportFault
from records.validate import validate

RECEIVED = datetime(2024, 6, 1, tzinfo=SHANGHAI)

COMMON = "row_id,debtor_id,region_code,known_at"
CASES = f"{COMMON},case_id,case_no,case_type,basis_doc_no,cause_code,requested_amount,status"
CASE = "{row},{debtor},220102,2024-01-05T00:00:00+08:00,{row},（2024）吉0102执1号,执,甲1,买卖合同,{amount},open"
MEASURES = f"{COMMON},measure_id,case_id,kind,decided_date,lift_scope"
MEASURE = "{row},{debtor},220102,2024-02-05T23:59:59+08:00,{row},{case},失信,{day},"


def case(row: str, debtor: str, amount: str = "100.50") -> str:
    return CASE.format(row=row, debtor=debtor, amount=amount)


def measure(row: str, debtor: str, of: str, day: str = "2024-02-04") -> str:
    return MEASURE.format(row=row, debtor=debtor, case=of, day=day)


def lay(folder: Path, name: str, header: str, lines: Sequence[str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")


def test_whole_rows_come_in_typed_and_the_dataset_is_valid(tmp_path: Path) -> None:
    lay(tmp_path / "csv", "enforcement_cases", CASES, [case("c1", "d1"), case("c2", "d2", "")])
    scoped = measure("m1", "d1", "c1") + '"[""exit"",""bidding""]"'
    lay(tmp_path / "csv", "restriction_measures", MEASURES, [scoped])
    report = import_csv_folder(tmp_path / "csv", tmp_path / "out", received=RECEIVED, buckets=2)
    assert (report.rows_in, report.accepted, report.set_aside.height) == (3, 3, 0)
    assert validate(tmp_path / "out", suite=False).ok
    dataset = Dataset.open(tmp_path / "out")
    assert (dataset.info.profile, dataset.info.observed_until) == ("applications", date(2024, 2, 5))
    tables = dataset.read()
    cases = tables["enforcement_cases"].sort("row_id")
    assert cases["requested_amount"].cast(pl.String).to_list() == ["100.50", None]
    assert cases.select("source_system", "ingested_at").rows() == [("import_csv", RECEIVED)] * 2
    assert tables["restriction_measures"]["lift_scope"].to_list() == [["exit", "bidding"]]


def test_faulty_rows_are_set_aside_and_their_debtors_refused(tmp_path: Path) -> None:
    lines = [case("c1", "d1"), case("c2", "d2", "a lot"), "torn", case("c3", "d3"), case("c3", "d3")]
    lay(tmp_path / "csv", "enforcement_cases", CASES, lines)
    events = [
        measure("m1", "d1", "c1"),
        measure("m2", "d1", "c9", "2024-02-06"),
        measure("m3", "d2", "c2"),
    ]
    lay(tmp_path / "csv", "restriction_measures", MEASURES, events)
    report = import_csv_folder(tmp_path / "csv", tmp_path / "out", received=RECEIVED, buckets=2)
    told = {(part, at): why for part, at, _, why, _ in report.set_aside.iter_rows()}
    assert told == {
        ("enforcement_cases", 1): ["wrong_type:requested_amount"],
        ("enforcement_cases", 2): ["broken_line"],
        ("enforcement_cases", 3): ["duplicate_row:row_id"],
        ("enforcement_cases", 4): ["duplicate_row:row_id"],
        ("restriction_measures", 1): ["dangling_reference:case_id", "future:decided_date"],
    }
    assert (report.rows_in, report.accepted) == (8, 3)
    verdict = validate(tmp_path / "out", suite=False)
    assert verdict.all_faults() == []
    assert (verdict.total.rows_in, verdict.total.accepted, verdict.total.quarantined) == (8, 3, 5)
    dataset = Dataset.open(tmp_path / "out")
    refused = dataset.quarantined()
    assert set(refused["debtor_id"].drop_nulls()) == {"d1", "d2", "d3"}
    with pytest.raises(DatasetFault, match="1 rows of this debtor lie in quarantine"):
        dataset.case("d2", None, day_start(date(2024, 3, 1)))


def test_a_column_that_is_missing_or_unknown_is_a_fault_of_its_rows(tmp_path: Path) -> None:
    header = CASES.replace(",status", ",colour")
    lay(tmp_path / "csv", "enforcement_cases", header, [case("c1", "d1"), case("c2", "d2").removesuffix("open")])
    report = import_csv_folder(tmp_path / "csv", tmp_path / "out", received=RECEIVED, buckets=1)
    assert report.set_aside["reasons"].to_list() == [
        ["missing_column:status", "unknown_column:colour"],
        ["missing_column:status"],
    ]


def test_files_of_no_table_are_all_named(tmp_path: Path) -> None:
    lay(tmp_path / "csv", "enforcement_case", CASES, [])
    lay(tmp_path / "csv", "payment", CASES, [])
    lay(tmp_path / "csv", "settlements", "row_id,row_id", [])
    with pytest.raises(ImportFault, match="is named after no table") as refused:
        import_csv_folder(tmp_path / "csv", tmp_path / "out")
    assert [fault.where for fault in refused.value.faults] == [
        "enforcement_case.csv",
        "payment.csv",
        "settlements.csv",
    ]
    with pytest.raises(ImportFault, match="no folder with CSV files"):
        import_csv_folder(tmp_path / "nowhere", tmp_path / "out")


def test_what_lies_in_quarantine_holds_the_row_as_it_was(tmp_path: Path) -> None:
    lay(tmp_path / "csv", "enforcement_cases", CASES, [case("c1", "d1", "-1")])
    import_csv_folder(tmp_path / "csv", tmp_path / "out", received=RECEIVED, buckets=1)
    (path,) = (tmp_path / "out" / "quarantine" / "enforcement_cases").rglob("part.parquet")
    row = pl.read_parquet(path, hive_partitioning=False).row(0, named=True)
    assert json.loads(row["raw"])["requested_amount"] == "-1"
    assert [fault["code"] for fault in json.loads(row["faults"])] == ["out_of_range"]
