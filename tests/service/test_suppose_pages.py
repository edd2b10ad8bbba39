"""The reviewer's pages on demand: a supposition beside the score, the ways out, the report; never recorded."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from explain.report import ReportError
from explain.what_if import WhatIf
from ledger.store import Ledger
from service import suppose_pages as module
from service.suppose_view import supposed_page
from service.view import Names
from tests.service.conftest import SCALE, StubScorer
from tests.service.test_pages import HOSTILE, Page

EVENT = "behaviour_events + kind=lost_contact event_date=2026-03-01 verified_date=2026-03-02 severity=1"


@pytest.fixture
def score_id(ledger: Ledger, assessed: dict[str, Any]) -> str:
    return ledger.append([assessed])[0].score_id


def post(client: TestClient, score_id: str, case: Any, changes: str, **more: str) -> Any:
    content = case if isinstance(case, bytes) else json.dumps(case).encode()
    return client.post(
        f"/scores/{score_id}/suppose",
        files={"case": ("case.json", content, "application/json")},
        data={"changes": changes, **more},
    )


def test_the_score_leads_to_the_form_and_the_form_allows_itself_alone(client: TestClient, score_id: str) -> None:
    links = Page(client.get(f"/scores/{score_id}").text).links
    assert {f"/scores/{score_id}/suppose", f"/scores/{score_id}/report", f"/scores/{score_id}/report.pdf"} <= set(links)
    response = client.get(f"/scores/{score_id}/suppose")
    assert response.status_code == 200
    assert "form-action 'self'" in response.headers["content-security-policy"]
    assert "script" not in response.headers["content-security-policy"].replace("default-src 'none'", "")
    page = Page(response.text)
    assert {"form", "textarea", "button"} <= page.elements
    assert "script" not in page.elements
    assert client.get("/scores/" + "0" * 32 + "/suppose").status_code == 404
    assert "form-action 'none'" in client.get(f"/scores/{score_id}").headers["content-security-policy"]


def test_a_supposition_stands_beside_the_score_and_is_not_recorded(
    client: TestClient, ledger: Ledger, score_id: str, case: dict[str, Any], assessed: dict[str, Any]
) -> None:
    response = post(client, score_id, case, f"\n{EVENT}\n", ways="1")
    assert response.status_code == 200, response.text
    page = Page(response.text)
    assert "假设推演，不是评分，未作记录" in page.text
    assert "不使用人工智能" in page.text  # the stub saw the supposed event
    assert "否 是" in page.text
    for reason in assessed["reasons"]:
        assert reason["zh"] in page.text
    assert "没有找到能转入简易程序的方案" in page.text
    assert page.text.count("不计入积分") == 1  # the reasons speak of converted points, so the page says what they are
    assert "没有任何指标或事实变动" in Page(post(client, score_id, case, "").text).text
    assert "改善途径 Ways out" not in Page(post(client, score_id, case, "").text).text
    assert ledger.size == 1


def test_what_moved_is_told_once_where_a_fact_and_an_indicator_say_the_same(assessed: dict[str, Any]) -> None:
    names = Names(StubScorer(assessed).describe()["indicators"])
    debt = ("remaining_debt", 90_000.0, 70_000.0)
    moved = (debt, ("remaining_debt_log", math.log1p(debt[1]), math.log1p(debt[2])), ("performed_ratio", 0.1, 0.3))
    page = supposed_page(WhatIf(assessed, assessed, moved), (), names, SCALE)
    assert [(row.label.zh, row.before, row.after) for row in page.moved] == [
        ("未履行金额", "9.00万元", "7.00万元"), ("履行比例", "10%", "30%"),
    ]  # fmt: skip
    apart = supposed_page(WhatIf(assessed, assessed, (debt, ("remaining_debt_log", 9.0, 8.0))), (), names)
    assert len(apart.moved) == 2
    assert apart.meaning is None


def test_what_cannot_be_supposed_is_listed_whole_and_as_text(
    client: TestClient, ledger: Ledger, score_id: str, case: dict[str, Any]
) -> None:
    response = post(client, score_id, case, f"payments\nnowhere + a=1\n{HOSTILE[0]}")
    assert response.status_code == 422
    page = Page(response.text)
    assert "第 1 行 reads TABLE ROW_ID COLUMN=VALUE" in page.text
    assert "第 3 行" in page.text
    assert "script" not in page.elements
    broken = post(client, score_id, {**case, "debtor_id": 1}, "")
    assert broken.status_code == 422
    assert "/debtor_id" in Page(broken.text).text
    assert post(client, score_id, b"{", "").status_code == 422
    assert ledger.size == 1


def test_other_rows_another_model_and_what_is_no_form_are_refused(
    client: TestClient, score_id: str, case: dict[str, Any], scorer: StubScorer, assessed: dict[str, Any]
) -> None:
    assert post(client, score_id, case, "").status_code == 200
    assert client.post(f"/scores/{score_id}/suppose", content=b"{}").status_code == 415
    header = {"content-type": "multipart/form-data"}
    assert client.post(f"/scores/{score_id}/suppose", content=b"no form", headers=header).status_code == 400
    assert post(client, score_id, b" " * 200_000, "").status_code == 413
    scorer.record = {**assessed, "input": {**assessed["input"], "hash": "00" * 32}}
    assert post(client, score_id, case, "").json()["type"].endswith("other-rows")
    scorer.record = {**assessed, "versions": {**assessed["versions"], "bundle": "another"}}
    refused = post(client, score_id, case, "")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "another-model")
    scorer.record = {**assessed, "versions": {**assessed["versions"], "policy": "other"}}
    refused = post(client, score_id, case, "")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "other-rules")
    scorer.record = assessed
    assert post(client, score_id, case, "").status_code == 200


def test_nothing_of_a_form_is_read_on_the_event_loop(
    client: TestClient, score_id: str, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading, looking up and showing take long enough to keep everybody else waiting."""
    threads: list[str] = []

    def noted(work: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            threads.append(threading.current_thread().name)
            return work(*given, **named)

        return call

    for name in ("form_fields", "find", "supposed_page", "pairs_of", "together_page"):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    assert post(client, score_id, case, "").status_code == 200
    assert client.get(f"/scores/{score_id}/interactions").status_code == 200
    assert len(threads) == 6  # `find` serves both
    assert all(name.startswith("score") for name in threads)


def test_a_form_with_more_parts_than_fields_is_refused(client: TestClient, score_id: str, case: dict[str, Any]) -> None:
    three = post(client, score_id, case, "", ways="1")
    assert three.status_code == 200
    refused = post(client, score_id, case, "", ways="1", more="1")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (400, "too-many-fields")
    assert "at most 3 fields" in refused.json()["detail"]


def test_the_assessment_report_is_a_page_without_script_and_a_pdf(
    client: TestClient, score_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = client.get(f"/scores/{score_id}/report")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "信用修复评估报告" in response.text
    assert "理由稳固。" in response.text
    assert "裁判理由（草稿）" in response.text
    monkeypatch.setattr(module, "report_pdf", lambda html: b"%PDF" + html[:15].encode())
    answered = client.get(f"/scores/{score_id}/report.pdf")
    assert (answered.headers["content-type"], answered.content[:4]) == ("application/pdf", b"%PDF")

    def cannot(_: str) -> bytes:
        raise ReportError("no Pango")

    monkeypatch.setattr(module, "report_pdf", cannot)
    assert client.get(f"/scores/{score_id}/report.pdf").status_code == 501
    assert "理由稳固。" in client.get(f"/scores/{score_id}").text
