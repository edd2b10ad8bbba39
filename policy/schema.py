"""What each parameter key may hold: read from `schema.yaml`, used by every check of a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

Value = int | float | bool | str | tuple[str, ...] | date | None

_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "choice": "one of the allowed words",
    "choices": "a list of allowed words, none twice",
    "text": "a text",
    "texts": "a list of texts",
    "date": "a date YYYY-MM-DD",
}


@dataclass(frozen=True)
class KeySpec:
    """One key: type, bounds or allowed words, unit, title, the rule that reads it.

    `required`: the key must have a general value from the schema's origin on, so that every
    decision date finds one. `local`: a court's own file may set it; what national law fixes is
    not local. `approvals`: a value other than 0 must name so many persons who approved it.
    """

    key: str
    type: str
    zh: str
    rule: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    nullable: bool = False
    required: bool = True
    local: bool = True
    approvals: int = 0

    def read(self, raw: object) -> Value:
        """The value in its Python type. ValueError says what is wrong with it."""
        if raw is None:
            if self.nullable:
                return None
            raise ValueError(f"has no value, where {_WORDS[self.type]} belongs")
        value = self._typed(raw)
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                raise ValueError(f"is {value}, below the least allowed {self.minimum}")
            if self.maximum is not None and value > self.maximum:
                raise ValueError(f"is {value}, above the greatest allowed {self.maximum}")
        return value

    def _typed(self, raw: object) -> Value:
        value: Value = None
        if isinstance(raw, bool):
            value = raw if self.type == "flag" else None
        elif isinstance(raw, int | float):
            if self.type == "number" and math.isfinite(raw):
                value = float(raw)  # one form for one number: a snapshot in canonical JSON reads back the same
            elif self.type == "integer" and isinstance(raw, int):
                value = raw
        elif self.type == "date":
            value = _as_date(raw)
        elif isinstance(raw, str) and raw.strip() and self.type in {"text", "choice"}:
            value = self._allowed((raw,))[0]
        elif isinstance(raw, list | tuple) and self.type in {"texts", "choices"}:
            words = tuple(raw)
            if all(isinstance(word, str) and word.strip() for word in words) and len(set(words)) == len(words):
                value = self._allowed(words)
        if value is None:
            raise ValueError(f"has the wrong type: {_WORDS[self.type]} belongs here")
        return value

    def _allowed(self, words: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [word for word in words if self.values and word not in self.values]
        if unknown:
            raise ValueError(f"names {', '.join(unknown)}, which is not one of {', '.join(self.values)}")
        return words


def day_of(raw: object) -> date | None:
    """The day that a YAML value is or spells; None for anything else."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def _as_date(raw: object) -> date:
    found = day_of(raw)
    if found is not None:
        return found
    raise ValueError(f"has the wrong type: {_WORDS['date']} belongs here")


@dataclass(frozen=True)
class Schema:
    """All keys, the day from which every required key must have a value, and relations between keys."""

    origin: date
    keys: Mapping[str, KeySpec]
    descending: tuple[tuple[str, ...], ...]  # each strictly above the next
    ascending: tuple[tuple[str, ...], ...]  # each at most the next
    sums: tuple[tuple[tuple[str, ...], float], ...]  # the keys add up to the number


@lru_cache(maxsize=1)
def load_schema() -> Schema:
    """The packaged schema, read once."""
    raw: Any = yaml.safe_load((Path(__file__).parent / "schema.yaml").read_text(encoding="utf-8"))
    keys: dict[str, KeySpec] = {}
    for prefix, fields in raw["keys"].items():
        shared = fields.get("_all", {})
        for name, body in fields.items():
            if name == "_all":
                continue
            key = f"{prefix}.{name}"
            merged = {**shared, **body}
            merged["values"] = tuple(merged.get("values", ()))
            keys[key] = KeySpec(key=key, **merged)
    return Schema(
        origin=raw["origin"],
        keys=keys,
        descending=tuple(tuple(row) for row in raw["descending"]),
        ascending=tuple(tuple(row) for row in raw["ascending"]),
        sums=tuple((tuple(row["keys"]), row["total"]) for row in raw["sums"]),
    )
