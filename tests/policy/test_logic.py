"""The public text of the decision tables says all that the tables answer, and nothing that they never answer."""

from __future__ import annotations

from datetime import date

import pytest
from casebook import CASES, answer, rules_of

from benchmarks.policy_trials import days_of, draw, generator
from policy.book import book
from policy.lockout import GROUNDS, lockout
from policy.logic import statements
from policy.notice import notice
from policy.outcome import Context
from policy.parameters import load
from policy.revocation import revocation
from policy.rulebook import rules
from policy.suggest import suggest

POLICY = load()
STATED = [outcome for chapter in statements().values() for item in chapter for outcome in item.outcomes]


@pytest.fixture(scope="module")
def answered() -> set[str]:
    """RULE=outcome of every line in the traces of many random inputs, and of the casebook with its courts."""
    rng, days = generator(11), days_of(POLICY)
    found = set()
    for _ in range(6_000):
        facts, scores, context = draw(rng, days)
        traces = (suggest(facts, scores, context, POLICY).trace, revocation(facts, context, POLICY).trace)
        for trace in (*traces, notice(facts, context, POLICY).trace):
            found |= {f"{fired.rule}={fired.outcome}" for fired in trace}
    for case in CASES.values():
        for row in case["rows"]:
            if "lookup" not in row and "table" not in case:
                trace = answer(case, row, rules_of(case.get("court"))).trace
                found |= {f"{fired.rule}={fired.outcome}" for fired in trace}
    on = Context(date(2025, 3, 3))
    return found | {f"DT11={lockout(ground, on, POLICY).trace[0].outcome}" for ground in GROUNDS}


def test_every_answer_of_a_table_stands_in_its_text(answered: set[str]) -> None:
    counted = {outcome.removesuffix("*") for outcome in STATED if outcome.endswith("*")}
    assert [line for line in sorted(answered) if line not in STATED and not line.startswith(tuple(counted))] == []


def test_every_stated_outcome_is_one_that_a_table_gives(answered: set[str]) -> None:
    assert len(STATED) == len(set(STATED))
    named = {outcome for outcome in STATED if not outcome.endswith("*")}
    assert named - answered == set()
    for outcome in set(STATED) - named:
        assert any(line.startswith(outcome.removesuffix("*")) for line in answered), outcome


def test_the_text_quotes_parameters_that_exist_with_the_values_of_the_day_and_place() -> None:
    quoted = {key for chapter in statements().values() for item in chapter for key in item.keys}
    assert quoted <= set(POLICY.schema.keys)
    assert {section.code for section in book(POLICY, date(2026, 4, 1)).sections} == set(statements())
    here, elsewhere = (rules(POLICY, date(2025, 3, 3), region) for region in ("330881", "220102"))
    assert "同意债权占比达0.6666的：附条件修复" in here
    assert "同意债权占比达1的：附条件修复" in elsewhere
    assert "{" not in here
