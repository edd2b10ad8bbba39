"""The ordered main catalogue: indicators of the three dimensions (S0a R02).

Order is the order of model columns, of the data dictionary and of the public rule book. What is
`scored=False` serves rules and reviewers only.
"""

from __future__ import annotations

from features.ability import ABILITY
from features.impact import IMPACT
from features.indicator import Indicator, catalogue_hash, describe
from features.willingness import WILLINGNESS

MAIN: tuple[Indicator, ...] = ABILITY + WILLINGNESS + IMPACT

__all__ = ["MAIN", "catalogue_hash", "describe", "scored_ids"]


def scored_ids(catalogue: tuple[Indicator, ...] = MAIN) -> tuple[str, ...]:
    """Ids of the indicators a model may read, in catalogue order."""
    return tuple(indicator.id for indicator in catalogue if indicator.scored)
