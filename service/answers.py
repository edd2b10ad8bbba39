"""What the scoring endpoints answer, for the OpenAPI document; and how an entry is written."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from explain.schema import ScoreRecord
from ledger.rows import Entry


class ScoreAnswer(BaseModel):
    """A recorded score with its whole explanation."""

    score_id: str = Field(pattern="^[0-9a-f]{32}$", description="first 32 hexadecimal digits of the record's SHA-256")
    seq: int = Field(ge=1, description="place in the ledger")
    recorded_at: str = Field(description="when it was recorded, court time")
    record: ScoreRecord


class ScoreItem(BaseModel):
    """One line of the list of scores."""

    score_id: str
    seq: int
    recorded_at: str
    kind: str | None
    debtor_id: str | None
    application_id: str | None
    as_of: str | None
    grade: str | None
    points: float | None
    p_redefault_12: float | None
    route: str | None
    bundle: str | None


class ScoreList(BaseModel):
    """Scores, newest first. `next` is the `before` of the following page, null at the end."""

    items: list[ScoreItem]
    next: int | None


class Outlook(BaseModel):
    """Head figures of one result."""

    gate: str
    grade: str | None
    route: str
    mode: str
    points: float | None
    probabilities: dict[str, float | None]


class SaidReason(BaseModel):
    """One reason in words."""

    indicator: str
    direction: str
    zh: str
    en: str


class Result(Outlook):
    """Head figures with their reasons."""

    reasons: list[SaidReason]


class Moved(BaseModel):
    """An indicator or fact that differs."""

    id: str
    before: float | None
    after: float | None


class WhatIfAnswer(BaseModel):
    """A supposition beside the case as it is. It is no score and was not recorded."""

    supposed: bool = Field(examples=[True])
    recorded: bool = Field(examples=[False])
    notice: str
    before: Result
    after: Result
    moved: list[Moved]


class PlanStep(BaseModel):
    """One dated action."""

    code: str
    day: str
    zh: str
    en: str


class SaidNote(BaseModel):
    """What a plan takes for granted."""

    zh: str
    en: str


class FoundPlan(BaseModel):
    """Actions that reach the goal, and what the case is then: `burden` in errands to the court, `pay` in CNY."""

    goal: str
    steps: list[PlanStep]
    burden: float
    pay: str
    as_of: str
    notes: list[SaidNote]
    reaches: Outlook


class Way(BaseModel):
    """What was found for one goal. Where `plan` is null, the words say plainly that there is none."""

    goal: str
    zh: str
    en: str
    plan: FoundPlan | None
    rescored: int
    exhaustive: bool


class RecourseAnswer(BaseModel):
    """The ways out, one for each goal. Nothing was recorded."""

    recorded: bool = Field(examples=[False])
    recourse: list[Way]


class Pair(BaseModel):
    """Two indicators, and what they add beyond each alone: in log-odds of the outcome, in points of the public card
    that move the odds alike (null where the outcome is not re-default), and in words."""

    first: str
    second: str
    effect: float
    converted: float | None
    zh: str
    en: str


class InteractionsAnswer(BaseModel):
    """The strongest pairs of a recorded score by outcome. They are no score and were not recorded."""

    score_id: str
    recorded: bool = Field(examples=[False])
    log_odds_per_point: float | None = Field(description="slope of the score's own card: converted = -effect / it")
    interactions: dict[str, list[Pair]]


class Health(BaseModel):
    """Whether scores can be given, and by what."""

    status: str = Field(examples=["ok"])
    bundle: str
    profile: str
    policy: str
    ledger_size: int
    checkpoint: str = Field(description="newest signed checkpoint of the ledger, a C2SP note")


def score_response(entry: Entry, status: int) -> Response:
    """The entry as it lies in the ledger: the record's bytes are sent, not written anew."""
    head = f'{{"score_id":"{entry.score_id}","seq":{entry.seq},"recorded_at":"{entry.recorded_at}","record":'
    content = head.encode() + entry.record_bytes + b"}"
    return Response(content, status, {"Location": f"/v1/scores/{entry.score_id}"}, "application/json")


def item_of(entry: Entry) -> ScoreItem:
    """The head of a recorded score."""
    record = entry.record
    case, suggestion = _part(record, "case"), _part(record, "suggestion")
    return ScoreItem(
        score_id=entry.score_id,
        seq=entry.seq,
        recorded_at=entry.recorded_at,
        kind=record.get("kind"),
        debtor_id=case.get("debtor_id"),
        application_id=case.get("application_id"),
        as_of=case.get("as_of"),
        grade=suggestion.get("grade"),
        points=_part(record, "points").get("total"),
        p_redefault_12=_part(record, "probabilities").get("redefault_12"),
        route=suggestion.get("route"),
        bundle=_part(record, "versions").get("bundle"),
    )


def _part(record: dict[str, Any], name: str) -> dict[str, Any]:
    part = record.get(name)
    return part if isinstance(part, dict) else {}
