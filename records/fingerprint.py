"""What a case was scored on, as one number: SHA-256 over a canonical text of its known rows.

The text of a row depends on its values alone, so a case hashed by itself and in a batch of a million
gives the same hash. Every value is written with its length before it, which no other value can imitate:

    row   = table name, then every column of the contract in order, then a line feed
    value = "~" when null, else "<bytes>:<text>"; a list is the text of its elements written so

Text of a value: strings as they are, integers in decimal, money in 分, days since 1970, microseconds since
1970, flags 0 or 1, numbers as the 64 bits of their float read as an integer (no rounding, no formatting).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import repeat
from struct import pack, unpack
from typing import Any

import numpy as np
import polars as pl

from records.contract import Column
from records.tables import CASE_TABLES, TABLES

# The hash of a case none of whose rows is known: such a case has no line in `input_hash`.
EMPTY_INPUT_HASH = hashlib.sha256(b"").hexdigest()

# Up to so many rows are written value by value.
FEW_ROWS = 2_000

HASH_SCHEMA = pl.Schema({"case_key": pl.String(), "input_hash": pl.String()})


def input_hash(known: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One line per case: `case_key`, `input_hash` (64 hex digits), sorted by case_key.

    `known`: frames of case tables (others are left aside) with a `case_key` column beside those of the
    contract, already cut at the as-of boundary. Rows count in the order of (table, row_id); the order they
    come in does not matter. A case without any row has no line (its hash is EMPTY_INPUT_HASH).
    """
    frames = [(i, name, known[name]) for i, name in enumerate(CASE_TABLES) if name in known and known[name].height]
    if not frames:
        return pl.DataFrame(schema=HASH_SCHEMA)
    if sum(frame.height for _, _, frame in frames) <= FEW_ROWS:
        return _hashes_of_few(frames)
    texts = [_texts(name, frame).with_columns(pl.lit(i, dtype=pl.Int32).alias("table")) for i, name, frame in frames]
    rows = pl.concat(texts).sort("case_key", "table", "row_id", "text")
    cases = rows.group_by("case_key", maintain_order=True).agg(pl.col("text").str.join(""))
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in cases["text"]]
    return pl.DataFrame([cases["case_key"], pl.Series("input_hash", hashes, dtype=pl.String)], schema=HASH_SCHEMA)


def _hashes_of_few(frames: list[tuple[int, str, pl.DataFrame]]) -> pl.DataFrame:
    """The same in plain Python: for the rows of one case, starting a query for each table costs many times
    what the values do. A property test holds the two ways to the same hashes.
    """
    rows: list[tuple[str, int, str, str]] = []
    for i, name, frame in frames:
        begin = _written(name)
        columns = [_texts_of_values(column, frame[column.name]) for column in TABLES[name].columns]
        texts = (begin + "".join(row) + "\n" for row in zip(*columns, strict=True))
        rows += zip(frame["case_key"].to_list(), repeat(i), frame["row_id"].to_list(), texts, strict=False)
    digests: dict[str, Any] = {}
    for case_key, _, _, text in sorted(rows):
        digests.setdefault(case_key, hashlib.sha256()).update(text.encode())
    hashes = [digest.hexdigest() for digest in digests.values()]
    return pl.DataFrame({"case_key": list(digests), "input_hash": hashes}, schema=HASH_SCHEMA)


def _texts_of_values(column: Column, values: pl.Series) -> list[str]:
    texts: Iterable[str | None]
    match column.kind:
        case "ids" | "codes":
            texts = (None if v is None else "".join(map(_written, v)) for v in values.to_list())
        case "date" | "timestamp" | "money":
            texts = (None if v is None else str(v) for v in values.to_physical().to_list())
        case "flag":
            texts = (None if v is None else str(int(v)) for v in values.to_list())
        case "integer":
            texts = (None if v is None else str(v) for v in values.to_list())
        case "number":
            texts = (None if v is None else str(unpack("<q", pack("<d", v + 0.0))[0]) for v in values.to_list())
        case _:
            texts = values.to_list()
    return ["~" if text is None else f"{len(text.encode())}:{text}" for text in texts]


def _texts(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """case_key, row_id and the canonical text of every row."""
    table = TABLES[name]
    plain = frame.with_columns(
        _bits(frame[column.name]).alias(column.name) for column in table.columns if column.kind == "number"
    )
    row = pl.concat_str([pl.lit(_written(name)), *(_text(column) for column in table.columns), pl.lit("\n")])
    return plain.select("case_key", "row_id", row.alias("text"))


def _text(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    match column.kind:
        case "ids" | "codes":
            elements = value.list.eval(_with_length(pl.element())).list.join("")
            text = pl.when(value.list.len() > 0).then(elements).otherwise(pl.lit(""))
            text = pl.when(value.is_not_null()).then(text)
        case "date" | "timestamp" | "money":
            text = value.to_physical().cast(pl.String)
        case "flag":
            text = value.cast(pl.Int8).cast(pl.String)
        case "integer" | "number":
            text = value.cast(pl.String)
        case _:
            text = value
    return _with_length(text).fill_null("~")


def _with_length(text: pl.Expr) -> pl.Expr:
    return pl.concat_str([text.str.len_bytes().cast(pl.String), pl.lit(":"), text])


def _written(text: str) -> str:
    return f"{len(text.encode())}:{text}"


def _bits(values: pl.Series) -> pl.Series:
    """The bit patterns of floats as integers, null where null; -0.0 counts as 0.0."""
    bits = pl.Series(values.name, (values.fill_null(0.0).to_numpy() + 0.0).view(np.int64))
    return bits.to_frame().select(pl.when(values.is_not_null()).then(pl.col(values.name))).to_series()
