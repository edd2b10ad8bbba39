from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.case import case_to_json, parse_case
from records.dataset import Dataset, DatasetInfo, DatasetWriter, bucket_of, part_path, write_dataset
from records.faults import DatasetFault
from records.tables import CASE_TABLES, DATASET_TABLES, TABLES
from records.validate import validate

INFO = DatasetInfo("applications", 3, date(2024, 12, 31), {"generator": "test", "seed": 1})
DEBTORS = [f"D{i}" for i in range(8)]
Tables = Callable[..., dict[str, pl.DataFrame]]


def codes(error: pytest.ExceptionInfo[DatasetFault]) -> set[tuple[str, str]]:
    return {(fault.code, fault.where) for fault in error.value.faults}


@given(ids=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), max_size=20), n=st.integers(1, 50))
def test_buckets_are_the_crc_of_the_debtor(ids: list[str | None], n: int) -> None:
    numbers = bucket_of(pl.Series(ids, dtype=pl.String), n)
    assert numbers.dtype == pl.Int64
    assert numbers.to_list() == [None if text is None else zlib.crc32(text.encode()) % n for text in ids]


def test_what_is_written_is_read(tmp_path: Path, typed_tables: Tables) -> None:
    tables = typed_tables(DEBTORS)
    dataset = write_dataset(tmp_path / "data", INFO, tables)
    again = Dataset.open(tmp_path / "data")
    assert again.info == dataset.info
    assert again.info.rows == {name: tables[name].height if name in tables else 0 for name in DATASET_TABLES}
    whole = again.read()
    assert list(whole) == list(CASE_TABLES)
    for name, frame in whole.items():
        assert frame.schema == TABLES[name].schema
        assert frame.sort("row_id").equals(tables[name].sort("row_id"))
    for bucket in again.bucket_numbers():
        for frame in again.read_bucket(bucket).values():
            assert set(bucket_of(frame["debtor_id"], 3)) <= {bucket}


def test_empty_tables_have_no_files_and_are_read_as_empty(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path, INFO, {})
    assert [path.name for path in tmp_path.iterdir()] == ["dataset.json"]
    assert all(frame.equals(TABLES[name].empty()) for name, frame in dataset.read(DATASET_TABLES).items())
    assert dataset.quarantined().height == 0


def test_the_same_rows_give_the_same_bytes_in_any_order(tmp_path: Path, typed_tables: Tables) -> None:
    tables = typed_tables(DEBTORS)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in tables.items()}
    one = write_dataset(tmp_path / "one", INFO, tables)
    other = write_dataset(tmp_path / "other", INFO, shuffled)
    assert one.fingerprint() == other.fingerprint()
    assert (tmp_path / "one/dataset.json").read_bytes() == (tmp_path / "other/dataset.json").read_bytes()
    part = next(iter((tmp_path / "one/payments").glob("*/part.parquet")))
    frame = pl.read_parquet(part, hive_partitioning=False)
    frame.with_columns(pl.lit("other").alias("region_code")).write_parquet(part)
    assert one.fingerprint() != other.fingerprint()


def test_the_writer_lists_every_wrong_column_and_writes_nothing(tmp_path: Path, typed_tables: Tables) -> None:
    tables = typed_tables(["D1"])
    wrong = {
        "payments": tables["payments"].with_columns(pl.col("amount").cast(pl.Float64)).drop("nature"),
        "debtors": tables["debtors"].with_columns(pl.lit(1).alias("extra")),
        "hearings": tables["hearings"].select(reversed(tables["hearings"].columns)),
        "nonsense": tables["debtors"],
    }
    writer = DatasetWriter(tmp_path, INFO)
    with pytest.raises(DatasetFault) as error:
        writer.write_bucket(0, wrong)
    assert codes(error) == {
        ("wrong_type", "payments/bucket=0000/amount"),
        ("missing_column", "payments/bucket=0000/nature"),
        ("unknown_column", "debtors/bucket=0000/extra"),
        ("wrong_schema", "hearings/bucket=0000"),
        ("unknown_table", "nonsense/bucket=0000"),
    }
    with pytest.raises(DatasetFault, match="unknown_table"):
        write_dataset(tmp_path, INFO, wrong)
    assert not list(tmp_path.rglob("*.parquet"))
    with pytest.raises(DatasetFault, match="not_a_dataset"):
        Dataset.open(tmp_path)


def test_the_writer_refuses_debtors_of_other_buckets_and_of_none(tmp_path: Path, typed_tables: Tables) -> None:
    tables = typed_tables(["D1"])
    mine = zlib.crc32(b"D1") % 3
    writer = DatasetWriter(tmp_path, INFO)
    with pytest.raises(DatasetFault, match="2 rows are of debtors of another bucket"):
        writer.write_bucket((mine + 1) % 3, {"payments": tables["payments"]})
    with pytest.raises(DatasetFault, match="0 to 2"):
        writer.write_bucket(3, {"payments": tables["payments"]})
    writer.write_bucket(mine, {"payments": tables["payments"]})
    with pytest.raises(DatasetFault, match="already_exists"):
        writer.write_bucket(mine, {"payments": tables["payments"]})
    assert writer.close().read()["payments"].height == 2
    with pytest.raises(DatasetFault, match="no bucket"):
        write_dataset(
            tmp_path / "x", INFO, {"payments": tables["payments"].with_columns(debtor_id=pl.lit(None, pl.String))}
        )


def test_a_folder_that_holds_a_dataset_is_not_overwritten(tmp_path: Path, typed_tables: Tables) -> None:
    write_dataset(tmp_path, INFO, typed_tables(["D1"]))
    with pytest.raises(DatasetFault, match="already holds a dataset"):
        write_dataset(tmp_path, INFO, {})


