"""The rows of one case, as JSON gave them: every cell, and the rows among each other.

References are looked up among the ids as they were given, also those of faulty rows: a payment is
not called dangling because its case has a wrong amount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from records.cells import EPOCH, CellFault, Reader, reader
from records.clock import SHANGHAI
from records.contract import Column, Kind, Table
from records.faults import Fault, FaultCode, pointer
from records.rules import describe
from records.tables import TABLES
from records.typed import typed

_SINCE_1992 = 694_224_000_000_000  # microseconds to 1992-01-01: from then on court time has no summer time
_OFFSET = timedelta(hours=8)


@dataclass(frozen=True)
class CheckedRows:
    """What `check_rows_together` found: `cells` per table and column (only meaningful without faults),
    `known_ids` the business ids given per table, `faults` all of them.
    """

    cells: Mapping[str, Mapping[str, list[Any]]]
    known_ids: Mapping[str, frozenset[str]]
    faults: list[Fault]

    def frames(self) -> dict[str, pl.DataFrame]:
        """The typed frames of all checked tables that have rows.

        Making a column costs more than filling it, so the cells of all columns of one type are laid end to
        end, typed once, and cut into columns again.
        """
        pools: dict[Kind, list[Any]] = {}
        for name, cells in self.cells.items():
            for column in TABLES[name].columns:
                pools.setdefault(column.kind, []).extend(cells[column.name])
        whole = {kind: typed(kind, values) for kind, values in pools.items()}
        used = dict.fromkeys(whole, 0)
        frames = {}
        for name, cells in self.cells.items():
            parts = []
            for column in TABLES[name].columns:
                start, height = used[column.kind], len(cells[column.name])
                parts.append(whole[column.kind].slice(start, height).alias(column.name))
                used[column.kind] = start + height
            frames[name] = pl.DataFrame(parts)
        return frames


@dataclass(frozen=True)
class _Plan:
    """The columns of a table, made ready for the loop over cells."""

    table: Table
    cells: tuple[tuple[str, Reader, bool, Column], ...]
    names: frozenset[str]
    past_days: tuple[Column, ...]
    past_instants: tuple[Column, ...]
    references: tuple[Column, ...]


@cache
def _plan(name: str) -> _Plan:
    table = TABLES[name]
    return _Plan(
        table=table,
        cells=tuple((column.name, reader(column), column.nullable, column) for column in table.columns),
        names=frozenset(table.schema.names()),
        past_days=tuple(column for column in table.columns if column.past and column.kind == "date"),
        past_instants=tuple(column for column in table.columns if column.past and column.kind == "timestamp"),
        references=tuple(column for column in table.columns if column.references),
    )


def check_rows_together(tables: Mapping[str, list[Any]], debtor_id: str | None) -> CheckedRows:
    """Check all rows of a case. `tables`: rows per table as JSON gave them; a table that is left out is not
    looked into by references. `debtor_id` None: not known, so no row is of another debtor.
    """
    known = {name: frozenset(_strings(rows, TABLES[name].business_id)) for name, rows in tables.items()}
    checks = {name: _TableCheck(_plan(name), rows, debtor_id) for name, rows in tables.items() if rows}
    faults: list[Fault] = []
    for check in checks.values():
        check.cells_of_rows()
        check.events()
        check.row_ids()
        check.supersedings()
        check.references(known)
        faults += sorted(check.faults, key=lambda fault: fault.row or 0)
    return CheckedRows({name: check.values for name, check in checks.items()}, known, faults)


def _strings(rows: list[Any], column: str) -> list[str]:
    values = (row.get(column) for row in rows if type(row) is dict)
    return [value for value in values if type(value) is str]


class _TableCheck:
    """The check of one table: `values` are the read cells (None where null or refused), `faults` what is wrong."""

    def __init__(self, plan: _Plan, rows: list[Any], debtor_id: str | None) -> None:
        self.plan = plan
        self.rows = rows
        self.debtor_id = debtor_id
        self.values: dict[str, list[Any]] = {name: [] for name, *_ in plan.cells}
        self.faults: list[Fault] = []

    def cells_of_rows(self) -> None:
        """Read every cell; unknown columns, rows of another debtor."""
        columns = [(*cell, self.values[cell[0]].append) for cell in self.plan.cells]
        names = self.plan.names
        for i, row in enumerate(self.rows):
            if type(row) is not dict:
                self.faults.append(
                    Fault("wrong_type", self._where(i), "must be a JSON object: a row", self.plan.table.name, i)
                )
                row = {}  # noqa: PLW2901 - its cells are null, and not each a fault of its own
                for _, _, _, _, append in columns:
                    append(None)
                continue
            for name, read, nullable, column, append in columns:
                value = row.get(name)
                if value is None:
                    if not nullable:
                        self._fault("not_null" if name in row else "missing_column", i, column)
                    append(None)
                    continue
                try:
                    append(read(value))
                except CellFault as fault:
                    self._fault(fault.code, i, column)
                    append(None)
            if not names.issuperset(row):
                self._unknown(i, row)
            if self.debtor_id is not None and self.values["debtor_id"][i] not in (None, self.debtor_id):
                self._fault("other_debtor", i, self.plan.table.column("debtor_id"))

    def row_ids(self) -> None:
        """A row_id names one row: all that share one are faults, for none can be told to be the right one."""
        ids = _strings(self.rows, "row_id")
        if len(set(ids)) == len(ids):
            return
        times = Counter(ids)
        for i, row in enumerate(self.rows):
            if type(row) is dict and type(row.get("row_id")) is str and times[row["row_id"]] > 1:
                self._fault("duplicate_row", i, self.plan.table.column("row_id"))

    def supersedings(self) -> None:
        """supersedes_id names another row of the same thing."""
        if not any(self.values["supersedes_id"]):
            return
        business = self.plan.table.business_id
        rows = [row for row in self.rows if type(row) is dict and type(row.get("row_id")) is str]
        versions = {(row["row_id"], row[business]) for row in rows if type(row.get(business)) is str}
        for i, former in enumerate(self.values["supersedes_id"]):
            row = self.rows[i]
            if former is None or type(row.get(business)) is not str:
                continue
            if former == row.get("row_id") or (former, row[business]) not in versions:
                self._fault("bad_supersedes", i, self.plan.table.column("supersedes_id"))

    def references(self, known: Mapping[str, frozenset[str]]) -> None:
        """Ids of other rows resolve within the case."""
        for column in self.plan.references:
            ids = known.get(column.references or "")
            if ids is None:
                continue
            for i, value in enumerate(self.values[column.name]):
                named = value if type(value) is list else () if value is None else (value,)
                if not ids.issuperset(named):
                    self._fault("dangling_reference", i, column)

    def events(self) -> None:
        """Nothing has happened after it became known."""
        known_at = self.values["known_at"]
        known_days = (
            [None if instant is None else _court_day(instant) for instant in known_at] if self.plan.past_days else []
        )
        for columns, known in ((self.plan.past_instants, known_at), (self.plan.past_days, known_days)):
            for column in columns:
                for i, (event, limit) in enumerate(zip(self.values[column.name], known, strict=True)):
                    if event is not None and limit is not None and event > limit:
                        self._fault("future", i, column)

    def _unknown(self, i: int, row: dict[str, Any]) -> None:
        table = self.plan.table.name
        self.faults += [
            Fault("unknown_column", self._where(i, name), "is no column of this table", table, i, column=None)
            for name in row
            if name not in self.plan.names
        ]

    def _fault(self, code: FaultCode, i: int, column: Column) -> None:
        where = self._where(i, column.name)
        self.faults.append(Fault(code, where, describe(column, code), self.plan.table.name, i, column=column.name))

    def _where(self, *parts: str | int) -> str:
        return pointer("tables", self.plan.table.name, *parts)


def _court_day(instant: int) -> date:
    moment = EPOCH + timedelta(microseconds=instant)
    if instant >= _SINCE_1992:
        return (moment + _OFFSET).date()
    return _in_court_time(moment).date()


def _in_court_time(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)
