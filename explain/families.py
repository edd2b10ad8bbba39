"""Contributions rolled up: indicator, family of indicators, dimension. Sums keep what adds up.

Models share credit among correlated indicators by chance (the raw figure of a debt, its share, its cover). Read by
family, that chance is gone; and since a family's contribution is the sum of its members', base + families = margin
within the same tolerance as base + indicators.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

OTHER = "other"


@dataclass(frozen=True)
class Family:
    """Indicators that tell of one thing."""

    id: str
    zh: str
    en: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """What a family adds in one dimension: log-odds (or points) and each member's part, in the order given."""

    family: Family
    dimension: str
    total: float
    members: Mapping[str, float]


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """The packaged families, in their order."""
    path = Path(__file__).parent / "templates" / "families.yaml"
    loaded: Mapping[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return tuple(Family(id_, one["zh"], one["en"], tuple(one["members"])) for id_, one in loaded.items())


def by_family(added: Mapping[str, float], dimension_of: Mapping[str, str]) -> tuple[Share, ...]:
    """`added` (contributions or points by indicator) summed by dimension and family, in the families' order.

    Indicators that no family lists form the family "other" of their dimension. Every indicator counts exactly once.
    Raises KeyError for an indicator without a dimension.
    """
    whose = {member: family for family in families() for member in family.members}
    other = Family(OTHER, "其他", "other", ())
    grouped: dict[tuple[str, Family], dict[str, float]] = {}
    for id_, value in added.items():
        grouped.setdefault((dimension_of[id_], whose.get(id_, other)), {})[id_] = value
    order = [*families(), other]
    ranked = sorted(grouped.items(), key=lambda item: order.index(item[0][1]))
    return tuple(
        Share(family, dimension, math.fsum(members.values()), members) for (dimension, family), members in ranked
    )


def by_dimension(shares: tuple[Share, ...]) -> dict[str, float]:
    """The families' sums by dimension."""
    grouped: dict[str, list[float]] = {}
    for share in shares:
        grouped.setdefault(share.dimension, []).extend(share.members.values())
    return {dimension: math.fsum(parts) for dimension, parts in grouped.items()}
