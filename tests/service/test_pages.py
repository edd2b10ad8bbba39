"""The reviewer's pages show what the record says, whatever kind it is, and only ever as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient

from explain.words import vocabulary
from features.profiles import PROFILES
from ledger.store import Ledger
from tests.service.conftest import SCALE

DESCRIBED = {indicator.id: indicator for indicator in PROFILES["applications"].catalogue}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script src=//evil.example/x.js></script>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    '" style="position:fixed" x="',
    "]]>--></style><iframe srcdoc='<script>alert(1)</script>'>",
)
# Everything a page of ours may hold. An element or attribute outside these came from a record.
_ELEMENTS = """
html head meta title link body a header span small nav main section div p h1 h2 h3 dl dt dd ul ol li
table caption thead tbody tfoot tr th td svg rect code details summary b strong br footer"""
ELEMENTS = frozenset(_ELEMENTS.split())
_ATTRIBUTES = """
lang charset name content rel href type class id aria-label aria-hidden data-label viewbox preserveaspectratio
width height x y scope"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())


class Page(HTMLParser):
    """Elements, attributes, ids, links and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self._text: list[str] = []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self._text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                (self.links if tag == "a" else self.sources).append(value or "")

    def handle_data(self, data: str) -> None:
        self._text.append(data)


def shown(client: TestClient, ledger: Ledger, record: Mapping[str, Any]) -> Page:
    entry = ledger.append([record])[0]
    response = client.get(f"/scores/{entry.score_id}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def test_an_assessed_case_tells_everything(client: TestClient, ledger: Ledger, assessed: dict[str, Any]) -> None:
    page = shown(client, ledger, assessed)
    for words in (
        "本结果为机器建议，由具名法官决定。",
        "APP-2026-00317",
        "67.8 ／100",
        "履行能力 Ability",
        "22.3 满分 40",
        "修复成功 Repair success 42.5%",
        "十二个月内再失信 Re-default, 12 months 21.7%",
        "普通程序",
        "暂定",
        "附条件修复",
        "8 个月",
        "积分与模型结论分歧较大",
        "全部未结案件尚有18.34万元未履行",
        "B级观察期8个月",
        "自然人未履行金额不超过此数可为轻微 tier.slight.amount_person 50,000 元 自 2013-10-01 起 本项目设定：",
        "不使用人工智能",
        "第 1 号",
        "8f1c0aa27be94d13",
    ):
        assert words in page.text, words
    for number in range(1, 18):
        assert f"pay-2025-{number:03d}" in page.text


def test_every_interval_is_shown_with_what_it_means_and_what_not(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], listing: dict[str, Any]
) -> None:
    page = shown(client, ledger, assessed)
    for found in assessed["intervals"].values():
        assert f"{found['low']:.1%}–{found['high']:.1%}" in page.text
    for word in ("412件中，91件在十二个月内再失信", "Of the 412 calibration cases most like this one",
                 "不是这一名被执行人自己的可能性", "not of this debtor's own chance"):  # fmt: skip
        assert word in page.text
    bare = shown(client, ledger, listing)
    assert "未给出区间：12 events among 300 cases" in bare.text
    assert "区间的含义" not in bare.text


@pytest.mark.parametrize("kind", ["application", "first_listing", "observation"])
def test_a_probability_supposes_a_repair_only_where_one_is_asked_for(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], kind: str
) -> None:
    text = shown(client, ledger, assessed | {"kind": kind}).text
    for other, premise in vocabulary()["premises"].items():
        assert all((premise[language] in text) == (other == kind) for language in ("zh", "en"))


@pytest.mark.parametrize("zh", ["观察期依原决定", "个人债务集中清理：观察期依清理计划执行期间"])
def test_where_no_months_are_set_the_rules_own_words_say_what_holds(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], zh: str
) -> None:
    found = assessed["suggestion"]
    trace = [one | {"zh": zh} if one["rule"] == "DT8" else one for one in found["trace"]]
    text = shown(client, ledger, assessed | {"suggestion": found | {"observation_months": None, "trace": trace}}).text
    assert f"观察期 Observation {zh}" in text
    assert "不设" not in text
    bare = [one for one in trace if one["rule"] != "DT8"]
    record = assessed | {"suggestion": found | {"observation_months": None, "trace": bare}}
    assert "观察期 Observation 不设" in shown(client, ledger, record).text


@pytest.mark.parametrize(("attested", "ground"), [(1.0, "attested"), (None, "found")])
def test_a_priority_start_says_whether_a_judge_attested_the_hardship(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], attested: float | None, ground: str
) -> None:
    found = assessed["suggestion"]
    trace = [
        one | {"facts": one["facts"] | {"hardship_attested": attested}} if one["rule"] == "FIND.inability" else one
        for one in found["trace"]
    ]
    text = shown(client, ledger, assessed | {"suggestion": found | {"priority_start": True, "trace": trace}}).text
    for other, words in vocabulary()["priority"].items():
        assert all((words[language] in text) == (other == ground) for language in ("zh", "en"))


def test_every_reason_leads_to_its_evidence(client: TestClient, ledger: Ledger, assessed: dict[str, Any]) -> None:
    page = shown(client, ledger, assessed)
    for reason in assessed["reasons"]:
        assert f"#i-{reason['indicator']}" in page.links
        assert DESCRIBED[reason["indicator"]].review in page.text  # what a reviewer should check
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_each_column_of_contributions_adds_up_on_the_page(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any]
) -> None:
    ledger_entry = ledger.append([assessed])[0]
    html = client.get(f"/scores/{ledger_entry.score_id}").text
    table = html[html.index('<table class="margins') : html.index("</table>", html.index('class="margins'))]
    body, foot = table.split("</tbody>")
    lines = [re.findall(r'"amount">([+−][\d.e+−]+)<', line) for line in body.split("</tr>")[1:-1]]
    assert len(lines) == 13
    assert all(len(line) == 3 for line in lines)
    sums, same, base, margin = (
        [float(cell.replace("−", "-")) for cell in re.findall(r'class="num"[^>]*>([+−][\d.]+)<', line)]
        for line in foot.split("</tr>")[:4]
    )
    for column in range(3):
        added = sum(float(line[column].replace("−", "-")) for line in lines)
        assert added == pytest.approx(sums[column], abs=0.007)  # 13 figures of three decimals
        assert sums[column] + base[column] == pytest.approx(margin[column], abs=0.0016)
    points = [re.findall(r'"converted">([+−]?[\d.]+) 分<', line) for line in body.split("</tr>")[1:-1]]
    assert all(len(line) == 2 for line in points)  # repair success is another outcome: no points of this card
    for column, total in enumerate(same):
        assert sum(float(line[column].replace("−", "-")) for line in points) == pytest.approx(total, abs=0.7)
        assert total == pytest.approx(-sums[column + 1] / SCALE.log_odds_per_point, abs=0.06)
    assert html.count("不计入积分") == 1
    models = assessed["models"]
    assert margin == [round(models[name]["margin"], 3) for name in ("success", "redefault_6", "redefault_7_12")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("statutory", ["法定情形，不评级", "依法办理，不作裁量评估", "义务已全部履行", "依法直接处理", "法定退出"]),
        ("by_a_person", ["人工审查，不评级", "仅由人工审查", "当事人要求不使用人工智能", "没有给出的数值"]),
        ("listing", ["首次纳入评估", "未评级", "首次纳入时没有修复申请", "15.4%", "没有给出的数值"]),
    ],
)
def test_records_without_a_score_are_shown_as_well(
    client: TestClient, ledger: Ledger, request: pytest.FixtureRequest, name: str, words: list[str]
) -> None:
    record = request.getfixturevalue(name)
    page = shown(client, ledger, record)
    for word in ["本结果为机器建议，由具名法官决定。", *words]:
        assert word in page.text, word
    if record["points"] is None and not any(record["models"].values()):
        assert "预测概率" not in page.text
    assert "None" not in page.text
    assert "nan" not in page.text.lower()


def poisoned(value: Any, poison: str) -> Any:
    """The record with every free text replaced."""
    if isinstance(value, dict):
        return {key: poisoned(item, poison) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, poison) for item in value]
    return poison if isinstance(value, str) else value


@pytest.mark.parametrize("poison", HOSTILE)
def test_what_stands_in_a_record_can_only_be_text(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], poison: str
) -> None:
    codes = {"schema", "kind", "gate", "versions", "input"}
    record = {key: value if key in codes else poisoned(value, poison) for key, value in assessed.items()}
    record["case"]["as_of"] = assessed["case"]["as_of"]
    record["suggestion"] |= {key: assessed["suggestion"][key] for key in ("grade", "tier", "route")}
    record["suggestion"]["review"]["grade"] = "B"
    record["suggestion"]["mode"] = poison
    record["intervals"] = assessed["intervals"]  # their one text is a code of the schema
    for mine, own in zip(record["reasons"], assessed["reasons"], strict=True):
        mine |= {key: own[key] for key in ("dimension", "outcome", "direction")}
    record["nulls"] = {poison: poison}
    record["input"] = {**assessed["input"], "rows": {poison: 3}}
    record["versions"] = {**assessed["versions"], "code": poison, "profile": poison}
    record["suggestion"]["trace"][0]["facts"] = {poison: 1.0}
    page = shown(client, ledger, record)
    listing = Page(client.get("/").text)
    for found in (page, listing):
        assert found.elements <= ELEMENTS
        assert found.attributes <= ATTRIBUTES
        assert set(found.sources) == {"/static/reviewer.css", "/static/icon.svg"}
        assert all(re.match(r"[/#]", link) for link in found.links)
        assert not any(link.startswith("//") for link in found.links)
        assert re.sub(r"\s+", " ", poison) in found.text  # shown, harmless, as it stands


def test_the_list_shows_the_newest_first_and_pages_on(
    client: TestClient, ledger: Ledger, assessed: dict[str, Any], statutory: dict[str, Any]
) -> None:
    assert "还没有评分记录" in client.get("/").text
    many = [{**assessed, "case": {**assessed["case"], "application_id": f"APP-{n:03d}"}} for n in range(41)]
    ledger.append([*many, statutory])
    first = Page(client.get("/").text)
    assert first.text.index("APP-2026-00318") < first.text.index("APP-040") < first.text.index("APP-002")
    assert "APP-001" not in first.text
    assert "/?before=3" in first.links
    second = Page(client.get("/scores?before=3").text)
    assert "APP-001" in second.text
    assert "APP-002" not in second.text
    for link in first.links:
        if link.startswith("/scores/"):
            assert client.get(link).status_code == 200


def test_a_record_of_another_form_is_not_shown_half(client: TestClient, ledger: Ledger) -> None:
    entry = ledger.append([{"schema": "repair-risk/score/9", "case": None}])[0]
    response = client.get(f"/scores/{entry.score_id}")
    assert response.status_code == 501
    assert response.json()["type"] == "urn:repair-risk:problem:unknown-record-form"
    assert client.get("/").status_code == 200
    assert client.get(f"/v1/scores/{entry.score_id}").json()["record"]["schema"] == "repair-risk/score/9"


def test_the_stylesheet_and_the_icon_are_our_own_and_load_nothing(client: TestClient) -> None:
    css = client.get("/static/reviewer.css")
    assert css.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in css.text
    assert "@import" not in css.text
    assert client.get("/static/icon.svg").headers["content-type"] == "image/svg+xml"
