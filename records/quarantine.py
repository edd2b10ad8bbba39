"""Rows that validation set aside, kept beside the data with what is wrong with them.

    DIR/quarantine/<table>/bucket=0007/part.parquet

A row moves in two steps, each of which is whole or not at all: first the quarantine file is written
with it, then the table file without it. After a crash between the two the row lies in both; the hash of
the file it was taken from, kept with it, tells that the move was not finished, and the next run starts
it again instead of counting the row twice.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl

from records.buckets import part_path
from records.contract import Table
from records.faults import DatasetFault, Fault
from records.files import parquet_bytes, remove, write_atomically
from records.frames import RowCheck, as_text

QUARANTINE_FOLDER = "quarantine"
QUARANTINE_SCHEMA = pl.Schema(
    {
        "bucket": pl.Int64(),
        "source": pl.String(),  # SHA-256 of the file the row was taken from
        "row": pl.Int64(),  # its position there
        "row_id": pl.String(),
        "debtor_id": pl.String(),
        "business_id": pl.String(),
        "faults": pl.String(),  # JSON: [{"column", "code", "detail"}]
        "raw": pl.String(),  # JSON: the row as it was found, each value as text
    }
)


def quarantine_path(root: Path, table: str, bucket: int) -> Path:
    """Where the rows of `table` set aside in `bucket` lie."""
    return part_path(root / QUARANTINE_FOLDER, table, bucket)


def read_quarantine(root: Path, table: str, bucket: int) -> pl.DataFrame:
    """Rows set aside so far (QUARANTINE_SCHEMA); DatasetFault when the file is damaged."""
    path = quarantine_path(root, table, bucket)
    if not path.exists():
        return pl.DataFrame(schema=QUARANTINE_SCHEMA)
    try:
        rows = pl.read_parquet(path, hive_partitioning=False)
    except (OSError, pl.exceptions.PolarsError):
        rows = None
    if rows is None or rows.schema != QUARANTINE_SCHEMA:
        where = path.relative_to(root).as_posix()
        detail = "is no readable quarantine file; restore it from a copy, it holds rows that lie nowhere else"
        raise DatasetFault([Fault("unreadable_file", where, detail, table=table)])
    return rows


def write_quarantine(root: Path, table: str, bucket: int, rows: pl.DataFrame) -> None:
    """Replace the rows set aside in a bucket; no rows, no file."""
    path = quarantine_path(root, table, bucket)
    if rows.height:
        write_atomically(path, parquet_bytes(rows))
    else:
        remove(path)


def set_aside(table: Table, check: RowCheck, bucket: int, source: str) -> pl.DataFrame:
    """The rejected rows of `check`, found in the file with hash `source`, as quarantine rows."""
    named: dict[int, list[dict[str, str]]] = {}
    for row, column, code, detail in check.faults.select("row", "column", "code", "detail").iter_rows():
        named.setdefault(row, []).append({"column": column, "code": code, "detail": detail})
    rejected = check.rejected
    return pl.DataFrame(
        {
            "bucket": pl.Series([bucket] * rejected.height, dtype=pl.Int64),
            "source": pl.Series([source] * rejected.height, dtype=pl.String),
            "row": check.rejected_rows,
            "row_id": as_text(rejected, "row_id"),
            "debtor_id": as_text(rejected, "debtor_id"),
            "business_id": as_text(rejected, table.business_id),
            "faults": [json.dumps(named[row], ensure_ascii=False) for row in check.rejected_rows],
            "raw": [json.dumps(_plain(row), ensure_ascii=False) for row in rejected.iter_rows(named=True)],
        },
        schema=QUARANTINE_SCHEMA,
    )


def _plain(value: Any) -> Any:
    """A value as JSON that loses nothing: text for everything JSON has no exact form of."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
