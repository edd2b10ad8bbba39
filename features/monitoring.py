"""The 12+6 monitoring matrix: twelve regular and six deep indicators of a granted repair (S0a R36).

The court text (S0a) names "12+6监测矩阵" and lists nothing; the lines are this project's. Each is read for
firms and for persons out of one column: the value of the application's newest month that is not
marked missing, within the months in which its half of the matrix is followed (`p_monitor_regular_months`,
`p_monitor_deep_months`: both readings of "12+6" hold). Before a grant there is no such row, and the value
is missing. None is scored: alerts and re-scores read them, models do not.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from features.cohort import GRANTS
from features.expressions import as_of_number, divided, fen, flag, one_of, yuan
from features.indicator import Dimension, Indicator, Part
from features.parts import THIS_APPLICATION

c = pl.col
Kind = Literal["number", "count", "flag", "money", "days"]
_UNIT: dict[Kind, str] = {"number": "ratio", "count": "count", "flag": "0/1", "money": "CNY", "days": "days"}


def _monitored(  # noqa: PLR0917
    column: str,
    zh: str,
    en: str,
    dimension: Dimension,
    kind: Kind,
    success: Literal[-1, 0, 1],
    review: str,
    *,
    minimum: float | None = 0,
    maximum: float | None = None,
) -> Indicator:
    """A line of the matrix; `success` is its sign on keeping the repair, the opposite that on re-default."""
    half = "monitor_deep_months" if column.startswith("d") else "monitor_regular_months"
    rows = c("newest") & (c("month_index") <= c(f"p_{half}"))
    value = fen(column) if kind == "money" else flag(c(column)) if kind == "flag" else c(column)
    part = Part("monitoring_monthly", rows & c(column).is_not_null(), "max", value)
    return Indicator(
        id=column, zh=zh, en=en, dimension=dimension, unit=_UNIT[kind], window="newest month",
        minimum=minimum, maximum=1 if kind == "flag" else maximum,
        success=success, redefault=-success, missing="unknown",
        basis=f"R36 12+6监测矩阵 {column[:3].upper() if half.startswith('monitor_r') else column[:2].upper()}",
        parts={column: part}, combine=yuan(c(column)) if kind == "money" else c(column), review=review, scored=False,
    )  # fmt: skip


REGULAR = (
    _monitored(
        "m01_sales_yoy", "开票销售同比／个人入账同比", "Invoiced sales, or income credited, year on year",
        "ability", "number", 1, "单位看开票销售，自然人看入账收入；注意季节性", minimum=None,
    ),
    _monitored(
        "m02_tax_on_time", "按期申报纳税／本人缴费", "Tax filed and paid, or own contributions paid, on time",
        "willingness", "flag", 1, "单位看税款，自然人看社会保险费；核对缓缴",
    ),
    _monitored("m03_tax_arrears", "新增欠税", "New tax arrears", "ability", "money", -1, "核对缓缴、留抵"),
    _monitored(
        "m04_insured_staff", "参保人数／就业记录", "Insured staff, or a record of employment",
        "ability", "count", 1, "自然人为 0 或 1",
    ),
    _monitored(
        "m05_wages_on_time", "按期发薪／家庭支付正常", "Wages, or household bills, paid on time",
        "willingness", "flag", 1, "单位看工资发放，自然人看水电等家庭支付",
    ),
    _monitored(
        "m06_power_water", "水电用量与上年同月之比／住址确认", "Power and water use over the same month a year before",
        "ability", "number", 1, "1 为与上年同月持平；自然人用以确认住址",
    ),
    _monitored(
        "m07_net_cash_flow", "账户净现金流", "Net cash flow of accounts", "ability", "money", 1, "核对账户是否齐全",
        minimum=None,
    ),
    _monitored(
        "m08_orders", "新订单与中标／工作稳定月数", "Orders and bids won, or months in the same work",
        "ability", "count", 1, "单位看订单与中标，自然人看在同一工作的月数",
    ),
    _monitored(
        "m09_registration_changes", "登记事项变更", "Changes of registration", "ability", "count", 0,
        "法定代表人、股东、资本、住所；不作方向约束（股权重组也可能是好事）",
    ),
    _monitored(
        "m10_penalties", "经营异常或处罚", "Abnormal list or penalties", "impact", "count", -1, "轻微处罚说明情况",
    ),
    _monitored(
        "m11_asset_disposal", "资产处置或新设负担", "Assets disposed of or newly encumbered", "ability", "money", -1,
        "核对是否用于履行",
    ),
    _monitored("m12_new_suits", "新增被诉", "New suits as defendant", "ability", "count", -1, "撤诉的剔除"),
)  # fmt: skip

DEEP = (
    _monitored(
        "d1_days_late", "分期履行逾期天数", "Days an instalment is late", "willingness", "days", -1, "核对款项到账日",
    ),
    _monitored(
        "d2_new_listing", "新增执行、限消或失信", "New enforcement, ban or listing anywhere",
        "willingness", "count", -1, "核对是否同名、是否通知期内履行",
    ),
    _monitored(
        "d3_concealment_clue", "隐匿财产线索或申报不符", "Clues of concealed assets or report mismatch",
        "willingness", "count", -1, "线索须经核实才可处理",
    ),
    _monitored(
        "d4_ban_violation", "违反限制措施", "Violations of restrictions", "willingness", "count", -1,
        "确认非一次性获准解除",
    ),
    _monitored(
        "d5_overdue_credit", "新增逾期信贷或代偿", "New overdue credit or guarantee calls", "ability", "count", -1,
        "核对结清情况",
    ),
    _monitored(
        "d6_document_mismatch", "承诺与材料复核不符、关联方传导", "Documents found wanting, related parties affected",
        "willingness", "count", -1, "区分笔误与虚假材料",
    ),
)  # fmt: skip

MONTHS_SINCE_REPAIR = Indicator(
    id="months_since_repair", zh="修复后月数", en="Months since repair was granted",
    dimension="willingness", unit="months", window="as-of", minimum=0, maximum=None,
    success=0, redefault=0, missing="unknown", basis="R32–R36（按月观察）",
    parts={
        "granted_day": Part(
            "decisions", c("this_application") & one_of("result", *GRANTS), "min",
            c("decided_at").dt.date().to_physical().cast(pl.Int64),
        ),
        **THIS_APPLICATION,
    },
    combine=divided(as_of_number() - c("granted_day"), 365.25 / 12), review="修复之前为不详", scored=False,
)  # fmt: skip

MATRIX: tuple[Indicator, ...] = REGULAR + DEEP
MONITORING: tuple[Indicator, ...] = (MONTHS_SINCE_REPAIR, *MATRIX)

__all__ = ["DEEP", "MATRIX", "MONITORING", "MONTHS_SINCE_REPAIR", "REGULAR"]
