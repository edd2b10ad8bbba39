"""What must not be recorded is refused with a clear word, and what cannot be scored is listed, never lost."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ledger.store import Ledger
from pipeline.cohorts import bucket_cohort
from pipeline.home import Home
from pipeline.monitor import monitor
from pipeline.promote import champion
from pipeline.recorded import replay
from pipeline.refusals import InputRefused, IntegrityRefused
from pipeline.rulebook import rules
from pipeline.say import DONE
from pipeline.score import open_policy
from pipeline.scoring import open_ledger, open_scorer, score_dataset, score_source
from policy.faults import PolicyFaults
from records.case import Case, case_to_json, parse_case
from records.clock import SHANGHAI
from records.dataset import Dataset
from records.faults import CaseFaults
from records.validate import validate


@pytest.fixture
def court(trained, tmp_path: Path) -> Path:
    """A copy of the court's validated dataset, to be spoilt."""
    return Path(shutil.copytree(trained.court, tmp_path / "court"))


def a_case(trained, cohort: pl.DataFrame) -> Case:
    row = cohort.row(0, named=True)
    return trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"])


def test_a_dataset_of_another_kind_is_not_scored(trained, fresh_home: Home, court: Path) -> None:
    info = json.loads((court / "dataset.json").read_text(encoding="utf-8"))
    (court / "dataset.json").write_text(json.dumps({**info, "profile": "first_listings"}), encoding="utf-8")
    with pytest.raises(InputRefused, match=r"is for applications, .* holds first_listings"):
        score_source(court, None, None, False)
    assert size(fresh_home) == 0


def test_a_dataset_is_scored_only_as_it_was_validated(fresh_home: Home, court: Path) -> None:
    report = court / "validation.json"
    kept = report.read_bytes()
    report.unlink()
    with pytest.raises(InputRefused, match="was not validated as it stands: run `repair-risk validate"):
        score_source(court, None, None, False)
    report.write_bytes(kept)
    assert score_source(court, None, None, False) == 0
    assert size(fresh_home) > 0


def test_debtors_with_quarantined_rows_are_listed_even_when_the_row_put_them_into_the_cohort(
    trained, fresh_home: Home, court: Path, court_cohort: pl.DataFrame
) -> None:
    debtor = str(court_cohort["debtor_id"][0])
    for path in sorted((court / "repair_applications").glob("bucket=*/part.parquet")):
        frame = pl.read_parquet(path)
        spoilt = frame.with_columns(
            pl.when(pl.col("debtor_id") == debtor)
            .then(pl.lit("by pigeon"))
            .otherwise(pl.col("channel"))
            .alias("channel")
        )
        spoilt.write_parquet(path)
    assert not validate(court, suite=False).ok
    with open_ledger(fresh_home) as ledger:
        batch = score_dataset(Dataset.open(court), open_scorer(fresh_home, None), ledger, bucket_cohort)
    mine = {item.debtor_id: item.reasons for item in batch.unscored}
    assert debtor in mine
    assert any("channel must be one of" in reason for reason in mine[debtor])
    assert debtor not in batch.log["debtor_id"].to_list()
    expected = set(court_cohort["debtor_id"]) - set(mine)
    assert set(batch.log["debtor_id"]) == expected


