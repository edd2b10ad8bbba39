"""What the probability of re-default is worth to a reviewer: net benefit, and workload against what is caught."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.decision import caught, decision_curve, workload
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.grades import grades_of

ORDINARY = ("C", "D")  # grades that go to the ordinary procedure (R08)


def decisions(given: Evaluated) -> Section:
    """Decision curve and workload of the twelve months' probability, and where the grades' own routing lies."""
    held, card = given.held_out(CARD_OUTCOME), given.bundle.scorecard
    if held.p is None or not held.usable:
        return Section()
    settings = given.settings
    curve = decision_curve(held.y, held.p, held.debtors, draws=settings.draws, seed=settings.seed)
    work = workload(held.y, held.p, held.debtors, draws=settings.draws, seed=settings.seed)
    metrics: dict[str, Any] = {
        "caught": {f"{row['share']:.2f}": {key: row[key] for key in ("caught", "low", "high")} for row in work},
        "useful_from": next((row["threshold"] for row in curve if row["low"] > max(0.0, row["all"])), None),
        "useful_until": next((row["threshold"] for row in curve[::-1] if row["low"] > max(0.0, row["all"])), None),
    }
    lines = [
        f"{share:.0%} of cases looked at closely catch {caught(held.y, held.p, share):.0%} of re-defaults"
        for share in (0.2, 0.5)
    ]
    if card is not None and card.shares is not None:
        totals = card.total(card.points(given.frames.X.iloc[held.rows]))
        ordinary = np.isin(grades_of(given, totals), ORDINARY)
        metrics["by_grade"] = {
            "ordinary_share": float(ordinary.mean()),
            "caught": float(held.y[ordinary].sum() / held.y.sum()),
        }
    tables = {"curve": curve, "workload": work, "by_grade": metrics.get("by_grade")}
    return Section({"decisions": metrics}, tables, ("workload: " + "; ".join(lines),))
