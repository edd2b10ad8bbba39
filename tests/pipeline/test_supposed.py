"""Ways out and suppositions of recorded scores: the rows are found again, the answer stands, nothing is recorded."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from explain.what_if import EditError
from ledger.store import Ledger
from pipeline import supposed as module
from pipeline.firmness import firmness, firmness_said
from pipeline.home import Home
from pipeline.recorded import explain
from pipeline.refusals import InputRefused
from pipeline.score import Scorer
from pipeline.scoring import open_ledger, open_scorer
from pipeline.supposed import recourse, what_if
from records.case import Case, case_to_json
from tests.pipeline.test_refusals import write_court_file


@pytest.fixture
def weak(trained: Any, fresh_home: Home, court_cohort: Any) -> tuple[str, Case, dict[str, Any]]:
    """A recorded score of grade C or D: its id, its case, its record."""
    scorer = open_scorer(fresh_home, None)
    for row in court_cohort.to_dicts():
        case = trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"])
        record = scorer.score_case(case)
        if record["suggestion"]["grade"] in ("C", "D") and case.tables["payments"].height:
            with open_ledger(fresh_home) as ledger:
                return ledger.append([record])[0].score_id, case, dict(record)
    raise AssertionError("the court has no weak case")


def size(home: Home) -> int:
    with Ledger.open(home.ledger, home.checkpoints, read_only=True) as ledger:
        return ledger.size


@pytest.mark.slow
def test_the_way_out_of_a_recorded_score(
    trained: Any, fresh_home: Home, weak: tuple[str, Case, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score_id, case, record = weak
    page = tmp_path / "report.html"
    capsys.readouterr()
    assert recourse(score_id, trained.court, ["grade"], page, True) == 0
    (found,) = json.loads(capsys.readouterr().out)["recourse"]
    assert found["goal"] == "grade"
    assert found["zh"] in page.read_text(encoding="utf-8")
    assert found["plan"] is None or found["plan"]["reaches"]["grade"] < record["suggestion"]["grade"]
    case_file = tmp_path / "case.json"
    case_file.write_bytes(case_to_json(case))
    assert recourse(score_id, case_file, ["grade"], None, True) == 0
    assert json.loads(capsys.readouterr().out)["recourse"] == [found]
    assert size(fresh_home) == 1


@pytest.mark.slow
def test_only_the_rows_that_were_scored_are_believed(
    trained: Any, weak: tuple[str, Case, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score_id, case, _ = weak
    case_file = tmp_path / "case.json"
    payments = {**case.tables, "payments": case.tables["payments"].clear()}
    case_file.write_bytes(case_to_json(Case(case.debtor_id, case.application_id, case.as_of, payments)))
    with pytest.raises(InputRefused, match="holds other rows of this case than those it was scored on"):
        recourse(score_id, case_file, [], None, False)
    later = Case(case.debtor_id, case.application_id, case.as_of + timedelta(days=1), case.tables)
    case_file.write_bytes(case_to_json(later))
    with pytest.raises(InputRefused, match="is another case, or the same as of another day"):
        recourse(score_id, case_file, [], None, False)
    with pytest.raises(InputRefused, match="name them with --data"):
        recourse(score_id, None, [], None, False)
    with pytest.raises(InputRefused, match="no goal freedom; goals are grade, route, mode, assessed"):
        recourse(score_id, trained.court, ["freedom"], None, False)
    with pytest.raises(InputRefused, match="no score '0000' is recorded"):
        recourse("0000", trained.court, [], None, False)


@pytest.mark.slow
def test_a_supposition_stands_beside_the_score_and_is_not_recorded(
    trained: Any,
    fresh_home: Home,
    weak: tuple[str, Case, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    score_id, case, record = weak
    gone = [f"payments - {row_id}" for row_id in case.tables["payments"]["row_id"] if _known(case, row_id)]
    capsys.readouterr()
    assert what_if(score_id, gone, trained.court, None, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["supposed"], found["recorded"]) == (True, False)
    assert "未作记录" in found["notice"]
    assert found["before"]["grade"] == record["suggestion"]["grade"]
    assert found["before"]["probabilities"] == record["probabilities"]
    assert "performed_ratio" in {item["id"] for item in found["moved"]}
    case_file = tmp_path / "case.json"
    case_file.write_bytes(case_to_json(case))
    assert what_if(str(case_file), gone, None, None, False) == 0
    told = capsys.readouterr().out
    assert "假设推演，不是评分，未作记录" in told
    assert "原评分" in told
    assert "假设后" in told
    assert size(fresh_home) == 1
    with pytest.raises(EditError, match=r"edit 0 \(payments\): there is no row nobody known on that day"):
        what_if(str(case_file), ["payments - nobody"], None, None, False)
    with pytest.raises(InputRefused, match="--data finds the rows of a recorded score"):
        what_if(str(case_file), gone, trained.court, None, False)
    with pytest.raises(InputRefused, match="--bundle is for a case file"):
        what_if(score_id, gone, trained.court, "x", False)


def _known(case: Case, row_id: str) -> bool:
    rows = case.tables["payments"].to_dicts()
    return any(row["row_id"] == row_id and row["known_at"] < case.as_of for row in rows)


def test_a_case_file_is_supposed_under_the_rules_it_would_be_scored_under(
    weak: tuple[str, Case, Any], fresh_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def noted(bundle: Any, policy: Any) -> Scorer:
        seen.append(policy.hash)
        return Scorer(bundle, policy)

    monkeypatch.setattr(module, "Scorer", noted)
    case_file = tmp_path / "case.json"
    case_file.write_bytes(case_to_json(weak[1]))
    packaged = open_scorer(fresh_home, None).policy.hash
    assert what_if(str(case_file), [], None, None, True) == 0
    write_court_file(fresh_home, "220102", "99")
    assert what_if(str(case_file), [], None, None, True) == 0
    assert seen == [packaged, open_scorer(fresh_home, None).policy.hash]
    assert seen[0] != seen[1]


def test_suppositions_by_the_command_line(trained: Any, weak: tuple[str, Case, Any], fresh_home: Home) -> None:
    refused = trained.run("what-if", weak[0], "payments", "--data", str(trained.court), home=fresh_home)
    assert refused.returncode == 1
    assert "edit 0 reads TABLE ROW_ID COLUMN=VALUE" in refused.stderr


@pytest.mark.slow
def test_how_firm_the_reasons_are_is_shown_with_every_explanation(
    trained: Any, fresh_home: Home, weak: tuple[str, Case, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score_id, _, record = weak
    noise, models = firmness(fresh_home, record)
    assert noise is not None
    assert models is not None
    assert (noise.draws, models.draws) == (64, 1)  # the second bundle of the home is the one other model
    capsys.readouterr()
    assert explain(score_id, False, None, False) == 0
    text = capsys.readouterr().out
    page = tmp_path / "page.html"
    assert explain(score_id, False, page, False) == 0
    for said in firmness_said((noise, models)):
        assert said.zh in text
        assert said.en in text
        assert said.zh in page.read_text(encoding="utf-8")
    capsys.readouterr()
    assert explain(score_id, True, None, False) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(record))  # the record itself is untouched
