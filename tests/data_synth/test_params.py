"""Parameters of the world: every fault at once, and one cause changed at a time."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

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
