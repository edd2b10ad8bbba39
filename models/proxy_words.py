"""Indicators that give a protected attribute away, in the words of the command, the gates and the model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def in_words(indicators: Sequence[Mapping[str, Any]]) -> str:
    """Name, id and AUC of each of `indicators` (mappings of `id`, `name`, `auc`), strongest first as they are given."""
    return ", ".join(f"{one['name']} {one['id']} (AUC {one['auc']:.2f})" for one in indicators)
