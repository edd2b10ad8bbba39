"""The boundary: strict, once, for every table; what comes later changes nothing."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest
from histories import history, one_row
from hypothesis import given, settings
from hypothesis import strategies as st
from made import at, cohort, frames

from features.as_of import cut, known
from features.catalogue import MAIN
from features.engine import evaluate_all
from features.facts import FACTS, with_parameters
from features.listings import LISTINGS
from features.monitoring import MONITORING
from records.tables import CASE_TABLES, TABLES

CATALOGUES = (MAIN, FACTS, LISTINGS, MONITORING)


def same(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    """Equal to the bit, nulls included."""
    return left.equals(right, null_equal=True)


def test_a_row_known_a_microsecond_before_counts_and_one_known_at_the_instant_does_not() -> None:
    tables = frames(
        ("behaviour_events", {"event_id": "before", "known_at": at("2024-03-01") - timedelta(microseconds=1)}),
        ("behaviour_events", {"event_id": "instant", "known_at": at("2024-03-01")}),
        ("behaviour_events", {"event_id": "after", "known_at": at("2024-03-02")}),
    )
    seen = cut(tables, cohort("2024-03-01"))["behaviour_events"]
    assert seen["event_id"].to_list() == ["before"]


def test_the_version_known_last_counts_and_row_id_settles_equal_instants() -> None:
    tables = frames(
        ("payments", {"payment_id": "P", "row_id": "b", "known_at": at("2024-01-01")}),
        ("payments", {"payment_id": "P", "row_id": "a", "known_at": at("2024-02-01")}),
        ("payments", {"payment_id": "P", "row_id": "c", "known_at": at("2024-02-01")}),
        ("payments", {"payment_id": "P", "row_id": "z", "known_at": at("2024-03-01")}),
    )
    assert cut(tables, cohort("2024-03-01"))["payments"]["row_id"].to_list() == ["c"]
    assert cut(tables, cohort("2024-01-15"))["payments"]["row_id"].to_list() == ["b"]
    assert cut(tables, cohort("2024-03-01 00:00:01"))["payments"]["row_id"].to_list() == ["z"]


def test_a_debtor_assessed_twice_sees_at_each_instant_what_was_known_then() -> None:
    tables = frames(
        ("payments", {"payment_id": "1", "known_at": at("2024-01-01")}),
        ("payments", {"payment_id": "2", "known_at": at("2024-02-01")}),
    )
    both = pl.concat([cohort("2024-01-15"), cohort("2024-02-15")])
    counts = cut(tables, both)["payments"].group_by("case_key").len().sort("case_key")["len"].to_list()
    assert counts == [1, 2]


def test_protected_attributes_never_cross() -> None:
    audit = TABLES["debtor_audit"].empty()
    seen = known({**frames(), "debtor_audit": audit}, with_parameters(cohort("2024-03-01")))
    assert "debtor_audit" not in seen
    assert set(seen) == set(CASE_TABLES)


def test_missing_tables_and_repeated_cases_are_all_named() -> None:
    tables = frames()
    some = {name: frame for name, frame in tables.items() if name not in ("payments", "documents")}
    with pytest.raises(ValueError, match="tables missing: payments, documents"):
        cut(some, cohort("2024-03-01"))
    twice = pl.concat([cohort("2024-03-01"), cohort("2024-03-01")])
    with pytest.raises(ValueError, match="case keys occur more than once in the cohort: D@2024-03-01"):
        cut(tables, twice)
    assert set(cut(tables, cohort("2024-03-01"))) == set(CASE_TABLES)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rows_known_on_or_after_the_as_of_change_nothing(seed: int) -> None:
    tables, whom = history(seed, debtors=15, most=4)
    whom = with_parameters(whom)
    before = evaluate_all(known(tables, whom), whom, CATALOGUES)
    pick = random.Random(seed)  # noqa: S311 - made-up data
    moments = dict(whom.select("debtor_id", "as_of").iter_rows())
    changed = {}
    for name, frame in tables.items():
        as_of = pl.col("debtor_id").replace_strict(moments, return_dtype=frame.schema["known_at"])
        past = frame.filter(pl.col("known_at") < as_of)  # removed: all that was known later
        extra = []
        for debtor, moment in moments.items():  # added: new things and later versions of known ones
            own = past.filter(pl.col("debtor_id") == debtor)
            things = {other: [f"{debtor}/{other}/0", f"{debtor}/{other}/1"] for other in CASE_TABLES}
            key = TABLES[name].business_id
            thing = pick.choice([*own[key].to_list(), debtor if key == "debtor_id" else f"{debtor}/{name}/new"])
            row = one_row(pick, TABLES[name], debtor, thing, things, moment, f"{debtor}/{name}/later")
            extra.append(row | {"known_at": moment + timedelta(days=pick.choice([0, 0, 1, 400]))})
        changed[name] = pl.concat([past, pl.DataFrame(extra, schema=frame.schema)]).sample(
            fraction=1.0, shuffle=True, seed=seed % 1000
        )
    after = evaluate_all(known(changed, whom), whom, CATALOGUES)
    for one, other in zip(before, after, strict=True):
        assert same(one.values, other.values)
        assert same(one.evidence, other.evidence)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_case_alone_has_the_bits_it_has_in_a_batch_in_any_order(seed: int) -> None:
    tables, whom = history(seed, debtors=10, most=5)
    whom = with_parameters(whom)
    batch = evaluate_all(known(tables, whom), whom, CATALOGUES)
    mixed = {name: frame.sample(fraction=1.0, shuffle=True, seed=seed % 997) for name, frame in tables.items()}
    turned = whom.reverse()
    again = evaluate_all(known(mixed, turned), turned, CATALOGUES)
    for one, other in zip(batch, again, strict=True):
        assert same(one.values, other.values.reverse())
    for case in range(0, 10, 3):
        only = whom.slice(case, 1)
        rows = {name: frame.filter(pl.col("debtor_id") == only["debtor_id"][0]) for name, frame in tables.items()}
        alone = evaluate_all(known(rows, only), only, CATALOGUES)
        for one, other in zip(batch, alone, strict=True):
            assert same(one.values.slice(case, 1), other.values)
            assert same(one.evidence.filter(pl.col("case_key") == only["case_key"][0]), other.evidence)
