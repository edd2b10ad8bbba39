"""Plain-Python monitoring matrix: the newest month not marked missing, line by line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from oracle_case import Case, Number, day_of

LINES = (
    "m01_sales_yoy",
    "m02_tax_on_time",
    "m03_tax_arrears",
    "m04_insured_staff",
    "m05_wages_on_time",
    "m06_power_water",
    "m07_net_cash_flow",
    "m08_orders",
    "m09_registration_changes",
    "m10_penalties",
    "m11_asset_disposal",
    "m12_new_suits",
    "d1_days_late",
    "d2_new_listing",
    "d3_concealment_clue",
    "d4_ban_violation",
    "d5_overdue_credit",
    "d6_document_mismatch",
)


def _line(column: str) -> Callable[[Case], Number]:
    def value(c: Case) -> Number:
        rows = [row for row in c.own("monitoring_monthly") if row["quality_flag"] != "missing"]
        if not rows:
            return None
        row = max(rows, key=lambda row: (row["month_index"], row["row_id"]))
        followed = c.parameter["monitor_deep_months" if column.startswith("d") else "monitor_regular_months"]
        if row["month_index"] > followed or row[column] is None:
            return None
        return float(row[column]) if isinstance(row[column], Decimal) else row[column]

    return value


def _months_since_repair(c: Case) -> Number:
    grants = ("granted_full", "granted_conditional", "granted_suspension")
    days = [day_of(row["decided_at"]) for row in c.own("decisions") if row["result"] in grants]
    return (c.day - min(days)).days / (365.25 / 12) if days else None


MONITORING: dict[str, Callable[[Case], Number]] = {"months_since_repair": _months_since_repair} | {
    column: _line(column) for column in LINES
}
