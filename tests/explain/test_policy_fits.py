"""What the decision tables really write fits the record, on every way through the gate."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from explain.record import build_record
from explain.text import explain_text
from policy.facts import FACTS
from policy.gate import gate
from policy.outcome import Context, Scores
from policy.parameters import Policy, load
from policy.suggest import suggest

CONTEXT = Context(date(2026, 5, 1), "220102", None)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load()


@pytest.mark.parametrize(
    ("changed", "outcome"), [({}, "assess"), ({"all_performed": 1.0}, "no_discretion"), ({"no_ai": 1.0}, "human_only")]
)
def test_suggestions_of_policy_are_recorded_whole(
    pieces: dict[str, Any], policy: Policy, changed: dict[str, float], outcome: str
) -> None:
    facts: dict[str, float | None] = {**dict.fromkeys(FACTS, 0.0), "granted_mode": None, **changed}
    found = gate(facts, CONTEXT, policy)
    assert found.outcome == outcome
    scores = Scores()
    if outcome == "assess":
        dimensions = {"ability": 62.5, "willingness": 78.8, "impact": 50.0}
        scores = Scores(66.5, dimensions, 0.5, 0.08, 0.126)
    else:
        pieces |= {"points": None, "models": {}, "probabilities": {}}
    suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
    pieces |= {"facts": facts, "gate": found.to_json(), "suggestion": suggestion}
    record = build_record(**pieces)
    assert record.content()["suggestion"] == suggestion
    text = explain_text(record, {})
    for fired in suggestion["trace"]:
        assert f"[{fired['rule']}] {fired['zh']}" in text
