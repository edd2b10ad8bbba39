"""Made-up cases for the tests of records: right ones from the contract, and damaged ones of every kind."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from records.case import parse_case
from records.contract import Column
from records.tables import CASE_TABLES, TABLES

Document = dict[str, Any]


def _right_value(column: Column, rng: random.Random) -> Any:
    low = column.minimum or 0
    values: dict[str, Callable[[], Any]] = {
        "id": lambda: f"{column.name}-{rng.randint(0, 9)}",
        "text": lambda: rng.choice(["文本", "a text", "«»", "0"]),
        "enum": lambda: rng.choice(column.values),
        "date": lambda: f"{rng.randint(1990, 2023)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
        "timestamp": lambda: f"20{rng.randint(10, 23)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T10:00:00+08:00",
        "money": lambda: f"{rng.randint(0, 10**6)}.{rng.randint(0, 99):02d}",
        "integer": lambda: int(low) + (0 if column.maximum else rng.randint(0, 9)),
        "number": lambda: low + rng.random() * ((column.maximum or 1) - low),
        "flag": lambda: rng.random() < 0.5,
        "ids": lambda: [],
        "codes": lambda: rng.sample(column.values, rng.randint(0, 3)),
        "plan": lambda: '[{"due_date": "2025-01-31", "amount": "10.00"}]',
        "json": lambda: '{"a": [1, "]"]}',
    }
    return values[column.kind]()


_PATTERNED = {
    "region_code": "220102",
    "uscc": "91350100M000100Y43",
    "content_hash": "ab" * 32,
    "court_code": "吉0102",
}


def _right_row(name: str, i: int, debtor: str, rng: random.Random, tables: tuple[str, ...]) -> dict[str, Any]:
    table = TABLES[name]
    row: dict[str, Any] = {}
    for column in table.columns:
        row[column.name] = _PATTERNED.get(column.name) or _right_value(column, rng)
        if column.references:  # the first row of the table it points to
            target = f"{TABLES[column.references].business_id}-{debtor}-0"
            row[column.name] = [target] if column.kind == "ids" else target
        if column.nullable and (rng.random() < 0.3 or (column.references and column.references not in tables)):
            row[column.name] = None
    row |= {"row_id": f"{name}-{debtor}-{i}", "supersedes_id": None, "known_at": "2024-02-01T10:00:00+08:00"}
    row[table.business_id] = f"{table.business_id}-{debtor}-{i // 2}"
    row["debtor_id"] = debtor
    if i % 2:
        row["supersedes_id"] = f"{name}-{debtor}-{i - 1}"
    return row


def _document(seed: int, rows: int = 2, debtor: str = "D1", tables: tuple[str, ...] = CASE_TABLES) -> Document:
    rng = random.Random(seed)  # noqa: S311 - test data
    return {
        "debtor_id": debtor,
        "application_id": f"application_id-{debtor}-0" if "repair_applications" in tables else None,
        "as_of": "2024-06-01T00:00:00+08:00",
        "tables": {
            name: [_right_row(name, i, debtor, rng, tables) for i in range(rows if name in tables else 0)]
            for name in CASE_TABLES
        },
    }


# Wrong values per kind, as JSON has them. None of them is a right value in another spelling.
_WRONG: dict[str, list[Any]] = {
    "id": ["", "a b", "a\u0007", "x" * 81, "全　角", "a\u2028b", "a\u00a0", "\ufeffx"],
    "text": ["", "a\nb", "\u009f", "a\u202eb"],
    "enum": ["", "nothing of the list", "文本"],
    "date": [
        "",
        "2023-02-29",
        "2023-13-01",
        "20230101",
        "2023-1-1",
        "1850-01-01",
        "3500-01-01",
        "2024-02-02",
        "0000-01-01",
    ],
    "timestamp": [
        "2024-01-01T10:00:00",
        "2024-01-01",
        "2024-02-30T10:00:00Z",
        "2024-01-01T25:00:00Z",
        "2024-02-01T10:00:00.000001+08:00",
        "2024-02-01T02:00:01Z",
        "1850-01-01T00:00:00Z",
        "3001-01-01T00:00:00Z",
        "2024-01-01 10:00:00+08:00",
    ],
    "money": ["", "abc", "1.234", "1e5", "12345678901234567", "-1", "-0.01", "01", "+1", " 1", "１", "NaN"],
    "integer": ["abc", 1.5, 1.0, True, -1, 2**53, 2**62, -(2**62), 99],
    "number": ["abc", True, -0.5, 1.0000001, 1e300, -3],
    "flag": ["yes", 1, 0, 2],
    "ids": ["abc", [1], [None], ["a b"], [""], ["a b", ""], ["nobody"], {}, [["a"]]],
    "codes": ["abc", [1], [None], ["nothing"], [""], {}],
    "plan": [
        "abc",
        "[",
        "{}",
        '[{"due_date": "2025-02-30", "amount": "1"}]',
        '[{"due_date": "2025-01-31", "amount": 1}]',
    ],
    "json": ["abc", "[", "1", '{"a": 1, "a": 2}', "[NaN]", ""],
}


def _damage(document: Document, rng: random.Random, times: int = 1) -> None:
    """Spoil `times` places of the document, each in one of the ways that the checks know."""
    for _ in range(times):
        name = rng.choice([name for name, rows in document["tables"].items() if rows])
        rows = document["tables"][name]
        row = rng.choice(rows)
        column = rng.choice(TABLES[name].columns)
        pointing = rng.choice([c for c in TABLES[name].columns if c.references] or [TABLES[name].column("row_id")])
        ways: list[Callable[[], Any]] = [
            lambda: row.update({column.name: rng.choice(_WRONG[column.kind])}),  # noqa: B023
            lambda: row.update({column.name: rng.choice(_WRONG[column.kind])}),  # noqa: B023
            lambda: row.update({column.name: rng.choice(_WRONG[column.kind])}),  # noqa: B023
            lambda: row.update({column.name: None}),  # noqa: B023
            lambda: row.pop(column.name, None),  # noqa: B023
            lambda: row.update(row_id=rng.choice(rows).get("row_id")),  # noqa: B023
            lambda: row.update(supersedes_id=rng.choice(rows).get("row_id")),  # noqa: B023
            lambda: row.update(supersedes_id="no such row"),  # noqa: B023
            lambda: row.update({pointing.name: ["nobody"] if pointing.kind == "ids" else "nobody"}),  # noqa: B023
            lambda: row.update(extra=1),  # noqa: B023
        ]
        rng.choice(ways)()


_PARSE: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "money": Decimal,
}
_PLAIN: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "flag": (bool,)}


def _native(column: Column, values: list[Any]) -> pl.Series | None:  # noqa: PLR0911
    """The values in the type of the contract; None when one of them has no place there."""
    if column.kind in ("ids", "codes"):
        elements = [element for value in values if type(value) is list for element in value]
        fits = all(v is None or type(v) is list for v in values) and all(type(e) in (str, type(None)) for e in elements)
        return pl.Series(column.name, values, column.dtype) if fits else None
    if column.kind in _PLAIN:
        if not all(value is None or type(value) in _PLAIN[column.kind] for value in values):
            return None
        return pl.Series(
            column.name, [float(v) if column.kind == "number" and v is not None else v for v in values], column.dtype
        )
    if column.kind not in _PARSE:
        return pl.Series(column.name, values, pl.String)
    try:
        parsed = [None if value is None else _PARSE[column.kind](value) for value in values]
    except (ValueError, ArithmeticError):
        return None
    if any(value is not None and _spelling(column, value) != text for value, text in zip(parsed, values, strict=True)):
        return None
    return pl.Series(column.name, parsed, column.dtype)


def _spelling(column: Column, value: Any) -> str | None:
    """The one spelling of a value that fits into a column of its type; None when it does not fit."""
    if column.kind == "money":
        return f"{value:.2f}" if value.is_finite() and abs(value) < 10**16 else None
    if column.kind == "timestamp" and value.tzinfo is None:
        return None
    return str(value.isoformat())


def _frames(document: Document, rng: random.Random) -> dict[str, pl.DataFrame]:
    """The tables of a document as raw frames: columns of the contract's type where every value fits it, and
    otherwise (or now and then all the same) as text.
    """
    frames = {}
    for name, rows in document["tables"].items():
        if not rows:
            continue
        columns = []
        for column in TABLES[name].columns:
            values = [row.get(column.name) for row in rows]
            native = _native(column, values)
            if native is None or (column.kind not in ("id", "text", "enum") and rng.random() < 0.2):
                texts = [v if v is None or type(v) is str else json.dumps(v) for v in values]
                native = pl.Series(column.name, texts, pl.String)
            if native.null_count() < len(rows) or not column.nullable or rng.random() < 0.5:
                columns.append(native)
        if any("extra" in row for row in rows):
            columns.append(pl.Series("extra", [row.get("extra") for row in rows]))
        frames[name] = pl.DataFrame(columns)
    return frames


@pytest.fixture(scope="session")
def document() -> Callable[..., Document]:
    """document(seed, rows=2, debtor="D1", tables=CASE_TABLES): a right case as JSON would give it."""
    return _document


@pytest.fixture(scope="session")
def damage() -> Callable[..., None]:
    """damage(document, rng, times): spoils so many places of it."""
    return _damage


@pytest.fixture(scope="session")
def raw_frames() -> Callable[..., dict[str, pl.DataFrame]]:
    """raw_frames(document, rng): its tables as they might lie in Parquet files."""
    return _frames


@pytest.fixture
def case_bytes(document: Callable[..., Document]) -> Callable[..., bytes]:
    """case_bytes(**changes to the document): a right case in bytes, after the changes."""

    def make(seed: int = 1, **changes: Any) -> bytes:
        return json.dumps(document(seed) | changes, ensure_ascii=False).encode()

    return make


@pytest.fixture(scope="session")
def typed_tables(document: Callable[..., Document]) -> Callable[..., dict[str, pl.DataFrame]]:
    """typed_tables(debtors=["D1"], **as document): right tables of several debtors, typed."""

    def make(debtors: list[str], seed: int = 1, **options: Any) -> dict[str, pl.DataFrame]:
        cases = [
            parse_case(json.dumps(document(seed + i, debtor=debtor, **options)).encode()).tables
            for i, debtor in enumerate(debtors)
        ]
        return {name: pl.concat([case[name] for case in cases]) for name in CASE_TABLES}

    return make
