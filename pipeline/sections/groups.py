"""Observed beside predicted, by region, industry and kind of subject."""

from __future__ import annotations

from typing import Any

import pandas as pd

from models.auc import auc
from pipeline.sections.evaluated import GROUPINGS, HEADS, Evaluated, Floats, Section


def groups(given: Evaluated) -> Section:
    """One table for every outcome that has a test period."""
    found = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is not None and held.usable:
            found[outcome] = by_group(given.groups(held.keys), held.y, held.p)
    return Section(tables=found)


def by_group(groups: pd.DataFrame, y: Floats, p: Floats) -> list[dict[str, Any]]:
    """Cases, rates, and AUC where both outcomes occur, of every value of every column of `groups` (n, ...)."""
    rows = []
    for column in GROUPINGS:
        names = groups[column].to_numpy()
        for name in sorted(set(names)):
            mine = names == name
            both = 0 < y[mine].sum() < mine.sum()
            rows.append(
                {
                    "by": column,
                    "group": str(name),
                    "cases": int(mine.sum()),
                    "observed": float(y[mine].mean()),
                    "predicted": float(p[mine].mean()),
                    "auc": float(auc(y[mine], p[mine])) if both else None,
                }
            )
    return rows
