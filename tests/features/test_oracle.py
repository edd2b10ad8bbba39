"""The engine against the plain-Python oracle, on random histories of every table."""

from __future__ import annotations

import oracle
import polars as pl
import pytest
from histories import history
from hypothesis import given, settings
from hypothesis import strategies as st

from features.as_of import known
from features.catalogue import MAIN
from features.engine import evaluate
from features.facts import FACTS, with_parameters
from features.indicator import Indicator
from features.listings import LISTINGS
from features.monitoring import MONITORING
from records.tables import CASE_TABLES, TABLES

CATALOGUES = {"MAIN": MAIN, "FACTS": FACTS, "LISTINGS": LISTINGS, "MONITORING": MONITORING}
BUSINESS = {name: TABLES[name].business_id for name in CASE_TABLES}
# Counts, flags and days are equal to the bit; what goes through a logarithm or a division of sums
# within 1e-12; the slope subtracts nearly equal sums, so its error is absolute.
ABSOLUTE = {"revenue_trend_6m": 1e-9}


def differences(
    tables: dict[str, pl.DataFrame],
    cohort: pl.DataFrame,
    name: str,
    catalogue: tuple[Indicator, ...],
) -> list[str]:
    values = evaluate(known(tables, cohort), cohort, catalogue).to_dicts()
    plain = {table: frame.to_dicts() for table, frame in tables.items()}
    functions = getattr(oracle, name)
    found = []
    for case, row in zip(cohort.to_dicts(), values, strict=True):
        seen = oracle.Case(plain, case, BUSINESS)
        for indicator in catalogue:
            expected = functions[indicator.id](seen)
            got = row[indicator.id]
            if expected is None or got is None:
                equal = expected is None and got is None
            elif indicator.unit in ("count", "0/1", "days") or indicator.unit.startswith("ordinal"):
                equal = got == expected
            else:
                equal = got == pytest.approx(expected, rel=1e-12, abs=ABSOLUTE.get(indicator.id, 1e-12))
            if not equal:
                found.append(f"{case['case_key']} {indicator.id}: engine {got}, oracle {expected}")
    return found


@pytest.mark.parametrize("name", CATALOGUES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.integers(1, 6))
def test_engine_equals_oracle_on_random_histories(name: str, seed: int, most: int) -> None:
    tables, cohort = history(seed, debtors=12, most=most)
    assert differences(tables, with_parameters(cohort), name, CATALOGUES[name]) == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_engine_equals_oracle_on_long_records_at_the_edges_of_windows(name: str) -> None:
    tables, cohort = history(2024, debtors=70, most=24)
    assert differences(tables, with_parameters(cohort), name, CATALOGUES[name]) == []


def test_oracle_speaks_of_every_indicator_and_no_other() -> None:
    for name, catalogue in CATALOGUES.items():
        assert {indicator.id for indicator in catalogue} == set(getattr(oracle, name))


def test_parameters_of_the_cohort_move_the_windows_of_facts() -> None:
    tables, cohort = history(11, debtors=40, most=6)
    wide, narrow = with_parameters(cohort), with_parameters(cohort, {"neg_window_months": 3.0, "fake_list_months": 1.0})
    assert differences(tables, narrow, "FACTS", FACTS) == []
    before, after = (evaluate(known(tables, whom), whom, FACTS) for whom in (wide, narrow))
    assert before["concealment_36m"].sum() > after["concealment_36m"].sum()
    assert before["is_listed"].equals(after["is_listed"])
