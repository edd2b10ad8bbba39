"""The facts that `features` computes and the facts that the rules read are the same, and so are their windows."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from features import facts as computed
from features.catalogue import MAIN
from policy.facts import EXTRA_FACTS, FACTS, NOT_RECORDED
from policy.parameters import load


def test_every_fact_the_rules_read_is_computed() -> None:
    ids = {fact.id for fact in computed.FACTS}
    assert set(FACTS) <= ids
    assert ids <= set(FACTS) | set(EXTRA_FACTS)
    beside = {indicator.id for indicator in MAIN}  # handed in with the facts (`pipeline.work.Work.stated`)
    assert set(EXTRA_FACTS) - ids - beside == NOT_RECORDED


def test_every_window_of_a_fact_is_a_parameter_with_the_same_value() -> None:
    rules = load().rules(date(2025, 3, 3))
    stated = {
        found.key.removeprefix("features."): found.value for found in rules.all() if found.key.startswith("features.")
    }
    assert stated == dict(computed.PARAMETER_DEFAULTS)


DECISIONS = sorted((Path(__file__).parents[2] / "docs" / "decisions").glob("000[1-5]-*.md"))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_on_contradicting_sources_names_parameters_that_exist(path: Path) -> None:
    keys = load().schema.keys
    groups = {key.partition(".")[0] for key in keys}
    words = re.findall(r"`([a-z_]+\.[A-Za-z_.*0-9]+)`", path.read_text(encoding="utf-8"))
    named = [word for word in words if word.partition(".")[0] in groups]
    assert named
    assert [word for word in named if not any(fnmatchcase(key, word) for key in keys)] == []


def test_every_contradiction_the_rules_decide_has_its_decision() -> None:
    assert len(DECISIONS) == 5
