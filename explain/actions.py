"""The lawful actions that are open to the debtor of one case, and the rows each would add to the records.

Every action is the debtor's own, or a creditor's free answer to it. None touches who the debtor is, what a judge
attested, what a measure or a decision says, or what other people did: only the tables of `TOUCHED` ever change, and
indicators follow because they are computed again. Paying lowers what remains and raises the share performed together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any, Final

import yaml

from explain.case_rows import Change, KnownCase, added, day_after, newer

TOUCHED: Final = frozenset(
    {
        "payments",
        "obligations",
        "property_reports",
        "settlements",
        "repair_applications",
        "behaviour_events",
        "creditor_social_facts",
        "creditor_notices",
    }
)


@dataclass(frozen=True)
class Action:
    """One action: `days` until it takes effect, its burden, its words' fields, and what it adds on a day."""

    code: str
    days: int
    burden: float
    fields: Mapping[str, str]
    changes: Callable[[date], list[Change]]


@lru_cache(maxsize=1)
def costs() -> Mapping[str, Any]:
    """The packaged burdens, times and words (explain/templates/actions.yaml)."""
    path = Path(__file__).parent / "templates" / "actions.yaml"
    loaded: Mapping[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def open_actions(case: KnownCase, income: float | None = None) -> list[Action]:
    """Every action except paying, in a fixed order. `income`: disposable CNY a month where it is on record."""
    found: list[Action] = []

    def offer(code: str, changes: Callable[[date], list[Change]], **fields: object) -> None:
        rule = costs()["actions"][code]
        told = {name: str(value) for name, value in fields.items()}
        found.append(Action(code, rule["days"], float(rule["burden"]), told, changes))

    overdue = overdue_instalments(case)
    if overdue:
        total = sum((amount for _, amount in overdue), Decimal(0))
        offer(
            "catch_up",
            lambda day: [_paid(case, f"late-{at}", day, _under(row), owed) for at, (row, owed) in enumerate(overdue)],
            amount=total,
        )
    unfiled = [row for row in case.rows("property_reports") if row["filed_date"] is None]
    if unfiled:
        offer(
            "file_report",
            lambda day: [
                newer("property_reports", r, day, filed_date=day, verdict=None, verified_date=None) for r in unfiled
            ],
        )
    application = _application(case)
    if application is not None:
        _on_application(case, application, income, offer)
    events = case.rows("behaviour_events")
    lost = [row for row in events if row["kind"] == "lost_contact"]
    restored = [row["event_date"] for row in events if row["kind"] == "contact_restored"]
    if lost and max(row["event_date"] for row in lost) > max(restored, default=date.min):
        offer("restore_contact", lambda day: [_event(case, "contact_restored", 0, day)])
    kinds = [row["kind"] for row in events]
    unkept = kinds.count("commitment") - kinds.count("commitment_kept")
    if unkept > 0:
        offer(
            "keep_commitments",
            lambda day: [_event(case, "commitment_kept", number, day) for number in range(unkept)],
            count=unkept,
        )
    return found


def owed_cases(case: KnownCase) -> dict[str, Decimal]:
    """What remains by case id in CNY, the cases of the application first; unknown amounts left out."""
    rows = [row for row in case.rows("enforcement_cases", linked=True) if row["owed"] and row["remaining_fen"]]
    rows.sort(key=lambda row: (not row["in_application"], row["case_id"]))
    return {row["case_id"]: Decimal(row["remaining_fen"]).scaleb(-2) for row in rows}


def left_after(case: KnownCase, already: Sequence[Change]) -> dict[str, Decimal]:
    """What remains by case id once the payments among `already` are made."""
    left = owed_cases(case)
    for change in already:
        if change.table == "payments" and change.row["case_id"] in left:
            left[change.row["case_id"]] = max(left[change.row["case_id"]] - change.row["amount"], Decimal(0))
    return left


def payment(case: KnownCase, amount: Decimal, day: date, already: Sequence[Change]) -> list[Change]:
    """Paying `amount` on `day`, case by case; a case paid up is registered as performed.

    `already` are the plan's other payments: what they cover is not paid twice.
    """
    left = left_after(case, already)
    changes: list[Change] = []
    for case_id, owed in left.items():
        part = min(amount, owed)
        if part > 0:
            changes.append(_paid(case, f"pay-{case_id}", day, (case_id, None), part))
        if owed - part <= 0:
            changes += [
                newer("obligations", row, day, performance_state="全部已履行")
                for row in case.rows("obligations")
                if row["case_id"] == case_id and row["performance_state"] != "全部已履行"
            ]
        amount -= part
    return changes


def instalments_due(case: KnownCase, until: date) -> list[tuple[dict[str, Any], Decimal, date]]:
    """Instalments of settlements that are being performed, from the as-of day until `until`."""
    return [
        (settlement, amount, due)
        for settlement in _performing(case)
        for due, amount in _instalments(settlement["plan_json"])
        if case.day <= due <= until
    ]


def presupposed(case: KnownCase, until: date) -> list[Change]:
    """Instalments that fall due until `until`, each paid on its day."""
    return [
        _paid(case, f"due-{number}", due, _under(settlement), amount)
        for number, (settlement, amount, due) in enumerate(instalments_due(case, until))
    ]


def overdue_instalments(case: KnownCase) -> list[tuple[dict[str, Any], Decimal]]:
    """What is behind by settlement: instalments due before the as-of day less what was paid under it."""
    found = []
    for settlement in _performing(case):
        due = sum((amount for day, amount in _instalments(settlement["plan_json"]) if day < case.day), Decimal(0))
        paid = sum(
            (row["amount"] for row in case.rows("payments") if row["settlement_id"] == settlement["settlement_id"]),
            Decimal(0),
        )
        if due > paid:
            found.append((settlement, due - paid))
    return found


def _on_application(
    case: KnownCase, application: dict[str, Any], income: float | None, offer: Callable[..., None]
) -> None:
    if application["materials_submitted"] < application["materials_required"]:
        whole = application["materials_required"]
        offer(
            "complete_materials",
            lambda day: [newer("repair_applications", application, day, materials_submitted=whole)],
        )
    left = sum(owed_cases(case).values(), Decimal(0))
    settled = bool(_performing(case))
    months = _plan_months(left, income)
    if left > 0 and months and not settled and application["plan_json"] is None:
        monthly = (left / months).quantize(Decimal("0.01"))

        def plan(day: date) -> list[Change]:
            dues = [day_after(day, 30 * month) for month in range(1, months + 1)]
            told = json.dumps([{"due_date": due.isoformat(), "amount": str(monthly)} for due in dues])
            return [newer("repair_applications", application, day, plan_json=told, commitment_signed=True)]

        offer("sign_plan", plan, count=months, amount=monthly)
    elif not application["commitment_signed"]:
        offer("sign_commitment", lambda day: [newer("repair_applications", application, day, commitment_signed=True)])
    _creditors(case, application, offer)
    settlements = _performing(case)
    secured = sum((row["security_value"] or Decimal(0) for row in settlements), Decimal(0))
    if settlements and secured < left:
        worth = left - secured

        def secure(day: date) -> list[Change]:
            last = settlements[-1]
            return [newer("settlements", last, day, security_value=(last["security_value"] or Decimal(0)) + worth)]

        offer("give_security", secure, amount=worth)


def _plan_months(left: Decimal, income: float | None) -> int:
    """Instalments that the income on record can carry; 0 when none is realistic."""
    rule = costs()["actions"]["sign_plan"]
    if income is None:
        return int(rule["months"])
    needed = ceil(float(left) / income) if income > 0 else rule["months_max"] + 1
    return max(needed, rule["months"]) if needed <= rule["months_max"] else 0


def _creditors(case: KnownCase, application: dict[str, Any], offer: Callable[..., None]) -> None:
    """Consent of those who have not spoken; nobody who objected is supposed to change their mind."""
    mine = [row for row in case.rows("creditor_social_facts") if row["application_id"] == application["application_id"]]
    spoken = sum(row["share_of_debt"] or 0.0 for row in mine if row["kind"] in ("consent", "objection"))
    silent = [
        row
        for row in case.rows("creditor_notices")
        if row["application_id"] == application["application_id"] and row["reply"] in (None, "silent")
    ]
    share = round(1.0 - spoken, 6)
    if share <= 0.0 or not silent:
        return

    def consent(day: date) -> list[Change]:
        told = added(
            "creditor_social_facts", case, "consent", day,
            application_id=application["application_id"], kind="consent", share_of_debt=share, event_date=day,
        )  # fmt: skip
        return [told, *(newer("creditor_notices", row, day, reply="consent") for row in silent)]

    offer("creditor_consent", consent, share=f"{share:.0%}")


def _application(case: KnownCase) -> dict[str, Any] | None:
    rows = [row for row in case.rows("repair_applications") if row["application_id"] == case.application_id]
    return rows[-1] if rows and rows[-1]["withdrawn_at"] is None else None


def _performing(case: KnownCase) -> list[dict[str, Any]]:
    return [row for row in case.rows("settlements") if row["status"] == "performing"]


def _instalments(plan: str | None) -> list[tuple[date, Decimal]]:
    told = json.loads(plan) if plan else []
    return sorted((date.fromisoformat(item["due_date"]), Decimal(item["amount"])) for item in told)


def _paid(case: KnownCase, name: str, day: date, under: tuple[str, str | None], amount: Decimal) -> Change:
    case_id, settlement_id = under
    return added(
        "payments", case, name, day,
        case_id=case_id, settlement_id=settlement_id, paid_date=day, amount=amount, nature="voluntary",
        cleared_date=day, source_system="payment_system",
    )  # fmt: skip


def _under(settlement: Mapping[str, Any]) -> tuple[str, str]:
    return settlement["case_id"], settlement["settlement_id"]


def _event(case: KnownCase, kind: str, number: int, day: date) -> Change:
    return added(
        "behaviour_events", case, f"{kind}-{number}", day,
        kind=kind, event_date=day, verified_date=day, severity=1, source_system="case_system",
    )  # fmt: skip
