"""Rows of the world: the same for any chunk and bucket count, valid, complete, with mess only where asked."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data_synth.history import draw_history, emit_history
from data_synth.mess import VALID
from data_synth.params import WorldParams
from data_synth.world import generate
from records.dataset import Dataset
from records.frames import check_rows, check_tables
from records.tables import DATASET_TABLES, TABLES
from records.validate import validate

DEBTORS = 900


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world") / "data"
    generate(out, DEBTORS, 11, buckets=4)
    return out


@pytest.fixture(scope="module")
def tables(world):
    return Dataset.open(world).read(DATASET_TABLES)


def test_every_table_has_rows(tables):
    assert {name for name, frame in tables.items() if not frame.height} == set()


def test_clean_data_have_no_fault(world):
    dataset = Dataset.open(world)
    for bucket in dataset.bucket_numbers():
        checks = check_tables(dataset.read_bucket(bucket, DATASET_TABLES))
        assert {name: check.faults.rows() for name, check in checks.items() if check.faults.height} == {}


def test_chunks_change_no_byte(world, tmp_path):
    generate(tmp_path / "data", DEBTORS, 11, buckets=4, chunk=450)
    assert hashes(tmp_path / "data") == hashes(world)
    assert hashes(tmp_path / "data_truth") == hashes(world.with_name("data_truth"))


def test_processes_change_no_byte(world, tmp_path):
    generate(tmp_path / "data", DEBTORS, 11, buckets=4, chunk=450, processes=2)
    assert hashes(tmp_path / "data") == hashes(world)
    assert hashes(tmp_path / "data_truth") == hashes(world.with_name("data_truth"))


def test_bucket_count_changes_no_row(tables, tmp_path):
    generate(tmp_path / "data", DEBTORS, 11, buckets=1)
    single = Dataset.open(tmp_path / "data").read(DATASET_TABLES)
    for name, frame in tables.items():
        assert_frame_equal(frame.sort("debtor_id", "known_at", "row_id"), single[name])


def test_a_debtor_is_the_same_in_a_larger_world():
    params = WorldParams()
    small = emit_history(draw_history(np.arange(1, 51), 50, 11, params), params)
    large = emit_history(draw_history(np.arange(1, 51), 5000, 11, params), params)
    for name, frame in small.items():
        assert_frame_equal(frame, large[name])


def test_another_seed_makes_another_world():
    params = WorldParams()
    first = emit_history(draw_history(np.arange(1, 51), 50, 11, params), params)
    other = emit_history(draw_history(np.arange(1, 51), 50, 12, params), params)
    assert first["payments"]["amount"].to_list() != other["payments"]["amount"].to_list()


def test_nothing_is_known_after_the_last_day(tables, world):
    info = Dataset.open(world).info
    assert max(frame["known_at"].max() for frame in tables.values()).date() <= info.observed_until
    assert info.profile == "applications"
    assert info.origin["seed"] == 11


def test_only_corrections_supersede(tables):
    named = {name: frame["supersedes_id"].drop_nulls().len() for name, frame in tables.items()}
    assert {name for name, count in named.items() if count} == {"payments"}
    payments = tables["payments"]
    later = payments.filter(pl.col("supersedes_id").is_not_null())
    assert set(later["supersedes_id"]) <= set(payments["row_id"])


def test_the_truth_lies_apart_and_fits_the_applications(tables, world):
    aside = world.with_name("data_truth")
    truth = pl.read_parquet(aside / "applications.parquet")
    filed = tables["repair_applications"]["application_id"].unique()
    assert set(filed) <= set(truth["application_id"])
    assert truth.filter(pl.col("as_of").is_not_null())["p_redefault_12"].is_between(0, 1).all()
    assert (truth["p_redefault_6"] <= truth["p_redefault_12"]).all()
    assert pl.read_parquet(aside / "debtors.parquet").height == DEBTORS
    assert pl.read_parquet(aside / "mess.parquet").height == 0
    assert json.loads((aside / "world.json").read_text("utf-8"))["seed"] == 11
    assert not any("truth" in path.name for path in world.rglob("*"))


def test_progress_counts_to_the_end(tmp_path):
    seen = []
    generate(tmp_path / "data", 60, 1, buckets=2, chunk=35, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (60, 60)
    assert seen == sorted(seen)


def test_wrong_arguments_are_told_at_once(tmp_path):
    with pytest.raises(
        ValueError, match=r"debtors must.*buckets must.*chunk must.*processes must.*mess must.*inside the dataset"
    ):
        generate(tmp_path / "d", 0, 1, buckets=0, chunk=0, processes=0, mess=0.7, truth=tmp_path / "d" / "truth")
    generate(tmp_path / "d", 3, 1, buckets=1, truth=tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "applications.parquet").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    with pytest.raises(ValueError, match="exists and is not a dataset"):
        generate(tmp_path / "photos", 3, 1)
    assert (tmp_path / "photos" / "cat.jpg").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    generate(tmp_path / "data", 3, 1, buckets=1)
    generate(tmp_path / "data", 4, 1, buckets=1)  # an earlier dataset is replaced
    assert Dataset.open(tmp_path / "data").read(["debtors"])["debtors"]["debtor_id"].n_unique() == 4


def test_mess_is_told_and_validation_finds_all_of_it_that_is_a_fault(tmp_path):
    generate(tmp_path / "data", 500, 5, buckets=2, mess=0.03)
    told = pl.read_parquet(tmp_path / "data_truth" / "mess.parquet")
    assert set(told["fault"]) == {
        *VALID, "wrong_type", "future", "out_of_range", "not_finite", "not_allowed", "not_null", "bad_pattern",
        "bad_text", "dangling_reference", "bad_supersedes", "duplicate_row",
    }  # fmt: skip
    report = validate(tmp_path / "data", suite=False)
    found = report.row_faults.select("table", "row_id", fault="code")
    wrong = told.filter(~pl.col("fault").is_in(VALID))
    assert wrong.join(found, on=["table", "row_id", "fault"], how="anti").rows() == []
    assert found.join(wrong, on=["table", "row_id"], how="anti").rows() == []
    counts = report.tables.values()
    rows = sum(count.rows_in for count in counts)
    assert rows == sum(count.accepted + count.quarantined for count in counts)
    assert wrong.height / rows == pytest.approx(0.03, rel=0.2)
    again = validate(tmp_path / "data", suite=False)
    assert again.row_faults.rows() == []


def test_words_for_an_amount_make_its_column_text_and_cost_their_row_only(tmp_path):
    generate(tmp_path / "data", 300, 5, buckets=1, mess=0.03)
    told = pl.read_parquet(tmp_path / "data_truth" / "mess.parquet").filter(table="payments", fault="wrong_type")
    raw = pl.read_parquet(tmp_path / "data" / "payments" / "bucket=0000" / "part.parquet")
    texts = [name for name, dtype in TABLES["payments"].schema.items() if dtype != raw.schema[name]]
    assert len(texts) == 1
    assert sorted(raw.filter(pl.col(texts[0]) == "不详")["row_id"]) == sorted(told["row_id"])
    check = check_rows(TABLES["payments"], raw)
    assert set(check.faults.filter(code="wrong_type")["row_id"]) == set(told["row_id"])


def test_messy_worlds_are_the_same_for_any_chunk(tmp_path):
    generate(tmp_path / "a", 150, 5, buckets=2, mess=0.05)
    generate(tmp_path / "b", 150, 5, buckets=2, mess=0.05, chunk=80)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    assert hashes(tmp_path / "a_truth") == hashes(tmp_path / "b_truth")
