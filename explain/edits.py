"""Supposed facts as people and programs write them: one change of a row each, read by the contract of its table.

{"table": "payments", "row_id": "p1", "values": {"amount": "5000.00"}}    as JSON
payments p1 amount=5000.00                                                on the command line
payments + paid_date=2026-03-01 amount=5000.00                            a row that is added
payments - p1                                                             a row set aside, as if it were wrong
                                                                          (in JSON: values left out, or null)
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from explain.what_if import Edit, EditError, require_few
from records.cells import EPOCH, CellFault, read_text, reader
from records.clock import SHANGHAI
from records.contract import Column
from records.rules import describe
from records.tables import CASE_TABLES, TABLES

_MEMBERS = {"table", "row_id", "values"}


def edits_of_json(document: object) -> list[Edit]:
    """The edits in a JSON list. Raises EditError naming everything that is wrong with any of them."""
    if not isinstance(document, list):
        raise EditError([(0, "changes must be a list of objects {table, row_id, values}")])
    return _read(document, _of_json)


def edits_of_text(changes: Sequence[str]) -> list[Edit]:
    """The edits in texts of the command line. Raises EditError naming everything that is wrong with any of them."""
    return _read(changes, _of_text)


def _read(changes: Sequence[Any], read: Callable[[Any, list[str]], Edit | None]) -> list[Edit]:
    require_few(changes)
    edits, faults = [], []
    for number, change in enumerate(changes):
        problems: list[str] = []
        edit = read(change, problems)
        faults += [(number, problem) for problem in problems]
        if edit is not None:
            edits.append(edit)
    if faults:
        raise EditError(faults)
    return edits


def _of_json(change: Any, problems: list[str]) -> Edit | None:
    if not isinstance(change, dict) or not set(change) <= _MEMBERS:
        problems.append("must be an object of table, row_id and values, and nothing else")
        return None
    table, row_id, values = change.get("table"), change.get("row_id"), change.get("values")
    if not isinstance(table, str) or not isinstance(row_id, str | None) or not isinstance(values, dict | None):
        problems.append("needs a table's name, a row_id that is text or null, and values that are an object")
        return None
    if values is None:
        return Edit(table, row_id)
    if not values:  # a row is set aside only where that is meant
        problems.append("values name no column: give at least one, or leave values out to set the row aside")
        return None
    return Edit(table, row_id, _values(table, values, reader, problems))


def _of_text(change: str, problems: list[str]) -> Edit | None:
    try:
        table, row, *cells = shlex.split(change)
    except ValueError:
        problems.append("reads TABLE ROW_ID COLUMN=VALUE …, TABLE + COLUMN=VALUE … or TABLE - ROW_ID")
        return None
    if row == "-":
        if len(cells) != 1:
            problems.append("setting a row aside names that one row: TABLE - ROW_ID")
            return None
        return Edit(table, cells[0])
    given = dict(cell.partition("=")[::2] for cell in cells)
    if not cells or not all("=" in cell for cell in cells):
        problems.append("every value reads COLUMN=VALUE (nothing after = for null), and there is at least one")
        return None
    told = {name: text or None for name, text in given.items()}
    return Edit(table, None if row == "+" else row, _values(table, told, read_text, problems))


def _values(
    table: str, given: Mapping[str, Any], read: Callable[[Column], Callable[[Any], Any]], problems: list[str]
) -> dict[str, Any]:
    """Values as frames hold them. Tables and columns that are not known are named where edits are applied."""
    columns = {column.name: column for column in TABLES[table].columns} if table in CASE_TABLES else {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        column = columns.get(name)
        if column is None or value is None:
            found[name] = value
            continue
        try:
            found[name] = _typed(column, read(column)(value))
        except CellFault as fault:
            problems.append(f"({table}): {name}: {describe(column, fault.code)}")
    return found


def _typed(column: Column, value: Any) -> Any:
    if column.kind == "money":
        return Decimal(value)
    if column.kind == "timestamp":
        return (EPOCH + timedelta(microseconds=value)).astimezone(SHANGHAI)
    return value
