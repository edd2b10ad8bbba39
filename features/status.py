"""Indicators of 履行能力: what the debtor is, and what may be known of it for rules only."""

from __future__ import annotations

import polars as pl

from features.expressions import coded, divided, fen, one_of, ratio, since
from features.indicator import Indicator, Part
from features.parts import debtor

c = pl.col

# Categories become documented codes; they bear no direction, so the order is for the reader only.
OPERATING_STATUS = {"存续": 0, "迁出": 1, "歇业": 2, "吊销": 3, "注销": 4}
# The steps of a personal debt clearing (S4b) are words of the same kind of fact; its plan stands by then.
INSOLVENCY_STAGE = {
    "none": 0, "applied": 1, "accepted": 2, "plan_approved": 3, "completed": 4, "liquidated": 5,
    "first_distribution": 3, "administrator_applied": 3, "observation_waived": 3,
}  # fmt: skip

# Asked for and answered within twelve months: the confidence in everything that queries say (R74).
COVERAGE = {
    "queries_asked": Part("property_queries", since(c("requested_at").dt.date(), 12)),
    "queries_answered": Part(
        "property_queries", since(c("requested_at").dt.date(), 12) & one_of("feedback_status", "ok", "partial")
    ),
}
HARDSHIP = {"hardships": Part("hardship_attestations", c("valid_to") >= c("as_of_day"))}

STATUS = (
    Indicator(
        id="business_age_y", zh="存续年限", en="Years since establishment",
        dimension="ability", unit="years", window="as-of", minimum=0, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="登记信息; 本项目设定",
        parts={"established_day": debtor("", value=c("established_date").to_physical().cast(pl.Int64))},
        combine=divided(c("as_of_day").to_physical().cast(pl.Int64) - c("established_day"), 365.25),
        review="自然人不适用",
    ),
    Indicator(
        id="paid_in_ratio", zh="实缴比例", en="Paid-in share of registered capital",
        dimension="ability", unit="ratio", window="as-of", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="财产调查规定 art. 17",
        parts={
            "registered_fen": debtor("", value=fen("registered_capital")),
            "paid_in_fen": debtor("", value=fen("paid_in_capital")),
        },
        combine=ratio(c("paid_in_fen"), c("registered_fen")).clip(upper_bound=1.0),
        review="认缴未届期者不作不利认定",
    ),
    Indicator(
        id="operating_status", zh="经营状态", en="Operating status",
        dimension="ability", unit="code", window="as-of", minimum=0, maximum=4,
        success=0, redefault=0, missing="unknown", basis="登记信息",
        parts={"operating_code": debtor("", value=coded("operating_status", OPERATING_STATUS))},
        combine=c("operating_code"), review="存续 0、迁出 1、歇业 2、吊销 3、注销 4；不作方向约束，自然人不适用",
    ),
    Indicator(
        id="abnormal_list_flag", zh="经营异常", en="On the list of abnormal operation",
        dimension="ability", unit="0/1", window="as-of", minimum=0, maximum=1,
        success=-1, redefault=1, missing="none", basis="国办发〔2025〕22号",
        parts={
            "abnormal": Part(
                "creditor_social_facts",
                (c("kind") == "abnormal_list") & c("latest") & (c("value").fill_null("listed") != "removed"),
            )
        },
        combine=c("abnormal").clip(upper_bound=1), review="核对是否已移出",
    ),
    Indicator(
        id="insolvency_stage", zh="破产/个债阶段", en="Stage of insolvency or personal debt clearing",
        dimension="ability", unit="code", window="newest", minimum=0, maximum=5,
        success=0, redefault=0, missing="none", basis="R67–R68",
        parts={
            "insolvency_code": Part(
                "creditor_social_facts", (c("kind") == "bankruptcy_stage") & c("latest"), "max",
                coded("value", INSOLVENCY_STAGE),
            )
        },
        combine=c("insolvency_code").fill_null(0),
        review="无 0、已申请 1、已受理 2、计划已批准 3、计划执行完毕 4、已清算 5；不作方向约束",
    ),
    Indicator(
        id="hardship_verified", zh="经核实失能事由", en="Hardship attested by a judge",
        dimension="ability", unit="0/1", window="as-of", minimum=0, maximum=1,
        success=0, redefault=0, missing="none", basis="R14; 个人信息保护法 art. 28",
        parts=HARDSHIP, combine=c("hardships").clip(upper_bound=1), scored=False,
        review="只用于分流与优先，只能有利于被执行人；不计分，不入模型",
    ),
    Indicator(
        id="query_coverage", zh="查控反馈覆盖率", en="Share of network queries answered",
        dimension="ability", unit="ratio", window="12m", minimum=0, maximum=1,
        success=0, redefault=0, missing="unknown", basis="R74",
        parts=COVERAGE, combine=ratio(c("queries_answered"), c("queries_asked")), scored=False,
        review="反映查控结论的可信程度；不计分",
    ),
)  # fmt: skip
