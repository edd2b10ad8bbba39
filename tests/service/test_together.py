"""Pairs of indicators over HTTP and on a page: answered beside a recorded score, never recorded, refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from explain.additivity import AdditivityError, Offence
from ledger.store import Ledger
from service.answers import InteractionsAnswer
from tests.service.conftest import SCALE, StubMaker, StubScorer
from tests.service.test_pages import Page


@pytest.fixture
def score_id(ledger: Ledger, assessed: dict[str, Any]) -> str:
    return ledger.append([assessed])[0].score_id


def test_pairs_are_answered_in_log_odds_and_points_and_not_recorded(
    client: TestClient, ledger: Ledger, scorer: StubScorer, score_id: str, assessed: dict[str, Any]
) -> None:
    asked: list[Any] = []

    def made_by(record: Any) -> StubMaker:
        asked.append(record)
        return StubMaker()

    scorer.made_by = made_by
    response = client.get(f"/v1/scores/{score_id}/interactions")
    assert response.status_code == 200, response.text
    found = response.json()
    InteractionsAnswer.model_validate(found)
    assert asked == [assessed]
    assert (found["score_id"], found["recorded"], found["log_odds_per_point"]) == (score_id, False, 0.0625)
    assert set(found["interactions"]) == {"success", "redefault_6", "redefault_7_12"}
    assert {name: pairs[0]["converted"] for name, pairs in found["interactions"].items()} == {
        "success": None, "redefault_6": 4.0, "redefault_7_12": 4.0,
    }  # fmt: skip
    assert ledger.size == 1
    assert response.headers["cache-control"] == "no-store"


def test_the_score_leads_to_a_page_that_says_what_the_figures_are(
    client: TestClient, ledger: Ledger, score_id: str, statutory: dict[str, Any]
) -> None:
    address = f"/scores/{score_id}/interactions"
    assert address in Page(client.get(f"/scores/{score_id}").text).links
    response = client.get(address)
    assert response.status_code == 200
    page = Page(response.text)
    for part in ("履行比例", "43.8%", "主动履行占比", "−0.250", "+4.0", "有利", "未作记录", SCALE.meaning()[0]):
        assert part in page.text, part
    assert page.text.count("不计入积分") == 1
    success = response.text[response.text.index("<h2>修复成功") :]
    success = success[: success.index("</table>")]
    assert "不利" in success  # the same pair lowers the chance of repair
    assert "换算分" not in success
    assert {"script", "form"}.isdisjoint(page.elements)
    left = ledger.append([statutory])[0].score_id
    assert "interactions" not in client.get(f"/scores/{left}").text


@pytest.mark.parametrize("path", ["/v1/scores/{}/interactions", "/scores/{}/interactions"])
def test_what_cannot_be_answered_is_refused_by_name(
    client: TestClient, ledger: Ledger, scorer: StubScorer, request: pytest.FixtureRequest, path: str
) -> None:
    score_id = ledger.append([request.getfixturevalue("assessed")])[0].score_id
    statutory = request.getfixturevalue("statutory")

    def problem(name: str) -> tuple[int, str]:
        response = client.get(path.format(name))
        assert response.headers["content-type"] == "application/problem+json"
        assert "secret" not in response.text
        return response.status_code, response.json()["type"].rpartition(":")[2]

    for nonsense in ("0" * 32, "x", "%00", "' or 1=1", "信用", score_id[:-1], score_id.upper() + "0", "-1"):
        assert problem(nonsense) == (404, "no-such-score"), nonsense
    left = ledger.append([statutory])[0].score_id
    assert problem(left) == (404, "no-model-asked")
    other = ledger.append([{"schema": "repair-risk/score/9"}])[0].score_id
    assert problem(other) == (501, "unknown-record-form")

    def gone(_: Any) -> StubMaker:
        raise FileNotFoundError("secret/path")

    class Crooked(StubMaker):
        def together(self, record: Any) -> Any:
            raise AdditivityError([Offence("secret", "interactions", 0.5)])

    scorer.made_by = gone
    assert problem(score_id) == (503, "maker-gone")
    scorer.made_by = lambda _: Crooked()
    assert problem(score_id) == (500, "does-not-add-up")
    scorer.made_by = lambda _: StubMaker()
    assert client.get(path.format(score_id)).status_code == 200


def test_without_the_maker_a_score_and_its_report_stay_readable_without_points(
    client: TestClient, scorer: StubScorer, score_id: str
) -> None:
    assert "不计入积分" in client.get(f"/scores/{score_id}").text
    assert "不计入积分" in client.get(f"/scores/{score_id}/report").text

    def gone(_: Any) -> StubMaker:
        raise FileNotFoundError

    scorer.made_by = gone
    for address in (f"/scores/{score_id}", f"/scores/{score_id}/report"):
        response = client.get(address)
        assert response.status_code == 200
        assert "不计入积分" not in response.text
        assert 'class="converted"' not in response.text
        assert "换算分+" in response.text  # the sentences of the reasons are the record's own
