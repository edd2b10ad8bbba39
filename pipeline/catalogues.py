"""All indicators and facts of all profiles, and the parameters of the rules, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.indicator import describe
from features.profiles import PROFILES
from policy.parameters import load


def describe_all() -> Mapping[str, Mapping[str, Any]]:
    """id → description (Chinese and English name, dimension, unit, window, basis) over every profile."""
    return {item.id: describe(item) for profile in PROFILES.values() for item in (*profile.facts, *profile.catalogue)}


def parameter_titles() -> Mapping[str, str]:
    """key → Chinese title of every parameter of the packaged rules."""
    return {key: spec.zh for key, spec in load().schema.keys.items()}
