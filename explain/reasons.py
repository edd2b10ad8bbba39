"""The reasons of one score: which indicators weigh most, said in Chinese first and English beside.

Order. What is decided on is re-default within twelve months, whose probability p12 = p6 + (1 - p6) q comes
from two margins. In log-odds of p12, a small change of the first margin weighs p6 / p12 and one of the second
q / p12 (the derivatives of the formula): each half year weighs as much as its share of the risk. So

    contribution = (p6 * contribution to redefault_6 + q * contribution to redefault_7_12) / p12

recomputable from the record. Without the second margin the first alone ranks; without both, repair success;
and where there are no models, the points against the reference mean.

Mix. The five strongest; but where one direction has at least two, two of it are among them: a reader who
must weigh for and against is never shown one side only. Indicators without any effect are no reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from explain import phrases
from explain.card_scale import CardScale
from explain.phrases import Described, Direction
from explain.record import Evidence, ModelTerms, evidence_list
from explain.reference import Reference

Outcome = Literal["redefault_12", "redefault_6", "success", "points"]
LIMIT = 5
EACH_SIDE = 2


def reasons(
    catalogue: Sequence[Described],
    values: Mapping[str, float | None],
    *,
    models: Mapping[str, ModelTerms],
    points: Mapping[str, float] | None,
    evidence: Evidence,
    reference: Reference,
    scale: CardScale | None = None,
) -> list[dict[str, Any]]:
    """At most five reasons, strongest first, in the shape of `explain.schema.Reason`.

    `values` are the indicators' values (None = missing), `points` the card's points per indicator,
    `models` the margins that exist, `scale` the card's scale where contributions are said in points too. Only scored
    indicators can be reasons.
    Raises TemplateError where an indicator's unit has no words.
    """
    by_id = {indicator.id: indicator for indicator in catalogue if indicator.scored}
    outcome, found = effects(catalogue, models, points, reference)
    chosen = _mixed(
        [(id_, strength, phrases.direction_of(outcome, strength)) for id_, strength in found.items() if strength]
    )
    made = []
    for id_, strength, direction in chosen:
        indicator, value = by_id[id_], values.get(id_)
        rows = evidence_list(evidence.get(id_, {}))
        scored = None if points is None else points.get(id_)
        said = phrases.reason_said(
            phrases.fact(indicator, value, bool(rows)),
            phrases.standing(indicator, value, reference),
            phrases.points_said(scored, reference.points.get(id_)),
            phrases.effect(outcome, direction, strength, scale),
            phrases.evidence_said(rows),
        )
        made.append(
            {
                "indicator": id_,
                "dimension": indicator.dimension,
                "zh_name": indicator.zh,
                "en_name": indicator.en,
                "value": value,
                "points": scored,
                "contribution": None if outcome == "points" else strength,
                "outcome": outcome,
                "direction": direction,
                "zh": said.zh,
                "en": said.en,
                "evidence": rows,
            }
        )
    return made


def twelve_month_contributions(first: ModelTerms, second: ModelTerms) -> dict[str, float]:
    """Contribution of each indicator to the log-odds of re-default within twelve months, to first order.

    `first` is the margin of months 1-6, `second` that of months 7-12 given clean at six.
    """
    p6, q = first.probability, second.probability
    p12 = p6 + (1.0 - p6) * q
    weight_1, weight_2 = (p6 / p12, q / p12) if p12 > 0.0 else (1.0, 1.0)
    return {
        id_: weight_1 * first.contributions.get(id_, 0.0) + weight_2 * second.contributions.get(id_, 0.0)
        for id_ in {**first.contributions, **second.contributions}
    }


def effects(
    catalogue: Sequence[Described],
    models: Mapping[str, ModelTerms],
    points: Mapping[str, float] | None,
    reference: Reference,
) -> tuple[Outcome, dict[str, float]]:
    """What ranks the reasons, and the effect on it of each scored indicator, in catalogue order."""
    outcome: Outcome
    if "redefault_6" in models and "redefault_7_12" in models:
        outcome, found = "redefault_12", twelve_month_contributions(models["redefault_6"], models["redefault_7_12"])
    elif "redefault_6" in models:
        outcome, found = "redefault_6", dict(models["redefault_6"].contributions)
    elif "success" in models:
        outcome, found = "success", dict(models["success"].contributions)
    else:
        means = reference.points
        outcome, found = "points", {id_: scored - means.get(id_, 0.0) for id_, scored in (points or {}).items()}
    return outcome, {one.id: found[one.id] for one in catalogue if one.scored and one.id in found}


def _mixed(effects: Iterable[tuple[str, float, Direction]]) -> list[tuple[str, float, Direction]]:
    ranked = sorted(effects, key=lambda effect: -abs(effect[1]))  # stable: ties stay in catalogue order
    chosen = ranked[:LIMIT]
    for side in ("favourable", "adverse"):
        waiting = [effect for effect in ranked[LIMIT:] if effect[2] == side]
        lacking = EACH_SIDE - sum(effect[2] == side for effect in chosen)
        for newcomer in waiting[: max(lacking, 0)]:
            weakest = [effect for effect in chosen if effect[2] != side][-1]
            chosen.remove(weakest)
            chosen.append(newcomer)
    return sorted(chosen, key=lambda effect: -abs(effect[1]))
