# ruff: noqa: N806  (X, y as the field writes them)
from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.bundle import Bundle
from models.faults import PredictFault
from models.predict import margins, matrix, probabilities, warnings


def test_a_case_alone_and_in_a_batch_gives_the_same_bits(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:400]
    whole = margins(bundle, X)
    chance = probabilities(bundle, whole)
    for i in range(0, 400, 13):
        alone = margins(bundle, X.iloc[i : i + 1])
        assert {k: v[0] for k, v in alone.items()} == {k: v[i] for k, v in whole.items()}
        assert {k: v[0] for k, v in probabilities(bundle, alone).items() if v is not None} == {
            k: v[i] for k, v in chance.items() if v is not None
        }
    backwards = margins(bundle, X[::-1])
    assert all(np.array_equal(backwards[k][::-1], whole[k]) for k in whole)


def test_columns_may_come_in_any_order_and_with_others_beside(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:20]
    turned = X[X.columns[::-1]].assign(more=1.0)
    assert all(np.array_equal(margins(bundle, turned)[k], v) for k, v in margins(bundle, X).items())
    assert margins(bundle, X.iloc[:0])["success"].shape == (0,)


def test_twelve_months_come_from_their_two_parts(bundle: Bundle, world: Any) -> None:
    found = probabilities(bundle, margins(bundle, world.X))
    p6, p12 = found["redefault_6"], found["redefault_12"]
    assert p6 is not None
    assert p12 is not None
    assert (p12 >= p6).all()
    assert (p12 > p6).mean() > 0.99
    assert probabilities(bundle, {"redefault_6": np.zeros(2)})["redefault_12"] is None


def test_missing_columns_and_infinite_values_are_all_named(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:3]
    with pytest.raises(PredictFault) as caught:
        matrix(bundle, X.drop(columns=["income", "consent"]))
    assert caught.value.faults == (
        "indicator 'income' is missing from the input",
        "indicator 'consent' is missing from the input",
    )
    broken = X.copy()
    broken.iloc[1, broken.columns.get_loc("income")] = np.inf
    with pytest.raises(PredictFault, match=f"indicator 'income' of case {X.index[1]} is infinite"):
        matrix(bundle, broken)
    assert matrix(bundle, X).shape == (3, len(bundle.indicator_ids))


def test_a_case_that_was_hardly_ever_granted_is_extrapolated(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:1000]
    chance = probabilities(bundle, margins(bundle, X))
    found = warnings(bundle, X, chance, None)
    low = bundle.reference.propensity_low
    assert low is not None
    assert chance["success"] is not None
    assert np.array_equal(found.extrapolated, chance["success"] < low)
    assert 0.005 < found.extrapolated.mean() < 0.3
    assert not found.disagreement.any()


def test_an_indicator_never_missing_in_training_is_extrapolated_when_missing(bundle: Bundle, world: Any) -> None:
    best = world.X.iloc[:1].assign(performed_ratio=0.9, on_time=0.9, obstruction=0.0, consent=0.9, debt_log=11.0)
    for column, expected in (("obstruction", ("obstruction",)), ("income", ())):
        row = best.assign(**{column: np.nan})
        found = warnings(bundle, row, probabilities(bundle, margins(bundle, row)), None)
        assert found.unseen_missing == (expected,)
        assert bool(found.extrapolated[0]) is bool(expected)


def test_card_and_trees_that_part_ways_are_flagged(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:1000]
    card, limit = bundle.scorecard, bundle.reference.disagreement_limit
    assert card is not None
    assert limit is not None
    chance = probabilities(bundle, margins(bundle, X))
    total = card.total(card.points(X))
    found = warnings(bundle, X, chance, total)
    assert found.disagreement.mean() < 0.12
    assert warnings(bundle, X, chance, np.zeros(1000)).disagreement.mean() > 0.5
    strict = replace(bundle, reference=bundle.reference.model_copy(update={"disagreement_limit": 0.0}))
    assert warnings(strict, X, chance, total).disagreement.all()


def test_the_reference_population_says_where_a_value_stands(bundle: Bundle, world: Any) -> None:
    reference = bundle.reference
    low, high = np.nanquantile(world.X["income"], [0.05, 0.95])
    assert reference.standing("income", low) == pytest.approx(0.05, abs=0.051)
    assert reference.standing("income", high) == pytest.approx(0.95, abs=0.051)
    assert reference.standing("income", -1.0) == 0.0
    assert reference.standing("income", float("nan")) is None
    assert reference.indicators["consent"].missing_share == pytest.approx(0.3, abs=0.04)
    assert len(reference.card_total) == 21
    assert set(reference.probabilities) == {"success", "redefault_6", "redefault_7_12", "redefault_12"}
