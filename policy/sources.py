"""Where the decision tables get their rules from: anything that resolves a date, an area and an industry."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from policy.rules import Rules


class RuleSource(Protocol):
    """A policy, as far as the decision tables need it."""

    def rules(self, on: date, region: str = ..., industry: str | None = ...) -> Rules:
        """Every value for one decision date, area and industry."""
        ...
