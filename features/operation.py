"""Indicators of 履行能力: what the debtor earns, before repair and under monitoring after it.

Months are read from operating_monthly; after repair the months it no longer has are read from the
monitoring matrix (`features.monitored`).
"""

from __future__ import annotations

import polars as pl

from features.expressions import divided, fen, log_yuan, ratio, since, yuan
from features.indicator import Answer, Indicator, Part
from features.parts import NOTHING, PLAN, PLAN_AMOUNT, PLAN_DAYS, REMAINING, REMAINS

c = pl.col
_BAND: tuple[Answer, ...] = ("value", "band")
_ANY: tuple[Answer, ...] = ("value", "band", "yes_no")

_INCOME = {
    "income_months": Part("income_facts", since(c("period_end"), 6)),
    "income_net_fen": Part(
        "income_facts", since(c("period_end"), 6), "sum", fen("income") - fen("living_cost_allowance")
    ),
}
_CASH_ROWS = since(c("period_end"), 6) & c("cash_in").is_not_null() & c("cash_out").is_not_null()
_FLOW_ROWS = c("fills") & since(c("period_end"), 6) & c("m07_net_cash_flow").is_not_null()
_FLOW_MONTHS = {"flow_months": Part("monitoring_monthly", _FLOW_ROWS)}
_CASH = {
    "cash_months": Part("operating_monthly", _CASH_ROWS),
    "cash_net_fen": Part("operating_monthly", _CASH_ROWS, "sum", fen("cash_in") - fen("cash_out")),
    **_FLOW_MONTHS,
    "flow_net_fen": Part("monitoring_monthly", _FLOW_ROWS, "sum", fen("m07_net_cash_flow")),
}
_EARNED = {"income_month": ratio(c("income_net_fen"), c("income_months"))}
_MONTHLY = {"plan_month": c("plan_fen") * 365 / (c("plan_days") * 12)}
_CASH_COUNT = c("cash_months") + c("flow_months")
_CAPACITY = {
    **_EARNED,
    "capacity_month": pl.coalesce(c("income_month"), ratio(c("cash_net_fen") + c("flow_net_fen"), _CASH_COUNT)),
}


def _of_months(name: str, table: str, rows: pl.Expr, value: pl.Expr, lags: range) -> dict[str, Part]:
    """A part per month: its value, the greatest where a month has several."""
    span = rows & c("lag").is_between(lags.start, lags.stop - 1)
    return {f"{name}_{lag}": Part(table, span, "max", pl.when(c("lag") == lag).then(value), _BAND) for lag in lags}


_TREND = range(1, 7)
_SALES = {
    **_of_months("sales_lag", "operating_monthly", c("sales").is_not_null(), fen("sales"), _TREND),
    **_of_months("sales_base", "operating_monthly", c("base") & c("sales").is_not_null(), fen("sales"), range(13, 19)),
    **_of_months(
        "sales_yoy", "monitoring_monthly", c("fills") & c("m01_sales_yoy").is_not_null(), c("m01_sales_yoy"), _TREND
    ),
}
_POWER = range(1, 4)
_POWER_USE = {
    **_of_months("power_lag", "operating_monthly", c("power_use").is_not_null(), c("power_use"), _POWER),
    **_of_months("power_base", "operating_monthly", c("power_use").is_not_null(), c("power_use"), range(13, 16)),
    **_of_months(
        "power_yoy", "monitoring_monthly", c("fills") & c("m06_power_water").is_not_null(), c("m06_power_water"), _POWER
    ),
}


def _monthly_sales(lag: int) -> pl.Expr:
    """Sales of a month in 分: as reported, else those of the year before carried on by the monitored change."""
    carried = c(f"sales_base_{lag + 12}") * (c(f"sales_yoy_{lag}") + 1.0).clip(lower_bound=0.0)
    return pl.coalesce(c(f"sales_lag_{lag}").cast(pl.Float64), carried)


