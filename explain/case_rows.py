"""The rows of one case as they are known, and rows that would come: facts are changed, never indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from features.as_of import cut, known
from records.clock import SHANGHAI
from records.tables import CASE_TABLES, TABLES

Tables = Mapping[str, pl.DataFrame]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One row that is added: a new thing, or a newer version of a known one (the same business id).

    `told` names the columns that it tells anew.
    """

    table: str
    row: Row
    told: frozenset[str]


@dataclass(frozen=True)
class KnownCase:
    """Whose case, the rows known before `as_of` (typed as the contract says), and the same rows with the columns
    that rows take from their siblings (`features.linked`: what is still owed in a case, for one)."""

    debtor_id: str
    application_id: str | None
    as_of: datetime
    tables: Tables
    linked: Tables

    @property
    def day(self) -> date:
        """The court-time day that `as_of` begins or falls on."""
        return self.as_of.astimezone(SHANGHAI).date()

    def rows(self, table: str, linked: bool = False) -> list[dict[str, Any]]:
        """The table's rows, in the order of `row_id`."""
        return (self.linked if linked else self.tables)[table].sort("row_id").to_dicts()


def known_case(tables: Tables, debtor_id: str, application_id: str | None, as_of: datetime) -> KnownCase:
    """One debtor's case out of `tables` (a typed frame for every case table), cut at `as_of`.

    Raises ValueError naming the tables that are missing.
    """
    cohort = pl.DataFrame(
        {"case_key": ["case"], "debtor_id": [debtor_id], "application_id": [application_id], "as_of": [as_of]},
        schema={
            "case_key": pl.String(),
            "debtor_id": pl.String(),
            "application_id": pl.String(),
            "as_of": pl.Datetime("us", SHANGHAI.key),
        },
    )
    plain = {
        name: frame.select(TABLES[name].schema.names()).cast(TABLES[name].schema)
        for name, frame in cut(tables, cohort).items()
    }
    return KnownCase(debtor_id, application_id, as_of, plain, known(plain, cohort))


def moment(day: date, hour: int = 0) -> datetime:
    """An hour of a day in court time."""
    return datetime.combine(day, time(hour), tzinfo=SHANGHAI)


def newer(table: str, row: Row, day: date, **values: Any) -> Change:
    """A newer version of a known row, seen on `day`."""
    seen = moment(day, 9)
    told = values | {"row_id": f"{row['row_id']}/if", "supersedes_id": None, "known_at": seen, "ingested_at": seen}
    return Change(table, {name: row[name] for name in TABLES[table].schema.names()} | told, frozenset(told))


def added(table: str, case: KnownCase, name: str, day: date, **values: Any) -> Change:
    """A new row called `name`, seen on `day`; columns not given are null."""
    seen = moment(day, 9)
    told = dict.fromkeys(TABLES[table].schema.names()) | {
        "row_id": f"if/{name}",
        TABLES[table].business_id: f"if/{name}",
        "debtor_id": case.debtor_id,
        "region_code": _region(case),
        "source_system": "party_submission",
        "ingested_at": seen,
        "known_at": seen,
    }
    return Change(table, told | values, frozenset({*told, *values}))


def with_changes(tables: Tables, changes: Sequence[Change]) -> dict[str, pl.DataFrame]:
    """The tables with the changed rows added. Nothing is taken away: a newer version speaks for the older.

    Several changes of one thing become one newer version, which tells all that they tell.
    """
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for change in sorted(changes, key=lambda change: change.row["known_at"]):
        thing = (change.table, str(change.row[TABLES[change.table].business_id]))
        told = {name: change.row[name] for name in change.told}
        merged[thing] = {**merged[thing], **told} if thing in merged else dict(change.row)
    whole: dict[str, pl.DataFrame] = {name: tables[name] for name in CASE_TABLES}
    for name in dict.fromkeys(table for table, _ in merged):
        rows = [row for (table, _), row in merged.items() if table == name]
        whole[name] = pl.concat([whole[name], pl.DataFrame(rows, schema=TABLES[name].schema, orient="row")])
    return whole


def day_after(day: date, days: int) -> date:
    """`days` later."""
    return day + timedelta(days=days)


def _region(case: KnownCase) -> str:
    debtors = case.rows("debtors")
    return str(debtors[-1]["region_code"]) if debtors else "000000"
