"""What a plan asks of the debtor, and what the debtor can pay. One unit of burden: an errand to the court.

All burdens and limits stand in explain/templates/actions.yaml and are assumptions of this project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from math import expm1
from typing import Any, NamedTuple

from explain.actions import Action, costs

_LONG = 90  # days from which on property can be turned into money


def payment_step(owed: Decimal) -> Decimal:
    """What amounts are named to (CNY): coarse enough to be said, fine beside what is `owed`."""
    rules = costs()
    steps = [Decimal(step) for step in rules["payment_steps"]]
    fine = [step for step in steps if step <= owed * Decimal(str(rules["payment_step_share"]))]
    return fine[0] if fine else steps[-1]


class Means(NamedTuple):
    """The most that can be paid in CNY, and whether the record knows of any means at all."""

    amount: Decimal
    known: bool


def burden(days: int, chosen: Sequence[Action], pay: Decimal, owed: Decimal) -> float:
    """Burden of waiting `days`, of the chosen actions, and of paying `pay` of what is `owed` (CNY)."""
    return waiting(days) + sum(action.burden for action in chosen) + paying(pay, owed)


def waiting(days: int) -> float:
    """Burden of the months until the case is looked at again, beyond the first."""
    return float(costs()["wait_per_month"]) * max(days / 30 - 1, 0.0)


def paying(pay: Decimal, owed: Decimal) -> float:
    """Burden of paying, by the share of what is owed; none for nothing."""
    rule = costs()["actions"]["pay"]
    return float(rule["burden"] + rule["burden_per_share"] * float(pay / owed)) if pay > 0 else 0.0


def means(record: Mapping[str, Any], owed: Decimal, days: int) -> Means:
    """What the debtor can pay within `days` as far as the record knows; the whole debt where it knows nothing."""
    found = {item["id"]: item["value"] for item in record["indicators"]}
    income, liquid = found.get("disposable_income_m"), found.get("liquid_cover_ratio")
    assets = found.get("asset_net_value_log")
    parts = [max(income, 0.0) * days / 30] if income is not None else []
    if days >= _LONG and assets is not None:
        parts.append(expm1(assets))
    elif liquid is not None:
        parts.append(liquid * float(owed))
    if not parts:
        return Means(owed, False)
    step = payment_step(owed)
    return Means(min(owed, (Decimal(sum(parts)) / step).to_integral_value(ROUND_FLOOR) * step), True)
