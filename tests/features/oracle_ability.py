"""Plain-Python indicators of 履行能力: a function per indicator, named as its column; None where it is unknown."""

from __future__ import annotations

import math

from oracle_case import CLOSED_FOR_NOW, Case, Number, Row, debtor, fen, ln, net, over, total


def remaining_debt_log(c: Case) -> Number:
    return ln(c.debt())


def performed_ratio(c: Case) -> Number:
    due = total(c.due(case) for case in c.scope())
    left = total(c.remaining(case) for case in c.scope())
    return None if due is None or left is None else over(due - left, due)


def requested_total_log(c: Case) -> Number:
    amounts = [case["requested_amount"] for case in c.owed()]
    return None if None in amounts else ln(sum(fen(amount) for amount in amounts))


def open_case_count(c: Case) -> Number:
    return sum(case["status"] != "closed" for case in c.rows("enforcement_cases"))


def zhongben_count_5y(c: Case) -> Number:
    return sum(c.since(case["closed_date"], 60) for case in c.rows("enforcement_cases", closing_mode=CLOSED_FOR_NOW))


def resumed_case_count_24m(c: Case) -> Number:
    return sum(c.since(case["filed_date"], 24) for case in c.rows("enforcement_cases", case_type="执恢"))


def asset_net_value_log(c: Case) -> Number:
    return ln(net(c.answers())) if c.answers() else None


def asset_cover_ratio(c: Case) -> Number:
    return c.covered(net(c.answers())) if c.answers() else None


def liquid_cover_ratio(c: Case) -> Number:
    rows = [row for row in c.answers() if row["asset_class"] in ("deposit", "securities")]
    return c.covered(net(rows)) if rows else None


def security_cover_ratio(c: Case) -> Number:
    return c.covered(sum(fen(row["security_value"]) for row in c.rows("settlements", status="performing")))


def encumbrance_ratio(c: Case) -> Number:
    burden = sum(min(fen(row["encumbrance_value"]), fen(row["gross_value"])) for row in c.answers())
    return over(burden, sum(fen(row["gross_value"]) for row in c.answers()))


def provident_accessible(c: Case) -> Number:
    rows = [row for row in c.answers() if row["asset_class"] == "provident_fund"]
    return sum(fen(row["accessible_value"]) for row in rows) / 100 if rows else None


def receivable_confirmed_ratio(c: Case) -> Number:
    rows = [row for row in c.answers() if row["asset_class"] == "receivable"]
    return c.covered(sum(fen(row["gross_value"]) for row in rows)) if rows else None


def disposable_income_m(c: Case) -> Number:
    rows = [row for row in c.rows("income_facts") if c.since(row["period_end"], 6)]
    total = sum(fen(row["income"]) - fen(row["living_cost_allowance"]) for row in rows)
    return total / len(rows) / 100 if rows else None


def _cash_months(c: Case) -> list[Row]:
    rows = [row for row in c.rows("operating_monthly") if c.since(row["period_end"], 6)]
    return [row for row in rows if row["cash_in"] is not None and row["cash_out"] is not None]


def plan_burden_ratio(c: Case) -> Number:
    if (plan := c.plan()) is None:
        return None
    income = disposable_income_m(c)
    cash = _cash_months(c)
    if income is not None:
        capacity = income * 100
    elif cash:
        capacity = sum(fen(row["cash_in"]) - fen(row["cash_out"]) for row in cash) / len(cash)
    else:
        return None
    return 5.0 if capacity <= 0 else min(5.0, plan[0] * 365 / (c.plan_days() * 12) / capacity)


def plan_years_to_clear(c: Case) -> Number:
    if (plan := c.plan()) is None:
        return None
    debt = c.debt()
    return None if debt is None else min(60.0, debt * (c.plan_days() / 365.25) / plan[0])


def revenue_trend_6m(c: Case) -> Number:
    points: dict[int, int] = {}
    for row in c.rows("operating_monthly"):
        lag = c.months_between(row["period_end"])
        if 1 <= lag <= 6 and row["sales"] is not None:
            points[lag] = max(points.get(lag, 0), fen(row["sales"]))
    if len(points) < 3:
        return None
    x = [-lag for lag in points]
    y = [math.log(1 + sales / 100) for sales in points.values()]
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    return sum((x[i] - mean_x) * (y[i] - mean_y) for i in range(n)) / sum((x[i] - mean_x) ** 2 for i in range(n))


def cashflow_positive_share_6m(c: Case) -> Number:
    rows = _cash_months(c)
    return over(sum(row["cash_in"] > row["cash_out"] for row in rows), len(rows))


def tax_arrears_ratio(c: Case) -> Number:
    rows = [
        row for row in c.rows("operating_monthly") if c.since(row["period_end"], 12) and row["tax_paid"] is not None
    ]
    unpaid = sum(max(0, fen(row["tax_due"]) - fen(row["tax_paid"])) for row in rows)
    return over(unpaid, sum(fen(row["tax_due"]) for row in rows))


def insured_staff_change_12m(c: Case) -> Number:
    rows = [row for row in c.rows("operating_monthly") if row["insured_staff"] is not None]
    new = [row["insured_staff"] for row in rows if c.since(row["period_end"], 6)]
    old = [row["insured_staff"] for row in rows if c.since(row["period_end"], 12) and not c.since(row["period_end"], 6)]
    if not new or sum(old) == 0:
        return None
    return min(5.0, (sum(new) / len(new)) / (sum(old) / len(old)) - 1)


def business_age_y(c: Case) -> Number:
    row = debtor(c)
    return (c.day - row["established_date"]).days / 365.25 if row and row["established_date"] else None


def paid_in_ratio(c: Case) -> Number:
    row = debtor(c)
    if row is None or row["paid_in_capital"] is None or row["registered_capital"] is None:
        return None
    ratio = over(fen(row["paid_in_capital"]), fen(row["registered_capital"]))
    return None if ratio is None else min(1.0, ratio)


def abnormal_list_flag(c: Case) -> Number:
    row = c.newest_fact("abnormal_list")
    return int(row is not None and row["value"] != "removed")
