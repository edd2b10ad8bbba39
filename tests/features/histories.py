"""Random case histories straight from the contract: every table, versions, corrections, late knowledge."""

from __future__ import annotations

import calendar
import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from records.clock import SHANGHAI, day_start
from records.contract import Column, Table
from records.tables import CASE_TABLES, TABLES

WINDOWS = (0, 6, 12, 24, 36, 60)  # months
AS_OF_DAYS = (date(2024, 3, 31), date(2024, 2, 29), date(2023, 7, 1), date(2025, 12, 31))
# An amount not on record makes the whole debt unknown; events that many facts turn on come more often.
_MOSTLY_KNOWN = ("requested_amount", "livelihood_flag", "share_of_debt")
_LIKELY = ("失信", "consent", "objection", "bankruptcy_stage", "error")
_NUMBERS = ("1", "2", "3", "12.00", "250000.50", "0")
_VALUES = {
    "bankruptcy_stage": (
        "none",
        "applied",
        "accepted",
        "plan_approved",
        "completed",
        "liquidated",
        "first_distribution",
        "administrator_applied",
        "observation_waived",
    ),
    "abnormal_list": (None, "removed", "listed"),
}


def history(seed: int, *, debtors: int = 12, most: int = 4) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """All tables of `debtors` made-up debtors, up to `most` things per table, and a cohort of one case each."""
    pick = random.Random(seed)  # noqa: S311 - made-up data
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in CASE_TABLES}
    cohort = []
    for number in range(debtors):
        debtor, as_of = f"D{seed}-{number}", day_start(pick.choice(AS_OF_DAYS))
        things = {name: _ids(pick, debtor, name, most) for name in CASE_TABLES}
        for name in CASE_TABLES:
            for thing in things[name]:
                rows[name] += _versions(pick, TABLES[name], debtor, thing, things, as_of)
        application = pick.choice([None, *things["repair_applications"]])
        key = f"{application or debtor}@{as_of.isoformat()}"
        cohort.append((key, debtor, application, as_of, "220102", "application"))
    frames = {name: pl.DataFrame(rows[name], schema=TABLES[name].schema).sort("row_id") for name in CASE_TABLES}
    schema = {
        "case_key": pl.String, "debtor_id": pl.String, "application_id": pl.String,
        "as_of": pl.Datetime("us", "Asia/Shanghai"), "region_code": pl.String, "kind": pl.String,
    }  # fmt: skip
    return frames, pl.DataFrame(cohort, schema=schema, orient="row")


def _ids(pick: random.Random, debtor: str, name: str, most: int) -> list[str]:
    if TABLES[name].business_id == "debtor_id":
        return [debtor] if pick.random() < 0.9 else []
    more = 2 * most if name == "operating_monthly" else most  # a trend needs several months
    return [f"{debtor}/{name}/{at}" for at in range(pick.randint(0, more))]


def _versions(  # noqa: PLR0917
    pick: random.Random, table: Table, debtor: str, thing: str, things: dict[str, list[str]], as_of: datetime
) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    first = one_row(pick, table, debtor, thing, things, as_of, f"{thing}/r{pick.randint(0, 99):02}a")
    out.append(first)
    while pick.random() < 0.35 and len(out) < 4:
        later = one_row(
            pick, table, debtor, thing, things, as_of, f"{thing}/r{pick.randint(0, 99):02}{'bcd'[len(out) - 1]}"
        )
        if pick.random() < 0.15:
            later["known_at"] = max(first["known_at"], later["known_at"])
        if pick.random() < 0.2:
            later["supersedes_id"] = out[-1]["row_id"]
        out.append(later)
    return out


