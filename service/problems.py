"""Every refusal is `application/problem+json` (RFC 9457): all faults with their places, never a value.

What a client sent may be a person's data or hostile text, so no answer repeats it. An unexpected
error says nothing of its cause; it carries an occurrence id that the log has too.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ledger.errors import LedgerStoppedError
from records.faults import CaseFaults, Fault

MEDIA_TYPE = "application/problem+json"
_URN = "urn:repair-risk:problem:"
_LOG = logging.getLogger(__name__)
# The text is not JSON as everyone reads it, as against a readable case that breaks the contract.
_TEXT_CODES = frozenset({"json_syntax", "duplicate_key", "not_finite", "too_deep"})


class ProblemError(BaseModel):
    """One fault: where it is (JSON pointer, RFC 6901), of what kind, and what to do."""

    pointer: str = Field(examples=["/tables/payments/3/amount"])
    code: str = Field(examples=["wrong_type"])
    detail: str = Field(examples=["must be a decimal string with at most two decimals"])


class ProblemBody(BaseModel):
    """A refusal. `errors` lists every fault at once; `instance` names this occurrence."""

    type: str = Field(examples=[f"{_URN}invalid-case"])
    title: str
    status: int
    detail: str
    instance: str = Field(examples=["urn:uuid:6c0c0f6e-3f0b-4c49-9a5e-0d4f5a3f2f10"])
    errors: list[ProblemError] = []


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """Raised anywhere in the service to end a request with a problem."""

    def __init__(
        self,
        status: int,
        slug: str | None,
        detail: str,
        *,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.slug, self.detail = status, slug, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        instance = f"urn:uuid:{uuid.uuid4()}"
        level = logging.ERROR if self.status >= 500 else logging.INFO
        _LOG.log(level, "problem %s %s %s", self.status, self.slug, instance, exc_info=self.__cause__)
        return self._response(instance)

    def _response(self, instance: str) -> Response:
        phrase = HTTPStatus(self.status).phrase
        body = ProblemBody(
            type=f"{_URN}{self.slug}" if self.slug else "about:blank",
            title=self.slug.replace("-", " ").capitalize() if self.slug else phrase,
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=list(self.errors),
        )
        content = json.dumps(body.model_dump(), ensure_ascii=False).encode("utf-8", "replace")
        return Response(content, self.status, self.headers, MEDIA_TYPE)


def unexpected(error: BaseException) -> Response:
    """The answer to an error nobody foresaw; its traceback goes to the log only."""
    instance = f"urn:uuid:{uuid.uuid4()}"
    _LOG.error("unexpected error %s", instance, exc_info=error)
    return Problem(500, None, "The service failed. Nothing was answered that is not recorded.")._response(instance)


def of_case(faults: CaseFaults) -> Problem:
    """400 when the text is not strict JSON, 413 when it is too large, otherwise 422: with every fault."""
    found = faults.faults
    errors = [ProblemError(pointer=fault.where, code=fault.code, detail=fault.detail) for fault in found]
    if any(fault.code == "too_large" for fault in found):
        return Problem(413, "too-large", "The document is larger than a case may be.", errors=errors)
    if any(_of_text(fault) for fault in found):
        return Problem(400, "invalid-json", "The document is not JSON that reads in one way only.", errors=errors)
    detail = f"The case has {len(errors)} fault{'s' if len(errors) != 1 else ''}; nothing was scored or recorded."
    return Problem(422, "invalid-case", detail, errors=errors)


def _of_text(fault: Fault) -> bool:
    return fault.code in _TEXT_CODES or (fault.code == "bad_text" and not fault.where)


def install(app: FastAPI) -> None:
    """Make every refusal of the framework itself a problem too."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(CaseFaults)
    async def _case(_: Request, error: CaseFaults) -> Response:
        return of_case(error).response()

    @app.exception_handler(LedgerStoppedError)
    async def _stopped(_: Request, error: LedgerStoppedError) -> Response:
        _LOG.error("the ledger refuses: %s", error)
        return Problem(503, "ledger-stopped", "The ledger cannot record, so nothing is answered.").response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        details = {404: "There is nothing at this address.", 405: "This address does not take this method."}
        detail = details.get(error.status_code, HTTPStatus(error.status_code).description)
        return Problem(error.status_code, None, detail, headers=error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def _request(_: Request, error: RequestValidationError) -> Response:
        errors = [
            ProblemError(pointer="/" + "/".join(map(str, item["loc"])), code=str(item["type"]), detail=str(item["msg"]))
            for item in error.errors()
        ]
        return Problem(422, "invalid-request", "Parameters of the request are wrong.", errors=errors).response()
