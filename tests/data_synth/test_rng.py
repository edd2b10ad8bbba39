"""Counter-based draws: right distributions, and nothing but seed, stream, debtor and ordinal matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_synth.rng import Draws, partner


def test_uniforms_and_normals_have_their_moments():
    d = Draws(3, np.arange(1, 200_001))
    u, z = d.u("a"), d.z("b")
    assert u.min() > 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / u.size)
    assert abs(u.var() - 1 / 12) < 0.001
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.std() - 1) < 0.01


def test_streams_ordinals_lanes_and_seeds_are_unrelated():
    who = np.arange(1, 50_001)
    base = Draws(3, who).u("a")
    others = [
        Draws(3, who).u("b"),
        Draws(3, who).u("a", 1),
        Draws(3, who, 1).u("a"),
        Draws(4, who).u("a"),
        Draws(3, who + 1).u("a"),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 4.5 / np.sqrt(who.size)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30), st.integers(0, 2**31), st.integers(0, 50))
def test_a_debtor_draws_the_same_alone_and_in_company(who, seed, ordinal):
    together = Draws(seed, np.array(who)).u("stream", ordinal)
    alone = [Draws(seed, np.array([one])).u("stream", ordinal)[0] for one in who]
    assert together.tolist() == alone


def test_whole_numbers_reach_both_ends_and_picks_follow_their_weights():
    d = Draws(1, np.arange(1, 60_001))
    whole = d.whole("w", 2, 5)
    assert sorted(set(whole.tolist())) == [2, 3, 4, 5]
    share = np.bincount(d.pick("p", (1, 2, 5)), minlength=3) / 60_000
    assert share == pytest.approx([1 / 8, 2 / 8, 5 / 8], abs=0.01)


def test_weights_may_differ_by_debtor():
    weights = np.tile([1.0, 0.0], (1000, 1))
    weights[500:] = [0.0, 1.0]
    assert Draws(1, np.arange(1000)).pick("p", weights).tolist() == [0] * 500 + [1] * 500


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(0, 1000))
def test_partner_deals_every_debtor_exactly_once(total, seed):
    who = np.arange(1, total + 1)
    dealt = partner(who, total, seed, "s")
    assert sorted(dealt.tolist()) == who.tolist()
    assert dealt[::2].tolist() == partner(who[::2], total, seed, "s").tolist()


def test_partner_leaves_few_debtors_with_their_own():
    who = np.arange(1, 10_001)
    assert (partner(who, 10_000, 5, "s") == who).mean() < 0.01
