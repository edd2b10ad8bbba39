"""The page on the world says what the world is: every cause with its strength, every hidden cause, both limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data_synth.calibration import TARGETS, load
from data_synth.params import HIDDEN, WorldParams

PAGE = (Path(__file__).parents[2] / "docs" / "synthetic-world.md").read_text(encoding="utf-8")


def test_every_cause_stands_there_with_its_strength() -> None:
    world = WorldParams()
    rows = {name: float(strength) for name, strength in re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \|", PAGE, re.MULTILINE)}
    assert rows == {**world.redefault, **world.success}


@pytest.mark.parametrize("cause", HIDDEN)
def test_every_hidden_cause_is_explained(cause: str) -> None:
    section = PAGE.split("## What nobody can see")[1].split("\n## ")[0]
    assert f"`{cause}`" in section


def test_the_limits_of_the_best_reachable_auc_are_those_that_are_checked() -> None:
    targets = {target.key: target for target in load(TARGETS).targets}
    for key, words in (("success", "0.75 and 0.85 for a grant"), ("redefault_12", "0.70 and 0.85 for re-default")):
        target = targets[f"best_auc_{key}"]
        low, high = (f"{target.value + sign * target.tolerance:.2f}" for sign in (-1, 1))
        assert words.startswith(f"{low} and {high}")
        assert words in PAGE
