"""Pages for the reviewer: the list of scores, and one score with everything it rests on.

Rendered on the server with autoescape; no script, one stylesheet of our own, so that a page works
in a closed network and what stands in a record can only ever be text.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from explain.card_scale import CardScale
from explain.phrases import Words
from explain.words import vocabulary
from ledger.rows import Entry
from ledger.store import Ledger
from records.clock import SHANGHAI
from service.answers import item_of
from service.api import KIND, find, whole
from service.ports import Scorer
from service.rulebook import RuleBook
from service.suppose_pages import suppose_router
from service.view import Descriptions, page_of, percent

_HERE = Path(__file__).parent
_PER_PAGE = 40
_STATIC = {"reviewer.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def moment(text: str | None) -> str:
    """An instant to the minute, in court time; what is no instant as it stands."""
    try:
        return f"{datetime.fromisoformat(text or '').astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    except ValueError:
        return text or "—"


def page_router(
    scorer: Scorer, ledger: Ledger, rulebook: RuleBook, *, max_body: int, pool: ThreadPoolExecutor
) -> APIRouter:
    """`/`, `/scores`, `/scores/{id}`, what is found on demand beside it, and the two files they need."""
    router = APIRouter(include_in_schema=False)
    pages = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"moment": moment, "percent": percent}

    def descriptions() -> Descriptions:
        """Names of indicators. A page must stay readable when no model can be loaded, with bare ids."""
        try:
            told: Descriptions = scorer.current().describe()["indicators"]
        except Exception:  # whatever keeps the scorer away, the record is there to be read
            return {}
        return told

    def firm(entry: Entry) -> tuple[Words, ...]:
        try:
            return scorer.current().firm(entry.record)
        except Exception:  # as above: the record is there to be read
            return ()

    def scale(entry: Entry) -> CardScale | None:
        if not any(entry.record["models"].values()):
            return None
        try:
            return scorer.maker(entry.record).scale
        except Exception:  # as above: without it contributions stand in log-odds alone
            return None

    @router.get("/")
    @router.get("/scores")
    def scores(before: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> HTMLResponse:
        items = [item_of(entry) for entry in ledger.recent(_PER_PAGE, kind=KIND, before=before)]
        following = items[-1].seq if len(items) == _PER_PAGE else None
        told = vocabulary()
        return HTMLResponse(
            pages.get_template("scores.html").render(
                items=items, size=ledger.size, next=following, routes=told["routes"], kinds=told["kinds"]
            )
        )

    @router.get("/scores/{score_id}")
    def score(score_id: str, request: Request) -> Response:
        entry = find(ledger, score_id)
        page = page_of(entry, whole(entry), descriptions(), rulebook, scale(entry))
        return HTMLResponse(pages.get_template("score.html").render(page=page, firm=firm(entry)))

    router.include_router(
        suppose_router(
            scorer,
            ledger,
            pages,
            descriptions=descriptions,
            firm=firm,
            scale=scale,
            titles=rulebook.titles,
            max_body=max_body,
            pool=pool,
        )
    )
    for name, media_type in _STATIC.items():
        router.add_api_route(f"/static/{name}", _file(name, media_type), methods=["GET"])
    return router


def _file(name: str, media_type: str) -> Callable[[], Response]:
    content = (_HERE / "static" / name).read_bytes()

    def serve() -> Response:
        return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=3600"})

    return serve
