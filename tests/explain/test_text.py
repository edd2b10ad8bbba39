"""One record in words: everything a judge asks, nothing that the record does not hold."""

from __future__ import annotations

import re
from typing import Any

import pytest

from explain.reasons import reasons
from explain.record import RecordError, build_record
from explain.reference import Reference
from explain.text import explain_text
from features.catalogue import MAIN
from features.indicator import describe

DESCRIBE = {indicator.id: describe(indicator) for indicator in MAIN} | {
    "remaining_debt": {"zh": "未履行金额", "en": "Remaining debt", "unit": "CNY", "maximum": None}
}


def test_the_whole_text(pieces: dict[str, Any]) -> None:
    pieces["reasons"] = reasons(
        MAIN,
        pieces["indicators"],
        models=pieces["models"],
        points=pieces["points"]["indicators"],
        evidence=pieces["evidence"],
        reference=Reference(),
    )
    record = build_record(**pieces)
    text = explain_text(record, DESCRIBE)
    for line in (
        f"评分记录 Score record {record.score_id}",
        "  类别 Kind：修复申请评估",
        "  截至 As of：2026-05-01T00:00:00+08:00（只采用此前已可查知的记录）",
        "  等级 Grade：B",
        "  初始信用积分 Points：66.5（满分100）",
        "  程序 Route：普通程序（听证；债权人意见未齐，为暂定）",
        "  方式 Mode：暂不建议修复",
        "  失信情节 Tier：一般",
        "  观察期 Observation：8个月",
        "  建议解除的限制（仅限本案） Scope：融资信贷、招标投标",
        "  尚缺 Missing：债权人同意（未答复不视为同意）",
        "  重大风险提示 Warning：查控信息不足",
        "  履行能力：25分（满分40）",
        "    未履行金额（5.23万元）：+12.4",
        "    财产报告逾期天数（不详）：+11.5",
        "    上下限调整（不低于零分、不超过满分）：-2.3",
        "  合计 Total：66.5",
        "  修复成功 repair success：50.0%（区间 46.0%–53.0%）",
        "    校准时与本案最相近（预测概率44.0%至55.0%）的620件中，305件获准修复；连同相邻案件估计，此类案件的真实比例"
        "至少有90%的把握在46.0%至53.0%之间。校准所用案件平均在本案之前1.5年，区间已按此放宽。",
        "  十二个月内再失信 re-default within 12 months：12.6%（区间 10.0%–15.0%）",
        "    Of the 380 calibration cases most like this one (predicted 8.0% to 17.0%), 47 re-defaulted within 12 "
        "months; reckoned with their neighbours, the true share among such cases lies between 10.0% and 15.0% "
        "(at least 90% confidence). The calibration's cases lie 1.5 years before this one on average, and the interval "
        "is widened for that.",
        "     债务 obligations：O1、O2",
        "  [DT5] 积分在65至79.9之间：B级",
        "     事实：债权同意占比=不详；履行比例=25%；未履行金额=5.23万元",
        "     参数：grade.limits.B=65（自2017-05-01起）",
        "  输入指纹 input " + "ab" * 32 + "（行数：被执行人1、债务2）",
    ):
        assert line in text.splitlines(), line
    assert "-2.400 + (-0.160) = -2.560（误差" in text
    assert "不是这一名被执行人自己的可能性" in text
    assert "not of this debtor's own chance" in text
    assert "当事人可以要求说明理由" in text
    assert "仅由人工审查" in text
    assert "由具名的审判人员决定" in text
    assert "a named person decides" in text
    assert re.findall("(?m)^(.)、(..)", text) == list(
        zip("一二三四五六七八", ("建议", "积分", "预测", "各类", "主要", "适用", "版本", "权利"), strict=True)
    )
    assert explain_text(record.content(), DESCRIBE) == text


def test_an_exit_says_why_there_is_no_score(exit_pieces: dict[str, Any]) -> None:
    text = explain_text(build_record(**exit_pieces), DESCRIBE)
    assert "  门槛审查 Gate：义务已全部履行，应删除失信信息并解除限制消费" in text
    assert "  等级 Grade：无" in text
    assert "  程序 Route：法定情形，依法办理，不作裁量评估" in text
    assert "no model is asked" in text
    assert re.findall("(?m)^.、(..)", text) == ["建议", "适用", "没有", "版本", "权利"]
    assert "二、适用规则" in text
    assert "三、没有给出的数值" in text


def test_a_probability_without_an_interval_says_why_and_claims_nothing(pieces: dict[str, Any]) -> None:
    why = "12 events among 300 cases (calibration period); intervals need 20 of either outcome"
    bare = {"intervals": {}, "nulls": {f"intervals.{name}": why for name in pieces["intervals"]}}
    text = explain_text(build_record(**pieces | bare), DESCRIBE)
    assert "  修复成功 repair success：50.0%\n" in text
    outcomes = ("修复成功", "六个月内再失信", "十二个月内再失信")
    assert f"  {'、'.join(f'{outcome}的概率区间' for outcome in outcomes)}：{why}" in text
    assert text.count("区间") == 3


def test_an_interval_of_the_calibrations_own_time_speaks_of_no_years(pieces: dict[str, Any]) -> None:
    later = explain_text(build_record(**pieces), DESCRIBE)
    assert later.count("1.5年，区间已按此放宽") == 3
    for years in (None, 0.0, 0.04):
        now = {name: found | {"years": years} for name, found in pieces["intervals"].items()}
        assert "放宽" not in explain_text(build_record(**pieces | {"intervals": now}), DESCRIBE)


def test_what_another_catalogue_measured_is_shown_without_its_unit(pieces: dict[str, Any]) -> None:
    text = explain_text(build_record(**pieces), {})
    assert "事实：同意债权占比=不详；履行比例=0.25" in text  # facts of the rules keep their names


def test_long_evidence_is_counted_not_cut_silently(pieces: dict[str, Any]) -> None:
    pieces["evidence"]["consent_share"] = {"creditor_notices": [f"N{i:02d}" for i in range(9)]}
    more = {"models": pieces["models"], "points": None, "evidence": pieces["evidence"], "reference": Reference()}
    pieces["points"], pieces["nulls"] = None, {"points": "本包无积分卡 / no card"}
    pieces["reasons"] = reasons(MAIN, pieces["indicators"], **more)
    text = explain_text(build_record(**pieces), DESCRIBE)
    assert "creditor_notices：N00、N01、N02、N03、N04、N05 等9行" in text
    assert "  积分：本包无积分卡 / no card" in text


def test_only_whole_records_are_explained(pieces: dict[str, Any]) -> None:
    content = build_record(**pieces).content()
    assert explain_text(content, {})
    content["models"]["success"]["margin"] += 1.0
    with pytest.raises(RecordError, match="/models/success/residual"):
        explain_text(content, {})
