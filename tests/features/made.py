"""Small hand-made frames: name the columns that matter, the rest gets a plain value of its kind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from records.clock import SHANGHAI, day_start
from records.tables import CASE_TABLES, TABLES

LONG_AGO = datetime(2015, 1, 1, tzinfo=SHANGHAI)
_PLAIN: dict[str, Any] = {
    "id": "x", "text": "x", "date": date(2015, 1, 1), "timestamp": LONG_AGO, "money": Decimal(0), "integer": 1,
    "number": 0.0, "flag": False, "ids": [], "codes": [], "plan": "[]", "json": "{}",
}  # fmt: skip


def at(text: str) -> datetime:
    """An instant in court time, "2024-03-01" or "2024-03-01 10:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def day(text: str) -> date:
    return date.fromisoformat(text)


def frames(*rows: tuple[str, dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """All case tables out of (table, columns) pairs; row ids are numbered, the debtor is D unless said."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CASE_TABLES}
    for number, (name, given) in enumerate(rows):
        row: dict[str, Any] = {}
        for column in TABLES[name].columns:
            row[column.name] = None if column.nullable else (column.values or (_PLAIN[column.kind],))[0]
        row |= {"row_id": f"{name}-{number}", "debtor_id": "D", "known_at": LONG_AGO}
        unknown = set(given) - set(row)
        assert not unknown, f"{name} has no {unknown}"
        found[name].append(row | given)
    return {name: pl.DataFrame(found[name], schema=TABLES[name].schema) for name in CASE_TABLES}


def cohort(as_of: str, application: str | None = None, *, debtor: str = "D") -> pl.DataFrame:
    """One case."""
    moment = at(as_of)
    return pl.DataFrame(
        {
            "case_key": [f"{application or debtor}@{as_of}"],
            "debtor_id": [debtor],
            "application_id": [application],
            "as_of": [moment],
            "region_code": ["220102"],
            "kind": ["application"],
        },
        schema_overrides={"as_of": pl.Datetime("us", "Asia/Shanghai"), "application_id": pl.String},
    )


def midnight_after(text: str) -> datetime:
    return day_start(day(text) + timedelta(days=1))
