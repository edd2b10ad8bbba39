"""By how much each outcome's level is off in an area or an industry: what a court may put right by a rule.

The rule book can shift an area or an industry without fitting trees again (`calibration.shift.*`, dated and approved by
two persons; `docs/recalibration.md`). Here stands by how much, on the test cases, per fitted outcome: the rule book's
keys are those of the three margins, not of the probability of twelve months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from models.multiple_tests import holm
from models.recalibration import drawn_together, level_shift
from models.spec import CARD_OUTCOME, OUTCOMES
from pipeline.sections.evaluated import UNKNOWN, Evaluated, Floats, Ints, Section

PLACES = ("region_code", "industry_section")


def recalibration(given: Evaluated) -> Section:
    """One table for every fitted outcome with a test period; metrics count the groups whose level is off."""
    found: dict[str, list[dict[str, Any]]] = {}
    limits = (given.settings.min_cases, given.settings.min_events)
    for outcome in OUTCOMES:
        held = given.held_out(outcome)
        p = fitted_probability(given, outcome, held.rows)
        if p is not None and held.usable:
            found[outcome] = by_place(given.groups(held.keys), held.y, p, limits)
    mark_off(found)
    metrics = {
        outcome: {
            "groups": len(rows),
            "insufficient": sum(not row["enough"] for row in rows),
            "off": sum(row.get("off", False) for row in rows),
        }
        for outcome, rows in found.items()
    }
    lines = [
        f"  {outcome}, {row['group']}: {row['drawn']:+.2f}; by itself {row['shift']:+.2f} "
        f"[{row['low']:+.2f}, {row['high']:+.2f}]"
        for outcome, rows in found.items()
        for row in rows
        if row.get("off")
    ]
    head = "areas and industries whose level is off, log-odds beside what the rules add (docs/recalibration.md):"
    return Section({"recalibration": metrics} if metrics else {}, found, (head, *lines) if lines else ())


def fitted_probability(given: Evaluated, outcome: str, rows: Ints) -> Floats | None:
    """Calibrated probability of a fitted outcome at `rows`; of months 7-12 that of those still clean at six."""
    if outcome in given.probabilities:
        whole = given.probabilities[outcome]
        return None if whole is None else whole[rows]
    first, year = given.probabilities.get("redefault_6"), given.probabilities.get(CARD_OUTCOME)
    if first is None or year is None:
        return None
    return (year[rows] - first[rows]) / (1 - first[rows])


def by_place(groups: pd.DataFrame, y: Floats, p: Floats, limits: tuple[int, int]) -> list[dict[str, Any]]:
    """What to add to the log-odds in every area and industry that a rule can name: by itself, with a 95 % interval, and
    `drawn` towards what all areas, or all industries, have in common.

    `limits`: least cases, and least cases of either outcome; below, `enough` is False and no figure is given.
    """
    rows: list[dict[str, Any]] = []
    for column in PLACES:
        names = groups[column].to_numpy()
        mine: list[dict[str, Any]] = []
        for name in sorted(set(names) - {UNKNOWN}):
            inside = names == name
            cases, events = int(inside.sum()), int(y[inside].sum())
            row: dict[str, Any] = {"by": column, "group": str(name), "cases": cases, "events": events}
            row["enough"] = cases >= limits[0] and min(events, cases - events) >= limits[1]
            if row["enough"]:
                row |= asdict(level_shift(y[inside], p[inside]))
            mine.append(row)
        enough = [row for row in mine if row["enough"]]
        if enough:
            drawn = drawn_together(
                np.array([row["shift"] for row in enough]), np.array([row["error"] for row in enough])
            )
            for row, value in zip(enough, drawn.tolist(), strict=True):
                row["drawn"] = value
        rows += mine
    return rows


def mark_off(tables: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write `off` into every row with figures: whether its level is off after Holm's correction over all tables."""
    tested = [row for rows in tables.values() for row in rows if row["enough"]]
    for row, off in zip(tested, holm([row["p_value"] for row in tested]), strict=True):
        row["off"] = off
