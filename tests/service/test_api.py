"""The scoring endpoint records, then answers; it refuses with every fault named and no value repeated."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import LedgerStoppedError
from ledger.store import Ledger
from records.faults import CaseFaults, Fault

JSON = {"content-type": "application/json"}
SECRET = "王小明-SECRET-7731"  # noqa: S105 - stands for personal data that no answer may repeat


def post(client: TestClient, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/v1/scores", content=content, headers={**JSON, **headers})


def problem(response: Any, status: int, slug: str | None) -> dict[str, Any]:
    """The body of a well-formed problem of this status and type."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "errors"}
    assert body["status"] == status
    assert body["type"] == (f"urn:repair-risk:problem:{slug}" if slug else "about:blank")
    assert body["instance"].startswith("urn:uuid:")
    for error in body["errors"]:
        assert set(error) == {"pointer", "code", "detail"}
    return body


def test_a_case_is_scored_recorded_and_answered(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    response = post(client, case)
    assert response.status_code == 201
    answer = response.json()
    assert set(answer) == {"score_id", "seq", "recorded_at", "record"}
    assert response.headers["location"] == f"/v1/scores/{answer['score_id']}"
    assert answer["record"]["case"]["debtor_id"] == "D-1"
    entry = ledger.get(answer["score_id"])
    assert entry is not None
    assert (entry.seq, entry.recorded_at) == (answer["seq"], answer["recorded_at"]) == (1, entry.recorded_at)
    assert entry.record_bytes in response.content  # what was recorded, to the byte
    assert client.get(response.headers["location"]).content == response.content


def test_what_is_answered_is_on_the_disk_already(client: TestClient, case: dict[str, Any], tmp_path: Path) -> None:
    score_id = post(client, case).json()["score_id"]
    with Ledger.open(tmp_path / "ledger.db", tmp_path / "checkpoints.log", read_only=True) as other:
        assert other.get(score_id) is not None
        assert f"\n{other.size}\n" in (tmp_path / "checkpoints.log").read_text()


def test_the_same_case_again_is_the_same_score(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    first = post(client, case)
    again = post(client, dict(reversed(case.items())))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert ledger.size == 1


def test_many_clients_with_one_case_make_one_record(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: post(client, case), range(40)))
    assert sorted(response.status_code for response in found) == [200] * 39 + [201]
    assert len({response.content for response in found}) == 1
    assert ledger.size == 1


def test_a_promotion_takes_effect_with_the_next_request(client: TestClient, scorer: Any, case: dict[str, Any]) -> None:
    before = post(client, case).json()
    scorer.record = {**scorer.record, "versions": {**scorer.record["versions"], "bundle": "ffff0000ffff0000"}}
    after = post(client, case).json()
    assert after["record"]["versions"]["bundle"] == client.get("/healthz").json()["bundle"] == "ffff0000ffff0000"
    assert before["score_id"] != after["score_id"]


def test_all_faults_of_a_case_at_once_and_none_of_its_values(
    client: TestClient, ledger: Ledger, case: dict[str, Any]
) -> None:
    del case["tables"]["payments"]
    case["tables"]["surprise"] = [SECRET]
    case["as_of"] = SECRET
    case["tables"]["debtors"] = [{"debtor_id": 7, "known_at": SECRET, "subject_type": SECRET}]
    response = post(client, case)
    body = problem(response, 422, "invalid-case")
    found = {(error["pointer"], error["code"]) for error in body["errors"]}
    assert {
        ("/tables/payments", "missing_table"),
        ("/tables/surprise", "unknown_table"),
        ("/as_of", "wrong_type"),
        ("/tables/debtors/0/subject_type", "not_allowed"),
    } <= found
    assert ("/tables/debtors/0/debtor_id", "wrong_type") in found
    assert SECRET not in response.text
    assert ledger.size == 0
    assert post(client, {**case, "as_of": "2026-04-01T00:00:00+08:00"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{", "json_syntax", ""),
        (b"", "json_syntax", ""),
        (b"\xff\xfe", "bad_text", ""),
        (b'{"as_of": NaN}', "not_finite", "/as_of"),
        (b'{"as_of": 1e400}', "not_finite", "/as_of"),
        (b'{"debtor_id": "a", "debtor_id": "b"}', "duplicate_key", "/debtor_id"),
        (b"[" * 5000 + b"]" * 5000, "too_deep", ""),
    ],
)
def test_text_that_is_not_strict_json(client: TestClient, ledger: Ledger, body: bytes, code: str, pointer: str) -> None:
    found = problem(post(client, body), 400, "invalid-json")["errors"]
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in found}
    assert ledger.size == 0


def test_another_media_type_or_coding(client: TestClient, case: dict[str, Any]) -> None:
    content = json.dumps(case)
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = client.post("/v1/scores", content=content, headers={"content-type": media_type})
        problem(response, 415, "not-json")
    problem(post(client, case, **{"content-encoding": "gzip"}), 415, "encoded")
    assert post(client, case, **{"content-type": "application/JSON; charset=utf-8"}).status_code == 201


def test_a_body_beyond_the_limit_is_not_read_on(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 10_000

    problem(client.post("/v1/scores", content=endless(), headers=JSON), 413, "too-large")
    problem(post(client, b" " * 100_001), 413, "too-large")
    problem(post(client, b"{}", **{"content-length": "9" * 30}), 413, "too-large")
    assert ledger.size == 0
    exact = json.dumps(case).encode()
    assert post(client, exact + b" " * (100_000 - len(exact))).status_code == 201


def test_a_case_the_scorer_cannot_take_is_the_clients_fault(
    client: TestClient, scorer: Any, ledger: Ledger, case: dict[str, Any]
) -> None:
    def refuse(_: object) -> None:
        raise CaseFaults([Fault("missing_table", "/tables/debtors", "the debtor is not known before as_of")])

    scorer.on_score = refuse
    body = problem(post(client, case), 422, "invalid-case")
    assert [error["pointer"] for error in body["errors"]] == ["/tables/debtors"]
    assert ledger.size == 0


def test_an_unforeseen_error_tells_nothing_and_records_nothing(
    client: TestClient, scorer: Any, ledger: Ledger, case: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def explode(_: object) -> None:
        raise RuntimeError(SECRET)

    scorer.on_score = explode
    with caplog.at_level(logging.ERROR):
        response = post(client, case)
    body = problem(response, 500, None)
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert body["instance"] in caplog.text  # the log can be found by it
    assert response.headers["x-content-type-options"] == "nosniff"
    assert ledger.size == 0


def test_without_a_model_nothing_is_scored(
    client: TestClient, scorer: Any, ledger: Ledger, case: dict[str, Any]
) -> None:
    score_id = post(client, case).json()["score_id"]
    scorer.failure = RuntimeError(SECRET)
    for response in (post(client, case), client.get("/healthz")):
        problem(response, 503, "not-ready")
        assert SECRET not in response.text
    assert client.get(f"/v1/scores/{score_id}").status_code == 200  # what is recorded can still be read
    assert client.get(f"/scores/{score_id}").status_code == 200
    assert ledger.size == 1


def test_when_the_ledger_cannot_record_nothing_is_answered(
    client: TestClient, ledger: Ledger, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise LedgerStoppedError(f"No space left on device {SECRET}")

    monkeypatch.setattr(ledger, "append", full)
    response = post(client, case)
    problem(response, 503, "ledger-stopped")
    assert SECRET not in response.text
    monkeypatch.setattr(Ledger, "failure", property(lambda _: "stopped"))
    problem(client.get("/healthz"), 503, "ledger-stopped")


def test_health_says_what_answers(client: TestClient, scorer: Any, ledger: Ledger, case: dict[str, Any]) -> None:
    post(client, case)
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["bundle"] == scorer.record["versions"]["bundle"]
    assert health["policy"] == scorer.record["versions"]["policy"]
    assert health["ledger_size"] == 1
    assert health["checkpoint"] == ledger.checkpoint.note


def test_recorded_scores_newest_first_page_by_page(client: TestClient, ledger: Ledger, case: dict[str, Any]) -> None:
    for number in range(5):
        post(client, {**case, "debtor_id": f"D-{number}"})
    ledger.append([{"decided": True}], kind="decision")  # other kinds of record are not scores
    first = client.get("/v1/scores?limit=3").json()
    assert [item["debtor_id"] for item in first["items"]] == ["D-4", "D-3", "D-2"]
    assert first["items"][0]["route"] == "ordinary"
    second = client.get(f"/v1/scores?limit=3&before={first['next']}").json()
    assert [item["debtor_id"] for item in second["items"]] == ["D-1", "D-0"]
    assert second["next"] is None


def test_bad_parameters_are_named_and_not_repeated(client: TestClient) -> None:
    response = client.get(f"/v1/scores?limit={SECRET}&before=0")
    body = problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in body["errors"]] == ["/query/limit", "/query/before"]
    assert SECRET not in response.text
    assert client.get("/v1/scores?limit=200&before=1").status_code == 200


def test_a_score_that_is_not_there(client: TestClient, ledger: Ledger) -> None:
    decision = ledger.append([{"decided": True}], kind="decision")[0]
    for name in ("0" * 32, "x", "%00", SECRET, decision.score_id):
        response = client.get(f"/v1/scores/{name}")
        problem(response, 404, "no-such-score")
        assert SECRET not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", "/static/../app.py", 404),
        ("DELETE", "/v1/scores", 405),
        ("PUT", "/v1/scores/" + "0" * 32, 405),
        ("POST", "/healthz", 405),
        ("PATCH", "/", 405),
    ],
)
def test_unknown_addresses_and_methods_are_problems_too(
    client: TestClient, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    problem(response, status, None)
    assert ("allow" in response.headers) == (status == 405)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ANY_CASE = st.fixed_dictionaries(
    {}, optional={"debtor_id": ANY_JSON, "application_id": ANY_JSON, "as_of": ANY_JSON, "tables": ANY_JSON}
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | (ANY_JSON | ANY_CASE).map(lambda value: json.dumps(value).encode()))
def test_whatever_is_sent_is_answered_with_a_problem(client: TestClient, ledger: Ledger, body: bytes) -> None:
    response = post(client, body)
    problem(response, response.status_code, "invalid-json" if response.status_code == 400 else "invalid-case")
    assert response.status_code in {400, 422}
    assert response.json()["errors"]
    assert ledger.size == 0


def test_every_answer_carries_the_security_headers(client: TestClient, case: dict[str, Any]) -> None:
    score_id = post(client, case).json()["score_id"]
    for path in ("/", f"/scores/{score_id}", f"/v1/scores/{score_id}", "/healthz", "/openapi.json", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
    assert client.get("/static/reviewer.css").headers["cache-control"] == "max-age=3600"


def test_the_answer_is_canonical_json(client: TestClient, case: dict[str, Any]) -> None:
    response = post(client, case)
    assert rfc8785.dumps(response.json()["record"]) in response.content


@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/scores/" + "0" * 32])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert got.content
    same = ("content-type", "content-length", "content-security-policy")
    assert [head.headers[name] for name in same] == [got.headers[name] for name in same]
