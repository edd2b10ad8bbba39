"""The scoring endpoints. A score is recorded, and its record synced, before the answer is begun."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from explain.schema import ScoreRecord
from ledger.rows import Entry
from ledger.store import Ledger
from records.case import parse_case
from service.answers import Health, ScoreAnswer, ScoreItem, ScoreList, item_of, score_response
from service.body import read_json_bytes
from service.case_schema import case_schema
from service.ports import CaseScorer, Scorer
from service.problems import MEDIA_TYPE, Problem, ProblemBody
from service.supposed import supposing_router

KIND = "score"
_SCORE_ID_LENGTH = 32


def problem_responses(*codes: tuple[int, str]) -> dict[int | str, dict[str, Any]]:
    """The problems an endpoint may answer with, for the OpenAPI document."""
    schema = {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}
    return {code: {"description": text, "content": {MEDIA_TYPE: {"schema": schema}}} for code, text in codes}


def ready(scorer: Scorer) -> CaseScorer:
    """The scorer that answers now; Problem 503 when none can, the cause chained for the log."""
    try:
        return scorer.current()
    except Exception as error:
        raise Problem(503, "not-ready", "No approved model can be loaded, so nothing is scored.") from error


def find(ledger: Ledger, score_id: str) -> Entry:
    """The recorded score of this name; Problem 404 when there is none."""
    entry = ledger.get(score_id) if len(score_id) == _SCORE_ID_LENGTH else None
    if entry is None or entry.kind != KIND:
        raise Problem(404, "no-such-score", "No score of this name is recorded.")
    return entry


def whole(entry: Entry) -> ScoreRecord:
    """The record of an entry; Problem 501 when it is of a form this version does not know."""
    try:
        return ScoreRecord.model_validate_json(entry.record_bytes)
    except ValidationError as error:
        detail = f"A record of this form cannot be shown here. It stands whole under /v1/scores/{entry.score_id}."
        raise Problem(501, "unknown-record-form", detail) from error


def api_router(scorer: Scorer, ledger: Ledger, *, max_body: int, pool: ThreadPoolExecutor) -> APIRouter:
    """Endpoints under /v1, and /healthz."""
    router = APIRouter()

    def score(raw: bytes) -> Entry:
        case = parse_case(raw)
        record = ready(scorer).score_case(case)
        return ledger.append([record], kind=KIND)[0]

    router.include_router(
        supposing_router(
            lambda: ready(scorer),
            max_body=max_body,
            pool=pool,
            refusals=problem_responses(
                (400, "not strict JSON; every duplicate key, NaN and the like is named"),
                (413, "the document is too large"),
                (415, "not application/json, or a content coding"),
                (422, "the case or a supposed fact breaks the contract; every fault is named by its JSON pointer"),
                (500, "unforeseen error; nothing is ever recorded here"),
                (503, "no approved model"),
            ),
        )
    )
    body = {"required": True, "content": {"application/json": {"schema": case_schema()}}}
    refusals = (
        (400, "not strict JSON; every duplicate key, NaN and the like is named"),
        (413, "the case is too large"),
        (415, "not application/json, or a content coding"),
        (422, "the case breaks the contract; every fault is named by its JSON pointer"),
        (500, "unforeseen error; nothing was answered that is not recorded"),
        (503, "no approved model, or the ledger cannot record"),
    )

    @router.post(
        "/v1/scores",
        summary="Score one case",
        description="Records the score with its whole explanation, then answers. The same case under the same "
        "model and rules gives the same record, which is recorded once: then the status is 200.",
        status_code=201,
        responses={
            201: {"model": ScoreAnswer, "description": "scored and recorded"},
            200: {"model": ScoreAnswer, "description": "was already recorded"},
            **problem_responses(*refusals),
        },
        openapi_extra={"requestBody": body},
    )
    async def post_score(request: Request) -> Response:
        raw = await read_json_bytes(request, max_body)
        # Shielded: once the work has begun, a client that goes away does not undo the recording.
        entry = await asyncio.shield(asyncio.get_running_loop().run_in_executor(pool, score, raw))
        return score_response(entry, 201 if entry.created else 200)

    @router.get(
        "/v1/scores/{score_id}",
        summary="A recorded score",
        responses={200: {"model": ScoreAnswer}, **problem_responses((404, "not recorded"))},
    )
    def get_score(score_id: str) -> Response:
        return score_response(find(ledger, score_id), 200)

    @router.get("/v1/scores", summary="Recorded scores, newest first", responses=problem_responses((422, "bad limits")))
    def list_scores(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[int | None, Query(ge=1, le=2**62, description="only scores before this seq")] = None,
    ) -> ScoreList:
        items = [item_of(entry) for entry in ledger.recent(limit, kind=KIND, before=before)]
        return ScoreList(items=items, next=_next(items, limit))

    @router.get("/healthz", summary="Whether scores can be given", responses=problem_responses((503, "they cannot")))
    def health() -> Health:
        if ledger.failure is not None:
            raise Problem(503, "ledger-stopped", "The ledger cannot record, so nothing is answered.")
        told = ready(scorer).describe()
        checkpoint = ledger.checkpoint
        return Health(
            status="ok",
            bundle=str(told["bundle"]),
            profile=str(told.get("profile", "")),
            policy=str(told["policy"]),
            ledger_size=checkpoint.size,
            checkpoint=checkpoint.note,
        )

    return router


def _next(items: list[ScoreItem], limit: int) -> int | None:
    return items[-1].seq if len(items) == limit and items[-1].seq > 1 else None
