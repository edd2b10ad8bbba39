"""Total and monotone: any input, unknown ones included, gives one outcome, and better never fares worse."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.policy_trials import NUMBERS
from policy.facts import EXTRA_FACTS, FACTS
from policy.findings import GUARDIAN_FACTS
from policy.gate import gate
from policy.outcome import Context, Scores, Suggestion
from policy.parameters import load
from policy.suggest import suggest
from policy.tier import tier_of

POLICY = load()
MANY = settings(max_examples=400, deadline=None)
VALUES = {name: [None, math.nan, *NUMBERS.get(name, [0, 1])] for name in {**FACTS, **EXTRA_FACTS}}
# An easy case and a case of which nothing is known; draws change up to some twenty facts of either.
EASY: dict[str, float | None] = {
    **dict.fromkeys(VALUES, 0), "listing_reason_rank": 1, "listing_reason": 1, "creditors_heard": 1, "consent_share": 1,
    "query_coverage": 1, "plan_set": 1, "settlement_active": 1, "performed_ratio": 1, "subject_is_person": 1,
    "granted_mode": None, "bankruptcy_obstruction_months": None, "grace_outcome": None, "months_published": 12,
}  # fmt: skip
# Most draws must pass the gate, or the later tables are hardly met.
GATING = {
    "all_performed", "settlement_performed", "enforcement_terminated", "non_enforcement_ruled", "enforcement_suspended",
    "is_minor", "wrong_listing", "listing_term_passed", "reorganisation_approved", "liquidation_completed",
    "reorganisation_completed", "law_bars_repair",
    "lacks_capacity", "refusal_crime_36m", "concealment_36m", "violence_36m", "sham_or_false_report_36m", "in_lockout",
    "fake_repair_listed", "report_refused_uncured", "grave_harm", "no_ai",
}  # fmt: skip


def facts_of(values: Mapping[str, list[float | None]]) -> st.SearchStrategy[dict[str, float | None]]:
    pairs = [(name, value) for name in sorted(values) for value in values[name]]
    changed = st.lists(st.sampled_from(pairs), max_size=20)
    return st.builds(lambda start, rest: {**start, **dict(rest)}, st.sampled_from([EASY, {}]), changed)


FACTS_ANY = facts_of(VALUES)
FACTS_OPEN = facts_of({name: [0, None] if name in GATING else values for name, values in VALUES.items()})
PROBABILITY = st.sampled_from([None, 0.0, 0.1, 0.35, 0.36, 1.0])
POINTS = st.sampled_from([None, 0.0, 49.9, 50.0, 64.9, 65.0, 79.9, 80.0, 100.0])
LEVEL = st.sampled_from([0.0, 49.9, 50.0, 59.9, 60.0, 100.0])
DIMENSIONS = st.one_of(st.none(), st.fixed_dictionaries({"ability": LEVEL, "willingness": LEVEL, "impact": LEVEL}))
SPAN = st.sampled_from([(None, None), (0.0, 0.02), (0.08, 0.12), (0.3, 0.4), (0.35, 0.36), (0.4, 0.45), (0.0, 1.0)])
SCORES = st.builds(
    lambda span, **given: Scores(p_redefault_12_low=span[0], p_redefault_12_high=span[1], **given),
    span=SPAN,
    points=POINTS,
    dimensions=DIMENSIONS,
    p_redefault_12=PROBABILITY,
    extrapolated=st.booleans(),
    disagreement=st.booleans(),
)
CONTEXT = st.builds(
    Context,
    on=st.sampled_from([day for change in POLICY.change_days() for day in (change, date(2025, 3, 3))]),
    region=st.sampled_from(["*", "000000", "220102", "340111", "370283", "440304", "330881", "410105", "990101"]),
    industry=st.sampled_from([None, "C", "E"]),
)
MODES = {
    "statutory", "human_only", "under_observation", "bankruptcy_track", "inability_track", "full", "conditional",
    "suspension", "not_yet", "willingness_not_shown", "not_assessed",
}  # fmt: skip
ORDER = {"A": 0, "B": 1, "C": 2, "D": 3}


def whole(found: Suggestion) -> None:
    """One outcome of each table, all of it JSON, and nothing that refuses."""
    assert found.grade in {None, "A", "B", "C", "D"}
    assert found.route in {"simple", "ordinary", "no_discretion", "human_only"}
    assert found.mode in MODES
    assert (found.review is None) == (found.grade is None)
    cleared = any(item.code == "accounts_unfrozen" for item in found.conditions)
    assert found.observation_months is None or 0 <= found.observation_months <= (60 if cleared else 12)
    assert found.hearing == (found.route == "ordinary")
    data = found.to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    rules = [fired.rule for fired in found.trace]
    assert sum(rule.startswith("DT7.") for rule in rules) == (found.route != "no_discretion")
    assert rules.count("DT9") == rules.count("DT4") == rules.count("DT8") == 1
    assert "拒绝修复" not in json.dumps(data, ensure_ascii=False)
    if found.gate.outcome != "assess":
        assert found.grade is None
        assert found.route == found.gate.outcome


@MANY
@given(FACTS_ANY, SCORES, CONTEXT)
def test_any_input_gives_exactly_one_outcome(facts: Mapping[str, Any], scores: Scores, context: Context) -> None:
    found = suggest(facts, scores, context, POLICY)
    whole(found)
    assert gate(facts, context, POLICY) == found.gate
    assert suggest(facts, scores, context, POLICY) == found


@MANY
@given(FACTS_OPEN, SCORES, CONTEXT)
def test_any_case_that_passes_the_gate_gives_exactly_one_outcome(
    facts: Mapping[str, Any], scores: Scores, context: Context
) -> None:
    found = suggest(facts, scores, context, POLICY)
    whole(found)
    if found.route == "simple":
        assert facts.get("objections") == 0
        assert facts.get("creditors_heard") == 1
        assert found.grade in {"A", "B"}
        assert not any(item.serious for item in found.warnings)
    assert found.provisional == (facts.get("creditors_heard") != 1) or found.gate.outcome != "assess"


@MANY
@given(FACTS_OPEN, SCORES, CONTEXT, st.sampled_from(sorted({**FACTS, **EXTRA_FACTS})))
def test_not_knowing_a_fact_never_brings_a_simple_route_or_a_slight_tier(
    facts: Mapping[str, Any], scores: Scores, context: Context, name: str
) -> None:
    # What is not known cannot count against the debtor either: a warning or a bar that rests on it is gone.
    if name in {"plan_years_to_clear", "bankruptcy_obstruction_months", "granted_mode", "listing_reason_rank"}:
        return
    known = suggest(facts, scores, context, POLICY)
    unknown = suggest({**facts, name: None}, scores, context, POLICY)
    if known.gate.outcome == unknown.gate.outcome == "assess":
        excused = {"able_at_listing", "multi_behaviour", "live_listings_5y", "prior_revocations"}
        against = {"open_cases_elsewhere", "related_party_listed", "lockout_near", "insolvency_sign"}
        if name not in against:
            assert not (known.route == "ordinary" and unknown.route == "simple")
        if name not in excused:
            assert not (known.tier != "slight" and unknown.tier == "slight")
        if known.grade and unknown.grade:
            assert ORDER[unknown.grade] >= ORDER[known.grade]


@MANY
@given(FACTS_OPEN, SCORES, CONTEXT, POINTS)
def test_more_points_never_bring_a_worse_grade_a_longer_observation_or_a_harder_route(
    facts: Mapping[str, Any], scores: Scores, context: Context, other: float | None
) -> None:
    if scores.points is None or other is None:
        return
    low, high = sorted((scores.points, other))
    poor, rich = (suggest(facts, with_points(scores, points), context, POLICY) for points in (low, high))
    if poor.gate.outcome == "assess":
        assert poor.grade
        assert rich.grade
        assert ORDER[rich.grade] <= ORDER[poor.grade]
        assert not (poor.route == "simple" and rich.route == "ordinary")
        assert rich.third_party <= poor.third_party
        if poor.observation_months is not None and rich.observation_months is not None:
            assert rich.observation_months <= poor.observation_months


@MANY
@given(facts=FACTS_OPEN, scores=SCORES, context=CONTEXT)
def test_the_tier_alone_is_the_tier_of_the_suggestion(
    facts: Mapping[str, Any], scores: Scores, context: Context
) -> None:
    """Past cases are grouped by the tier that a new one is told."""
    found = suggest(facts, scores, context, POLICY)
    if found.tier is not None:
        assert tier_of(facts, context, POLICY) == found.tier


def with_points(scores: Scores, points: float) -> Scores:
    return replace(scores, points=points)


@MANY
@given(
    FACTS_OPEN,
    SCORES,
    CONTEXT,
    st.sampled_from(["objections", "remaining_debt", "creditor_count", "material_discrepancies", "mass_event"]),
    st.data(),
)
def test_worse_facts_never_turn_an_ordinary_route_into_a_simple_one(
    facts: Mapping[str, Any], scores: Scores, context: Context, name: str, data: st.DataObject
) -> None:
    values = NUMBERS.get(name, [0, 1])
    low, high = sorted((data.draw(st.sampled_from(values)), data.draw(st.sampled_from(values))))
    mild = suggest({**facts, name: low}, scores, context, POLICY)
    grave = suggest({**facts, name: high}, scores, context, POLICY)
    assert not (mild.route == "ordinary" and grave.route == "simple")


@MANY
@given(FACTS_OPEN, SCORES, CONTEXT)
def test_an_attested_hardship_can_only_help(facts: Mapping[str, Any], scores: Scores, context: Context) -> None:
    plain = suggest({**facts, "hardship_attested": 0}, scores, context, POLICY)
    attested = suggest({**facts, "hardship_attested": 1}, scores, context, POLICY)
    assert attested.priority_start
    assert attested.tier == plain.tier
    assert attested.grade == plain.grade
    if attested.mode != plain.mode:
        assert attested.mode == "inability_track"
        assert plain.mode in {"willingness_not_shown", "not_yet", "not_assessed", "conditional", "suspension"}
    assert not (plain.route == "simple" and attested.route == "ordinary")


@MANY
@given(FACTS_ANY, SCORES, CONTEXT, st.sampled_from([None, 0.0, 1.0]))
def test_a_guardians_conduct_is_named_apart_and_changes_nothing_of_the_ward(
    facts: Mapping[str, Any], scores: Scores, context: Context, conduct: float | None
) -> None:
    def of_the_ward(given: Mapping[str, Any]) -> dict[str, Any]:
        data = suggest(given, scores, context, POLICY).to_json()
        data["trace"] = [fired for fired in data["trace"] if fired["rule"] != "FIND.guardian"]
        return data

    clear = {name: value for name, value in facts.items() if name not in GUARDIAN_FACTS}
    named = {**clear, "guardian_misconduct": conduct}
    assert of_the_ward(named) == of_the_ward(clear)
    fired = [item.rule for item in suggest(named, scores, context, POLICY).trace]
    assert fired.count("FIND.guardian") == (conduct == 1.0)


@MANY
@given(FACTS_OPEN, SCORES, CONTEXT)
def test_stages_only_widen_and_the_last_payment_lifts_all(
    facts: Mapping[str, Any], scores: Scores, context: Context
) -> None:
    found = suggest(facts, scores, context, POLICY)
    for before, after in zip(found.stages, found.stages[1:], strict=False):
        assert set(before.scope) <= set(after.scope)
    if found.stages:
        assert found.mode == "conditional"
        assert "consumption" in found.stages[-1].scope
        assert [stage.payments for stage in found.stages] == list(range(1, int(facts["stages_total"] or 0) + 1))


@MANY
@given(st.integers(2, 36), st.integers(-1, 40), CONTEXT)
def test_the_scope_grows_with_the_instalments(parts: int, paid: int, context: Context) -> None:
    """Nothing is ever taken away, the first and the last payment free something, and as many as can."""
    agreed = {**EASY, "stages_total": parts}
    scores = Scores(points=70.0, dimensions={"ability": 40.0, "willingness": 80.0, "impact": 90.0})
    start = suggest({**agreed, "stages_paid": 0}, scores, context, POLICY)
    if start.mode != "conditional":
        return
    told = [set(start.scope), *(set(stage.scope) for stage in start.stages)]
    gains = [len(after - before) for before, after in pairwise(told)]
    assert all(before <= after for before, after in pairwise(told))
    waiting = len(told[-1] - told[0])
    assert sum(gain > 0 for gain in gains) == min(parts, waiting)
    assert gains[0] > 0
    assert gains[-1] > 0
    assert set(POLICY.rules(context.on, context.region).words["scope.lifted.full"]) <= told[-1]
    now = suggest({**agreed, "stages_paid": paid}, scores, context, POLICY)
    assert set(now.scope) == told[max(0, min(paid, parts))]


@MANY
@given(FACTS_ANY, SCORES, CONTEXT)
def test_nothing_is_revoked_by_machine_every_trigger_is_a_judges_task_with_a_draft(
    facts: Mapping[str, Any], scores: Scores, context: Context
) -> None:
    found = suggest(facts, scores, context, POLICY)
    fired = {item.rule: item.outcome for item in found.trace}
    triggered = fired.get("DT10", "none") != "none" or "DT10.lookback" in fired
    assert bool(found.tasks) == triggered
    for task in found.tasks:
        assert task.due == context.on
        assert task.draft.startswith("草稿（未生效")
    if found.tasks:
        assert found.mode in {"under_observation", "human_only"}
        assert found.scope == ()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"points": math.nan}, "points must be a number from 0 to 100"),
        ({"points": 100.1}, "points must be a number from 0 to 100"),
        ({"p_redefault_12": 1.01}, "p_redefault_12 must be a number from 0 to 1"),
        ({"p_redefault_12_low": 0.2}, "p_redefault_12_low and p_redefault_12_high go together"),
        ({"p_redefault_12_low": 0.2, "p_redefault_12_high": 0.1}, "low at most high"),
        ({"p_redefault_12_low": 0.2, "p_redefault_12_high": 1.2}, "p_redefault_12_high must be a number from 0 to 1"),
        ({"p_success": -0.01, "points": -1.0}, "points must be .*; p_success must be"),
        ({"dimensions": {"ability": 1.0}}, "dimensions must be exactly ability, willingness, impact"),
        ({"dimensions": {"ability": 1.0, "willingness": math.inf, "impact": 1.0}}, "willingness must be a number"),
    ],
)
def test_scores_out_of_range_are_refused(scores: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scores(**scores)
    assert Scores(points=100.0, p_success=0.0, p_redefault_12=1.0).points == 100.0
    assert Scores(p_redefault_12_low=0.2, p_redefault_12_high=0.2).p_redefault_12_high == 0.2
