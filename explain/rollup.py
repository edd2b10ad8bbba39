"""Contributions to the re-default risk rolled up: indicator, family, dimension, in log-odds and in converted points.

Of twelve months where both margins exist, weighed as `explain.reasons` weighs them; of six months where only the first
does. Every level is the sum of the one below, in log-odds and in points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explain.card_scale import CardScale
from explain.families import Family, by_dimension, by_family
from explain.reasons import twelve_month_contributions
from explain.record import ModelTerms
from explain.schema import Model, ScoreRecord


@dataclass(frozen=True)
class Sum:
    """A sum of contributions in log-odds, and the same in converted points (None without a scale)."""

    log_odds: float
    converted: float | None


@dataclass(frozen=True)
class FamilyRow:
    """What a family adds in one dimension, and what its indicators score on the card (None: none is on it)."""

    family: Family
    dimension: str
    added: Sum
    points: float | None


@dataclass(frozen=True)
class Rollup:
    """The families in their order, and their sums by dimension and altogether."""

    outcome: str
    rows: tuple[FamilyRow, ...]
    dimensions: Mapping[str, Sum]
    whole: Sum


def rolled_up(
    record: ScoreRecord, describe: Mapping[str, Mapping[str, Any]], scale: CardScale | None = None
) -> Rollup | None:
    """The roll-up of one record, None where no margin of re-default exists.

    `describe` gives each indicator's dimension ("all" where it does not), `scale` is that of the record's own card.
    """
    first, second = record.models.redefault_6, record.models.redefault_7_12
    if first is None:
        return None
    outcome = "redefault_6" if second is None else "redefault_12"
    added = first.contributions if second is None else twelve_month_contributions(_terms(first), _terms(second))
    card = {} if record.points is None else record.points.indicators
    dimension = {id_: str(describe.get(id_, {}).get("dimension", "all")) for id_ in (*added, *card)}
    points = {(share.family, share.dimension): share.total for share in by_family(card, dimension)}
    shares = by_family(added, dimension)

    def summed(log_odds: float) -> Sum:
        return Sum(log_odds, None if scale is None else scale.points(outcome, log_odds))

    return Rollup(
        outcome,
        tuple(
            FamilyRow(one.family, one.dimension, summed(one.total), points.get((one.family, one.dimension)))
            for one in shares
        ),
        {name: summed(total) for name, total in by_dimension(shares).items()},
        summed(math.fsum(added.values())),
    )


def _terms(model: Model) -> ModelTerms:
    return ModelTerms(model.base, model.contributions, model.margin, model.calibration, model.probability)
