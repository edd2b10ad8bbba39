"""What `repair-risk features` leaves: the frames, and the dictionary with what these very data hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from data_synth.world import generate
from pipeline.data import validate
from pipeline.prepare import FRAMES, Prepared, load, prepare, save
from pipeline.refusals import InputRefused
from policy.parameters import Policy
from policy.parameters import load as load_policy
from records.dataset import Dataset


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Policy, Prepared, Path]:
    folder = tmp_path_factory.mktemp("prepared")
    generate(folder / "data", 150, 5, buckets=2)
    dataset, policy = Dataset.open(folder / "data"), load_policy()
    prepared = prepare(dataset, policy)
    save(prepared, folder / "features")
    return dataset, policy, prepared, folder / "features"


def test_what_was_saved_is_read_again(made: tuple[Dataset, Policy, Prepared, Path]) -> None:
    dataset, policy, prepared, folder = made
    again = load(folder, dataset, policy)
    assert all(getattr(again, name).equals(getattr(prepared, name)) for name in FRAMES)
    assert prepared.cohort["case_key"].equals(prepared.indicators["case_key"])


def test_frames_made_before_the_data_reached_further_are_stale(
    made: tuple[Dataset, Policy, Prepared, Path], tmp_path: Path
) -> None:
    dataset, policy, prepared, folder = made
    shutil.copytree(dataset.path, tmp_path / "data")
    info = tmp_path / "data" / "dataset.json"
    said = json.loads(info.read_text(encoding="utf-8"))
    assert said["observed_until"] == prepared.observed_until.isoformat()
    info.write_text(json.dumps(said | {"observed_until": "2099-12-31"}), encoding="utf-8")
    with pytest.raises(InputRefused, match="was made from another observed until: run"):
        load(folder, Dataset.open(tmp_path / "data"), policy)


def test_nothing_is_learnt_from_debtors_whose_rows_were_set_aside(tmp_path: Path) -> None:
    generate(tmp_path / "data", 150, 5, buckets=2, mess=0.002)
    validate(tmp_path / "data", False)
    dataset, policy = Dataset.open(tmp_path / "data"), load_policy()
    aside = set(dataset.quarantined()["debtor_id"].drop_nulls())
    prepared = prepare(dataset, policy)
    assert set(prepared.left_out) == aside
    applications = dataset.read(("repair_applications",))["repair_applications"]
    everybody = set(applications.filter(pl.col("accepted_at").is_not_null())["debtor_id"])
    assert everybody & aside
    assert set(prepared.cohort["debtor_id"]) == everybody - aside
    save(prepared, tmp_path / "features")
    assert load(tmp_path / "features", dataset, policy).left_out == prepared.left_out


def test_the_dictionary_tells_of_these_data(made: tuple[Dataset, Policy, Prepared, Path]) -> None:
    _, _, prepared, folder = made
    text = (folder / "dictionary.md").read_text(encoding="utf-8")
    for name in prepared.profile.catalogue:
        share = prepared.indicators[name.id].null_count() / prepared.indicators.height
        part = text.split(f"### {name.zh} `{name.id}`")[1].split("\n### ")[0]
        assert f"| 全部 | {prepared.indicators.height} | {share:.1%} |" in part, name.id
    page = (folder / "dictionary.html").read_text(encoding="utf-8")
    assert page.count("<section ") == len(prepared.profile.catalogue)
    matrix = (folder / "dictionary_monitoring.md").read_text(encoding="utf-8")
    assert f"| 全部 | {prepared.monitored.height} |" in matrix
    assert prepared.monitored.height > 0
    assert prepared.monitored["months_since_repair"].null_count() == 0
    assert (folder / "dictionary_monitoring.html").exists()
    assert prepared.monitored.select(pl.col("as_of").dt.month().unique()).to_series().to_list() == [2]
