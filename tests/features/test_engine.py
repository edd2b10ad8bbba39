"""Values keep to what their declarations say; several catalogues read the tables once."""

from __future__ import annotations

import polars as pl
import pytest
from histories import history
from made import cohort, frames

from features.as_of import known
from features.catalogue import MAIN
from features.engine import EVIDENCE_SCHEMA, evaluate, evaluate_all, evidence
from features.facts import FACTS, PARAMETER_DEFAULTS, with_parameters
from features.listings import LISTINGS
from features.monitoring import MONITORING

CATALOGUES = {"MAIN": MAIN, "FACTS": FACTS, "LISTINGS": LISTINGS, "MONITORING": MONITORING}


@pytest.fixture(scope="module")
def world() -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    many, first = history(5, debtors=120, most=5)
    full, second = history(6, debtors=50, most=18)  # long records, for what needs several rows of a kind
    tables = {name: pl.concat([frame, full[name]]) for name, frame in many.items()}
    whom = with_parameters(pl.concat([first, second]))
    return known(tables, whom), whom


@pytest.mark.parametrize("name", CATALOGUES)
def test_values_lie_in_their_range_and_are_missing_only_where_declared(
    name: str, world: tuple[dict[str, pl.DataFrame], pl.DataFrame]
) -> None:
    seen, whom = world
    values = evaluate(seen, whom, CATALOGUES[name])
    assert values.columns == ["case_key", *(indicator.id for indicator in CATALOGUES[name])]
    assert values["case_key"].to_list() == whom["case_key"].to_list()
    for indicator in CATALOGUES[name]:
        value = values[indicator.id]
        assert value.dtype == pl.Float64, indicator.id
        found = value.drop_nulls()
        assert found.is_finite().all(), indicator.id
        if indicator.missing == "none":
            assert value.null_count() == 0, indicator.id
        if indicator.minimum is not None and found.len():
            assert found.min() >= indicator.minimum, indicator.id
        if indicator.maximum is not None and found.len():
            assert found.max() <= indicator.maximum, indicator.id


@pytest.mark.parametrize("name", CATALOGUES)
def test_random_histories_move_every_indicator(name: str, world: tuple[dict[str, pl.DataFrame], pl.DataFrame]) -> None:
    seen, whom = world
    values = evaluate(seen, whom, CATALOGUES[name])
    still = {indicator.id for indicator in CATALOGUES[name] if values[indicator.id].drop_nulls().n_unique() < 2}
    assert still == ({"listing_criteria_met"} if name == "FACTS" else set())  # a notice says yes, none says nothing


def test_catalogues_together_give_the_bits_they_give_one_by_one(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame],
) -> None:
    seen, whom = world
    together = evaluate_all(seen, whom, tuple(CATALOGUES.values()))
    for catalogue, both in zip(CATALOGUES.values(), together, strict=True):
        assert both.values.equals(evaluate(seen, whom, catalogue))
        assert both.evidence.equals(evidence(seen, whom, catalogue))
        assert both.evidence.schema == EVIDENCE_SCHEMA


def test_a_case_without_any_row_gets_the_declared_empty_values() -> None:
    whom = with_parameters(cohort("2024-03-01"))
    row = evaluate(known(frames(), whom), whom, MAIN).row(0, named=True)
    empty = {indicator.id: row[indicator.id] for indicator in MAIN}
    assert empty["open_case_count"] == 0
    assert empty["remaining_debt_log"] == 0
    assert empty["days_since_violation"] == 1825
    assert empty["asset_cover_ratio"] is None
    assert empty["consent_share"] is None
    assert [indicator.id for indicator in MAIN if indicator.missing == "none" and empty[indicator.id] is None] == []


def test_an_empty_cohort_gives_empty_frames() -> None:
    whom = with_parameters(cohort("2024-03-01").clear())
    (result,) = evaluate_all(known(frames(), whom), whom, (MAIN,))
    assert result.values.shape == (0, len(MAIN) + 1)
    assert result.evidence.height == 0


def test_parameters_that_facts_need_are_asked_for_by_name() -> None:
    bare = cohort("2024-03-01")
    with pytest.raises(ValueError, match="p_fake_list_months, p_lockout_near_months, p_neg_window_months"):
        evaluate(known(frames(), bare), bare, FACTS)
    with pytest.raises(ValueError, match="p_provident_cap"):
        evaluate(known(frames(), bare), bare, MAIN)
    assert evaluate(known(frames(), bare), bare, LISTINGS).height == 1
    with pytest.raises(ValueError, match="unknown parameters of facts: neg_windw"):
        with_parameters(bare, {"neg_windw": 1.0})
    given = with_parameters(bare, {"neg_window_months": 24.0})
    assert given["p_neg_window_months"].item() == 24.0
    assert {f"p_{name}" for name in PARAMETER_DEFAULTS} <= set(given.columns)
