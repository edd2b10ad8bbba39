"""Indicators of 履行能力: what the debtor owes, owns and earns (domain brief §6.1)."""

from __future__ import annotations

import polars as pl

from features.expressions import divided, fen, log_yuan, one_of, ratio, since, yuan
from features.indicator import Indicator, Part
from features.parts import (
    ASSETS,
    NOTHING,
    PLAN,
    REMAINING,
    SCOPE,
    SCOPE_REMAINING,
    covered,
    debtor,
    plan_days,
    plan_fen,
    remaining,
    scope_due,
)

c = pl.col
_LATEST = c("latest")
_TRUST = "核对查控反馈与申报是否一致"

DEBT = (
    Indicator(
        id="remaining_debt_log", zh="未履行金额", en="Unperformed amount (log)",
        dimension="ability", unit="ln(1+CNY)", window="as-of", minimum=0, maximum=None,
        success=-1, redefault=1, missing="unknown", basis="执行信息公开网“未履行金额”; 执行款利息解释（先本后息）",
        parts={**REMAINING}, combine=log_yuan(remaining()),
        review="核对各未结案件的本金、已付款项与已履行状态；迟延履行利息不计入",
    ),
    Indicator(
        id="performed_ratio", zh="履行比例", en="Share performed",
        dimension="ability", unit="ratio", window="as-of", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="法释〔2017〕7号 art. 10(1)",
        parts={**SCOPE, "scope_remaining_fen": SCOPE_REMAINING},
        combine=ratio(scope_due() - c("scope_remaining_fen"), scope_due()),
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
        parts={**ASSETS, **REMAINING},
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
        combine=pl.when(c("liquid_found") > 0).then(covered("liquid_fen")), review="存款余额随时变动，注意反馈日期",
    ),
    Indicator(
        id="security_cover_ratio", zh="担保覆盖率", en="Security over remaining debt",
        dimension="ability", unit="ratio", window="as-of", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="执行担保若干问题的规定; R25",
        parts={
            **REMAINING,
            "security_fen": Part("settlements", c("status") == "performing", "sum", fen("security_value")),
        },
        combine=covered("security_fen"), review="核对担保物权属与担保期间",
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
        combine=pl.when(c("provident_found") > 0).then(yuan(c("provident_fen"))), review="核对当地上限是否已扣除",
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
        combine=pl.when(c("receivable_found") > 0).then(covered("receivable_fen")), review="核对债权是否到期、有无争议",
    ),
)  # fmt: skip

_INCOME = {
    "income_months": Part("income_facts", since(c("period_end"), 6)),
    "income_net_fen": Part(
        "income_facts", since(c("period_end"), 6), "sum", fen("income") - fen("living_cost_allowance")
    ),
}
_CASH_ROWS = since(c("period_end"), 6) & c("cash_in").is_not_null() & c("cash_out").is_not_null()
_CASH = {
    "cash_months": Part("operating_monthly", _CASH_ROWS),
    "cash_net_fen": Part("operating_monthly", _CASH_ROWS, "sum", fen("cash_in") - fen("cash_out")),
}
_MONTHLY = plan_fen() * 365 / (plan_days() * 12)
_CAPACITY = (
    pl.when(c("income_months") > 0)
    .then(c("income_net_fen") / c("income_months"))
    .when(c("cash_months") > 0)
    .then(c("cash_net_fen") / c("cash_months"))
)

# Calendar months between a row's period and the as-of day: 1 is the month before.
_LAG = (c("as_of_day").dt.year() - c("period_end").dt.year()) * 12 + (
    c("as_of_day").dt.month().cast(pl.Int32) - c("period_end").dt.month().cast(pl.Int32)
)
_SALES = {
    f"sales_lag_{lag}": Part("operating_monthly", (lag == _LAG) & c("sales").is_not_null(), "max", fen("sales"))
    for lag in range(1, 7)
}


def _slope() -> pl.Expr:
    """Least-squares slope of ln(1 + sales) per month over the months known; null below three."""
    seen = [c(name).is_not_null().cast(pl.Float64) for name in _SALES]
    logs = [log_yuan(c(name)).fill_null(0.0) for name in _SALES]
    count = pl.sum_horizontal(seen)
    sum_x = pl.sum_horizontal([is_seen * -lag for lag, is_seen in enumerate(seen, 1)])
    sum_xx = pl.sum_horizontal([is_seen * lag * lag for lag, is_seen in enumerate(seen, 1)])
    sum_y = pl.sum_horizontal(logs)
    sum_xy = pl.sum_horizontal([log * -lag for lag, log in enumerate(logs, 1)])
    slope = (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x)
    return pl.when(count >= 3).then(slope)


