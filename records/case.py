"""One debtor's case as JSON: read strictly, checked whole, every fault named; and written canonically.

    {"debtor_id": "…", "application_id": "…" or null, "as_of": "2024-06-01T00:00:00+08:00",
     "tables": {"debtors": [{…}], …}}

Every table of CASE_TABLES is present (an empty list when it has no rows); a column that may be null
may be left out; money is a decimal string. The command line and the service take the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import rfc8785

from records.cells import EPOCH, CellFault, reader
from records.clock import SHANGHAI
from records.contract import Column
from records.faults import CaseFaults, Fault, listed, pointer
from records.rows import check_rows_together
from records.rules import describe
from records.strict_json import read
from records.tables import CASE_TABLES, TABLES

_MEMBERS = ("debtor_id", "application_id", "as_of", "tables")
_DEBTOR_ID = Column("debtor_id", "id")
_APPLICATION_ID = Column("application_id", "id", nullable=True)
_AS_OF = Column("as_of", "timestamp")


@dataclass(frozen=True, eq=False)
class Case:
    """One case: `as_of` is aware, in court time; `tables` holds every table of CASE_TABLES, typed.

    Two cases are equal when their rows are, in any order.
    """

    debtor_id: str
    application_id: str | None
    as_of: datetime
    tables: Mapping[str, pl.DataFrame]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Case):
            return NotImplemented
        mine = (self.debtor_id, self.application_id, self.as_of, self.tables.keys())
        if mine != (other.debtor_id, other.application_id, other.as_of, other.tables.keys()):
            return False
        return all(
            frame.sort("row_id").equals(other.tables[name].sort("row_id"), null_equal=True)
            for name, frame in self.tables.items()
        )

    def __hash__(self) -> int:
        return hash((self.debtor_id, self.application_id, self.as_of))


def parse_case(raw: bytes) -> Case:
    """The case in the JSON document `raw`.

    Raises CaseFaults: one fault for a document that is no JSON, otherwise all of them at once, those of
    the JSON text (duplicate keys, NaN …) together with those of tables, rows and cells.
    """
    document, faults = read(raw)
    # What the text of a number or string already is, is not said again of the cell it stands in.
    already = {fault.where for fault in faults if fault.code != "duplicate_key"}
    case, found = check_case(document)
    faults += [fault for fault in found if fault.where not in already]
    if faults or case is None:
        raise CaseFaults(listed(faults))
    return case


def case_to_json(case: Case) -> bytes:
    """Canonical JSON (RFC 8785) of `case`, rows in the order of row_id: equal cases give equal bytes."""
    tables = {name: _rows_to_json(name, case.tables[name]) for name in CASE_TABLES}
    return rfc8785.dumps(
        {
            "debtor_id": case.debtor_id,
            "application_id": case.application_id,
            "as_of": timestamp_text(case.as_of),
            "tables": tables,
        }
    )


def timestamp_text(moment: datetime) -> str:
    """`moment` in court time as JSON documents of the project write it, e.g. 2024-01-31T09:30:00+08:00."""
    return moment.astimezone(SHANGHAI).isoformat()


def _rows_to_json(name: str, frame: pl.DataFrame) -> list[dict[str, Any]]:
    table = TABLES[name]
    as_text = [pl.col(column.name).cast(pl.String) for column in table.columns if column.kind in ("money", "date")]
    instants = [column.name for column in table.columns if column.kind == "timestamp"]
    rows = frame.select(table.schema.names()).sort("row_id").with_columns(as_text).to_dicts()
    for row in rows:
        for column in instants:
            if row[column] is not None:
                row[column] = timestamp_text(row[column])
    return rows


@cache
def _empty(name: str) -> pl.DataFrame:
    return TABLES[name].empty()


def check_case(document: object) -> tuple[Case | None, list[Fault]]:
    """The case in a JSON value already read, or None with everything that is wrong with it."""
    if not isinstance(document, dict):
        return None, [Fault("wrong_type", "", "must be a JSON object: a case")]
    faults = [
        Fault("missing_column", pointer(name), "the case lacks this member")
        for name in _MEMBERS
        if name not in document
    ]
    faults += [
        Fault("unknown_column", pointer(name), "is no member of a case") for name in document if name not in _MEMBERS
    ]
    debtor_id = _member(document, _DEBTOR_ID, faults)
    application_id = _member(document, _APPLICATION_ID, faults)
    as_of = _member(document, _AS_OF, faults)
    tables = _tables(document, faults)
    rows = check_rows_together(tables, debtor_id)
    faults += rows.faults
    if application_id is not None and application_id not in rows.known_ids.get("repair_applications", {application_id}):
        detail = "no row of repair_applications has this id"
        faults.append(Fault("unknown_application", pointer("application_id"), detail))
    if faults:
        return None, faults
    moment = (EPOCH + timedelta(microseconds=as_of)).astimezone(SHANGHAI)
    frames = rows.frames()
    return Case(debtor_id, application_id, moment, {name: frames.get(name, _empty(name)) for name in CASE_TABLES}), []


def _member(document: dict[str, Any], column: Column, faults: list[Fault]) -> Any:
    """The value of a member of the case (for a timestamp: microseconds); None, and a fault, when it is wrong."""
    value = document.get(column.name)
    try:
        if value is not None:
            return reader(column)(value)
        if column.name in document and not column.nullable:
            raise CellFault("not_null")
    except CellFault as fault:
        faults.append(Fault(fault.code, pointer(column.name), describe(column, fault.code)))
    return None


def _tables(document: dict[str, Any], faults: list[Fault]) -> dict[str, list[Any]]:
    """The tables of the case that are lists of rows, in the order of the contract."""
    given = document.get("tables")
    if not isinstance(given, dict):
        if "tables" in document:
            faults.append(Fault("wrong_type", pointer("tables"), "must be a JSON object of table names and rows"))
        return {}
    for name in given:
        if name not in CASE_TABLES:
            detail = "never travels with a case" if name in TABLES else "is no table of a case"
            faults.append(Fault("unknown_table", pointer("tables", name), detail))
    tables = {}
    for name in CASE_TABLES:
        rows = given.get(name)
        if isinstance(rows, list):
            tables[name] = rows
        elif name in given:
            faults.append(Fault("wrong_type", pointer("tables", name), "must be a list of rows", table=name))
        else:
            detail = "the table is missing; give an empty list when it has no rows"
            faults.append(Fault("missing_table", pointer("tables", name), detail, table=name))
    return tables
