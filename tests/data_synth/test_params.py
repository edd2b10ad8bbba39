"""Parameters of the world: every fault at once, and one cause changed at a time."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import date

import numpy as np
import pytest

from data_synth.history import draw_history
from data_synth.params import REDEFAULT_EFFECTS, WorldParams


def test_all_faults_are_told_at_once():
    effects = {name: 1.0 for name in REDEFAULT_EFFECTS if name != "impact"} | {"luck": 1.0}
    with pytest.raises(ValueError, match=r"lacks the cause 'impact'.*unknown cause 'luck'.*shuffle must be.*first_day"):
        WorldParams(redefault=effects, shuffle="ability", first_day=date(2026, 1, 1))
    assert WorldParams(redefault=dict(REDEFAULT_EFFECTS), shuffle="hidden_debts").shuffle == "hidden_debts"


def test_one_cause_is_changed_and_the_rest_stay():
    world = WorldParams()
    less = world.without("redefault", "willingness").changed("success", "consent", 2.0)
    assert less.redefault["willingness"] == 0
    assert less.success["consent"] == 2.0
    assert {**less.redefault, "willingness": 0} == {**world.redefault, "willingness": 0}


def test_an_unknown_outcome_or_cause_is_refused():
    with pytest.raises(ValueError, match=r"must be .* or \"success\", not 'default'"):
        WorldParams().without("default", "ability")
    with pytest.raises(ValueError, match="unknown cause 'luck'"):
        WorldParams().without("success", "luck")
    assert WorldParams().without("success", "debt").success["debt"] == 0


def test_parameters_travel_to_another_process_unchanged():
    world = WorldParams(shuffle="later_shock").changed("success", "consent", 2.0)
    there = pickle.loads(pickle.dumps(world))  # noqa: S301
    assert there == world
    assert there.success["consent"] == 2.0


def test_selection_is_scaled_but_for_the_trend_of_the_years():
    plain, strong = WorldParams(), WorldParams().selecting(3.0)
    assert strong.success["court"] == 3 * plain.success["court"]
    assert strong.success["path"] == plain.success["path"]
    assert strong.redefault == plain.redefault
    assert plain.selecting(1.0) == plain


def test_the_economy_of_the_years_enters_redefault_as_it_is_given():
    def pressure(params):
        outcome = draw_history(np.arange(1, 301), 300, 5, params).lanes[0][1]
        return outcome.causes["macro"], outcome.p12

    shifted, lifted = WorldParams(economy=(0.4,)), WorldParams(economy=(1.4,))
    (one, p), (two, q) = pressure(shifted), pressure(lifted)
    assert set(one.tolist()) == {0.4}
    assert set(two.tolist()) == {1.4}
    assert np.allclose(np.log(q / (1 - q)) - np.log(p / (1 - p)), 1.0)
    varied, _ = pressure(WorldParams())
    assert varied.max() > varied.min()
    with pytest.raises(ValueError, match="economy must name the pressure of a year"):
        WorldParams(economy=())


def test_insight_ties_grants_to_what_no_record_holds():
    def linked(params):
        history = draw_history(np.arange(1, 1501), 1500, 5, params)
        application = history.lanes[0][0]
        asked = np.isfinite(application.success)
        score = np.log(application.success[asked] / (1 - application.success[asked]))
        return np.corrcoef(score, history.past.debtors.resilience[asked])[0, 1]

    assert abs(linked(WorldParams())) < 0.08
    assert linked(dataclasses.replace(WorldParams(), insight=2.0)) > 0.25