# Least squares of ln(1 + sales) per month over the months known; a month not known adds nothing.
_LOGS = {f"sales_log_{lag}": log_yuan(_monthly_sales(lag)) for lag in _TREND}
_TREND_SUMS = {
    "trend_n": pl.sum_horizontal([c(log) * 0.0 + 1.0 for log in _LOGS]),
    "trend_x": pl.sum_horizontal([c(log) * 0.0 - lag for lag, log in zip(_TREND, _LOGS, strict=True)]),
    "trend_xx": pl.sum_horizontal([c(log) * 0.0 + lag * lag for lag, log in zip(_TREND, _LOGS, strict=True)]),
    "trend_y": pl.sum_horizontal([c(log) for log in _LOGS]),
    "trend_xy": pl.sum_horizontal([c(log) * float(-lag) for lag, log in zip(_TREND, _LOGS, strict=True)]),
}
_SLOPE = pl.when(c("trend_n") >= 3).then(
    (c("trend_n") * c("trend_xy") - c("trend_x") * c("trend_y"))
    / (c("trend_n") * c("trend_xx") - c("trend_x") * c("trend_x"))
)

# Power use over that of the month a year before, by month.
_POWER_MONTHS = {
    f"power_month_{lag}": pl.when(c(f"power_base_{lag + 12}") > 0)
    .then(c(f"power_lag_{lag}") / c(f"power_base_{lag + 12}"))
    .fill_null(c(f"power_yoy_{lag}"))
    for lag in _POWER
}
_POWER_SUMS = {
    "power_n": pl.sum_horizontal([c(month) * 0.0 + 1.0 for month in _POWER_MONTHS]),
    "power_total": pl.sum_horizontal([c(month) for month in _POWER_MONTHS]),
}


def _staff(since_months: int, until_months: int | None) -> pl.Expr:
    rows = since(c("period_end"), since_months)
    return rows if until_months is None else rows & ~since(c("period_end"), until_months)


def _staff_parts(name: str, rows: pl.Expr) -> dict[str, Part]:
    before, after = rows & c("insured_staff").is_not_null(), rows & c("m04_insured_staff").is_not_null()
    after = c("fills") & c("of_unit") & after  # for a person the matrix says whether there is work, 0 or 1
    return {
        f"{name}_sum": Part("operating_monthly", before, "sum", c("insured_staff"), _BAND),
        f"{name}_months": Part("operating_monthly", before, answers=_BAND),
        f"{name}_seen_sum": Part("monitoring_monthly", after, "sum", c("m04_insured_staff")),
        f"{name}_seen_months": Part("monitoring_monthly", after),
    }


_TAX_ROWS = since(c("period_end"), 12) & c("tax_due").is_not_null() & c("tax_paid").is_not_null()
_NEW_STAFF, _OLD_STAFF = c("staff_new_sum") + c("staff_new_seen_sum"), c("staff_old_sum") + c("staff_old_seen_sum")
_NEW_MONTHS = c("staff_new_months") + c("staff_new_seen_months")
_OLD_MONTHS = c("staff_old_months") + c("staff_old_seen_months")

