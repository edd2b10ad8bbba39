"""Plain-Python indicators of 社会影响: a function per indicator, named as its column; None where it is unknown."""

from __future__ import annotations

from oracle_case import Case, Number, as_number, debtor, known_flag


def creditor_count(c: Case) -> Number:
    return len(c.facts("creditor"))


def consent_share(c: Case) -> Number:
    return c.said("consent")


def objection_share(c: Case) -> Number:
    return c.said("objection")


def livelihood_share(c: Case) -> Number:
    debt = c.debt()
    if debt is None or any(case["livelihood_flag"] is None for case in c.owed()):
        return None
    return sum(c.remaining(case) or 0 for case in c.owed() if case["livelihood_flag"]) / debt if debt else 0


def wage_arrears_heads(c: Case) -> Number:
    row = c.newest_fact("wage_arrears")
    if row is None:
        return 0
    number = as_number(row["value"])
    return 1 if number is None else number


def petition_12m(c: Case) -> Number:
    return len(c.facts("petition", 12))


def jobs_supported(c: Case) -> Number:
    row = c.newest_fact("jobs_supported")
    return None if row is None else as_number(row["value"]) or 0


def specialized_sme(c: Case) -> Number:
    row = debtor(c)
    return known_flag(row, "is_specialized_sme")


def order_at_stake_ratio(c: Case) -> Number:
    amount = sum(round((as_number(row["value"]) or 0) * 100) for row in c.facts("order_at_stake", 12))
    return c.covered(amount) if amount > 0 else 0


def related_party_listed(c: Case) -> Number:
    numbers = [as_number(row["value"]) for row in c.facts("related_party_listed")]
    return max(len(numbers), *(1 if number is None else number for number in numbers), 0)


def severe_penalty_36m(c: Case) -> Number:
    numbers = [as_number(row["value"]) for row in c.facts("admin_penalty", 36)]
    severe = sum(number is not None and number >= 2 for number in numbers)
    return severe + len(c.facts("other_severe_list", 36))