def test_what_an_interrupted_writing_left_does_not_get_into_the_next(tmp_path: Path, typed_tables: Tables) -> None:
    def interrupted() -> None:
        with DatasetWriter(tmp_path, INFO) as writer:
            writer.write_bucket(zlib.crc32(b"D1") % 3, typed_tables(["D1"]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(DatasetFault, match="interrupted"):
        Dataset.open(tmp_path)
    with DatasetWriter(tmp_path, INFO) as writer:
        writer.write_bucket(zlib.crc32(b"D2") % 3, typed_tables(["D2"]))
    assert set(Dataset.open(tmp_path).read()["payments"]["debtor_id"]) == {"D2"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"format": 2}, "dataset.json/format"),
        ({"profile": "guess"}, "dataset.json/profile"),
        ({"buckets": 0}, "dataset.json/buckets"),
        ({"buckets": True}, "dataset.json/buckets"),
        ({"observed_until": "2024-02-30"}, "dataset.json/observed_until"),
        ({"origin": 1}, "dataset.json/origin"),
        ({"colour": 1}, "dataset.json/colour"),
        ({"rows": {"payments": -1}}, "dataset.json/rows/payments"),
        ({"rows": {"nothing": 1}}, "dataset.json/rows/nothing"),
        ({"rows": 1}, "dataset.json/rows"),
    ],
)
def test_a_wrong_dataset_json_is_named(tmp_path: Path, change: dict[str, object], where: str) -> None:
    content = json.loads(INFO.to_bytes())
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    assert Dataset.open(tmp_path).info == INFO
    (tmp_path / "dataset.json").write_text(json.dumps(content | change))
    with pytest.raises(DatasetFault) as error:
        Dataset.open(tmp_path)
    assert codes(error) == {("bad_dataset_info", where)}


def test_all_faults_of_dataset_json_come_together(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text('{"format": 3, "profile": "x", "buckets": 0}')
    with pytest.raises(DatasetFault) as error:
        Dataset.open(tmp_path)
    names = {"format", "profile", "buckets", "observed_until", "origin"}
    assert {where.split("/")[-1] for _, where in codes(error)} == names
    (tmp_path / "dataset.json").write_text('{"format": 1, "format": 1}')
    with pytest.raises(DatasetFault, match=r"dataset\.json/format"):
        Dataset.open(tmp_path)
    (tmp_path / "dataset.json").write_text("[]")
    with pytest.raises(DatasetFault, match="must be a JSON object"):
        Dataset.open(tmp_path)
    with pytest.raises(DatasetFault, match="10000"):
        DatasetInfo("applications", 10_001, date(2024, 1, 1))


def test_unreadable_and_untyped_files_are_named_together(tmp_path: Path, typed_tables: Tables) -> None:
    dataset = write_dataset(tmp_path, DatasetInfo("applications", 1, date(2024, 1, 1)), typed_tables(["D1"]))
    part_path(tmp_path, "payments", 0).write_bytes(b"PAR1 no")
    path = part_path(tmp_path, "debtors", 0)
    pl.read_parquet(path, hive_partitioning=False).drop("uscc").write_parquet(path)
    with pytest.raises(DatasetFault) as error:
        dataset.read()
    assert codes(error) == {
        ("unreadable_file", "payments/bucket=0000/part.parquet"),
        ("wrong_schema", "debtors/bucket=0000/part.parquet"),
    }
    assert dataset.read(["hearings"])["hearings"].height == 2


def test_a_case_out_of_a_dataset_is_the_case_that_json_gives(
    tmp_path: Path, typed_tables: Tables, document: Callable[..., dict[str, object]]
) -> None:
    dataset = write_dataset(tmp_path, INFO, typed_tables(DEBTORS))
    as_of = datetime(2024, 5, 31, 16, tzinfo=UTC)
    case = dataset.case("D3", "application_id-D3-0", as_of)
    given = parse_case(json.dumps(document(1 + 3, debtor="D3")).encode())
    assert case == given
    assert case_to_json(case) == case_to_json(given)
    assert dataset.case("D3", None, as_of).application_id is None


def test_a_case_that_is_not_there_or_not_whole_is_refused(tmp_path: Path, typed_tables: Tables) -> None:
    tables = typed_tables(DEBTORS)
    dataset = write_dataset(tmp_path, INFO, tables)
    as_of = datetime(2024, 6, 1, tzinfo=UTC)
    with pytest.raises(DatasetFault, match="unknown_debtor"):
        dataset.case("nobody", None, as_of)
    with pytest.raises(DatasetFault, match="unknown_application"):
        dataset.case("D3", "application_id-D1-0", as_of)
    path = part_path(tmp_path, "payments", zlib.crc32(b"D3") % 3)
    rows = pl.read_parquet(path, hive_partitioning=False)
    bad = pl.when(pl.col("debtor_id") == "D3").then(pl.lit("stolen")).otherwise("nature").alias("nature")
    rows.with_columns(bad).write_parquet(path)
    assert not dataset.is_validated()
    validate(tmp_path, suite=False)
    assert dataset.is_validated()
    with pytest.raises(DatasetFault, match="2 rows of this debtor lie in quarantine"):
        dataset.case("D3", None, as_of)
    aside = dataset.quarantined()
    assert aside.columns == ["table", "row_id", "debtor_id", "faults"]
    assert set(aside["debtor_id"]) == {"D3"}
    assert dataset.case("D4", None, as_of).debtor_id == "D4"
