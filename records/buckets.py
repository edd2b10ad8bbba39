"""Which bucket a debtor's rows lie in, and where its files are."""

from __future__ import annotations

import zlib
from pathlib import Path

import polars as pl


def bucket_number(debtor_id: str, n: int) -> int:
    """The bucket, 0 … n-1, of one debtor."""
    return zlib.crc32(debtor_id.encode()) % n


def bucket_of(debtor_ids: pl.Series, n: int) -> pl.Series:
    """Bucket number (0 … n-1, Int64) of each debtor id; null where the id is null."""
    unique = debtor_ids.unique().drop_nulls()
    numbers = pl.Series([bucket_number(debtor_id, n) for debtor_id in unique], dtype=pl.Int64)
    return debtor_ids.replace_strict(unique, numbers, default=None, return_dtype=pl.Int64)


def bucket_name(bucket: int) -> str:
    """Folder name of a bucket."""
    return f"bucket={bucket:04d}"


def part_path(root: Path, table: str, bucket: int) -> Path:
    """Where the rows of `table` in `bucket` lie under `root`."""
    return root / table / bucket_name(bucket) / "part.parquet"
