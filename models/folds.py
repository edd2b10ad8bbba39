"""Folds that never separate a debtor's cases and never depend on the order of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def fold_numbers(groups: Sequence[str], events: Sequence[bool], folds: int, salt: str) -> IntArray:
    """Fold (0 .. folds-1) of every row.

    Debtors (`groups`) are ordered by SHA-256 of salt and id, those with an event (`events`, per row) first, and dealt
    round in turn: folds hold equal shares of debtors with events, and the same debtors fall together on every machine
    and in every row order. Raises ValueError when there are fewer debtors than folds.
    """
    eventful: dict[str, bool] = {}
    for group, event in zip(groups, events, strict=True):
        eventful[group] = eventful.get(group, False) or bool(event)
    if len(eventful) < folds:
        raise ValueError(f"{len(eventful)} debtors cannot be dealt to {folds} folds")
    ordered = sorted(eventful, key=lambda group: (not eventful[group], _digest(salt, group)))
    place = {group: number % folds for number, group in enumerate(ordered)}
    return np.fromiter((place[group] for group in groups), dtype=np.int64, count=len(groups))


def _digest(salt: str, group: str) -> str:
    return hashlib.sha256(f"{salt}\x00{group}".encode()).hexdigest()
