"""The best reachable AUC and its carriers: counted right, neither too easy nor hopeless, gone when a cause goes."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from data_synth.carriers import auc, reaches
from data_synth.history import draw_history
from data_synth.params import WorldParams
from data_synth.truth import truth_of_applications, truth_of_debtors, write_truth

DEBTORS = 16_000


def told(folder, params, debtors=DEBTORS):
    history = draw_history(np.arange(1, debtors + 1), debtors, 13, params)
    frames = {"debtors": truth_of_debtors(history), "applications": truth_of_applications(history)}
    empty = pl.DataFrame(schema=dict.fromkeys(("table", "row_id", "fault"), pl.String))
    parts = {name: [frame.lazy()] for name, frame in {**frames, "mess": empty}.items()}
    write_truth(folder, parts, params, 13, debtors)
    return folder


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return told(tmp_path_factory.mktemp("truth"), WorldParams())


@pytest.fixture(scope="module")
def found(truth):
    return {reach.outcome: reach for reach in reaches(truth)}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2))
def test_auc_is_the_chance_that_one_with_the_outcome_ranks_higher(cases):
    y, score = np.array([one for one, _ in cases]), np.array([float(two) for _, two in cases])
    if y.all() or not y.any():
        assert np.isnan(auc(y, score))
        return
    wins = [float(a > b) + 0.5 * (a == b) for a in score[y] for b in score[~y]]
    assert auc(y, score) == pytest.approx(np.mean(wins))
    assert auc(y, score) == pytest.approx(roc_auc_score(y, score))


def test_the_world_is_neither_too_easy_nor_hopeless(found):
    assert 0.75 < found["success"].auc < 0.85
    assert 0.70 < found["redefault"].auc < 0.85


def test_it_is_the_auc_of_the_true_probabilities(found, truth):
    free = pl.read_parquet(truth / "applications.parquet").filter(
        pl.col("p_success").is_not_null(), pl.col("accepted_on").is_not_null()
    )
    assert found["redefault"].n == free.height
    assert found["redefault"].auc == pytest.approx(roc_auc_score(free["y_redefault_12"], free["p_redefault_12"]))


def test_shares_add_up_and_nobody_gains_by_knowing_less(found):
    for reach in found.values():
        assert sum(one.share for one in reach.carriers) == pytest.approx(1)
        assert [one.share for one in reach.carriers] == sorted((one.share for one in reach.carriers), reverse=True)
        for one in (*reach.carriers, *reach.groups):
            assert one.without < reach.auc + 0.003
        assert 0 < reach.latent < 1
        assert 0.5 < reach.latent_auc < reach.auc


def test_willingness_and_ability_carry_redefault(found):
    first, second, *rest = found["redefault"].carriers
    assert {first.name, second.name} == {"willingness", "ability"}
    assert first.share + second.share > 0.6
    assert max(one.share for one in rest) < 0.15
    assert found["redefault"].latent > 0.7


def test_a_cause_taken_out_of_the_world_carries_nothing(tmp_path, found):
    changed = {one.outcome: one for one in reaches(told(tmp_path, WorldParams().without("redefault", "willingness")))}
    gone = next(one for one in changed["redefault"].carriers if one.name == "willingness")
    assert gone.share == pytest.approx(0)
    assert gone.alone == pytest.approx(0.5)
    assert gone.without == pytest.approx(changed["redefault"].auc)
    assert changed["redefault"].auc < found["redefault"].auc - 0.03
    assert changed["success"].auc == pytest.approx(found["success"].auc, abs=0.02)


def test_too_few_outcomes_are_left_out(tmp_path):
    assert reaches(told(tmp_path, WorldParams(), debtors=300)) == ()
    assert json.loads((tmp_path / "world.json").read_text("utf-8"))["debtors"] == 300