def test_an_application_that_is_not_known_yet_is_refused_alone(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    case = a_case(trained, court_cohort)
    scorer = open_scorer(fresh_home, None)
    scorer.score_case(case)
    filed = case.tables["repair_applications"].filter(pl.col("application_id") == case.application_id)["known_at"].min()
    early = Case(case.debtor_id, case.application_id, filed, case.tables)
    with pytest.raises(CaseFaults, match="the application is not known before as_of"):
        scorer.score_case(early)
    before = Case(case.debtor_id, case.application_id, datetime(2014, 1, 1, tzinfo=SHANGHAI), case.tables)
    with pytest.raises(CaseFaults, match="nothing of this debtor is known before as_of"):
        scorer.score_case(before)
    listing = Case(case.debtor_id, None, case.as_of, case.tables)
    with pytest.raises(CaseFaults, match="must name the application"):
        scorer.score_case(listing)


def test_http_says_so_too(trained, fresh_home: Home, court_cohort: pl.DataFrame) -> None:
    from fastapi.testclient import TestClient

    from service.main import from_environment

    content = json.loads(case_to_json(a_case(trained, court_cohort)))
    content["as_of"] = "2000-01-01T00:00:00+08:00"
    assert parse_case(json.dumps(content).encode()).as_of.year == 2000
    with TestClient(from_environment()) as client:
        reply = client.post("/v1/scores", content=json.dumps(content), headers={"content-type": "application/json"})
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/as_of"
        assert client.get("/v1/scores").json()["items"] == []


def test_monitoring_moves_the_score_with_what_was_seen(
    trained, fresh_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = trained.dataset()
    with open_ledger(fresh_home) as ledger:
        score_dataset(dataset, open_scorer(fresh_home, None), ledger, bucket_cohort)
    moved = []
    for month in (date(2023, 6, 1), date(2024, 6, 1), date(2025, 3, 1)):
        assert monitor(trained.court, month, None, True) == 0
        moved += json.loads(capsys.readouterr().out)["moves"]
    assert moved
    assert any(
        move["p_redefault_12"] != move["p_redefault_12_before"] for move in moved if move["p_redefault_12_before"]
    )
    until = dataset.info.observed_until
    with pytest.raises(InputRefused, match="was observed until"):
        monitor(trained.court, until + timedelta(days=1), None, True)


def size(home: Home) -> int:
    if not home.ledger.exists():
        return 0
    with Ledger.open(home.ledger, home.checkpoints, read_only=True) as ledger:
        return ledger.size


COURT_FILE = """region: "{area}"
values:
  grade.limits.A:
    - value: {limit}
      valid_from: 2014-01-01
      source: {{assumption: "the court's own limit"}}
"""


def write_court_file(home: Home, area: str, limit: str) -> None:
    home.courts.mkdir(parents=True, exist_ok=True)
    (home.courts / "own.yaml").write_text(COURT_FILE.format(area=area, limit=limit), encoding="utf-8")


def test_a_court_s_own_file_is_in_force_for_its_area_and_kept_with_the_score(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    case = a_case(trained, court_cohort)
    before = open_scorer(fresh_home, None)
    region = before.score_case(case)["case"]["region_code"]
    write_court_file(fresh_home, region[:2] + "0000", "99.5")
    own = open_scorer(fresh_home, None)
    assert own.policy.hash != before.policy.hash
    day = date(2025, 1, 1)
    assert own.policy.value("grade.limits.A", day, region).value == 99.5
    assert own.policy.value("grade.limits.A", day).value == before.policy.value("grade.limits.A", day).value
    record = own.score_case(case)
    assert record["versions"]["policy"] == own.policy.hash
    with open_ledger(fresh_home) as ledger:
        entry = ledger.append([record])[0]
    (fresh_home.courts / "own.yaml").unlink()
    assert replay(entry.score_id, None, False) == DONE


def test_a_wrong_court_file_stops_before_anything_is_scored(fresh_home: Home) -> None:
    write_court_file(fresh_home, "999999", "101")
    with pytest.raises(PolicyFaults, match=r"(?s)own.yaml.*999999|own.yaml.*region"):
        open_scorer(fresh_home, None)
    write_court_file(fresh_home, "220102", "99")
    assert open_scorer(fresh_home, None).policy.hash


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"bundle": "x"}'])
def test_a_spoilt_champion_file_is_a_matter_of_integrity(fresh_home: Home, junk: str) -> None:
    assert champion(fresh_home) is not None
    fresh_home.champion.write_text(junk, encoding="utf-8")
    with pytest.raises(IntegrityRefused, match=r"champion\.json"):
        champion(fresh_home)


def test_a_spoilt_policy_snapshot_is_a_matter_of_integrity(trained, fresh_home: Home) -> None:
    policy = open_scorer(fresh_home, None).policy
    assert open_policy(fresh_home, policy.hash).hash == policy.hash
    for junk in ("{", '{"format": 1, "values": []}', '{"format": 2}'):
        fresh_home.policy(policy.hash).write_text(junk, encoding="utf-8")
        with pytest.raises(IntegrityRefused, match=r"snapshot|not what was written"):
            open_policy(fresh_home, policy.hash)


@pytest.mark.parametrize("region", ["990000", "2201", "吉林"])
def test_rules_of_no_area_are_refused(fresh_home: Home, capsys: pytest.CaptureFixture[str], region: str) -> None:
    assert rules(date(2025, 1, 1), "220102", None, False, []) == DONE
    assert "# " in capsys.readouterr().out
    with pytest.raises(InputRefused, match="is no area"):
        rules(date(2025, 1, 1), region, None, False, [])
