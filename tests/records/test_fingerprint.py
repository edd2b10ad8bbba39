from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from struct import pack, unpack
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import fingerprint
from records.fingerprint import EMPTY_INPUT_HASH, input_hash
from records.tables import CASE_TABLES, TABLES

Tables = Callable[..., dict[str, pl.DataFrame]]


def naive(tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """The documented text, spelled out cell by cell."""
    lines: dict[str, list[tuple[int, str, str]]] = {}
    for i, name in enumerate(CASE_TABLES):
        for row in tables[name].iter_rows(named=True):
            text = written(name) + "".join(written(row[column.name]) for column in TABLES[name].columns) + "\n"
            lines.setdefault(row["case_key"], []).append((i, row["row_id"], text))
    return {
        key: hashlib.sha256("".join(text for *_, text in sorted(rows)).encode()).hexdigest()
        for key, rows in lines.items()
    }


def written(value: Any) -> str:
    if value is None:
        return "~"
    text = {
        bool: lambda v: str(int(v)),
        int: str,
        float: lambda v: str(unpack("<q", pack("<d", v))[0]),
        date: lambda v: str((v - date(1970, 1, 1)).days),
        Decimal: lambda v: str(int(v * 100)),
        datetime: lambda v: str(round((v - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10**6)),
        list: lambda v: "".join(map(written, v)),
        str: str,
    }[type(value)](value)
    return f"{len(text.encode())}:{text}"


def keyed(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: frame.with_columns(case_key=pl.col("debtor_id") + "@t") for name, frame in tables.items()}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_both_ways_give_what_is_documented(typed_tables: Tables, seed: int) -> None:
    tables = keyed(typed_tables(["D1", "D2", "Ｄ三"], seed=seed, rows=3))
    expected = naive(tables)
    few = input_hash(tables)
    assert dict(few.iter_rows()) == expected
    assert few["case_key"].is_sorted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "FEW_ROWS", 0)
        assert input_hash(tables).equals(few)


def test_alone_in_a_batch_and_in_any_order_the_hash_is_the_same(typed_tables: Tables) -> None:
    tables = keyed(typed_tables([f"D{i}" for i in range(5)]))
    whole = dict(input_hash(tables).iter_rows())
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=9).with_columns(as_of=1) for name, frame in tables.items()
    }
    assert dict(input_hash(shuffled).iter_rows()) == whole
    for key, value in whole.items():
        alone = {name: frame.filter(pl.col("case_key") == key) for name, frame in tables.items()}
        assert input_hash(alone).row(0) == (key, value)


def test_any_changed_cell_changes_the_hash(typed_tables: Tables) -> None:
    tables = keyed(typed_tables(["D1"]))
    before = input_hash(tables)["input_hash"][0]
    rng = random.Random(1)  # noqa: S311 - test data
    seen = {before}
    for name in CASE_TABLES:
        column = rng.choice([c for c in TABLES[name].columns[1:] if tables[name][c.name][0] is not None])
        changed = tables[name].with_columns(
            pl.when(pl.int_range(pl.len()) > 0).then(pl.col(column.name)).alias(column.name)
        )
        seen.add(input_hash(tables | {name: changed})["input_hash"][0])
        seen.add(input_hash(tables | {name: tables[name].head(1)})["input_hash"][0])
    assert len(seen) == 1 + 2 * len(CASE_TABLES)


def test_neighbouring_values_do_not_run_together(typed_tables: Tables) -> None:
    facts = keyed(typed_tables(["D1"]))["creditor_social_facts"].head(1)

    def hashed(**values: str | None) -> str:
        frame = facts.with_columns(pl.lit(value, pl.String).alias(name) for name, value in values.items())
        return str(input_hash({"creditor_social_facts": frame})["input_hash"][0])

    texts = [("ab", "c"), ("a", "bc"), (None, "~"), ("~", None), ("1:a", "b"), ("a", "1:b")]
    assert len({hashed(application_id=a, value=b) for a, b in texts}) == len(texts)


def test_minus_zero_is_zero(typed_tables: Tables) -> None:
    facts = keyed(typed_tables(["D1"]))["creditor_social_facts"]
    hashes = {
        input_hash({"creditor_social_facts": facts.with_columns(share_of_debt=pl.lit(zero))})["input_hash"][0]
        for zero in (0.0, -0.0)
    }
    assert len(hashes) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "FEW_ROWS", 0)
        minus = {"creditor_social_facts": facts.with_columns(share_of_debt=pl.lit(-0.0))}
        assert set(input_hash(minus)["input_hash"]) == hashes


def test_nothing_known_is_an_empty_frame() -> None:
    empty = input_hash({"payments": TABLES["payments"].empty().with_columns(case_key=pl.lit("x"))})
    assert empty.height == 0
    assert empty.columns == ["case_key", "input_hash"]
    assert hashlib.sha256(b"").hexdigest() == EMPTY_INPUT_HASH
