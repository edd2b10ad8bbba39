"""What the decision tables really write fits the record, on every way through the gate."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from explain.record import RecordError, build_record, record_of
from explain.report import report_html
from explain.text import explain_text
from explain.words import vocabulary
from policy.facts import EXTRA_FACTS, FACTS
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
        pieces |= {"points": None, "models": {}, "probabilities": {}, "intervals": {}}
    suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
    pieces |= {"facts": facts, "gate": found.to_json(), "suggestion": suggestion}
    record = build_record(**pieces)
    assert record.content()["suggestion"] == suggestion
    text = explain_text(record, {})
    for fired in suggestion["trace"]:
        assert f"[{fired['rule']}] {fired['zh']}" in text


WEAK = {"ability": 40.0, "willingness": 78.8, "impact": 60.0}
AGREED = {
    "creditors_heard": 1.0, "consent_share": 1.0, "plan_set": 1.0, "settlement_active": 1.0, "query_coverage": 1.0,
    "stages_total": 3.0, "stages_paid": 1.0, "remaining_debt": 60000.0,
}  # fmt: skip


def recorded(pieces: dict[str, Any], policy: Policy, changed: dict[str, float], scores: Scores) -> dict[str, Any]:
    """The suggestion of a case as its record holds it."""
    facts: dict[str, float | None] = {**dict.fromkeys(FACTS, 0.0), "granted_mode": None, **changed}
    suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
    shown = {**dict.fromkeys(FACTS), **dict.fromkeys(EXTRA_FACTS), **facts}
    gated = gate(facts, CONTEXT, policy).to_json()
    record = build_record(**{**pieces, "facts": shown, "gate": gated, "suggestion": suggestion})
    assert record.content()["suggestion"] == suggestion
    assert record_of(record.content()).canonical == record.canonical
    found: dict[str, Any] = record.content()["suggestion"]  # type: ignore[assignment]
    return found


def test_stages_publication_and_tasks_are_recorded_whole(pieces: dict[str, Any], policy: Policy) -> None:
    scores = Scores(66.5, WEAK, 0.5, 0.08, 0.126)
    staged = recorded(pieces, policy, AGREED, scores)
    assert [stage["payments"] for stage in staged["stages"]] == [1, 2, 3]
    assert staged["publication"]["regime"] == "proposal"
    watched = recorded(pieces, policy, {**AGREED, "granted_mode": 3.0, "breach_days": 2.0}, scores)
    assert [(task["code"], task["due"]) for task in watched["tasks"]] == [("restore_review", "2026-05-01")]


def test_text_and_report_say_stages_publication_and_tasks(pieces: dict[str, Any], policy: Policy) -> None:
    scores = Scores(66.5, WEAK, 0.5, 0.08, 0.126)
    found = {}
    for name, more in (("staged", {"months_published": 4.0}), ("watched", {"granted_mode": 3.0, "breach_days": 2.0})):
        facts: dict[str, float | None] = {**dict.fromkeys(FACTS, 0.0), "granted_mode": None, **AGREED, **more}
        suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
        gated = gate(facts, CONTEXT, policy).to_json()
        record = build_record(**{**pieces, "facts": facts, "gate": gated, "suggestion": suggestion})
        found[name] = (explain_text(record, {}), report_html(record, {}), record.suggestion)
    for said in found["staged"][:2]:
        assert "改革建议（S2a），最短6个月，已公示4个月，最短公示期未满" in said
        assert "第3笔到账后解除：" in said
    for said in found["watched"][:2]:
        (task,) = found["watched"][2].tasks
        assert f"{task.zh}（2026-05-01前）" in said
    words = vocabulary()
    assert set(words["regimes"]) == set(policy.schema.keys["publication.regime.discretionary"].values)


@pytest.mark.parametrize(
    ("changed", "ground", "other"),
    [
        ({"hardship_attested": 1.0}, "attested", "found"),
        ({"hardship_attested": 1.0, "no_ai": 1.0}, "attested", "found"),
        ({"hardship_attested": None, "able_at_listing": 0.0, "conduct_active": 1.0}, "found", "attested"),
    ],
)
def test_text_and_report_say_whether_a_judge_attested_the_hardship(
    pieces: dict[str, Any], policy: Policy, changed: dict[str, float | None], ground: str, other: str
) -> None:
    """An inability found from the facts alone starts with priority too; no judge has attested anything then."""
    facts: dict[str, float | None] = {**dict.fromkeys(FACTS, 0.0), "granted_mode": None, **changed}
    found = gate(facts, CONTEXT, policy)
    scores = Scores(66.5, WEAK, 0.5, 0.08, 0.126) if found.asks_model else Scores()
    if not found.asks_model:
        pieces |= {"points": None, "models": {}, "probabilities": {}, "intervals": {}}
    suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
    assert suggestion["priority_start"]
    record = build_record(**{**pieces, "facts": facts, "gate": found.to_json(), "suggestion": suggestion})
    words = vocabulary()["priority"]
    for said in (explain_text(record, {}), report_html(record, {})):
        for language in ("zh", "en"):
            assert words[ground][language] in said
            assert words[other][language] not in said


@pytest.mark.parametrize("due", ["2026-5-1", "20260501", "soon"])
def test_a_task_without_a_proper_day_is_refused(pieces: dict[str, Any], policy: Policy, due: str) -> None:
    scores = Scores(66.5, WEAK, 0.5, 0.08, 0.126)
    recorded(pieces, policy, {**AGREED, "granted_mode": 3.0, "breach_days": 2.0}, scores)
    facts: dict[str, float | None] = {**dict.fromkeys(FACTS, 0.0), **AGREED, "granted_mode": 3.0, "breach_days": 2.0}
    suggestion = suggest(facts, scores, CONTEXT, policy).to_json()
    suggestion["tasks"][0]["due"] = due
    gated = gate(facts, CONTEXT, policy).to_json()
    with pytest.raises(RecordError, match="/suggestion/tasks/0/due"):
        build_record(**{**pieces, "facts": facts, "gate": gated, "suggestion": suggestion})


def test_every_parameter_in_the_trace_names_its_source(pieces: dict[str, Any], policy: Policy) -> None:
    shown = recorded(pieces, policy, AGREED, Scores(66.5, WEAK, 0.5, 0.08, 0.126))
    sources = {item["source"] for fired in shown["trace"] for item in fired["parameters"]}
    assert {"assumption", "S0a R08", "S2a R31"} <= sources
    assert all(0 < len(source) <= 40 for source in sources)
