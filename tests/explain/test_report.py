"""The report shows what the record holds, fetches nothing, and becomes a PDF with Chinese text."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from explain import report as module
from explain.card_scale import CardScale
from explain.not_given import not_given
from explain.phrases import Words
from explain.record import RecordError, build_record
from explain.recourse import Recourse, open_goals, recourse
from explain.report import ReportError, draft_reasons, report_html, report_pdf
from explain.rollup import rolled_up
from explain.text import explain_text
from explain.words import vocabulary
from features.catalogue import MAIN
from features.facts import FACTS
from features.indicator import describe

DESCRIBE = {item.id: describe(item) for item in (*FACTS, *MAIN)}
SCALE = CardScale(0.0625, math.log(2) / 0.0625)


class Text(HTMLParser):
    """Collects the text, and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    @property
    def text(self) -> str:
        return "".join(self.said)


def with_reasons(pieces: dict[str, Any]) -> dict[str, Any]:
    one = {
        "indicator": "performed_ratio", "dimension": "ability", "zh_name": "履行比例", "en_name": "Share performed",
        "value": 0.25, "points": 12.6, "contribution": -0.4, "outcome": "redefault_12", "direction": "favourable",
        "zh": "应履行款项已履行25%<b>。", "en": "25% paid.",
        "evidence": [{"table": "obligations", "rows": ["O1", "O2"]}, {"table": "payments", "rows": ["P1"]}],
    }  # fmt: skip
    return pieces | {"reasons": [one]}


def test_the_report_holds_every_part_and_escapes_what_it_is_given(pieces: dict[str, Any]) -> None:
    record = build_record(**with_reasons(pieces))
    none = Recourse("route", None, "没有找到能转入简易程序的方案", "none found", 9, True)
    html = report_html(record, DESCRIBE, recourse=[none], firmness=[Words("理由不够稳固：履行比例 50%", "not firm")])
    assert html == report_html(record.content(), DESCRIBE, recourse=[none],
                               firmness=[Words("理由不够稳固：履行比例 50%", "not firm")])  # fmt: skip
    seen = Text(html)
    for part in (
        "信用修复评估报告", record.score_id, "建议等级", "66.5", "合计", "应履行款项已履行25%<b>。", "P1",
        "积分在65至79.9之间", "没有找到能转入简易程序的方案", "理由不够稳固", "履行比例 50%", "裁判理由（草稿）",
        "债务与履行", "权利与异议", "b" * 16, "10.0%–15.0%", "47件在十二个月内再失信", "380 calibration cases",
        "不是这一名被执行人自己的可能性", "not of this debtor's own chance",
    ):  # fmt: skip
        assert part in seen.text, part
    assert "<b>。" not in html


def test_the_report_carries_no_script_and_no_address(pieces: dict[str, Any]) -> None:
    html = report_html(build_record(**with_reasons(pieces)), DESCRIBE)
    seen = Text(html)
    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form"})
    assert not re.search(r"https?://|url\(|@import", html)
    assert "本报告未附改善途径" in seen.text


def test_a_case_that_left_at_the_gate_has_a_report_without_figures(exit_pieces: dict[str, Any]) -> None:
    record = build_record(**exit_pieces)
    text = Text(report_html(record, DESCRIBE)).text
    assert "义务已全部履行" in text
    assert "未计积分" in text
    for absent in ("预测概率及其来历", "主要理由与证据", "合计"):
        assert absent not in text


def test_the_draft_says_facts_grade_and_suggestion_and_leaves_the_judge_the_word(
    pieces: dict[str, Any], exit_pieces: dict[str, Any]
) -> None:
    said = draft_reasons(build_record(**with_reasons(pieces)), DESCRIBE)
    assert said.startswith(
        "本院经审查认为，截至2026-05-01已可查知的记录显示：对被执行人有利的情况是，应履行款项已履行25%。"
    )
    for part in (
        "初始信用积分为66.5分",
        "建议等级为B级",
        "失信情节属一般",
        "可能性为12.6%（同类案件真实比例的区间为10.0%–15.0%），该预测仅供参考",
        "适用普通程序，观察期8个月",
        "尚缺：债权人同意",
    ):
        assert part in said
    assert "不利" not in said
    assert "暂不宜准予修复" in said
    assert "可考虑" not in said
    granted = build_record(**pieces | {"suggestion": pieces["suggestion"] | {"mode": "conditional"}})
    assert "综合全案情况，可考虑附条件修复，适用普通程序" in draft_reasons(granted, DESCRIBE)
    left = draft_reasons(build_record(**exit_pieces), DESCRIBE)
    assert "经门槛审查，义务已全部履行，应删除失信信息并解除限制消费。该情形依法办理" in left
    assert "可考虑" not in left


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("application", "修复后十二个月内再失信"),
        ("first_listing", "首次纳入后十二个月内再次被纳入名单"),
        ("observation", "自评估时点起十二个月内再失信"),
    ],
)
def test_text_report_and_draft_suppose_a_repair_only_where_one_is_asked_for(
    pieces: dict[str, Any], kind: str, event: str
) -> None:
    record = build_record(**pieces | {"kind": kind})
    premises = vocabulary()["premises"]
    for said in (explain_text(record, DESCRIBE), Text(report_html(record, DESCRIBE)).text):
        for other, premise in premises.items():
            assert all((premise[language] in said) == (other == kind) for language in ("zh", "en"))
        assert ("当日解除" in said) == (kind == "application")
    draft = draft_reasons(record, DESCRIBE)
    assert f"系统预测其{event}的可能性为12.6%" in draft
    assert ("修复后十二个月" in draft) == (kind == "application")


