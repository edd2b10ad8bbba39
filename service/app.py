"""The application: scoring endpoints, reviewer pages, and one way of refusing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from ledger.store import Ledger
from policy.parameters import Policy
from policy.parameters import load as load_policy
from records.strict_json import MAX_BYTES
from service import problems
from service.api import api_router, problem_responses
from service.guard import Guard
from service.pages import page_router
from service.ports import Scorer
from service.problems import ProblemBody
from service.rulebook import RuleBook
from service.together import together_router

_ABOUT = """Assessment for judicial credit repair (司法信用修复): a points score with a grade, predicted
probabilities, and an explanation that adds up and is recorded before it is shown. The system suggests; a named
judge decides. Errors are RFC 9457 problems that name every fault by its JSON pointer."""


def create_app(
    scorer: Scorer, ledger: Ledger, *, max_body: int = MAX_BYTES, workers: int = 4, policy: Policy | None = None
) -> FastAPI:
    """The application over a scorer and an open ledger, which it closes when it ends.

    `max_body`: bytes a case may have. `workers`: cases scored at once; their records share commits.
    `policy` (the packaged one by default) gives the pages the titles and sources of parameters.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="score")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.shutdown()
        ledger.close()

    app = FastAPI(
        title="repair-risk",
        version=version("repair-risk"),
        description=_ABOUT,
        docs_url=None,  # both pages of the framework load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Guard)
    problems.install(app)
    app.include_router(api_router(scorer, ledger, max_body=max_body, pool=pool))
    app.include_router(together_router(scorer, ledger, pool=pool))
    app.include_router(page_router(scorer, ledger, RuleBook(policy or load_policy()), max_body=max_body, pool=pool))
    _document_problems(app)
    return app


def _document_problems(app: FastAPI) -> None:
    """Describe refusals as they are: the framework announces a 422 body of its own, which is never sent."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = made()
        schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = document["components"]["schemas"]
        parts.update(schema.pop("$defs", {}))
        parts[ProblemBody.__name__] = schema
        for name in ("HTTPValidationError", "ValidationError"):
            parts.pop(name, None)
        for operations in document["paths"].values():
            for operation in operations.values():
                if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                    operation["responses"]["422"] = problem_responses((422, "parameters of the request are wrong"))[422]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
