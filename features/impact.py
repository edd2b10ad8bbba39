"""Indicators of 社会影响: whom the debt and its repair touch."""

from __future__ import annotations

import polars as pl

from features.expressions import since
from features.indicator import Indicator, Part
from features.parts import (
    CONSENT,
    HEARD,
    HEARING,
    OBJECTION,
    REMAINING,
    REMAINS,
    covered,
    debtor,
    said_share,
    social,
    social_number,
)

c = pl.col
_THIS_YEAR = since(c("event_date"), 12)
_THREE_YEARS = since(c("event_date"), 36)

IMPACT = (
    Indicator(
        id="creditor_count", zh="债权人数", en="Creditors",
        dimension="impact", unit="count", window="all", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="S4b",
        parts={"creditors": social("creditor")}, combine=c("creditors"), review="含未起诉而已申报的债权人",
    ),
    Indicator(
        id="consent_share", zh="债权同意占比", en="Share of the debt that consents",
        dimension="impact", unit="ratio", window="this application", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R25",
        parts={
            **HEARD,
            **CONSENT,
        },
        steps=HEARING, combine=said_share("consent_micro"), review="已表示的同意计入；其余债权人听取意见之前为不详",
    ),
    Indicator(
        id="objection_share", zh="异议占比", en="Share of the debt that objects",
        dimension="impact", unit="ratio", window="this application", minimum=0, maximum=1,
        success=-1, redefault=0, missing="unknown", basis="R45",
        parts={
            **HEARD,
            **OBJECTION,
        },
        steps=HEARING, combine=said_share("objection_micro"),
        review="受理前已书面提出的异议计入；其余债权人听取意见之前为不详，不作无异议论",
    ),
    Indicator(
        id="livelihood_share", zh="涉民生债权占比", en="Livelihood claims in the remaining debt",
        dimension="impact", unit="ratio", window="as-of", minimum=0, maximum=1,
        success=-1, redefault=0, missing="unknown", basis="法释〔2024〕13号（报酬、赡养费等从重）",
        parts={
            **REMAINING,
            "livelihood_unknown": Part("enforcement_cases", c("owed") & c("livelihood_flag").is_null()),
            "livelihood_fen": Part(
                "enforcement_cases", c("owed") & c("livelihood_flag"), "sum", c("remaining_fen")
            ),
        },
        steps=REMAINS,
        combine=pl.when(c("livelihood_unknown") == 0).then(
            pl.when(c("remaining") > 0).then(c("livelihood_fen") / c("remaining"))
            .when(c("remaining") == 0).then(0.0)
        ),
        review="核对案由与民生标记",
    ),
    Indicator(
        id="wage_arrears_heads", zh="欠薪人数", en="Workers with unpaid wages",
        dimension="impact", unit="count", window="newest", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="S4a",
        parts={"wage_heads": social_number("wage_arrears", c("latest"), default=1.0)},
        combine=c("wage_heads").fill_null(0), review="以人社部门最近一次核实为准",
    ),
    Indicator(
        id="petition_12m", zh="涉执信访", en="Petitions, 12 months",
        dimension="impact", unit="count", window="12m", minimum=0, maximum=None,
        success=0, redefault=0, missing="none", basis="S4a（42%信访起因于无财产，计分等于惩罚失能）",
        parts={"petitions": social("petition", _THIS_YEAR)}, combine=c("petitions"),
        review="只用于分流与提示，不计分", scored=False,
    ),
    Indicator(
        id="jobs_supported", zh="稳岗人数", en="Jobs supported",
        dimension="impact", unit="count", window="newest", minimum=0, maximum=None,
        success=1, redefault=0, missing="unknown", basis="S1a",
        parts={"jobs": social_number("jobs_supported", c("latest"))}, combine=c("jobs"), review="以参保人数核实",
    ),
    Indicator(
        id="specialized_sme", zh="专精特新", en="Specialised and innovative SME",
        dimension="impact", unit="0/1", window="as-of", minimum=0, maximum=1,
        success=1, redefault=0, missing="unknown", basis="R29",
        parts={"specialised": debtor("is_specialized_sme")}, combine=c("specialised"),
        review="核对认定有效期",
    ),
    Indicator(
        id="order_at_stake_ratio", zh="在手订单/债务", en="Orders at stake over remaining debt",
        dimension="impact", unit="ratio", window="12m", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="S1a",
        parts={
            **REMAINING,
            "orders_fen": Part(
                "creditor_social_facts", (c("kind") == "order_at_stake") & _THIS_YEAR, "sum",
                (c("number").fill_null(0.0) * 100).round().cast(pl.Int64),
            ),
        },
        steps=REMAINS, combine=pl.when(c("orders_fen") > 0).then(covered("orders_fen")).otherwise(0.0),
        review="核对合同真实性",
    ),
    Indicator(
        id="related_party_listed", zh="关联方失信数", en="Related parties listed",
        dimension="impact", unit="count", window="all", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="本项目设定",
        parts={
            "related_facts": social("related_party_listed"),
            "related_number": social_number("related_party_listed", pl.lit(True), default=1.0),
        },
        combine=pl.max_horizontal(c("related_facts"), c("related_number")), review="核对控制关系，仅有亲属关系不算",
    ),
    Indicator(
        id="severe_penalty_36m", zh="严重行政处罚/其他名单", en="Severe penalties and other lists, 36 months",
        dimension="impact", unit="count", window="36m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="发展改革委令第36号",
        parts={
            "severe_penalties": social("admin_penalty", _THREE_YEARS & (c("number").fill_null(1.0) >= 2)),
            "other_lists": social("other_severe_list", _THREE_YEARS),
        },
        combine=c("severe_penalties") + c("other_lists"), review="轻微处罚不计",
    ),
)  # fmt: skip
