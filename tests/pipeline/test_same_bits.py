"""One case alone, in a batch, over HTTP and in a replay: the same bits."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from fastapi.testclient import TestClient

from explain.compare import differences
from ledger.store import Ledger
from models.bundle import Bundle
from pipeline.cohorts import bucket_cohort
from pipeline.home import Home
from pipeline.recorded import parts_of, replay_entries
from pipeline.score import rescore, score
from pipeline.scoring import open_ledger, open_scorer, score_dataset
from records.case import case_to_json
from records.dataset import Dataset
from service.main import from_environment


def batch(home: Home, dataset: Dataset) -> dict[str, dict[str, object]]:
    with open_ledger(home) as ledger:
        score_dataset(dataset, open_scorer(home, None), ledger, bucket_cohort)
        return {entry.record["case"]["case_key"]: entry.record for entry in ledger.entries()}


def test_a_case_alone_gives_the_record_of_the_batch(trained, fresh_home: Home, court_cohort: pl.DataFrame) -> None:
    dataset = trained.dataset()
    found = batch(fresh_home, dataset)
    assert sorted(found) == sorted(court_cohort["case_key"])
    scorer = open_scorer(fresh_home, None)
    for row in court_cohort.head(12).to_dicts():
        alone = scorer.score_case(dataset.case(row["debtor_id"], row["application_id"], row["as_of"]))
        assert differences(alone, found[row["case_key"]]) == []


def test_the_company_and_the_order_of_rows_change_nothing(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    dataset, scorer = trained.dataset(), open_scorer(fresh_home, None)
    tables = dataset.read()
    together = score(tables, court_cohort, scorer.bundle, scorer.policy)
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in tables.items()}
    few = court_cohort.sample(n=9, seed=5)
    again = {one["case"]["case_key"]: one for one in score(shuffled, few, scorer.bundle, scorer.policy)}
    compared = [
        differences(one, again[one["case"]["case_key"]]) for one in together if one["case"]["case_key"] in again
    ]
    assert len(compared) == few.height
    assert not any(compared)


def test_http_answers_the_very_record_and_the_same_id(
    trained, fresh_home: Home, court_cohort: pl.DataFrame, tmp_path: Path
) -> None:
    row = court_cohort.row(3, named=True)
    raw = case_to_json(trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"]))
    with TestClient(from_environment()) as client:
        reply = client.post("/v1/scores", content=raw, headers={"content-type": "application/json"})
        assert reply.status_code == 201, reply.text
        over_http = reply.json()
        assert client.post("/v1/scores", content=raw, headers={"content-type": "application/json"}).status_code == 200
        assert client.get(f"/v1/scores/{over_http['score_id']}").json()["record"] == over_http["record"]
    path = tmp_path / "case.json"
    path.write_bytes(raw)
    done = trained.run("score", str(path), "--json", home=fresh_home)
    assert done.returncode == 0, done.stderr
    by_command = json.loads(done.stdout)
    assert by_command["score_id"] == over_http["score_id"]
    assert differences(by_command["record"], over_http["record"]) == []


def test_replay_in_a_fresh_process_finds_no_difference(trained, fresh_home: Home) -> None:
    batch(fresh_home, trained.dataset())
    done = trained.run("replay", "--sample", "100", "--json", home=fresh_home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"replayed": min(100, trained_size(fresh_home)), "different": {}}


def trained_size(home: Home) -> int:
    with Ledger.open(home.ledger, home.checkpoints, read_only=True) as ledger:
        return ledger.size


def test_replay_refuses_a_bundle_with_one_altered_leaf_value(trained, fresh_home: Home) -> None:
    batch(fresh_home, trained.dataset())
    model = fresh_home.bundle(trained.first.id) / "model_redefault_6.txt"
    text = model.read_text(encoding="ascii")
    model.write_text(with_other_leaf(text), encoding="ascii")
    done = trained.run("replay", "--sample", "5", home=fresh_home)
    assert done.returncode == 3
    assert "model_redefault_6.txt" in done.stderr
    model.write_text(text, encoding="ascii")
    assert trained.run("replay", "--sample", "5", home=fresh_home).returncode == 0


def test_replay_names_the_numbers_that_one_altered_leaf_value_moves(trained, fresh_home: Home) -> None:
    """Even past every signature and hash: the record itself contradicts another model."""
    import lightgbm as lgb

    records = list(batch(fresh_home, trained.dataset()).values())
    scorer = open_scorer(fresh_home, None)
    text = (fresh_home.bundle(trained.first.id) / "model_redefault_6.txt").read_text(encoding="ascii")
    boosters = {**scorer.bundle.boosters, "redefault_6": lgb.Booster(model_str=with_other_leaf(text))}
    forged: Bundle = dataclasses.replace(scorer.bundle, boosters=boosters)
    honest = [
        differences(one, two) for one, two in zip(records, rescore(records, scorer.bundle, scorer.policy), strict=True)
    ]
    moved = [differences(one, two) for one, two in zip(records, rescore(records, forged, scorer.policy), strict=True)]
    assert not any(honest)
    assert any("/models/redefault_6/margin" in pointers for pointers in moved)


def test_a_case_scored_twice_as_of_one_moment_on_other_rows_replays_both_times(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    scorer, rows = open_scorer(fresh_home, None), court_cohort.to_dicts()
    cases = [trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"]) for row in rows]
    case = next(case for case in cases if case.tables["payments"].height)
    fewer = dataclasses.replace(case, tables={**case.tables, "payments": case.tables["payments"].clear()})
    records = [scorer.score_case(one) for one in (case, fewer)]
    assert records[0]["case"] == records[1]["case"]
    assert differences(*records)
    with open_ledger(fresh_home) as ledger:
        entries = ledger.append(records)
    assert len({entry.score_id for entry in entries}) == 2
    assert replay_entries(fresh_home, entries) == {}
    with pytest.raises(ValueError, match="a case stands twice among the records"):
        rescore(records, scorer.bundle, scorer.policy)


def test_parts_hold_every_entry_once_and_no_case_twice() -> None:
    keys = ["a", "b", "a", "c", "a", "b", "d"]
    entries = [SimpleNamespace(seq=seq, record={"case": {"case_key": key}}) for seq, key in enumerate(keys)]
    parts = list(parts_of(entries, 3))  # type: ignore[arg-type]
    assert [[entry.seq for entry in part] for part in parts] == [[0, 1, 3], [6], [2, 5], [4]]
    assert list(parts_of([], 3)) == []


def with_other_leaf(text: str) -> str:
    """The model text with one digit of one leaf value changed; not its length, which the header states."""
    line = next(line for line in text.splitlines() if line.startswith("leaf_value="))
    place = next(i for i in range(len(line) // 2, len(line)) if line[i : i + 1].isdigit() and line[i - 1] == "0")
    other = "5" if line[place] != "5" else "7"
    return text.replace(line, line[:place] + other + line[place + 1 :], 1)


def test_replay_entries_of_an_empty_ledger_is_empty(fresh_home: Home) -> None:
    assert replay_entries(fresh_home, []) == {}
