"""Plain-Python indicators of 履行能力, operation apart: a function per indicator, named as its column."""

from __future__ import annotations

from oracle_case import CLOSED_FOR_NOW, Case, Number, debtor, fen, ln, net, over, total


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


def seized_cover_ratio(c: Case) -> Number:
    if not c.answers():
        return None
    live = [row for row in c.rows("restriction_measures", lifted_date=None) if row["lift_ground"] != "error"]
    kinds = {row["kind"] for row in live}
    held: set[str] = set()
    if "冻结" in kinds:
        held |= {"deposit", "securities", "equity", "provident_fund", "insurance", "receivable"}
    if "查封" in kinds:
        held |= {"real_estate", "vehicle", "other"}
    if "扣押" in kinds:
        held |= {"vehicle", "other"}
    amount = 0
    for row in c.answers():
        if row["asset_class"] in held:
            amount += net([row]) if row["accessible_value"] is None else fen(row["accessible_value"])
    return c.covered(amount)


def security_cover_ratio(c: Case) -> Number:
    return c.covered(sum(fen(row["security_value"]) for row in c.rows("settlements", status="performing")))


def encumbrance_ratio(c: Case) -> Number:
    burden = sum(min(fen(row["encumbrance_value"]), fen(row["gross_value"])) for row in c.answers())
    return over(burden, sum(fen(row["gross_value"]) for row in c.answers()))


def provident_accessible(c: Case) -> Number:
    rows = [row for row in c.answers() if row["asset_class"] == "provident_fund"]
    if not rows:
        return None
    return min(sum(fen(row["accessible_value"]) for row in rows), c.parameter["provident_cap"] * 100) / 100


def receivable_confirmed_ratio(c: Case) -> Number:
    rows = [row for row in c.answers() if row["asset_class"] == "receivable"]
    return c.covered(sum(fen(row["gross_value"]) for row in rows)) if rows else None


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


def operating_status(c: Case) -> Number:
    row = debtor(c)
    codes = {"存续": 0, "迁出": 1, "歇业": 2, "吊销": 3, "注销": 4}
    return None if row is None or row["operating_status"] is None else codes[row["operating_status"]]


def insolvency_stage(c: Case) -> Number:
    row = c.newest_fact("bankruptcy_stage")
    stages = ["none", "applied", "accepted", "plan_approved", "completed", "liquidated"]
    if row is not None and row["value"] in ("first_distribution", "administrator_applied", "observation_waived"):
        return stages.index("plan_approved")
    return 0 if row is None or row["value"] not in stages else stages.index(row["value"])


def hardship_verified(c: Case) -> Number:
    return int(any(row["valid_to"] >= c.day for row in c.rows("hardship_attestations")))


def query_coverage(c: Case) -> Number:
    rows = [row for row in c.rows("property_queries") if c.since(row["requested_at"], 12)]
    return over(sum(row["feedback_status"] in ("ok", "partial") for row in rows), len(rows))
