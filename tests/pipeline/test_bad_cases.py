"""A bad case gets one clear answer that lists every fault, and nothing is recorded as scored."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

from pipeline.home import Home
from records.case import case_to_json
from service.main import from_environment


@pytest.fixture
def good(trained, court_cohort: pl.DataFrame) -> dict[str, object]:
    row = court_cohort.row(0, named=True)
    case: dict[str, object] = json.loads(
        case_to_json(trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"]))
    )
    return case


def damaged(case: dict[str, object]) -> bytes:
    """Wrong type, unknown value, missing table, date in the future, NaN and a doubled key, all at once."""
    case = copy.deepcopy(case)
    tables = case["tables"]
    tables["debtors"][0]["is_minor"] = "no"  # type: ignore[index]
    tables["debtors"][0]["subject_type"] = "robot"  # type: ignore[index]
    tables["enforcement_cases"][0]["filed_date"] = "2999-01-01"  # type: ignore[index]
    del tables["hearings"]  # type: ignore[attr-defined]
    text = json.dumps(case, ensure_ascii=False)
    text = text.replace('"severity": 1', '"severity": NaN', 1) if '"severity": 1' in text else text
    return (
        text.replace('{"as_of"', '{"extra": NaN, "as_of"', 1)
        .replace('"debtor_id"', '"debtor_id": "x", "debtor_id"', 1)
        .encode()
    )


EXPECTED = {"wrong_type", "not_allowed", "future", "missing_table", "not_finite", "duplicate_key"}


def test_the_command_line_lists_every_fault_and_records_nothing(
    trained, fresh_home: Home, good: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(damaged(good))
    done = trained.run("score", str(path), home=fresh_home)
    assert done.returncode == 1
    assert not [code for code in EXPECTED if f"[{code}]" not in done.stderr], done.stderr
    assert "robot" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not fresh_home.ledger.exists()
    path.write_bytes(json.dumps(good).encode())
    assert trained.run("score", str(path), home=fresh_home).returncode == 0
    assert fresh_home.ledger.exists()


def test_http_answers_a_problem_that_lists_every_fault_and_records_nothing(
    fresh_home: Home, good: dict[str, object]
) -> None:
    whole = json.dumps(good, ensure_ascii=False).encode()
    with TestClient(from_environment()) as client:
        reply = client.post("/v1/scores", content=damaged(good), headers={"content-type": "application/json"})
        assert reply.headers["content-type"].startswith("application/problem+json")
        assert reply.status_code in (400, 422)
        body = reply.json()
        assert {error["code"] for error in body["errors"]} >= EXPECTED
        assert "robot" not in reply.text
        assert client.get("/v1/scores").json()["items"] == []
        assert client.post("/v1/scores", content=whole, headers={"content-type": "application/json"}).status_code == 201
        assert len(client.get("/v1/scores").json()["items"]) == 1
