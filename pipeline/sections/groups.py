"""Observed beside predicted by region, industry and kind of subject, with intervals; "insufficient" where few."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from models.auc import auc_interval
from models.grade_tests import rate_test
from models.multiple_tests import holm
from models.owners import Owners
from pipeline.sections.evaluated import GROUPINGS, HEADS, Evaluated, Floats, Section


def groups(given: Evaluated) -> Section:
    """One table for every outcome that has a test period; metrics count the groups whose rate was mispredicted."""
    found: dict[str, list[dict[str, Any]]] = {}
    metrics: dict[str, Any] = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None or not held.usable:
            continue
        limits = (given.settings.min_cases, given.settings.min_events)
        rows = by_group(given.groups(held.keys), held.y, held.p, held.debtors, limits)
        enough = [row for row in rows if row["enough"]]
        found[outcome] = rows
        metrics[outcome] = {
            "groups": len(rows),
            "insufficient": len(rows) - len(enough),
            "outside_interval": sum(not row["low"] <= row["predicted"] <= row["high"] for row in enough),
            "rejected": sum(row["rejected"] for row in enough),
        }
    return Section({"groups": metrics} if metrics else {}, found)


def by_group(
    groups: pd.DataFrame, y: Floats, p: Floats, owners: Owners, limits: tuple[int, int]
) -> list[dict[str, Any]]:
    """Rates with Jeffreys interval and exact test, and AUC with interval, for every value of `GROUPINGS`.

    `limits`: least cases, and least cases of either outcome; below, `enough` is False and no figure is given.
    `rejected`: the exact test rejects the predicted rate after Holm's correction over all groups of the table.
    """
    rows: list[dict[str, Any]] = []
    for column in GROUPINGS:
        names = groups[column].to_numpy()
        for name in sorted(set(names)):
            mine = names == name
            cases, events = int(mine.sum()), int(y[mine].sum())
            row: dict[str, Any] = {"by": column, "group": str(name), "cases": cases}
            row["enough"] = cases >= limits[0] and min(events, cases - events) >= limits[1]
            if row["enough"]:
                test = rate_test(events, cases, float(p[mine].mean()))
                row |= {key: getattr(test, key) for key in ("observed", "predicted", "low", "high", "binomial")}
                row["auc"] = asdict(auc_interval(y[mine], p[mine], owners[mine]))
            rows.append(row)
    tested = [row for row in rows if row["enough"]]
    for row, rejected in zip(tested, holm([row["binomial"] for row in tested]), strict=True):
        row["rejected"] = rejected
    return rows
