"""Endpoints that suppose: what a score would be were facts otherwise, and the way out. Nothing is ever recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from explain.edits import edits_of_json
from explain.recourse import GOALS, open_goals, recourse
from explain.what_if import MOST_EDITS, EditError, what_if
from records.case import Case, check_case
from records.faults import CaseFaults, Fault, listed, pointer
from records.strict_json import read
from service.answers import RecourseAnswer, WhatIfAnswer
from service.body import read_json_bytes
from service.case_schema import case_schema
from service.ports import CaseScorer

Ready = Callable[[], CaseScorer]
Work = Callable[[bytes], Mapping[str, Any]]
Check = Callable[[Any], Sequence[Fault]]
_CHANGES: Final[Mapping[str, Any]] = {
    "type": "array",
    "maxItems": MOST_EDITS,
    "items": {
        "type": "object",
        "required": ["table"],
        "additionalProperties": False,
        "properties": {
            "table": {"type": "string"},
            "row_id": {"type": ["string", "null"], "description": "null: a row that is added"},
            "values": {
                "type": ["object", "null"],
                "minProperties": 1,
                "description": "columns to their values; left out or null: the row is set aside",
            },
        },
    },
}
_GOALS: Final[Mapping[str, Any]] = {
    "type": "array",
    "items": {"type": "string", "enum": list(GOALS)},
}


def supposing_router(
    ready: Ready, *, max_body: int, pool: ThreadPoolExecutor, refusals: Mapping[int | str, Any]
) -> APIRouter:
    """`POST /v1/what-if` and `POST /v1/recourse`. `ready` gives the scorer that answers now."""
    router = APIRouter()

    def supposed(raw: bytes) -> dict[str, Any]:
        case, changes = _body(raw, "changes")
        try:
            edits = edits_of_json(changes)
            known, record, rescore = ready().suppose(case)
            return what_if(known, record, edits, rescore).to_json()
        except EditError as error:
            raise CaseFaults(
                listed([Fault("not_allowed", pointer("changes", number), text) for number, text in error.faults])
            ) from None

    def way_out(raw: bytes) -> dict[str, Any]:
        case, goals = _body(raw, "goals", _goal_faults)
        known, record, rescore = ready().suppose(case)
        wanted = [goal for goal in open_goals(record) if goals is None or goal in goals]
        found = [recourse(known, record, rescore, goal).to_json() for goal in wanted]
        return {"recorded": False, "recourse": found}

    async def answer(work: Work, request: Request) -> Response:
        raw = await read_json_bytes(request, max_body)
        found = await asyncio.get_running_loop().run_in_executor(pool, work, raw)
        return Response(to_json(found), media_type="application/json")

    @router.post(
        "/v1/what-if",
        summary="A case beside what it would be were facts otherwise",
        description="Facts are changed, never indicators. The answer is no score: nothing is recorded.",
        responses={200: {"model": WhatIfAnswer, "description": "both results; nothing was recorded"}, **refusals},
        openapi_extra=_documented("changes", _CHANGES, ["case", "changes"]),
    )
    async def post_what_if(request: Request) -> Response:
        return await answer(supposed, request)

    @router.post(
        "/v1/recourse",
        summary="The least burdensome lawful way to a better grade, route or mode",
        description="Every plan was scored again and reaches what it states. It takes up to some seconds a goal; "
        "nothing is recorded. Without goals, all that the case has not reached yet.",
        responses={
            200: {"model": RecourseAnswer, "description": "a plan for each goal, or that there is none"},
            **refusals,
        },
        openapi_extra=_documented("goals", _GOALS, ["case"]),
    )
    async def post_recourse(request: Request) -> Response:
        return await answer(way_out, request)

    return router


def _documented(name: str, schema: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    properties = {"case": case_schema(), name: schema}
    body = {"type": "object", "required": required, "additionalProperties": False, "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _goal_faults(goals: Any) -> list[Fault]:
    """What is wrong with the goals asked for; none asks for all that are open."""
    if goals is None:
        return []
    if not isinstance(goals, list):
        return [Fault("wrong_type", pointer("goals"), "must be a list of goals")]
    told = f"must be one of {', '.join(GOALS)}"
    return [Fault("not_allowed", pointer("goals", n), told) for n, goal in enumerate(goals) if goal not in GOALS]


def _body(raw: bytes, name: str, check: Check = lambda _: ()) -> tuple[Case, Any]:
    """The case and the other member of the body, read as strictly as a case alone; `check` gives that one's faults."""
    document, faults = read(raw)
    if not isinstance(document, dict):
        raise CaseFaults([Fault("wrong_type", "", f"must be a JSON object of case and {name}")])
    already = {fault.where for fault in faults if fault.code != "duplicate_key"}
    case, found = check_case(document.get("case"))
    placed = [replace(fault, where=pointer("case") + fault.where) for fault in found]
    faults += [fault for fault in placed if fault.where not in already]
    faults += [
        Fault("unknown_column", pointer(other), f"is neither case nor {name}")
        for other in document
        if other not in ("case", name)
    ]
    faults += check(document.get(name))
    if faults or case is None:
        raise CaseFaults(listed(faults))
    return case, document.get(name)
