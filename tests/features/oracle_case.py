"""What one reviewer could see of one case, in plain Python over plain rows: slow, obvious, nothing shared."""

from __future__ import annotations

import calendar
import json
import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Number = float | int | None
RANK = {"①": 1, "④": 2, "⑥": 2, "⑤": 3, "③": 4, "②": 5}
CLOSED_FOR_NOW = "终结本次执行程序"


def months_back(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def fen(value: Decimal | None) -> int:
    return 0 if value is None else int(value * 100)


def as_number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


class Case:
    """Rows known before `as_of`, newest version of each thing, with what the links between rows say."""

    def __init__(self, tables: dict[str, list[Row]], case: Row, business: dict[str, str]) -> None:
        self.as_of: datetime = case["as_of"]
        self.day: date = self.as_of.astimezone(ZoneInfo("Asia/Shanghai")).date()
        self.application: str | None = case["application_id"]
        self.parameter = {name[2:]: value for name, value in case.items() if name.startswith("p_")}
        self.tables: dict[str, list[Row]] = {}
        for name, rows in tables.items():
            newest: dict[str, Row] = {}
            for row in sorted(rows, key=lambda row: (row["known_at"], row["row_id"])):
                if row["debtor_id"] == case["debtor_id"] and row["known_at"] < self.as_of:
                    newest[row[business[name]]] = row
            self.tables[name] = list(newest.values())

    def rows(self, table: str, **equal: Any) -> list[Row]:
        return [row for row in self.tables[table] if all(row[name] == value for name, value in equal.items())]

    def since(self, day: date | datetime | None, months: float) -> bool:
        if isinstance(day, datetime):
            day = day.astimezone(ZoneInfo("Asia/Shanghai")).date()
        return day is not None and day >= months_back(self.day, int(months))

    # --- the application -------------------------------------------------------------------
    def own(self, table: str) -> list[Row]:
        return [] if self.application is None else self.rows(table, application_id=self.application)

    def named_cases(self) -> set[str]:
        return {case_id for row in self.own("repair_applications") for case_id in row["case_ids"] or []}

    # --- cases and debt ----------------------------------------------------------------------
    def resumed(self, case: Row) -> bool:
        return any(other["prior_case_id"] == case["case_id"] for other in self.rows("enforcement_cases"))

    def in_application(self, case: Row) -> bool:
        return case["case_id"] in self.named_cases() or case["prior_case_id"] in self.named_cases()

    def standing(self, case: Row) -> bool:
        return case["status"] != "closed" or case["closing_mode"] == CLOSED_FOR_NOW

    def owed(self) -> list[Row]:
        return [case for case in self.rows("enforcement_cases") if self.standing(case) and not self.resumed(case)]

    def scope(self) -> list[Row]:
        return [
            case
            for case in self.rows("enforcement_cases")
            if not self.resumed(case) and (self.standing(case) or self.in_application(case))
        ]

    def due(self, case: Row) -> int | None:
        obligations = self.rows("obligations", case_id=case["case_id"])
        if obligations:
            return sum(fen(row["principal"]) for row in obligations)
        return None if case["requested_amount"] is None else fen(case["requested_amount"])

    def remaining(self, case: Row) -> int | None:
        if not self.standing(case):
            return 0
        paid = sum(fen(row["amount"]) for row in self.rows("payments", case_id=case["case_id"]))
        paid = max(paid, fen(case["recovered_amount"]))
        obligations = self.rows("obligations", case_id=case["case_id"])
        if not obligations:
            return None if case["requested_amount"] is None else max(0, fen(case["requested_amount"]) - paid)
        done = sum(fen(row["principal"]) for row in obligations if row["performance_state"] == "全部已履行")
        undone = sum(fen(row["principal"]) for row in obligations if row["performance_state"] != "全部已履行")
        return max(0, undone - max(0, paid - done))

    def debt(self) -> int | None:
        return total(self.remaining(case) for case in self.owed())

    def performed(self, case: Row) -> bool:
        obligations = self.rows("obligations", case_id=case["case_id"])
        states = [row["performance_state"] for row in obligations]
        return case["closing_mode"] == "执行完毕" or (bool(states) and all(state == "全部已履行" for state in states))

    def settled(self, case: Row) -> bool:
        return bool(self.rows("settlements", case_id=case["case_id"], status="completed"))

    def covered(self, amount: int) -> Number:
        debt = self.debt()
        if debt is None:
            return None
        return 3.0 if debt == 0 else min(3.0, amount / debt)

    # --- listings --------------------------------------------------------------------------------
    def live(self) -> list[Row]:
        listings = self.rows("restriction_measures", kind="失信", lifted_date=None)
        return [row for row in listings if row["lift_ground"] != "error"]

    def first_live(self) -> date | None:
        return min((row["decided_date"] for row in self.live()), default=None)

    # --- assets ------------------------------------------------------------------------------------
    def answers(self, before: date | None = None, *, early: bool = False) -> list[Row]:
        """Newest answered queries of each asset class: one day, one channel."""
        found: list[Row] = []
        answered = [
            row
            for row in self.rows("property_queries")
            if row["feedback_status"] in ("ok", "partial") and row["gross_value"] is not None
        ]
        if early:
            answered = [
                row for row in answered if before and row["feedback_at"] and day_of(row["feedback_at"]) < before
            ]
        for asset_class in {row["asset_class"] for row in answered}:
            own = [row for row in answered if row["asset_class"] == asset_class]
            newest = max(day_of(row["requested_at"]) for row in own)
            own = [row for row in own if day_of(row["requested_at"]) == newest]
            channel = min(row["channel"] for row in own)
            found += [row for row in own if row["channel"] == channel]
        return found

    # --- instalments -------------------------------------------------------------------------------
    def plan(self) -> tuple[int, date] | None:
        """Instalments to come in 分 and the last due day: of the plan handed in, else of settlements."""
        for rows in (self.own("repair_applications"), self.rows("settlements", status="performing")):
            dues = [due for row in rows for due in instalments(row["plan_json"])]
            ahead = sum(amount for day, amount in dues if day >= self.day)
            if ahead > 0:
                return ahead, max(day for day, _ in dues)
        return None

    def plan_days(self) -> int:
        plan = self.plan()
        assert plan is not None
        return max(30, (plan[1] - self.day).days)

    def lateness(self, settlement: Row) -> list[tuple[date, date | None]]:
        """(due day, day on which payments reached it) of the instalments due before the as-of day."""
        payments = sorted(
            self.rows("payments", settlement_id=settlement["settlement_id"]), key=lambda row: row["paid_date"]
        )
        out, owed = [], 0
        for day, amount in sorted(due for due in instalments(settlement["plan_json"]) if due[0] < self.day):
            owed += amount
            total, reached = 0, None
            for payment in payments:
                total += fen(payment["amount"])
                if total >= owed:
                    reached = payment["paid_date"]
                    break
            out.append((day, reached))
        return out

    def kept_up(self) -> int:
        return int(
            any(
                all(reached is not None or (self.day - due).days <= 30 for due, reached in self.lateness(row))
                for row in self.rows("settlements", status="performing")
            )
        )

    # --- conduct ---------------------------------------------------------------------------------------
    def events(self, months: float, *kinds: str) -> list[Row]:
        rows = [row for row in self.rows("behaviour_events") if row["kind"] in kinds]
        return [row for row in rows if self.since(row["verified_date"], months)]

    def facts(self, kind: str, months: int | None = None) -> list[Row]:
        rows = self.rows("creditor_social_facts", kind=kind)
        return [row for row in rows if months is None or self.since(row["event_date"], months)]

    def newest_fact(self, kind: str) -> Row | None:
        rows = self.facts(kind)
        return max(rows, key=lambda row: (row["event_date"], row["known_at"], row["row_id"])) if rows else None

    def heard(self) -> bool | None:
        notices = self.own("creditor_notices")
        if not notices:
            return None
        return all(row["reply"] is not None or row["reply_due"] < self.day for row in notices)

    def said(self, kind: str) -> Number:
        shares = [row["share_of_debt"] for row in self.facts(kind) if row["application_id"] == self.application]
        if self.application is None:
            shares = []
        total = sum(round(share * 1_000_000) for share in shares if share is not None)
        return min(1.0, total / 1_000_000) if total > 0 or self.heard() else None

    def months_between(self, day: date) -> int:
        return (self.day.year - day.year) * 12 + self.day.month - day.month


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo("Asia/Shanghai")).date()


def instalments(plan: str | None) -> list[tuple[date, int]]:
    dues = json.loads(plan) if plan else []
    return [(date.fromisoformat(due["due_date"]), fen(Decimal(due["amount"]))) for due in dues]


def total(amounts: Iterable[int | None]) -> int | None:
    """Sum; unknown when one of them is."""
    known = list(amounts)
    return None if None in known else sum(amount for amount in known if amount is not None)


def net(rows: Iterable[Row]) -> int:
    return sum(max(0, fen(row["gross_value"]) - fen(row["encumbrance_value"])) for row in rows)


def ln(amount: int | None) -> Number:
    return None if amount is None else math.log(1 + amount / 100)


def over(part: float, whole: float) -> Number:
    return part / whole if whole > 0 else None


def debtor(c: Case) -> Row | None:
    rows = c.rows("debtors")
    return rows[0] if rows else None


def known_flag(row: Row | None, name: str) -> Number:
    return None if row is None or row[name] is None else int(row[name])
