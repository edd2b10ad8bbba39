"""Facts behind statutory exits and the negative list (DT1 and DT2).

A ground of art. 10 holds for an application when every case it names (a resumed case stands for
the one it resumes) is at rest on some ground, and at least one on this one.
"""

from __future__ import annotations

import polars as pl

from features.declare import fact
from features.expressions import one_of, parameter_months_before
from features.indicator import Indicator, Part
from features.parts import LISTING, PERSON, THIS_APPLICATION, VERIFIED, debtor, social

c = pl.col
_NAMED = c("in_application") & ~c("resumed")


def _closed(mode: str) -> pl.Expr:
    return (c("closing_mode") == mode).fill_null(False)


_TERMINATED, _NOT_ENFORCED = _closed("终结执行"), _closed("不予执行")
_SUSPENDED = c("status") == "suspended"
_AT_REST = c("performed") | c("settlement_done") | _TERMINATED | _NOT_ENFORCED

_NAMED_CASES = {
    "named_cases": Part("enforcement_cases", _NAMED),
    "named_obligations": Part("obligations", c("case_in_application"), "support"),
    **THIS_APPLICATION,
}
_REST = {
    **_NAMED_CASES,
    "named_at_rest": Part("enforcement_cases", _NAMED & _AT_REST),
    "named_settlements": Part("settlements", c("case_in_application"), "support"),
}


def _ground(id_: str, zh: str, en: str, basis: str, rows: pl.Expr) -> Indicator:
    name = f"{id_}_cases"
    return fact(
        id_, zh, en, basis,
        {**_REST, name: Part("enforcement_cases", _NAMED & rows)},
        pl.when(c("named_cases") > 0).then(
            ((c("named_cases") == c("named_at_rest")) & (c(name) > 0)).cast(pl.Int64)
        ),
    )  # fmt: skip


_WINDOW = parameter_months_before("neg_window_months")


def _conduct_in_window(id_: str, zh: str, en: str, basis: str, rows: pl.Expr) -> Indicator:
    name = f"{id_}_events"
    part = Part("behaviour_events", rows & VERIFIED & (c("verified_date") >= _WINDOW))
    return fact(id_, zh, en, basis, {name: part}, c(name).clip(upper_bound=1), missing="none")


_NAMED_LISTING = LISTING & c("in_application")
_STAGE = (c("kind") == "bankruptcy_stage") & c("latest")


def _stage(id_: str, zh: str, en: str, basis: str, *stages: str) -> Indicator:
    """A stage of an enterprise's bankruptcy; the same words of a person are debt clearing (`facts_course`)."""
    part = Part("creditor_social_facts", _STAGE & one_of("value", *stages))
    held = c(f"{id_}_facts").clip(upper_bound=1) * (1 - c("persons").fill_null(0))
    return fact(id_, zh, en, basis, {f"{id_}_facts": part, **PERSON}, held, missing="none")


