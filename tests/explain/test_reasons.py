"""Reasons: the strongest, for and against, in words a judge can read, each resting on named rows."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain import phrases
from explain.phrases import TemplateError, check_catalogue
from explain.reasons import reasons, twelve_month_contributions
from explain.record import ModelTerms, build_record
from explain.reference import Reference
from features.catalogue import MAIN
from features.indicator import Indicator
from features.listings import LISTINGS

EVERY = {indicator.id: indicator for indicator in (*MAIN, *LISTINGS)}
SHARES = tuple(step / 20 for step in range(21))
# Attributes that may never be scored, and what names them (of them PIPL art. 28 protects religion and health).
PROTECTED = re.compile(
    r"性别|年龄|岁|出生|民族|宗教|婚|户籍|籍贯|疾病|健康|身份证|姓名|\b(sex|gender|age|birth|ethnic|religi)"
)


def terms(contributions: dict[str, float], probability: float = 0.1) -> ModelTerms:
    return ModelTerms(0.0, contributions, math.fsum(contributions.values()), {"method": "platt"}, probability)


def made(contributions: dict[str, float], **more: Any) -> list[dict[str, Any]]:
    given_ = {
        "models": {"redefault_6": terms(contributions)},
        "points": None,
        "evidence": {},
        "reference": Reference(),
    }
    values = more.pop("values", dict.fromkeys(contributions, 1.0))
    return reasons(MAIN, values, **(given_ | more))


def test_one_reason_word_for_word() -> None:
    reference = Reference(
        SHARES,
        {"remaining_debt_log": tuple(math.log1p(100.0 * 1.5**step) for step in range(21))},
        points={"remaining_debt_log": 3.44},
    )
    (reason,) = made(
        {"remaining_debt_log": 0.2134},
        values={"remaining_debt_log": math.log1p(52_300.0)},
        points={"remaining_debt_log": 1.2},
        evidence={"remaining_debt_log": {"payments": ["P9"], "obligations": ["O2", "O1"], "settlements": []}},
        reference=reference,
    )
    assert reason["zh"] == (
        "全部未结案件尚有5.23万元未履行，高于约75%的参照案件（中位数5767元）；公开积分卡计1.2分（参照平均3.4分）；"
        "使六个月内再失信的预测风险上升（对数几率+0.213）。依据：债务2行、履行款项1行。"
    )
    assert reason["en"] == (
        "CNY 52,300 remains unpaid over all open cases, above about 75% of the reference cases (median CNY 5,767); "
        "1.2 points on the public card (reference mean 3.4); raises the predicted risk of re-default within six months "
        "(log-odds +0.213). Evidence: 2 row(s) of obligations, 1 row(s) of payments."
    )
    assert reason["evidence"] == [
        {"table": "obligations", "rows": ["O1", "O2"]},
        {"table": "payments", "rows": ["P9"]},
    ]
    assert reason["direction"] == "adverse"


def test_absence_is_said_to_be_the_reason() -> None:
    never, unknown = made(
        {"settlement_breach_36m": -0.2, "report_days_late": 0.1},
        values={"settlement_breach_36m": 0.0, "report_days_late": None},
    )
    assert never["zh"].startswith("近三十六个月没有和解违约；不计入公开积分卡；使六个月内再失信的预测风险下降")
    assert never["zh"].endswith("依据：案卷中没有相关记录，没有记录本身即为依据。")
    assert unknown["zh"].startswith("财产报告逾期天数不详（案卷中没有可据以计算的记录）")
    assert "is not known" in unknown["en"]


@pytest.mark.parametrize("indicator", EVERY.values(), ids=lambda indicator: indicator.id)
def test_every_indicator_can_be_said(indicator: Indicator) -> None:
    """Each id × {favourable, adverse} × {value, zero, maximum, missing}: distinct, filled in, nothing protected."""
    top = 7.0 if indicator.maximum is None else float(indicator.maximum)
    values = [0.37 * top if "ordinal" not in indicator.unit else 2.0, 0.0, top, None]
    if indicator.unit in {"count", "0/1"}:
        values[0] = 1.0
    rows = {"debtors": ["R1"]}
    said = {}
    for (place, value), strength, has_rows in product(enumerate(values), (0.4, -0.4), (True, False)):
        (reason,) = reasons(
            (indicator,) if indicator.scored else (),
            {indicator.id: value},
            models={"redefault_6": terms({indicator.id: strength})},
            points={indicator.id: 2.5},
            evidence={indicator.id: rows if has_rows else {}},
            reference=Reference(SHARES, {indicator.id: tuple(np.linspace(0.1, top, 21))}, {indicator.id: 0.2}),
        ) or [None]
        if reason is None:
            assert not indicator.scored
            continue
        said[place, strength, has_rows] = reason["zh"]
        for text in (reason["zh"], reason["en"]):
            assert not re.search(r"[{}]|\bnan\b|\binf\b", text)
            assert not PROTECTED.search(text)
        assert "None" not in reason["zh"]
        assert not re.search(r"[,;:()]", re.sub(r"(?<=\d),(?=\d)", "", reason["zh"])), "half-width punctuation"
        assert not re.search("[\uff0c\uff1b\uff1a\uff08\uff09]", reason["en"])
        assert ("上升" in reason["zh"]) == (reason["direction"] == "adverse") == (strength > 0)
        assert ("不详" in reason["zh"]) == (value is None)
        assert ("没有记录本身即为依据" in reason["zh"]) == (not has_rows)
    distinct = len({*values}) * 4
    assert len(set(said.values())) == (distinct if indicator.scored else 0)


def test_wordings_are_of_known_indicators_and_complete() -> None:
    own = phrases._templates().indicators
    assert set(own) == set(EVERY)
    assert check_catalogue(EVERY.values()) is None
    for id_, wording in own.items():
        assert {"zh", "en"} == set(wording["value"]), id_
        assert not PROTECTED.search(str(wording)), id_


def test_every_level_of_an_ordinal_or_code_has_words() -> None:
    levelled = [one for one in EVERY.values() if one.unit.split(" ")[0] in {"ordinal", "code"}]
    assert len(levelled) >= 4
    for indicator in levelled:
        assert indicator.minimum is not None
        assert indicator.maximum is not None
        for level in range(int(indicator.minimum), int(indicator.maximum) + 1):
            said = phrases.figure(indicator, float(level))
            assert not re.search(r"第\d+[级项]", said.zh), (indicator.id, level)


def test_a_unit_without_words_is_refused() -> None:
    class Odd:
        id, zh, en, dimension, unit, maximum, scored = (
            "shoe_size",
            "鞋码",
            "Shoe size",
            "impact",
            "paris points",
            None,
            True,
        )

    with pytest.raises(TemplateError, match="shoe_size has unit 'paris points'"):
        check_catalogue([MAIN[0], Odd()])
    with pytest.raises(TemplateError, match="paris points"):
        reasons(
            [Odd()],
            {"shoe_size": 41.0},
            models={"redefault_6": terms({"shoe_size": 1.0})},
            points=None,
            evidence={},
            reference=Reference(),
        )


def test_five_strongest_with_two_of_each_side() -> None:
    ids = [indicator.id for indicator in MAIN if indicator.scored][:9]
    strengths = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, -0.1, -0.02, -0.05]
    chosen = made(dict(zip(ids, strengths, strict=True)))
    assert [reason["contribution"] for reason in chosen] == [0.9, 0.8, 0.7, -0.1, -0.05]
    assert [reason["direction"] for reason in chosen].count("favourable") == 2
    one_side = made(dict(zip(ids, map(abs, strengths), strict=True)))
    assert [reason["contribution"] for reason in one_side] == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert made(dict.fromkeys(ids, 0.0)) == []
    assert len(made({ids[0]: 0.3, ids[1]: -0.2})) == 2


def test_whose_cases_a_value_is_compared_with_is_said() -> None:
    steps = Reference(SHARES, {"open_case_count": (0.0,) * 13 + (1.0,) * 5 + (2.0, 4.0, 9.0)})
    for region, tier, zh, en in (
        ("220102", "severe", "同地区（220102）、同为严重情节的参照案件", "this region (220102) and tier (severe)"),
        (None, "slight", "同为轻微情节的参照案件", "the same tier (slight)"),
        ("220102", None, "同地区（220102）参照案件", "this region (220102)"),
    ):
        told = phrases.standing(EVERY["open_case_count"], 2.0, replace(steps, region=region, tier=tier))
        assert told == (f"高于约90%的{zh}（中位数0）", f"above about 90% of the reference cases of {en} (median 0)")


@given(st.lists(st.sampled_from([-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]), min_size=1, max_size=20))
def test_no_chosen_reason_could_be_swapped_for_a_stronger_one(strengths: list[float]) -> None:
    ids = [indicator.id for indicator in MAIN if indicator.scored][: len(strengths)]
    effects = dict(zip(ids, strengths, strict=True))
    chosen = {reason["indicator"]: reason["contribution"] for reason in made(effects)}
    assert len(chosen) == min(5, sum(value != 0 for value in strengths))
    for sign in (-1, 1):
        side = [value for value in strengths if value * sign > 0]
        assert sum(value * sign > 0 for value in chosen.values()) >= min(2, len(side))
    for id_, value in effects.items():
        if value and id_ not in chosen:
            assert all(abs(value) <= abs(other) for other in chosen.values() if (other > 0) == (value > 0))


def test_twelve_months_weigh_each_half_year_by_its_share_of_the_risk() -> None:
    """Against a difference quotient of the log-odds of p12 itself."""
    first, second = {"performed_ratio": 0.4, "consent_share": -0.1}, {"performed_ratio": -0.2, "open_case_count": 0.5}

    def risk(margin: float) -> float:
        return 1 / (1 + math.exp(-margin))

    def log_odds_12(m6: float, mq: float) -> float:
        p = risk(m6) + (1 - risk(m6)) * risk(mq)
        return math.log(p / (1 - p))

    m6, mq, step = -2.2, -2.9, 1e-6
    found = twelve_month_contributions(terms(first, risk(m6)), terms(second, risk(mq)))
    assert list(found) == ["performed_ratio", "consent_share", "open_case_count"]
    for id_, value in found.items():
        moved = log_odds_12(m6 + step * first.get(id_, 0.0), mq + step * second.get(id_, 0.0))
        assert value == pytest.approx((moved - log_odds_12(m6, mq)) / step, rel=1e-4)
    both = made({}, models={"redefault_6": terms(first, risk(m6)), "redefault_7_12": terms(second, risk(mq))})
    assert {reason["outcome"] for reason in both} == {"redefault_12"}
    assert twelve_month_contributions(terms(first, 0.0), terms(second, 0.0))["performed_ratio"] == pytest.approx(0.2)


def test_success_alone_and_points_alone() -> None:
    chance = made({}, models={"success": terms({"performed_ratio": 0.4, "open_case_count": -0.3})})
    assert [(r["outcome"], r["direction"]) for r in chance] == [("success", "favourable"), ("success", "adverse")]
    assert "使修复成功的预测可能性下降（对数几率−0.300）" in chance[1]["zh"]

    card = {"performed_ratio": 6.0, "open_case_count": 1.0, "consent_share": 2.0}
    means = {"performed_ratio": 4.0, "open_case_count": 3.5, "consent_share": 2.0}
    values = dict.fromkeys(card, 1.0)
    by_points = made({}, models={}, points=card, values=values, reference=Reference(points=means))
    assert [(r["indicator"], r["direction"]) for r in by_points] == [
        ("open_case_count", "adverse"),
        ("performed_ratio", "favourable"),
    ]
    assert by_points[0]["contribution"] is None
    assert "公开积分卡计1分（参照平均3.5分）；较参照平均少2.5分" in by_points[0]["zh"]


def test_indicators_that_may_not_be_scored_are_no_reasons() -> None:
    hidden = next(indicator for indicator in MAIN if not indicator.scored)
    assert made({hidden.id: 5.0, "performed_ratio": 0.1})[0]["indicator"] == "performed_ratio"


def test_standing_says_where_the_value_lies() -> None:
    steps = Reference(SHARES, {"open_case_count": (0.0,) * 13 + (1.0,) * 5 + (2.0, 4.0, 9.0)})

    def said(value: float) -> str:
        indicator = EVERY["open_case_count"]
        found = phrases.standing(indicator, value, steps)
        assert found is not None
        return found.zh

    assert said(0.0) == "约60%的参照案件与此相同"
    assert said(2.0) == "高于约90%的参照案件（中位数0）"
    assert said(30.0) == "高于几乎全部参照案件（中位数0）"
    low = Reference(SHARES, {"open_case_count": tuple(float(step) for step in range(5, 26))})
    assert phrases.standing(EVERY["open_case_count"], 0.0, low).zh == "低于几乎全部参照案件（中位数15）"  # type: ignore[union-attr]
    assert phrases.standing(EVERY["open_case_count"], 8.0, low).zh == "低于约85%的参照案件（中位数15）"  # type: ignore[union-attr]
    assert phrases.standing(EVERY["open_case_count"], 15.0, low).zh == "与参照案件的中位数15相当"  # type: ignore[union-attr]
    assert phrases.standing(EVERY["open_case_count"], 1.0, Reference()) is None
    assert phrases.standing(EVERY["open_case_count"], None, Reference(missing={"open_case_count": 0.314})).zh == (  # type: ignore[union-attr]
        "约31%的参照案件同样不详"
    )


@given(st.lists(st.integers(0, 12), min_size=1, max_size=300), st.integers(-1, 13))
def test_standing_is_within_a_step_of_the_counted_shares(sample: list[int], value: int) -> None:
    quantiles = tuple(float(v) for v in np.quantile(sample, SHARES, method="inverted_cdf"))
    found = Reference(SHARES, {"x": quantiles}).standing("x", float(value))
    assert found is not None
    lower = sum(v < value for v in sample) / len(sample)
    not_higher = sum(v <= value for v in sample) / len(sample)
    assert found.lower == pytest.approx(lower, abs=0.0501)
    assert found.not_higher == pytest.approx(not_higher, abs=0.0501)


def test_reasons_fit_the_record(pieces: dict[str, Any]) -> None:
    found = reasons(
        MAIN,
        pieces["indicators"],
        models=pieces["models"],
        points=pieces["points"]["indicators"],
        evidence=pieces["evidence"],
        reference=Reference(),
    )
    record = build_record(**pieces | {"reasons": found})
    assert [reason.indicator for reason in record.reasons] == [reason["indicator"] for reason in found]
    assert len(found) == 4  # the fifth indicator has no effect at all
    assert {reason.outcome for reason in record.reasons} == {"redefault_12"}
