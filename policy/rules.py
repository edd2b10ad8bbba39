"""Parameters resolved for one decision date, area and industry: what the decision tables read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from policy.faults import PolicyLookupError
from policy.schema import Value

V = TypeVar("V")
_REMARK = re.compile(r"（[^（）]*(?:施行|修正)[^（）]*）")  # "(in force from ...)": the entry's own dates say it


class Resolved(NamedTuple):
    """A value as found: the area and industry it is written for, since when, and on what ground.

    `source` reads "law: …", "decision: …", "seed: …" or "assumption: …"; `assumption` is True for the last.
    `approved_by`: the persons who approved it, where the key asks for that.
    """

    key: str
    value: Value
    region: str
    industry: str
    valid_from: date
    source: str
    assumption: bool
    approved_by: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON object for a trace; of the source its key, the whole text stands in the policy snapshot."""
        return {
            "key": self.key,
            "value": json_value(self.value),
            "region": self.region,
            "industry": self.industry,
            "valid_from": self.valid_from.isoformat(),
            "assumption": self.assumption,
            "source": source_key(self.source),
        }


@lru_cache(maxsize=4096)
def source_key(source: str) -> str:
    """The document a source names, without what it says: "S2a R62", "法释〔2017〕7号第四条", "assumption"."""
    kind, _, text = source.partition(": ")
    return kind if kind == "assumption" else _REMARK.sub("", text.partition("：")[0]).strip()


def json_value(value: Value) -> Any:
    """A parameter value as JSON has it: dates as ISO text, lists as lists."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


class _Values(dict[str, V]):
    """Values by key; a key without a value says so in words."""

    def __missing__(self, key: str) -> V:
        raise PolicyLookupError(f"{key} has no value on this decision date, or is not a policy key")


class _Groups(dict[tuple[str, ...], tuple[Resolved, ...]]):
    """The resolved values of each group of keys that was asked for."""

    def __init__(self, resolved: Mapping[str, Resolved]) -> None:
        super().__init__()
        self._resolved = resolved

    def __missing__(self, keys: tuple[str, ...]) -> tuple[Resolved, ...]:
        group = self[keys] = tuple(self._resolved[key] for key in keys)
        return group


class Rules:
    """All values that hold together; the decision tables read nothing else.

    `number`, `flag`, `words`, `text`, `day` are the same values, each for the keys whose schema type
    it names; `value` is for any. A key without a value raises PolicyLookupError. `groups` holds the resolved
    values of a rule, for its trace, by the tuple of their keys: every case asks for the same ones.
    """

    __slots__ = ("_resolved", "day", "flag", "groups", "number", "text", "value", "words")

    def __init__(self, resolved: Mapping[str, Resolved]) -> None:
        self._resolved = _Values(resolved)
        values: _Values[Any] = _Values((key, found.value) for key, found in resolved.items())
        self.value: Mapping[str, Value] = values
        self.number: Mapping[str, float] = values
        self.flag: Mapping[str, bool] = values
        self.words: Mapping[str, tuple[str, ...]] = values
        self.text: Mapping[str, str] = values
        self.day: Mapping[str, date] = values
        self.groups = _Groups(self._resolved)

    def params(self, keys: tuple[str, ...]) -> tuple[Resolved, ...]:
        """The resolved values of these keys."""
        return self.groups[keys]

    def all(self) -> tuple[Resolved, ...]:
        """Every value, by key."""
        return tuple(self._resolved[key] for key in sorted(self._resolved))
