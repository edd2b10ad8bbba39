"""The decision tables in words (`logic.yaml`): what the rule book says before it lists the values.

The tables themselves are functions; these statements are their public text, and name the outcomes they speak of,
so that a test can hold the text against what the tables answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

_PLACE = re.compile(r"\{([A-Za-z0-9_.]+)\}")


class Statement(NamedTuple):
    """One sentence with `{key}` for the values in force; `outcomes` it speaks of, as RULE=outcome or RULE=*."""

    zh: str
    outcomes: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The parameters it quotes, in order."""
        return tuple(_PLACE.findall(self.zh))

    def with_values(self, value: Callable[[str], str]) -> str:
        """The sentence with each quoted parameter's value in words."""
        return _PLACE.sub(lambda found: value(found.group(1)), self.zh)


@lru_cache(maxsize=1)
def statements() -> Mapping[str, tuple[Statement, ...]]:
    """The statements of every chapter, by the chapter's code, read once."""
    raw: Any = yaml.safe_load((Path(__file__).parent / "logic.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            code: tuple(Statement(str(item["zh"]), tuple(item.get("outcomes", ()))) for item in items)
            for code, items in raw.items()
        }
    )
