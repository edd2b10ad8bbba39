"""Indicators of 履行能力: what the debtor owes and owns; what it earns is in `operation`."""

from __future__ import annotations

import polars as pl

from features.expressions import fen, log_yuan, one_of, ratio, since, yuan
from features.indicator import Indicator, Part
from features.operation import FLOW
from features.parts import (
    ASSETS,
    DUE,
    NET_FEN,
    NOTHING,
    REMAINING,
    REMAINS,
    SCOPE,
    SCOPE_REMAINING,
    covered,
)
from features.status import STATUS

c = pl.col
_LATEST = c("latest")
_TRUST = "核对查控反馈与申报是否一致"

_CONTROLLED = {
    "freezable_fen": ("deposit", "securities", "equity", "provident_fund", "insurance", "receivable"),
    "immovable_fen": ("real_estate",),
    "movable_fen": ("vehicle", "other"),
}
_WITHIN_REACH = pl.coalesce(fen("accessible_value"), NET_FEN)


def _seized_cover() -> pl.Expr:
    """What the live measures hold, of the classes that each kind of measure reaches, over the remaining debt."""
    held = [
        pl.when(c("measures_frozen") > 0).then(c("freezable_fen")).otherwise(0),
        pl.when(c("measures_sealed") > 0).then(c("immovable_fen") + c("movable_fen"))
        .when(c("measures_taken") > 0).then(c("movable_fen")).otherwise(0),
    ]  # fmt: skip
    return covered(held[0] + held[1])


DEBT = (
    Indicator(
        id="remaining_debt_log", zh="未履行金额", en="Unperformed amount (log)",
        dimension="ability", unit="ln(1+CNY)", window="as-of", minimum=0, maximum=None,
        success=-1, redefault=1, missing="unknown", basis="执行信息公开网“未履行金额”; 执行款利息解释（先本后息）",
        parts={**REMAINING}, steps=REMAINS, combine=log_yuan(c("remaining")),
        review="核对各未结案件的本金、已付款项与已履行状态；迟延履行利息不计入",
    ),
    Indicator(
        id="performed_ratio", zh="履行比例", en="Share performed",
        dimension="ability", unit="ratio", window="as-of", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="法释〔2017〕7号 art. 10(1)",
        parts={**SCOPE, "scope_remaining_fen": SCOPE_REMAINING},
        steps=DUE, combine=ratio(c("scope_due") - c("scope_remaining_fen"), c("scope_due")),
        review="核对到账时间与履行状态；申请所涉案件即使已结也计入",
    ),
    Indicator(
        id="requested_total_log", zh="执行标的总额", en="Total requested (log)",
        dimension="ability", unit="ln(1+CNY)", window="as-of", minimum=0, maximum=None,
        success=0, redefault=0, missing="unknown", basis="执行信息公开网“执行标的”",
        parts={
            "requested_fen": Part("enforcement_cases", c("owed"), "sum", fen("requested_amount")),
            "requested_unknown": Part("enforcement_cases", c("owed") & c("requested_amount").is_null()),
        },
        combine=pl.when(c("requested_unknown") == 0).then(log_yuan(c("requested_fen"))),
        review="恢复执行案件以新立案标的为准，不与原案重复计算",
    ),
    Indicator(
        id="open_case_count", zh="未结执行案件数", en="Open enforcement cases",
        dimension="ability", unit="count", window="as-of", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="S1a 平度：无其他未结案件",
        parts={"open_cases": Part("enforcement_cases", c("status") != "closed")},
        combine=c("open_cases"), review="核对案件状态是否及时更新",
    ),
    Indicator(
        id="zhongben_count_5y", zh="终本案件数", en="Cases ended without assets, 5 years",
        dimension="ability", unit="count", window="60m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法〔2016〕373号",
        parts={
            "zhongben": Part(
                "enforcement_cases",
                (c("closing_mode") == "终结本次执行程序") & since(c("closed_date"), 60),
            )
        },
        combine=c("zhongben"), review="核对终本时间",
    ),
    Indicator(
        id="resumed_case_count_24m", zh="恢复执行次数", en="Resumed cases, 24 months",
        dimension="ability", unit="count", window="24m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="S3a 终本动态管理",
        parts={"resumed_cases": Part("enforcement_cases", (c("case_type") == "执恢") & since(c("filed_date"), 24))},
        combine=c("resumed_cases"), review="区分因发现财产与因违约而恢复执行",
    ),
)  # fmt: skip

