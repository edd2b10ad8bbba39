"""Rules that fired, with every parameter's title, unit, validity and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from explain.schema import Fired
from policy.parameters import Policy
from policy.rules import json_value
from service.words import RULES, said

_ANY = "*"


class Named(Protocol):
    """A name in Chinese (and English)."""

    @property
    def zh(self) -> str: ...


@dataclass(frozen=True)
class ParameterView:
    """One dated value as a rule read it. `source` is empty when this program's rules hold another value."""

    key: str
    zh: str
    value: str
    holds: str
    source: str
    assumption: bool


@dataclass(frozen=True)
class FactView:
    """What a rule read: the id under which its evidence stands on the page, its name, its value."""

    id: str
    zh: str
    value: str


@dataclass(frozen=True)
class RuleView:
    """One rule as it was applied."""

    code: str
    title: str
    outcome: str
    zh: str
    facts: tuple[FactView, ...]
    parameters: tuple[ParameterView, ...]


class RuleBook:
    """Titles and sources of parameters. The record holds the values; the sources stand in the rules themselves."""

    def __init__(self, policy: Policy) -> None:
        self._keys = policy.schema.keys
        self._held: dict[tuple[str, str, str, str], tuple[object, str]] = {}
        for entry in policy.entries:
            found = entry.resolved
            place = (found.key, found.region, found.industry, found.valid_from.isoformat())
            self._held[place] = (json_value(found.value), found.source)

    @property
    def titles(self) -> dict[str, str]:
        """Chinese titles of the parameters by key."""
        return {key: spec.zh for key, spec in self._keys.items()}

    def view(self, fired: Fired, name: Callable[[str], Named], figure: Callable[[str, float | None], str]) -> RuleView:
        """One rule for the page; `name` and `figure` say what it read."""
        base = fired.rule.partition(".")[0]
        return RuleView(
            code=fired.rule,
            title=RULES.get(base, ""),
            outcome=fired.outcome,
            zh=fired.zh,
            facts=tuple(FactView(id_, name(id_).zh, figure(id_, value)) for id_, value in fired.facts.items()),
            parameters=tuple(self._parameter(parameter) for parameter in fired.parameters),
        )

    def _parameter(self, told: Mapping[str, Any]) -> ParameterView:
        key = str(told.get("key", ""))
        place = (key, str(told.get("region", _ANY)), str(told.get("industry", _ANY)), str(told.get("valid_from", "")))
        spec = self._keys.get(key)
        held, source = self._held.get(place, (None, ""))
        value = _said(told.get("value"))
        if spec is not None and spec.unit and told.get("value") is not None:
            value = f"{value} {spec.unit}"
        where = [] if place[1] == _ANY else [f"地区 {place[1]}"]
        where += [] if place[2] == _ANY else [f"行业 {place[2]}"]
        return ParameterView(
            key=key,
            zh=key if spec is None else spec.zh,
            value=value,
            holds="，".join([f"自 {place[3]} 起", *where]) if place[3] else "，".join(where),
            source=_source(source) if held == told.get("value") else "",
            assumption=bool(told.get("assumption")),
        )


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None:
        return "无"
    if isinstance(value, list | tuple):
        return "、".join(said("scopes", str(item)) for item in value)
    return f"{value:,g}" if isinstance(value, int | float) and abs(value) < 1e6 else str(value)


def _source(text: str) -> str:
    for mark, zh in (("law: ", "法源："), ("decision: ", "决定："), ("seed: ", "依据："), ("assumption: ", "设定：")):
        if text.startswith(mark):
            words = text.removeprefix(mark)
            return words if words.startswith("本项目设定") else zh + words  # which says its kind itself
    return text
