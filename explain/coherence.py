"""What must hold between the parts of a score record, beyond each part's own shape."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from explain.additivity import TOLERANCE, adds_up, residual
from explain.schema import ScoreRecord

Fault = tuple[str, str]  # JSON pointer, what is wrong
_HEAD_PARTS = {"points", "models", "probabilities", "intervals", "suggestion"}


def incoherences(record: ScoreRecord) -> Iterator[Fault]:
    """Every contradiction within one record, as (JSON pointer, what is wrong)."""
    yield from _additivity(record)
    yield from _points(record)
    yield from _names(record)
    yield from _reasons(record)
    yield from _gate(record)
    yield from _probabilities(record)
    yield from _intervals(record)
    yield from _nulls(record)


def heads(content: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The head figures of a record's content, as (name in `nulls`, value)."""
    points = content["points"]
    yield "points", points
    if points is not None:
        yield "points.dimensions", points["dimensions"]
    for outcome, model in content["models"].items():
        yield f"models.{outcome}", model
    for outcome, probability in content["probabilities"].items():
        yield f"probabilities.{outcome}", probability
    for outcome, interval in content["intervals"].items():
        yield f"intervals.{outcome}", interval
    yield "suggestion.grade", content["suggestion"].get("grade")


def _additivity(record: ScoreRecord) -> Iterator[Fault]:
    for outcome, model in record.models.by_outcome().items():
        found = residual(model.base, model.contributions.values(), model.margin)
        if struct.pack(">d", found + 0.0) != struct.pack(">d", model.residual + 0.0):
            yield f"/models/{outcome}/residual", "is not margin minus the sum of base and contributions"
        elif not adds_up(found, model.margin):
            yield f"/models/{outcome}/residual", f"contributions do not add up to the margin within {TOLERANCE}"


def _points(record: ScoreRecord) -> Iterator[Fault]:
    card = record.points
    if card is None:
        return
    marks = {} if card.dimensions is None else card.dimensions.model_dump()
    shares = {} if card.shares is None else card.shares.model_dump()
    listed = (("indicators", card.indicators), ("dimensions", marks), ("caps", card.caps), ("total", {"": card.total}))
    for name, part in listed:
        if blurred := [key or name for key, points in part.items() if _tenths(points) / 10 != points]:
            yield f"/points/{name}", f"must be given to a tenth of a point: {', '.join(blurred)}"
    if (card.dimensions is None) != (card.shares is None):
        yield "/points/shares", "dimensions and their shares go together"
    for name, share in shares.items():
        if not 0 <= marks.get(name, 0.0) <= share:
            yield f"/points/dimensions/{name}", "must lie between 0 and the dimension's share"
    if marks and sum(map(_tenths, marks.values())) != _tenths(card.total):
        yield "/points/total", "is not the sum of the dimensions"
    if sum(map(_tenths, [*card.indicators.values(), *card.caps.values()])) != _tenths(card.total):
        yield "/points/total", "is not the sum of the indicators' points and the caps"


def _tenths(points: float) -> int:
    return round(points * 10)


def _names(record: ScoreRecord) -> Iterator[Fault]:
    ids = [fact.id for fact in record.indicators]
    known = set(ids)
    for name, listed in (("indicators", ids), ("facts", [fact.id for fact in record.facts])):
        twice = sorted({id_ for id_ in listed if listed.count(id_) > 1}) if len(set(listed)) < len(listed) else []
        if twice:
            yield f"/{name}", f"ids occur twice: {', '.join(twice)}"
    for outcome, model in record.models.by_outcome().items():
        if strange := sorted(model.contributions.keys() - known):
            yield f"/models/{outcome}/contributions", f"not among the indicators: {', '.join(strange)}"
    if record.points is not None and (strange := sorted(record.points.indicators.keys() - known)):
        yield "/points/indicators", f"not among the indicators: {', '.join(strange)}"


def _reasons(record: ScoreRecord) -> Iterator[Fault]:
    facts = {fact.id: fact for fact in record.indicators}
    card = {} if record.points is None else record.points.indicators
    for place, reason in enumerate(record.reasons):
        fact = facts.get(reason.indicator)
        if fact is None:
            yield f"/reasons/{place}/indicator", "is not among the indicators"
            continue
        if reason.value != fact.value:
            yield f"/reasons/{place}/value", "is not the indicator's value"
        if reason.evidence != fact.evidence:
            yield f"/reasons/{place}/evidence", "is not the indicator's evidence"
        if reason.points != card.get(reason.indicator):
            yield f"/reasons/{place}/points", "is not the indicator's points"


def _gate(record: ScoreRecord) -> Iterator[Fault]:
    outcome, route = record.gate.outcome, record.suggestion.route
    if outcome == "assess":
        if route == "no_discretion":
            yield "/suggestion/route", "no_discretion needs a statutory exit at the gate"
        return
    if not record.gate.ground:
        yield "/gate/ground", "an exit at the gate needs its ground"
    if route != outcome:
        yield "/suggestion/route", f"must be {outcome}, as the gate says"
    for name, value in heads(record.model_dump(include=_HEAD_PARTS)):
        if value is not None:
            yield "/" + name.replace(".", "/"), "must be null: the gate let no model be asked"
    if record.reasons:
        yield "/reasons", "must be empty: the gate let no model be asked"


def _probabilities(record: ScoreRecord) -> Iterator[Fault]:
    models, shown = record.models, record.probabilities
    q = models.redefault_7_12
    pairs = (("success", models.success, shown.success), ("redefault_6", models.redefault_6, shown.redefault_6))
    for outcome, model, probability in pairs:
        if (None if model is None else model.probability) != probability:
            yield f"/probabilities/{outcome}", f"is not the probability of /models/{outcome}"
    p6, p12 = shown.redefault_6, shown.redefault_12
    if p12 is None:
        if p6 is not None and q is not None:
            yield "/probabilities/redefault_12", "is missing though both margins of twelve months are there"
    elif p6 is None or q is None:
        yield "/probabilities/redefault_12", "needs the margins of both half years"
    elif p12 < p6 or abs(p12 - (p6 + (1.0 - p6) * q.probability)) > 1e-12:
        yield "/probabilities/redefault_12", "is not p(6) + (1 - p(6)) q"


def _intervals(record: ScoreRecord) -> Iterator[Fault]:
    for outcome, probability in record.probabilities.model_dump().items():
        interval = getattr(record.intervals, outcome)
        if interval is None:
            continue
        if probability is None:
            yield f"/intervals/{outcome}", "is around no probability"
        elif not interval.low <= probability <= interval.high:
            yield f"/intervals/{outcome}", "does not hold the probability between low and high"
        if interval.events > interval.cases:
            yield f"/intervals/{outcome}/events", "are more than the cases"
        if interval.like_from > interval.like_to:
            yield f"/intervals/{outcome}/like_to", "is below like_from"


def _nulls(record: ScoreRecord) -> Iterator[Fault]:
    content = record.model_dump(include=_HEAD_PARTS)
    values = dict(heads(content))
    for name, value in values.items():
        if value is None and name not in record.nulls:
            yield f"/nulls/{name}", "a null head figure needs the reason why it is null"
    for name in record.nulls:
        if values.get(name, name) is not None:
            yield (
                f"/nulls/{name}",
                "gives a reason for a figure that is not null" if name in values else "unknown figure",
            )
