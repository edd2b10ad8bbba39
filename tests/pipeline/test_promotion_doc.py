"""`docs/promotion.md` states every limit of the gates, and the numbers that the code holds."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from models.fairness import FairnessLimits
from models.gates import GATES, GateLimits
from models.proxy import ProxyLimits
from pipeline.evidence import SAMPLE
from pipeline.sections.settings import EvaluationParams

TEXT = (Path(__file__).parents[2] / "docs" / "promotion.md").read_text(encoding="utf-8")


def stated(name: str) -> dict[str, str]:
    """Value by limit, of the first table after the bold line that names the class."""
    after = re.split(rf"(?m)^\*\*.*\(`{name}`", TEXT)[1]
    table = re.search(r"(?m)^\| limit \| value \| meaning \|\n(?:\|.*\n)+", after)
    assert table is not None
    return {row[0]: row[1] for row in re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \|", table[0])}


def shown(value: Any) -> str:
    """A limit as the document writes it."""
    if isinstance(value, tuple):
        return ", ".join(value) if isinstance(value[0], str) else " to ".join(f"{one:g}" for one in value)
    return str(value) if isinstance(value, int) else f"{value:g}"


@pytest.mark.parametrize("limits", [GateLimits.of_profile("applications"), FairnessLimits(), ProxyLimits()])
def test_the_limits_in_the_document_are_those_in_the_code(limits: Any) -> None:
    assert stated(type(limits).__name__) == {name: shown(value) for name, value in asdict(limits).items()}


def test_what_an_evaluation_sets_is_what_the_document_says() -> None:
    """The fairness section takes both from the evaluation's parameters (and the proxy test the first of them)."""
    settings = EvaluationParams()
    for name in ("FairnessLimits", "ProxyLimits"):
        assert stated(name)["min_cases"] == str(settings.min_cases)
    assert stated("FairnessLimits")["min_events"] == str(settings.min_events)


def test_gates_profiles_and_the_replays_sample_are_as_stated() -> None:
    assert re.findall(r"(?m)^\| (\w+) \| ", TEXT.partition("## Limits")[0]) == ["gate", *(name for name, _ in GATES)]
    lacking = ", ".join(GateLimits.of_profile("first_listings").may_lack_evidence)
    assert f"(`first_listings`: {lacking})" in TEXT
    assert f"a sample of {SAMPLE} cases" in TEXT