def one_row(  # noqa: PLR0917
    pick: random.Random,
    table: Table,
    debtor: str,
    thing: str,
    things: dict[str, list[str]],
    as_of: datetime,
    row_id: str,
) -> dict[str, Any]:
    """One row of `table` about `thing`; what is past is not after its own `known_at`."""
    days = pick.gauss(-90, 90) if pick.random() < 0.5 else pick.gauss(-500, 350)
    known = as_of + timedelta(seconds=round(days * 86400))
    known = pick.choice([known, known, known, min(known, as_of - timedelta(microseconds=1)), as_of])
    row: dict[str, Any] = {}
    for column in table.columns:
        row[column.name] = _value(pick, column, things, known)
        if column.kind == "date" and row[column.name] is not None and pick.random() < 0.35:
            row[column.name] = _edge(pick, as_of, known, column) or row[column.name]
    row |= {
        "row_id": row_id, "supersedes_id": None, "debtor_id": debtor, "known_at": known, "ingested_at": known,
        "region_code": "220102", table.business_id: thing,
    }  # fmt: skip
    if table.name == "creditor_social_facts":
        row["value"] = pick.choice(_VALUES.get(row["kind"], (*_NUMBERS, None)))
    return row


def _edge(pick: random.Random, as_of: datetime, known: datetime, column: Column) -> date | None:
    """A day on the edge of a window that ends at the as-of day, or the day before it; None if it lay in the future."""
    day = as_of.astimezone(SHANGHAI).date()
    year, month = divmod(day.year * 12 + day.month - 1 - pick.choice(WINDOWS), 12)
    last = calendar.monthrange(year, month + 1)[1]
    edge = date(year, month + 1, min(day.day, last)) - timedelta(days=pick.choice([0, 1]))
    return None if column.past and edge > known.astimezone(SHANGHAI).date() else edge


def _value(  # noqa: PLR0911, PLR0912 - one branch per kind of column
    pick: random.Random, column: Column, things: dict[str, list[str]], known: datetime
) -> Any:
    if column.references is not None:
        there = things[column.references]
        if column.kind == "ids":
            return pick.sample(there, pick.randint(0, len(there)))
        return (
            pick.choice(there)
            if there and (not column.nullable or pick.random() < 0.6)
            else (None if column.nullable else "nowhere")
        )
    if column.nullable and pick.random() < (0.04 if column.name in _MOSTLY_KNOWN else 0.3):
        return None
    likely = [value for value in column.values if value in _LIKELY]
    if likely and column.kind == "enum" and pick.random() < 0.35:
        return pick.choice(likely)
    day = known.astimezone(SHANGHAI).date()
    ago = timedelta(days=int(abs(pick.gauss(0, pick.choice([0, 40, 250])))))
    match column.kind:
        case "date":
            return day - ago if column.past else day + timedelta(days=pick.randint(-400, 700))
        case "timestamp":
            return known - ago
        case "money":
            return pick.choice([Decimal(0), Decimal(pick.randint(0, 10**7)) / 100, Decimal(pick.randint(0, 10**5))])
        case "integer":
            low, high = int(column.minimum or 0), int(min(column.maximum or 30, 2100))
            return pick.randint(low, max(low, min(high, low + 30)))
        case "number":
            return round(pick.random() * (column.maximum or 500.0), 4)
        case "flag":
            return pick.random() < 0.5
        case "enum":
            return pick.choice(column.values)
        case "codes":
            return pick.sample(column.values, 2)
        case "plan":
            return _plan(pick, day)
        case "json":
            return pick.choice(["{}", '{"conditions": ["temporary_lifting"]}'])
        case _:
            return f"{column.name}-{pick.randint(0, 9)}"


def _plan(pick: random.Random, day: date) -> str:
    start, step = day + timedelta(days=pick.randint(-500, 60)), pick.choice([28, 31, 90])
    dues = [start + timedelta(days=step * at) for at in range(pick.randint(0, 6))]
    pick.shuffle(dues)
    return json.dumps(
        [{"due_date": due.isoformat(), "amount": f"{pick.randint(0, 300_000) / 100:.2f}"} for due in dues]
    )
