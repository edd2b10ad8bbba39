"""Every indicator and fact once more, by id: the slow, obvious twin of `features`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import oracle_ability
import oracle_course
import oracle_facts
import oracle_impact
import oracle_monitoring
import oracle_operation
import oracle_willingness
from oracle_case import Case, Number, as_number, ln

Oracle = Callable[[Case], Number]


def _own(module: ModuleType) -> dict[str, Oracle]:
    """The functions a module defines, helpers (with an underscore) left out."""
    return {
        name: function
        for name, function in vars(module).items()
        if callable(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }


def _count(kind: str, months: int | None = None) -> Oracle:
    return lambda c: len(c.facts(kind, months))


MAIN: dict[str, Oracle] = _own(oracle_ability) | _own(oracle_operation) | _own(oracle_willingness) | _own(oracle_impact)
MONITORING: dict[str, Oracle] = oracle_monitoring.MONITORING
# Facts that an indicator gives as well.
_SHARED = {
    "listing_reason_rank": "listing_reason_rank",
    "multi_behaviour": "multi_behaviour_flag",
    "performed_ratio": "performed_ratio",
    "settlement_active": "settlement_active",
    "security_cover": "security_cover_ratio",
    "creditor_count": "creditor_count",
    "consent_share": "consent_share",
    "material_discrepancies": "material_discrepancies",
    "related_party_listed": "related_party_listed",
}
FACTS: dict[str, Oracle] = (
    _own(oracle_facts) | _own(oracle_course) | {fact: MAIN[name] for fact, name in _SHARED.items()}
)
LISTINGS: dict[str, Oracle] = {
    "suit_count": _count("civil_suit"),
    "suit_count_6m": _count("civil_suit", 6),
    "suit_count_12m": _count("civil_suit", 12),
    "suit_count_24m": _count("civil_suit", 24),
    "suit_amount_log_24m": lambda c: ln(
        sum(round((as_number(row["value"]) or 0) * 100) for row in c.facts("civil_suit", 24))
    ),
    "suit_recency_days": lambda c: min(
        (min(3650, (c.day - row["event_date"]).days) for row in c.facts("civil_suit")), default=3650
    ),
    "tender_count": _count("tender_won"),
    "tender_count_24m": _count("tender_won", 24),
    "qualification_count": _count("qualification"),
    "investment_count": _count("investment"),
    "related_party_listed": MAIN["related_party_listed"],
}
