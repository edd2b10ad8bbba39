"""What became of the cases of each grade."""

from __future__ import annotations

from models.metrics import by_grade
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import Evaluated, Section
from policy.rules import Rules


def grades(given: Evaluated) -> Section:
    """Observed re-default within twelve months by grade of the points alone, on the test period."""
    held, card = given.held_out(CARD_OUTCOME), given.bundle.scorecard
    if card is None or card.shares is None or not held.usable:
        return Section()
    totals = card.total(card.points(given.frames.X.loc[held.keys]))
    limits = given.policy.rules(given.frames.splits["as_of"].max().date())
    return Section(tables={"observed": by_grade(held.y, [grade_of(total, limits) for total in totals.tolist()])})


def grade_of(total: float, rules: Rules) -> str:
    """Grade by points alone (DT5 before its caps), so that the limits themselves are tested."""
    return next((g for g in ("A", "B", "C") if total >= rules.number[f"grade.limits.{g}"]), "D")
