"""JSON Schema of a case, made from the column contracts: what `POST /v1/scores` documents it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.contract import Column, Kind
from records.tables import CASE_TABLES, TABLES

_KINDS: Mapping[Kind, Mapping[str, Any]] = {
    "id": {"type": "string", "minLength": 1},
    "text": {"type": "string", "minLength": 1},
    "enum": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "money": {"type": "string", "pattern": r"^-?\d{1,16}(\.\d{1,2})?$"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "ids": {"type": "array", "items": {"type": "string"}},
    "codes": {"type": "array", "items": {"type": "string"}},
    "plan": {"type": "string", "description": "JSON text"},
    "json": {"type": "string", "description": "JSON text"},
}


def case_schema() -> dict[str, Any]:
    """Schema of `{debtor_id, application_id, as_of, tables}` with every table of a case."""
    tables = {name: {"type": "array", "items": _row(name)} for name in CASE_TABLES}
    return {
        "type": "object",
        "title": "Case",
        "description": "One debtor's case records. Every table is present, empty when it has no rows; "
        "a nullable column may be left out. Rows known on or after as_of are ignored.",
        "required": ["debtor_id", "application_id", "as_of", "tables"],
        "additionalProperties": False,
        "properties": {
            "debtor_id": {"type": "string"},
            "application_id": {"type": ["string", "null"]},
            "as_of": {"type": "string", "format": "date-time", "examples": ["2026-04-01T00:00:00+08:00"]},
            "tables": {
                "type": "object",
                "required": list(CASE_TABLES),
                "additionalProperties": False,
                "properties": tables,
            },
        },
    }


def _row(name: str) -> dict[str, Any]:
    table = TABLES[name]
    return {
        "type": "object",
        "title": table.title_zh,
        "required": [column.name for column in table.columns if not column.nullable],
        "additionalProperties": False,
        "properties": {column.name: _cell(column) for column in table.columns},
    }


def _cell(column: Column) -> dict[str, Any]:
    schema = dict(_KINDS[column.kind])
    if column.values and column.kind == "enum":
        schema["enum"] = [*column.values, None] if column.nullable else list(column.values)
    elif column.values:
        schema["items"] = {"type": "string", "enum": list(column.values)}
    if column.pattern:
        schema["pattern"] = f"^(?:{column.pattern})$"
    if column.kind in {"integer", "number"}:
        schema |= {
            key: bound for key, bound in (("minimum", column.minimum), ("maximum", column.maximum)) if bound is not None
        }
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
    notes = "; ".join(text for text in (column.note, column.unit) if text)
    if notes:
        schema["description"] = notes
    return schema