def _staff(since_months: int, until_months: int | None) -> pl.Expr:
    rows = since(c("period_end"), since_months) & c("insured_staff").is_not_null()
    return rows if until_months is None else rows & ~since(c("period_end"), until_months)


FLOW = (
    Indicator(
        id="disposable_income_m", zh="月可支配收入", en="Monthly disposable income",
        dimension="ability", unit="CNY", window="6m", minimum=None, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="法释〔2024〕13号（扣除生活必需费用）",
        parts=_INCOME, combine=yuan(ratio(c("income_net_fen"), c("income_months"))),
        review="自然人适用；生活费标准按地区",
    ),
    Indicator(
        id="plan_burden_ratio", zh="还款负担率", en="Monthly plan over disposable income or cash flow",
        dimension="ability", unit="ratio", window="plan ahead; income 6m", minimum=0, maximum=5,
        success=-1, redefault=1, missing="unknown", basis="S4b 江山个债清理方案",
        parts={**PLAN, **_INCOME, **_CASH},
        combine=pl.when(plan_fen().is_not_null() & _CAPACITY.is_not_null()).then(
            pl.when(_CAPACITY > 0).then((_MONTHLY / _CAPACITY).clip(upper_bound=5.0)).otherwise(5.0)
        ),
        review="收入不足以覆盖计划时取上限 5；自然人用收入，单位用净现金流",
    ),
    Indicator(
        id="plan_years_to_clear", zh="计划清偿年限", en="Years the plan needs to clear the debt",
        dimension="ability", unit="years", window="plan ahead", minimum=0, maximum=60,
        success=-1, redefault=1, missing="unknown", basis="S4b（每季 2.7 万元需 33 年的教训）",
        parts={**PLAN, **REMAINING},
        combine=(remaining() * divided(plan_days(), 365.25) / plan_fen()).clip(upper_bound=60.0),
        review="计划全体同意仍可能不现实，年限过长须说明",
    ),
    Indicator(
        id="revenue_trend_6m", zh="营收趋势", en="Trend of monthly sales",
        dimension="ability", unit="ln per month", window="6m", minimum=None, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M01",
        parts=_SALES, combine=_slope(), review="至少三个月有数；注意季节性",
    ),
    Indicator(
        id="cashflow_positive_share_6m", zh="净现金流为正月数占比", en="Share of months with positive net cash flow",
        dimension="ability", unit="ratio", window="6m", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M07",
        parts={
            "cash_months": _CASH["cash_months"],
            "cash_positive": Part("operating_monthly", _CASH_ROWS & (c("cash_in") > c("cash_out"))),
        },
        combine=ratio(c("cash_positive"), c("cash_months")), review="核对账户是否齐全",
    ),
    Indicator(
        id="tax_arrears_ratio", zh="欠税比", en="Tax unpaid over tax due",
        dimension="ability", unit="ratio", window="12m", minimum=0, maximum=1,
        success=-1, redefault=1, missing="unknown", basis="S4a; R36 监测指标 M03",
        parts={
            "tax_due_fen": Part(
                "operating_monthly", since(c("period_end"), 12) & c("tax_paid").is_not_null(), "sum", fen("tax_due")
            ),
            "tax_unpaid_fen": Part(
                "operating_monthly", since(c("period_end"), 12) & c("tax_paid").is_not_null(), "sum",
                pl.max_horizontal(fen("tax_due") - fen("tax_paid"), NOTHING),
            ),
        },
        combine=ratio(c("tax_unpaid_fen"), c("tax_due_fen")), review="核对缓缴、留抵",
    ),
    Indicator(
        id="insured_staff_change_12m", zh="参保人数变化率", en="Change of insured staff",
        dimension="ability", unit="ratio", window="12m", minimum=-1, maximum=5,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M04",
        parts={
            "staff_new": Part("operating_monthly", _staff(6, None), "sum", c("insured_staff")),
            "staff_new_months": Part("operating_monthly", _staff(6, None)),
            "staff_old": Part("operating_monthly", _staff(12, 6), "sum", c("insured_staff")),
            "staff_old_months": Part("operating_monthly", _staff(12, 6)),
        },
        combine=pl.when((c("staff_old") > 0) & (c("staff_new_months") > 0)).then(
            (
                (c("staff_new") * c("staff_old_months")) / (c("staff_old") * c("staff_new_months")) - 1
            ).clip(upper_bound=5.0)
        ),
        review="近六个月均值与此前六个月均值相比",
    ),
    Indicator(
        id="business_age_y", zh="存续年限", en="Years since establishment",
        dimension="ability", unit="years", window="as-of", minimum=0, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="登记信息 [A]",
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
)  # fmt: skip

ABILITY = DEBT + ASSET + FLOW
