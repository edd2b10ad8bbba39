"""Plain-Python indicators of what the debtor earns, before repair and under monitoring: a function per indicator."""

from __future__ import annotations

import math
from collections.abc import Iterable

from oracle_case import Case, Number, Row, debtor, fen, over

UNITS = ("enterprise", "individual_business", "other_unit")


def _months(c: Case, *forms: str) -> list[Row]:
    return [row for row in c.rows("operating_monthly") if row["answer_form"] in forms]


def _monitored(c: Case) -> list[Row]:
    """Monitoring rows of months without an operating row; of several of one month the last by row id."""
    covered = {c.months_between(row["period_end"]) for row in c.rows("operating_monthly")}
    chosen: dict[int, Row] = {}
    for row in sorted(c.rows("monitoring_monthly"), key=lambda row: row["row_id"]):
        chosen[c.months_between(row["period_end"])] = row
    return [row for lag, row in chosen.items() if lag not in covered]


def _by_lag(c: Case, rows: Iterable[Row], column: str) -> dict[int, float]:
    """Greatest value of each month, by how many months ago it lies."""
    found: dict[int, float] = {}
    for row in rows:
        lag = c.months_between(row["period_end"])
        if row[column] is not None:
            value = row[column] if isinstance(row[column], float) else fen(row[column])
            found[lag] = max(found.get(lag, value), value)
    return found


def _cash(c: Case, *forms: str) -> list[int]:
    """Net cash flow in 分 of the months of the last half year."""
    rows = [row for row in _months(c, *forms) if c.since(row["period_end"], 6)]
    before = [
        fen(row["cash_in"]) - fen(row["cash_out"])
        for row in rows
        if row["cash_in"] is not None and row["cash_out"] is not None
    ]
    after = [row for row in _monitored(c) if c.since(row["period_end"], 6)]
    return before + [fen(row["m07_net_cash_flow"]) for row in after if row["m07_net_cash_flow"] is not None]


def disposable_income_m(c: Case) -> Number:
    rows = [row for row in c.rows("income_facts") if c.since(row["period_end"], 6)]
    total = sum(fen(row["income"]) - fen(row["living_cost_allowance"]) for row in rows)
    return total / len(rows) / 100 if rows else None


def plan_burden_ratio(c: Case) -> Number:
    if (plan := c.plan()) is None:
        return None
    income = disposable_income_m(c)
    cash = _cash(c, "value")
    if income is not None:
        capacity = income * 100
    elif cash:
        capacity = sum(cash) / len(cash)
    else:
        return None
    return 5.0 if capacity <= 0 else min(5.0, plan[0] * 365 / (c.plan_days() * 12) / capacity)


def plan_years_to_clear(c: Case) -> Number:
    if (plan := c.plan()) is None:
        return None
    debt = c.debt()
    return None if debt is None else min(60.0, debt * (c.plan_days() / 365.25) / plan[0])


def revenue_trend_6m(c: Case) -> Number:
    sales = _by_lag(c, _months(c, "value", "band"), "sales")
    change = _by_lag(c, _monitored(c), "m01_sales_yoy")
    points = {}
    for lag in range(1, 7):
        if lag in sales:
            points[lag] = sales[lag]
        elif lag in change and lag + 12 in sales:
            points[lag] = sales[lag + 12] * max(0.0, 1 + change[lag])
    if len(points) < 3:
        return None
    x = [-lag for lag in points]
    y = [math.log(1 + amount / 100) for amount in points.values()]
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    return sum((x[i] - mean_x) * (y[i] - mean_y) for i in range(n)) / sum((x[i] - mean_x) ** 2 for i in range(n))


def cashflow_positive_share_6m(c: Case) -> Number:
    cash = _cash(c, "value", "band", "yes_no")
    return over(sum(flow > 0 for flow in cash), len(cash))


def tax_arrears_ratio(c: Case) -> Number:
    rows = [row for row in _months(c, "value", "band") if c.since(row["period_end"], 12)]
    rows = [row for row in rows if row["tax_paid"] is not None and row["tax_due"] is not None]
    after = sum(fen(row["m03_tax_arrears"]) for row in _monitored(c) if c.since(row["period_end"], 12))
    unpaid = sum(max(0, fen(row["tax_due"]) - fen(row["tax_paid"])) for row in rows)
    return over(unpaid + after, sum(fen(row["tax_due"]) for row in rows) + after)


def insured_staff_change_12m(c: Case) -> Number:
    staff = [(row["period_end"], row["insured_staff"]) for row in _months(c, "value", "band")]
    who = debtor(c)
    if who is not None and who["subject_type"] in UNITS:
        staff += [(row["period_end"], row["m04_insured_staff"]) for row in _monitored(c)]
    staff = [(day, number) for day, number in staff if number is not None]
    new = [number for day, number in staff if c.since(day, 6)]
    old = [number for day, number in staff if c.since(day, 12) and not c.since(day, 6)]
    if not new or sum(old) == 0:
        return None
    return min(5.0, (sum(new) / len(new)) / (sum(old) / len(old)) - 1)


def power_use_yoy(c: Case) -> Number:
    power = _by_lag(c, _months(c, "value", "band"), "power_use")
    change = _by_lag(c, _monitored(c), "m06_power_water")
    ratios = []
    for lag in range(1, 4):
        if lag in power and power.get(lag + 12, 0) > 0:
            ratios.append(power[lag] / power[lag + 12])
        elif lag in change:
            ratios.append(change[lag])
    return min(5.0, sum(ratios) / len(ratios) - 1) if ratios else None