def test_families_stand_in_log_odds_and_in_points(pieces: dict[str, Any]) -> None:
    """Debt raw and as a share are read together: their contributions, and their points, are each summed."""
    record = build_record(**pieces)
    found = rolled_up(record, DESCRIBE, SCALE)
    assert found is not None
    (debt,) = (row for row in found.rows if row.family.zh == "债务与履行")
    assert debt.points == pytest.approx(12.4 + 12.6)
    first, second = record.models.redefault_6, record.models.redefault_7_12
    assert first is not None
    assert second is not None
    p6, q = first.probability, second.probability
    p12 = p6 + (1 - p6) * q
    added = (p6 * (0.31 - 0.12) + q * (0.1 - 0.3)) / p12
    assert debt.added.log_odds == pytest.approx(added)
    assert debt.added.converted == pytest.approx(-added / 0.0625)
    html = report_html(record, DESCRIBE, scale=SCALE)
    assert "+25.0" in html
    assert f"{-added / 0.0625:+.1f}".replace("-", "−") in html
    assert Text(html).text.count("不计入积分") == 1  # what converted points are is said once
    assert "换算分" not in report_html(record, DESCRIBE)


def test_what_is_no_whole_record_has_no_report(pieces: dict[str, Any]) -> None:
    content = build_record(**pieces).content()
    assert report_html(content, DESCRIBE)
    with pytest.raises(RecordError, match="/versions"):
        report_html({name: part for name, part in content.items() if name != "versions"}, DESCRIBE)


@pytest.mark.slow
def test_a_long_real_case_becomes_a_pdf_with_chinese_text_on_every_page(tiny: Any, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="PDF needs WeasyPrint with Pango: see README", exc_type=OSError)
    case, recorded = max(tiny.cases(3), key=lambda one: len(json.dumps(one[1])))
    found = [recourse(case, recorded, tiny.rescore(case), goal) for goal in open_goals(recorded)[:1]]
    pdf = report_pdf(report_html(recorded, DESCRIBE, recourse=found))
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 20_000
    if shutil.which("pdftotext"):
        path = tmp_path / "report.pdf"
        path.write_bytes(pdf)
        read = ["pdftotext", str(path), "-"]
        told = subprocess.run(read, capture_output=True, check=True, text=True).stdout  # noqa: S603
        pages = told.split("\f")[:-1]
        assert len(pages) > 3
        assert all(f"第 {number} 页，共 {len(pages)} 页" in page for number, page in enumerate(pages, 1))
        assert "裁判理由" in told


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(module, "import_module", absent)
    with pytest.raises(ReportError, match=r"apt install libpango-1.0-0 .* fonts-noto-cjk.*cannot load library"):
        report_pdf("<p>信用修复</p>")


def test_a_pdf_fetches_nothing() -> None:
    pytest.importorskip("weasyprint", reason="PDF needs WeasyPrint with Pango: see README", exc_type=OSError)
    assert report_pdf("<p>信用修复</p>").startswith(b"%PDF-")
    with pytest.raises(ReportError, match="fetches nothing"):
        module._no_address("file:///etc/hosts")


def test_rules_are_told_in_names_not_in_keys(pieces: dict[str, Any]) -> None:
    """Facts that no indicator is made of, scores that a rule read, and parameters: each by its Chinese name."""
    (rule,) = pieces["suggestion"]["trace"]
    read = {"law_bars_repair": None, "p_redefault_12": 0.126, "points": 66.5, "unheard_of": 2.0}
    parameters = [
        rule["parameters"][0],
        {"key": "mode.scope", "value": ["bidding", "exit"], "valid_from": "2017-05-01"},
    ]
    trace = [{**rule, "facts": read, "parameters": parameters}]
    record = build_record(**pieces | {"suggestion": pieces["suggestion"] | {"trace": trace}})
    text = Text(report_html(record, DESCRIBE, titles={"grade.limits.B": "B级下限"})).text
    assert "事实：法律法规规定不可修复=不详；十二个月再失信概率=12.6%；积分=66.5；unheard_of=2" in text
    assert "参数：B级下限=65（自2017-05-01）；mode.scope=招标投标、限制出境（自2017-05-01）" in text


def test_figures_that_are_not_given_are_named_and_share_their_reason(exit_pieces: dict[str, Any]) -> None:
    record = build_record(**exit_pieces)
    ((names, why),) = not_given(record.nulls)
    assert {"积分", "建议等级", "修复成功的概率", "十二个月内再失信的概率区间"} <= set(names.split("、"))
    assert len(names.split("、")) == len(record.nulls)
    assert f"未给出{names}：{why}" in Text(report_html(record, DESCRIBE)).text
    assert not_given({"new.figure": "丙", "models.success": "乙", "suggestion.grade": "甲", "points": "甲"}) == [
        ("积分、建议等级", "甲"), ("修复成功的模型结果", "乙"), ("new.figure", "丙"),
    ]  # fmt: skip
