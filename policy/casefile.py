"""What the decision tables share while one case passes through them."""

from __future__ import annotations

from datetime import date

from policy.outcome import Facts, Fired, Scores
from policy.rules import Rules


class CaseFile:
    """The facts, the scores, the decision date and the rules of one case, and the trace as it grows."""

    __slots__ = ("facts", "on", "rules", "scores", "trace")

    def __init__(self, facts: Facts, scores: Scores, on: date, rules: Rules) -> None:
        self.facts = facts
        self.scores = scores
        self.on = on
        self.rules = rules
        self.trace: list[Fired] = []

    def fire(self, rule: str, outcome: str, names: tuple[str, ...], keys: tuple[str, ...], zh: str) -> None:
        """Add a rule to the trace with the facts and parameters it read."""
        self.trace.append(_fired(Fired, (rule, outcome, names, self.facts, self.rules.groups[keys], zh)))

    def fire_with(
        self, rule: str, outcome: str, shown: dict[str, float | None], keys: tuple[str, ...], zh: str
    ) -> None:
        """`fire` for a rule that read scores rather than facts."""
        self.trace.append(_fired(Fired, (rule, outcome, tuple(shown), shown, self.rules.groups[keys], zh)))


# A trace has some sixteen lines a case: made without a detour through the keyword constructor.
_fired = tuple.__new__
