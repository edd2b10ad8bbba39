"""Head figures that a record does not give, with the reason: named in Chinese, those of one reason together."""

from __future__ import annotations

from collections.abc import Mapping

from explain.words import vocabulary


def not_given(nulls: Mapping[str, str]) -> list[tuple[str, str]]:
    """(names joined by 、, reason) of a record's `nulls`: points, grade, then the outcomes as everywhere else.

    A case that left at the gate has one reason for every figure: it is said once.
    """
    grouped: dict[str, list[str]] = {}
    for name in sorted(nulls, key=_rank):
        grouped.setdefault(nulls[name], []).append(_named(name))
    return [("、".join(names), why) for why, names in grouped.items()]


def _rank(name: str) -> tuple[int, int]:
    """Place of a head figure among the words; unknown ones last, as they come."""
    figures, outcomes = list(vocabulary()["figures"]), list(vocabulary()["outcomes"])
    part, _, outcome = name.partition(".")
    if name in figures:
        return figures.index(name), 0
    if part in figures and outcome in outcomes:
        return figures.index(part), outcomes.index(outcome)
    return len(figures), 0


def _named(name: str) -> str:
    """The Chinese name of a head figure (`explain.coherence.heads`); the name itself where there are no words."""
    figures, outcomes = vocabulary()["figures"], vocabulary()["outcomes"]
    part, _, outcome = name.partition(".")
    if name in figures:
        return str(figures[name])
    if part in figures and outcome in outcomes:
        return f"{str(outcomes[outcome]).partition(' ')[0]}的{figures[part]}"
    return name