ASSET = (
    Indicator(
        id="asset_net_value_log", zh="已查明净资产", en="Net assets found (log)",
        dimension="ability", unit="ln(1+CNY)", window="newest answer per class", minimum=0, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="R14 失信与失能之分",
        parts={**ASSETS},
        combine=pl.when(c("assets_found") > 0).then(log_yuan(c("assets_net_fen"))), review=_TRUST,
    ),
    Indicator(
        id="asset_cover_ratio", zh="财产覆盖率", en="Net assets over remaining debt",
        dimension="ability", unit="ratio", window="newest answer per class", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="法释〔2017〕7号 art. 3",
        parts={**ASSETS, **REMAINING}, steps=REMAINS,
        combine=pl.when(c("assets_found") > 0).then(covered("assets_net_fen")), review=_TRUST,
    ),
    Indicator(
        id="liquid_cover_ratio", zh="流动资产覆盖率", en="Deposits and securities over remaining debt",
        dimension="ability", unit="ratio", window="newest answer per class", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="查控系统（存款、证券）",
        parts={
            **REMAINING,
            "liquid_found": Part("property_queries", _LATEST & one_of("asset_class", "deposit", "securities")),
            "liquid_fen": Part(
                "property_queries", _LATEST & one_of("asset_class", "deposit", "securities"), "sum",
                pl.max_horizontal(fen("gross_value") - fen("encumbrance_value").fill_null(0), NOTHING),
            ),
        },
        steps=REMAINS, combine=pl.when(c("liquid_found") > 0).then(covered("liquid_fen")),
        review="存款余额随时变动，注意反馈日期",
    ),
    Indicator(
        id="seized_cover_ratio", zh="已控财产覆盖率", en="Assets under control over remaining debt",
        dimension="ability", unit="ratio", window="newest answer per class", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="法释〔2017〕7号 art. 3(2)",
        parts={
            **REMAINING,
            "assets_found": ASSETS["assets_found"],
            "measures_frozen": Part("restriction_measures", (c("kind") == "冻结") & c("live")),
            "measures_sealed": Part("restriction_measures", (c("kind") == "查封") & c("live")),
            "measures_taken": Part("restriction_measures", (c("kind") == "扣押") & c("live")),
            **{
                name: Part("property_queries", _LATEST & one_of("asset_class", *classes), "sum", _WITHIN_REACH)
                for name, classes in _CONTROLLED.items()
            },
        },
        steps=REMAINS, combine=pl.when(c("assets_found") > 0).then(_seized_cover()),
        review="冻结及于存款、证券、股权等，查封及于不动产与动产，扣押及于动产；轮候查封不计",
    ),
    Indicator(
        id="security_cover_ratio", zh="担保覆盖率", en="Security over remaining debt",
        dimension="ability", unit="ratio", window="as-of", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="执行担保若干问题的规定; R25",
        parts={
            **REMAINING,
            "security_fen": Part("settlements", c("status") == "performing", "sum", fen("security_value")),
        },
        steps=REMAINS, combine=covered("security_fen"), review="核对担保物权属与担保期间",
    ),
    Indicator(
        id="encumbrance_ratio", zh="财产负担率", en="Encumbered share of assets",
        dimension="ability", unit="ratio", window="newest answer per class", minimum=0, maximum=1,
        success=-1, redefault=1, missing="unknown", basis="财产调查规定",
        parts={
            "gross_fen": Part("property_queries", _LATEST, "sum", fen("gross_value")),
            "burden_fen": Part(
                "property_queries", _LATEST, "sum",
                pl.min_horizontal(fen("encumbrance_value").fill_null(0), fen("gross_value")),
            ),
        },
        combine=ratio(c("burden_fen"), c("gross_fen")), review="核对抵押登记与在先查封",
    ),
    Indicator(
        id="provident_accessible", zh="可划扣公积金", en="Provident fund within reach",
        dimension="ability", unit="CNY", window="newest answer per class", minimum=0, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="R75 各地公积金划扣上限",
        parts={
            "provident_found": Part("property_queries", _LATEST & (c("asset_class") == "provident_fund")),
            "provident_fen": Part(
                "property_queries", _LATEST & (c("asset_class") == "provident_fund"), "sum", fen("accessible_value")
            ),
        },
        combine=pl.when(c("provident_found") > 0).then(
            yuan(pl.min_horizontal(c("provident_fen"), (c("p_provident_cap") * 100.0)))
        ),
        review="当地上限按评估日适用；核对查控反馈是否已按上限扣除",
    ),
    Indicator(
        id="receivable_confirmed_ratio", zh="到期债权占比", en="Receivables over remaining debt",
        dimension="ability", unit="ratio", window="newest answer per class", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="R30 北京西城：自身被拖欠工程款",
        parts={
            **REMAINING,
            "receivable_found": Part("property_queries", _LATEST & (c("asset_class") == "receivable")),
            "receivable_fen": Part(
                "property_queries", _LATEST & (c("asset_class") == "receivable"), "sum", fen("gross_value")
            ),
        },
        steps=REMAINS, combine=pl.when(c("receivable_found") > 0).then(covered("receivable_fen")),
        review="核对债权是否到期、有无争议",
    ),
)  # fmt: skip

ABILITY = DEBT + ASSET + FLOW + STATUS
