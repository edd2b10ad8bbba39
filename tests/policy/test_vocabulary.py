"""The facts that `features` computes and the facts that the rules read are the same, and so are their windows."""

from __future__ import annotations

from datetime import date

from features import facts as computed
from policy.facts import EXTRA_FACTS, FACTS
from policy.parameters import load


def test_every_fact_the_rules_read_is_computed() -> None:
    ids = {fact.id for fact in computed.FACTS}
    assert set(FACTS) <= ids
    assert ids <= set(FACTS) | set(EXTRA_FACTS)


def test_every_window_of_a_fact_is_a_parameter_with_the_same_value() -> None:
    rules = load().rules(date(2025, 3, 3))
    stated = {
        found.key.removeprefix("features."): found.value for found in rules.all() if found.key.startswith("features.")
    }
    assert stated == dict(computed.PARAMETER_DEFAULTS)
