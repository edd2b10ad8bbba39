"""Suppositions and ways out over HTTP: answered, never recorded, and refused with every fault named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from explain.what_if import MOST_EDITS, NOTICE
from ledger.store import Ledger
from service.answers import RecourseAnswer, WhatIfAnswer

EVENT = {"kind": "lost_contact", "event_date": "2026-03-01", "verified_date": "2026-03-02", "severity": 1}


def post(client: TestClient, path: str, body: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers={"content-type": "application/json"})


def test_a_supposition_is_answered_beside_the_case_and_not_recorded(
    client: TestClient, ledger: Ledger, case: dict[str, Any], assessed: dict[str, Any]
) -> None:
    changes = [{"table": "behaviour_events", "row_id": None, "values": EVENT}]
    response = post(client, "/v1/what-if", {"case": case, "changes": changes})
    assert response.status_code == 200, response.text
    found = response.json()
    WhatIfAnswer.model_validate(found)
    assert (found["supposed"], found["recorded"], found["notice"]) == (True, False, NOTICE)
    assert found["before"]["grade"] == assessed["suggestion"]["grade"]
    assert [reason["zh"] for reason in found["before"]["reasons"]] == [reason["zh"] for reason in assessed["reasons"]]
    assert found["moved"] == [{"id": "no_ai", "before": 0.0, "after": 1.0}]  # the stub saw the supposed event
    unmoved = post(client, "/v1/what-if", {"case": case, "changes": []}).json()
    assert unmoved["moved"] == []
    assert ledger.size == 0


def test_a_way_out_or_plainly_none(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    response = post(client, "/v1/recourse", {"case": case, "goals": ["route"]})
    assert response.status_code == 200, response.text
    found = response.json()
    RecourseAnswer.model_validate(found)
    assert found["recorded"] is False
    (way,) = found["recourse"]
    assert (way["goal"], way["plan"]) == ("route", None)
    assert "没有找到能转入简易程序的方案" in way["zh"]
    assert len(post(client, "/v1/recourse", {"case": case}).json()["recourse"]) >= 1
    assert ledger.size == 0


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        (b"{", 400, [""]),
        ([], 422, [""]),
        ({"case": {}, "changes": []}, 422, ["/case/debtor_id", "/case/application_id", "/case/as_of", "/case/tables"]),
        ({"changes": [], "and": 1}, 422, ["/case", "/and"]),
    ],
)
def test_what_is_wrong_is_named_by_its_place(
    client: TestClient, body: Any, status: int, pointers: list[str], ledger: Ledger
) -> None:
    response = post(client, "/v1/what-if", body)
    assert response.status_code == status
    assert [error["pointer"] for error in response.json()["errors"]] == pointers
    assert ledger.size == 0


def test_every_supposed_fact_that_breaks_its_contract_is_named(client: TestClient, case: dict[str, Any]) -> None:
    changes = [
        {"table": "behaviour_events", "values": EVENT},
        {"table": "behaviour_events", "values": {**EVENT, "severity": "SECRET"}},
        {"table": "nowhere", "row_id": "r"},
    ]
    response = post(client, "/v1/what-if", {"case": case, "changes": changes})
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/changes/1"]
    assert "SECRET" not in response.text
    response = post(client, "/v1/what-if", {"case": case, "changes": [changes[0], changes[2]]})
    assert [error["pointer"] for error in response.json()["errors"]] == ["/changes/1"]
    assert "there is no table of this name" in response.text


@pytest.mark.parametrize(
    ("goals", "pointers"),
    [
        (5, ["/goals"]),
        ("grade", ["/goals"]),
        ({}, ["/goals"]),
        (["grades", "grade", ["mode"], None], ["/goals/0", "/goals/2", "/goals/3"]),
    ],
)
def test_goals_that_there_are_not_are_named_with_all_other_faults(
    client: TestClient, case: dict[str, Any], goals: Any, pointers: list[str]
) -> None:
    response = post(client, "/v1/recourse", {"case": case, "goals": goals})
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == pointers
    response = post(client, "/v1/recourse", {"case": {**case, "debtor_id": 1}, "goals": goals})
    assert [error["pointer"] for error in response.json()["errors"]] == ["/case/debtor_id", *pointers]
    assert post(client, "/v1/recourse", {"case": case, "goals": ["grade"]}).status_code == 200


def test_more_changes_than_may_be_are_refused(client: TestClient, case: dict[str, Any]) -> None:
    changes = [{"table": "behaviour_events", "values": EVENT}] * MOST_EDITS
    assert post(client, "/v1/what-if", {"case": case, "changes": changes[:2]}).status_code == 200
    response = post(client, "/v1/what-if", {"case": case, "changes": [*changes, changes[0]]})
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/changes/{MOST_EDITS}"]
    assert f"at most {MOST_EDITS} are supposed at once" in response.text
