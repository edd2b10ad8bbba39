"""Pages on demand beside one score: what if a fact were otherwise, the ways out, which indicators act together, and
the assessment report.

A record keeps no rows, so the reviewer hands in the case's file; what does not hash to the record's input is refused,
since it would answer for another case. Nothing is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from explain.card_scale import CardScale
from explain.edits import edits_of_text
from explain.phrases import Words
from explain.recourse import Recourse, open_goals, recourse
from explain.report import ReportError, report_html, report_pdf
from explain.what_if import NOTICE, EditError, what_if
from ledger.rows import Entry
from ledger.store import Ledger
from records.case import parse_case
from records.faults import CaseFaults
from service.api import find, ready, whole
from service.forms import form_fields, read_form_bytes
from service.ports import Scorer
from service.problems import Problem
from service.suppose_view import SupposedPage, supposed_page
from service.together import pairs_of
from service.together_view import together_page
from service.view import Descriptions, Names

_FIELDS: Final = ("case", "changes", "ways")  # of the form in suppose.html
# The guard forbids every form and every inline style; these two pages need one of them each, and nothing else.
_FORM: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
}
_REPORT: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}


def suppose_router(
    scorer: Scorer,
    ledger: Ledger,
    pages: Environment,
    *,
    descriptions: Callable[[], Descriptions],
    firm: Callable[[Entry], tuple[Words, ...]],
    scale: Callable[[Entry], CardScale | None],
    titles: Mapping[str, str],
    max_body: int,
    pool: ThreadPoolExecutor,
) -> APIRouter:
    """`/scores/{id}/suppose`, `/scores/{id}/interactions`, `/scores/{id}/report` and `/scores/{id}/report.pdf`."""
    router = APIRouter(include_in_schema=False)

    def page(entry: Entry, status: int = 200, **shown: Any) -> HTMLResponse:
        told = {"entry": entry, "record": entry.record, "notice": NOTICE, "found": None, "faults": (), "changes": ""}
        text = pages.get_template("suppose.html").render(told | shown)
        return HTMLResponse(text, status_code=status, headers=_FORM)

    @router.get("/scores/{score_id}/suppose")
    def form(score_id: str) -> Response:
        return page(find(ledger, score_id))

    @router.post("/scores/{score_id}/suppose")
    async def suppose(score_id: str, request: Request) -> Response:
        raw = await read_form_bytes(request, max_body)
        media_type = request.headers["content-type"]
        return await asyncio.get_running_loop().run_in_executor(pool, supposed, score_id, raw, media_type)

    def supposed(score_id: str, raw: bytes, media_type: str) -> Response:
        entry = find(ledger, score_id)
        fields = form_fields(raw, media_type, len(_FIELDS))
        case, changes = fields.get("case", b""), fields.get("changes", b"").decode("utf-8", "replace")
        lines = [line for line in changes.splitlines() if line.strip()]
        try:
            found = _supposed(scorer, entry, case, lines, Names(descriptions()), ways="ways" in fields)
        except CaseFaults as error:
            faults = [f"{fault.where or '/'}: {fault.detail}" for fault in error.faults]
            return page(entry, 422, faults=faults, changes=changes)
        except EditError as error:
            return page(entry, 422, faults=[_numbered(*fault) for fault in error.faults], changes=changes)
        return page(entry, found=found, changes=changes)

    @router.get("/scores/{score_id}/interactions")
    async def together(score_id: str) -> Response:
        return await asyncio.get_running_loop().run_in_executor(pool, pairs_page, score_id)

    def pairs_page(score_id: str) -> Response:
        entry = find(ledger, score_id)
        found = together_page(pairs_of(scorer, entry), whole(entry), Names(descriptions()))
        return HTMLResponse(pages.get_template("together.html").render(page=found, entry=entry, record=entry.record))

    def report(score_id: str) -> str:
        entry = find(ledger, score_id)
        whole(entry)
        return report_html(entry.record, descriptions(), firmness=firm(entry), scale=scale(entry), titles=titles)

    @router.get("/scores/{score_id}/report")
    def as_page(score_id: str) -> Response:
        return HTMLResponse(report(score_id), headers=_REPORT)

    @router.get("/scores/{score_id}/report.pdf")
    def as_pdf(score_id: str) -> Response:
        try:
            return Response(report_pdf(report(score_id)), media_type="application/pdf")
        except ReportError as error:
            raise Problem(501, "no-pdf", "This installation cannot set a PDF; the report stands as a page.") from error

    return router


def _supposed(
    scorer: Scorer, entry: Entry, raw: bytes, lines: Sequence[str], names: Names, *, ways: bool
) -> SupposedPage:
    record = entry.record
    now, made = ready(scorer), entry.record["versions"]
    answers = now.describe()
    if answers["bundle"] != made["bundle"]:
        raise Problem(409, "another-model", "This score was made by another model than the one that answers now.")
    if answers["policy"] != made["policy"]:
        raise Problem(409, "other-rules", "This score was made under other rules than those that answer now.")
    case, again, rescore = now.suppose(parse_case(raw))
    if again["input"]["hash"] != record["input"]["hash"]:
        raise Problem(409, "other-rows", "This file holds other rows than those the score was made from.")
    found = what_if(case, again, edits_of_text(lines), rescore)
    wanted: Sequence[Any] = open_goals(again) if ways else ()
    outs: list[Recourse] = [recourse(case, again, rescore, goal) for goal in wanted]
    return supposed_page(found, outs, names, scorer.maker(record).scale)


def _numbered(number: int, problem: str) -> str:
    return f"第 {number + 1} 行 {problem}"
