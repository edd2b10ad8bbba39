"""The rules in force here: the packaged parameters and the override files of the courts this home serves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.home import Home
from policy.parameters import Policy, load


def rules_in_force(home: Home, more: Sequence[Path] = ()) -> Policy:
    """Packaged rules with every `courts/*.yaml` of the home, in the order of their names, and the files `more`.

    Raises PolicyFaults with every fault of every file.
    """
    return load(overrides=[*sorted(home.courts.glob("*.yaml")), *more])
