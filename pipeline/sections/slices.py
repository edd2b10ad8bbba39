"""A search for places where a probability is wrong by more than chance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from models.slices import members_of, weak_slices
from pipeline.sections.evaluated import GROUPINGS, HEADS, Evaluated, Section


def slices(given: Evaluated) -> Section:
    """Bins and pairs of bins of all indicators and groups, on the test cases of every outcome."""
    settings = given.settings
    metrics: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None or not held.usable:
            continue
        chosen = np.arange(len(held.y))
        if len(chosen) > settings.slice_cases:
            picked = np.random.default_rng(settings.seed).choice(len(chosen), settings.slice_cases, replace=False)
            chosen = np.sort(picked)
        keys = held.keys[chosen]
        frame = given.frames.X.loc[keys, list(given.bundle.indicator_ids)].join(given.groups(keys)[list(GROUPINGS)])
        members, names = members_of(frame, min_cases=settings.min_cases)
        y, p = held.y[chosen], held.p[chosen]
        if not names or not 0 < y.sum() < len(y) or float(p.std()) == 0:
            continue
        search = weak_slices(
            members, names, y, p, draws=settings.slice_draws, seed=settings.seed, min_cases=settings.min_cases
        )
        metrics[outcome] = {"cases": search.cases, "looked_at": search.looked_at, "found": len(search.found)}
        tables[outcome] = metrics[outcome] | {"limit": search.limit, "rows": [asdict(one) for one in search.found]}
    if not metrics:
        return Section()
    told = "; ".join(f"{name} {one['found']} of {one['looked_at']:,}" for name, one in metrics.items())
    return Section({"slices": metrics}, tables, (f"weak slices: {told}",))
