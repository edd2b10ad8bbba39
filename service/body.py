"""Reading a request's body: the right kind, and never more than may be."""

from __future__ import annotations

from fastapi import Request

from service.problems import Problem


async def read_json_bytes(request: Request, limit: int) -> bytes:
    """The body's bytes, counted while they come in (uvicorn sets no limit of its own).

    Raises Problem: 415 for another media type or any content coding, 413 beyond `limit` bytes.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(
            415, "not-json", "Send the case as application/json.", headers={"Accept-Post": "application/json"}
        )
    return await read_bytes(request, limit)


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body's bytes, of whatever kind. Raises Problem as `read_json_bytes` does for coding and size."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "encoded", "Send the case without content coding.", headers={"Accept-Encoding": "identity"})
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > limit):
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    detail = f"A case may have at most {limit} bytes."
    return Problem(413, "too-large", detail, headers={"Connection": "close"})
