"""By how much each outcome's level is off in an area or an industry: what a court may put right by a rule.

The rule book can shift an area or an industry without fitting trees again (`calibration.shift.*`, dated and approved by
two persons; `docs/recalibration.md`). Here stands by how much, on the test cases, per fitted outcome: the rule book's
keys are those of the three margins, not of the probability of twelve months.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from models.recalibration import level_shift
from models.spec import CARD_OUTCOME, OUTCOMES
from pipeline.sections.evaluated import UNKNOWN, Evaluated, Floats, Ints, Section
from pipeline.sections.groups import holm

PLACES = ("region_code", "industry_section")


def recalibration(given: Evaluated) -> Section:
    """One table for every fitted outcome with a test period; metrics count the groups whose level is off."""
    found: dict[str, list[dict[str, Any]]] = {}
    metrics: dict[str, Any] = {}
    lines = []
    for outcome in OUTCOMES:
        held = given.held_out(outcome)
        p = fitted_probability(given, outcome, held.rows)
        if p is None or not held.usable:
            continue
        limits = (given.settings.min_cases, given.settings.min_events)
        rows = by_place(given.groups(held.keys), held.y, p, limits)
        found[outcome] = rows
        off = [row for row in rows if row.get("off")]
        metrics[outcome] = {
            "groups": len(rows),
            "insufficient": sum(not row["enough"] for row in rows),
            "off": len(off),
        }
        lines += [
            f"  {outcome}, {row['group']}: {row['shift']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]" for row in off
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
    """What to add to the log-odds in every area and industry that a rule can name, with a 95 % interval.

    `limits`: least cases, and least cases of either outcome; below, `enough` is False and no figure is given. `off`:
    the level is off after Holm's correction over all rows of the table.
    """
    rows: list[dict[str, Any]] = []
    for column in PLACES:
        names = groups[column].to_numpy()
        for name in sorted(set(names) - {UNKNOWN}):
            mine = names == name
            cases, events = int(mine.sum()), int(y[mine].sum())
            row: dict[str, Any] = {"by": column, "group": str(name), "cases": cases, "events": events}
            row["enough"] = cases >= limits[0] and min(events, cases - events) >= limits[1]
            if row["enough"]:
                row |= asdict(level_shift(y[mine], p[mine]))
            rows.append(row)
    tested = [row for row in rows if row["enough"]]
    for row, off in zip(tested, holm([row["p_value"] for row in tested]), strict=True):
        row["off"] = off
    return rows
