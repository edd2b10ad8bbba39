"""Every table answers once with a trace, and better facts never worsen a suggestion: many random inputs.

`python -m benchmarks.policy` runs the same on a hundred thousand and more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from benchmarks.policy_trials import (
    BETTER,
    EASY,
    EXCEPTIONS,
    IDS,
    NEITHER,
    days_of,
    draw,
    generator,
    monotone,
    totality,
    untotal,
    worse_in,
)
from policy.outcome import Context, Scores
from policy.parameters import load
from policy.suggest import suggest

POLICY = load()
ON = Context(date(2025, 3, 3), "220102")
DIMENSIONS = {"ability": 80.0, "willingness": 80.0, "impact": 80.0}


def test_every_table_answers_six_thousand_random_inputs_once_with_a_trace() -> None:
    assert totality(6_000, 1, POLICY) == {}


def test_better_facts_never_worsen_the_suggestion_save_for_the_listed_exceptions() -> None:
    found = monotone(12_000, 2, POLICY)
    assert set(found) <= set(EXCEPTIONS)


def test_every_fact_has_a_direction_or_a_reason_to_have_none() -> None:
    assert set(BETTER) | set(NEITHER) == set(IDS)
    assert not set(BETTER) & set(NEITHER)


def test_the_inputs_meet_every_way_through_the_tables() -> None:
    rng, days = generator(3), days_of(POLICY)
    found = [suggest(*draw(rng, days), POLICY) for _ in range(6_000)]
    assert {item.route for item in found} == {"simple", "ordinary", "no_discretion", "human_only"}
    assert {item.grade for item in found} == {"A", "B", "C", "D", None}
    assert {item.tier for item in found} == {"slight", "general", "severe", None}
    assert len({item.mode for item in found}) == 11
    fired = {rule.rule for item in found for rule in item.trace}
    assert {"DT4.early", "DT5.cap", "DT8.clearing", "DT9.staged", "DT10.lookback", "DT11", "NOTICE"} <= fired


def test_the_oracle_sees_a_worse_suggestion() -> None:
    sure = Scores(90.0, DIMENSIONS, p_redefault_12=0.1, p_redefault_12_low=0.08, p_redefault_12_high=0.12)
    good = suggest(EASY, sure, ON, POLICY)
    bad = suggest({**EASY, "objections": 1.0}, replace(sure, points=40.0), ON, POLICY)
    assert worse_in(good, bad) == ["route", "grade", "months", "third_party"]
    assert worse_in(bad, good) == []


def test_the_oracle_sees_a_table_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    given = (EASY, Scores(90.0, DIMENSIONS), ON, POLICY)
    assert untotal(*given) == []
    monkeypatch.setattr("policy.suggest.entry", lambda file: ())
    assert untotal(*given) == ["DT10 and ENTRY do not part observed cases from new ones"]