STATUTORY: tuple[Indicator, ...] = (
    fact(
        "all_performed", "全部履行完毕", "Everything performed", "法释〔2017〕7号 art. 10(1)",
        {**_NAMED_CASES, "named_performed": Part("enforcement_cases", _NAMED & c("performed"))},
        pl.when(c("named_cases") > 0).then((c("named_cases") == c("named_performed")).cast(pl.Int64)),
    ),
    _ground(
        "settlement_performed", "和解协议履行完毕", "Settlement performed", "法释〔2017〕7号 art. 10(2)",
        c("settlement_done"),
    ),
    _ground("enforcement_terminated", "终结执行", "Enforcement terminated", "法释〔2017〕7号 art. 10(7)", _TERMINATED),
    _ground(
        "non_enforcement_ruled", "裁定不予执行", "Non-enforcement ruled", "法释〔2017〕7号 art. 10(6)", _NOT_ENFORCED
    ),
    fact(
        "enforcement_suspended", "中止执行", "Enforcement suspended", "法释〔2017〕7号 art. 10(5)",
        {
            **_REST,
            "named_suspended": Part("enforcement_cases", _NAMED & _SUSPENDED),
            "named_suspended_open": Part("enforcement_cases", _NAMED & _SUSPENDED & ~_AT_REST),
        },
        pl.when(c("named_cases") > 0).then(
            (
                (c("named_cases") == c("named_at_rest") + c("named_suspended_open")) & (c("named_suspended") > 0)
            ).cast(pl.Int64)
        ),
    ),
    fact(
        "is_minor", "未成年人", "Minor", "法释〔2017〕7号 art. 4", {"minor": debtor("is_minor")}, c("minor"),
    ),
    fact(
        "wrong_listing", "错误纳入", "Listed in error", "法释〔2017〕7号 arts 9, 11–13",
        {
            "named_wrong": Part("restriction_measures", _NAMED_LISTING & (c("lift_ground") == "error")),
            "named_live": Part("restriction_measures", _NAMED_LISTING & c("live")),
            **THIS_APPLICATION,
        },
        ((c("named_wrong") > 0) & (c("named_live") == 0)).cast(pl.Int64), missing="none",
    ),
    fact(
        "listing_term_passed", "纳入期限届满", "Listing term has passed", "法释〔2017〕7号 art. 2, 10",
        {
            "named_live": Part("restriction_measures", _NAMED_LISTING & c("live")),
            "named_over": Part(
                "restriction_measures", _NAMED_LISTING & c("live") & (c("term_end") < c("as_of_day"))
            ),
            **THIS_APPLICATION,
        },
        ((c("named_live") > 0) & (c("named_live") == c("named_over"))).cast(pl.Int64), missing="none",
    ),
    _stage(
        "reorganisation_approved", "重整计划已批准", "Reorganisation plan approved", "企业破产法; 国办发〔2025〕22号",
        "plan_approved", "completed",
    ),
    _stage(
        "reorganisation_completed", "重整计划执行完毕", "Reorganisation plan completed", "企业破产法; S2a R67",
        "completed",
    ),
    _stage("liquidation_completed", "清算完成", "Liquidation completed", "企业破产法; S2a", "liquidated"),
    fact(
        "is_listed", "现列失信被执行人名单", "On the list now", "法释〔2017〕7号",
        {"live_listings": Part("restriction_measures", LISTING & c("live"))},
        c("live_listings").clip(upper_bound=1), missing="none",
    ),
    fact(
        "lacks_capacity", "无民事行为能力", "Without capacity for civil acts", "S4c 张骥; DT1",
        {"without_capacity": debtor("lacks_capacity")}, c("without_capacity"),
    ),
)  # fmt: skip

NEGATIVE: tuple[Indicator, ...] = (
    _conduct_in_window(
        "refusal_crime_36m", "拒执犯罪", "Crime of refusing to perform", "法释〔2024〕13号; DT2",
        c("kind") == "refusal_crime",
    ),
    _conduct_in_window(
        "concealment_36m", "隐匿转移财产", "Assets concealed", "DT2", c("kind") == "asset_transfer"
    ),
    # Severity 1 of an obstruction is mere hindrance; violence and threats are graver [A].
    _conduct_in_window(
        "violence_36m", "暴力抗拒执行", "Violence or threats", "DT2", (c("kind") == "obstruct") & (c("severity") >= 2)
    ),
    _conduct_in_window(
        "sham_or_false_report_36m", "虚假诉讼或虚假报告", "Sham suit or false report", "DT2",
        c("kind") == "false_report",
    ),
    fact(
        "in_lockout", "处于禁止申请期", "In lock-out", "R38; DT11",
        {
            "lockouts": Part(
                "revocations", c("decided_at").is_not_null() & (c("lockout_until") >= c("as_of_day"))
            )
        },
        c("lockouts").clip(upper_bound=1), missing="none",
    ),
    fact(
        "fake_repair_listed", "列入虚假修复名单", "On the fake-repair list", "R39; DT11",
        {
            "fake_repairs": Part(
                "revocations",
                (c("ground") == "false_material")
                & (c("decided_at").dt.date() >= parameter_months_before("fake_list_months")),
            )
        },
        c("fake_repairs").clip(upper_bound=1), missing="none",
    ),
    fact(
        "report_refused_uncured", "拒绝报告且未纠正", "Property report refused and not made good", "DT2",
        {"refusals": Part("property_reports", (c("verdict") == "refused") & ~c("cured"))},
        c("refusals").clip(upper_bound=1), missing="none",
    ),
    fact(
        "grave_harm", "重大公共危害", "Grave public harm", "DT2; 发展改革委令第36号",
        {"grave_lists": social("other_severe_list", c("event_date") >= _WINDOW)},
        c("grave_lists").clip(upper_bound=1), missing="none",
    ),
    fact(
        "no_ai", "申请不使用人工智能", "Human-only review asked", "法发〔2022〕33号; 个人信息保护法 art. 24",
        {
            "no_ai_asked": Part(
                "repair_applications", c("this_application"), "max", c("no_ai").cast(pl.Int64)
            )
        },
        c("no_ai_asked").fill_null(0), missing="none",
    ),
)  # fmt: skip