FLOW = (
    Indicator(
        id="disposable_income_m", zh="月可支配收入", en="Monthly disposable income",
        dimension="ability", unit="CNY", window="6m", minimum=None, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="法释〔2024〕13号（扣除生活必需费用）",
        parts=_INCOME, steps=_EARNED, combine=yuan(c("income_month")),
        review="自然人适用；生活费标准按地区",
    ),
    Indicator(
        id="plan_burden_ratio", zh="还款负担率", en="Monthly plan over disposable income or cash flow",
        dimension="ability", unit="ratio", window="plan ahead; income 6m", minimum=0, maximum=5,
        success=-1, redefault=1, missing="unknown", basis="S4b 江山个债清理方案",
        parts={**PLAN, **_INCOME, **_CASH},
        steps={**PLAN_AMOUNT, **PLAN_DAYS, **_MONTHLY, **_CAPACITY},
        combine=pl.when(c("plan_fen").is_not_null() & c("capacity_month").is_not_null()).then(
            pl.when(c("capacity_month") > 0)
            .then((c("plan_month") / c("capacity_month")).clip(upper_bound=5.0)).otherwise(5.0)
        ),
        review="收入不足以覆盖计划时取上限 5；自然人用收入，单位用净现金流（修复后取监测值）",
    ),
    Indicator(
        id="plan_years_to_clear", zh="计划清偿年限", en="Years the plan needs to clear the debt",
        dimension="ability", unit="years", window="plan ahead", minimum=0, maximum=60,
        success=-1, redefault=1, missing="unknown", basis="S4b（每季 2.7 万元需 33 年的教训）",
        parts={**PLAN, **REMAINING}, steps={**PLAN_AMOUNT, **PLAN_DAYS, **REMAINS},
        combine=(c("remaining") * divided(c("plan_days"), 365.25) / c("plan_fen")).clip(upper_bound=60.0),
        review="计划全体同意仍可能不现实，年限过长须说明",
    ),
    Indicator(
        id="revenue_trend_6m", zh="营收趋势", en="Trend of monthly sales",
        dimension="ability", unit="ln per month", window="6m", minimum=None, maximum=None,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M01",
        parts=_SALES, steps={**_LOGS, **_TREND_SUMS}, combine=_SLOPE,
        review="至少三个月有数；修复后的月份由上年同月销售额与监测同比推得；注意季节性",
    ),
    Indicator(
        id="cashflow_positive_share_6m", zh="净现金流为正月数占比", en="Share of months with positive net cash flow",
        dimension="ability", unit="ratio", window="6m", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M07",
        parts={
            "cash_told": Part("operating_monthly", _CASH_ROWS, answers=_ANY),
            "cash_positive": Part("operating_monthly", _CASH_ROWS & (c("cash_in") > c("cash_out")), answers=_ANY),
            **_FLOW_MONTHS,
            "flow_positive": Part("monitoring_monthly", _FLOW_ROWS & (fen("m07_net_cash_flow") > 0)),
        },
        combine=ratio(c("cash_positive") + c("flow_positive"), c("cash_told") + c("flow_months")),
        review="核对账户是否齐全；银行可以只答是否为正",
    ),
    Indicator(
        id="tax_arrears_ratio", zh="欠税比", en="Tax unpaid over tax due",
        dimension="ability", unit="ratio", window="12m", minimum=0, maximum=1,
        success=-1, redefault=1, missing="unknown", basis="S4a; R36 监测指标 M03",
        parts={
            "tax_due_fen": Part("operating_monthly", _TAX_ROWS, "sum", fen("tax_due"), _BAND),
            "tax_unpaid_fen": Part(
                "operating_monthly", _TAX_ROWS, "sum", pl.max_horizontal(fen("tax_due") - fen("tax_paid"), NOTHING),
                _BAND,
            ),
            "tax_arrears_fen": Part(
                "monitoring_monthly", c("fills") & since(c("period_end"), 12) & c("m03_tax_arrears").is_not_null(),
                "sum", fen("m03_tax_arrears"),
            ),
        },
        # What monitoring finds in arrears was due as well.
        combine=ratio(c("tax_unpaid_fen") + c("tax_arrears_fen"), c("tax_due_fen") + c("tax_arrears_fen")),
        review="核对缓缴、留抵",
    ),
    Indicator(
        id="insured_staff_change_12m", zh="参保人数变化率", en="Change of insured staff",
        dimension="ability", unit="ratio", window="12m", minimum=-1, maximum=5,
        success=1, redefault=-1, missing="unknown", basis="R36 监测指标 M04",
        parts={
            **_staff_parts("staff_new", _staff(6, None)),
            **_staff_parts("staff_old", _staff(12, 6)),
            "units": Part("debtors", c("subject_type") != "natural", "support"),
        },
        combine=pl.when((_OLD_STAFF > 0) & (_NEW_MONTHS > 0)).then(
            ((_NEW_STAFF * _OLD_MONTHS) / (_OLD_STAFF * _NEW_MONTHS) - 1).clip(upper_bound=5.0)
        ),
        review="近六个月均值与此前六个月均值相比",
    ),
    Indicator(
        id="power_use_yoy", zh="用电量同比", en="Change of power use on the year before",
        dimension="ability", unit="ratio", window="3m", minimum=-1, maximum=5,
        success=1, redefault=-1, missing="unknown", basis="本项目设定; R36 监测指标 M06",
        parts=_POWER_USE, steps={**_POWER_MONTHS, **_POWER_SUMS},
        combine=(ratio(c("power_total"), c("power_n")) - 1.0).clip(upper_bound=5.0),
        review="近三个月逐月与上年同月相比后取平均；核对是否换表、搬迁",
    ),
)  # fmt: skip
