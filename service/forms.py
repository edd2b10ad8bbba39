"""Reading a form with a file, as a browser sends it: multipart/form-data (RFC 7578).

The body is cut at its delimiters here, and a library reads only the heads of its parts, whose number and length are
bounded first: the library's parser of whole messages takes seconds for each hundred kilobytes of empty parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from email.parser import HeaderParser
from typing import Final

from fastapi import Request

from service.body import read_bytes
from service.problems import Problem

_MOST_HEAD: Final = 4_096  # bytes of a part's head: a name, a file's name and a media type
_MOST_BOUNDARY: Final = 70  # RFC 2046
_DISPOSITION: Final = "content-disposition"


async def read_form_bytes(request: Request, limit: int) -> bytes:
    """The body of a form as it came. Raises Problem: 415 for another media type, 413 beyond `limit` bytes."""
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise Problem(415, "not-a-form", "Send the form as multipart/form-data.")
    return await read_bytes(request, limit)


def form_fields(raw: bytes, media_type: str, most: int) -> Mapping[str, bytes]:
    """The fields of a form by name, files as their bytes; of a name that stands twice the last.

    Raises Problem 400 for what is no such form or has more than `most` fields. The work grows with the size of `raw`
    alone, whatever it holds; it is not for the event loop all the same.
    """
    delimiter = b"\r\n--" + _boundary(media_type)
    _, *parts = (b"\r\n" + raw).split(delimiter, most + 2)
    if len(parts) > most + 1:
        raise Problem(400, "too-many-fields", f"This form has at most {most} fields.")
    if not parts or not parts[-1].startswith(b"--"):
        raise _no_form()
    return dict(named for part in parts[:-1] if (named := _field(part)) is not None)


def _boundary(media_type: str) -> bytes:
    message = Message()
    message["content-type"] = media_type
    boundary = message.get_boundary()
    if not boundary or len(boundary) > _MOST_BOUNDARY:
        raise _no_form()
    return boundary.encode("latin-1", "replace")


def _field(part: bytes) -> tuple[str, bytes] | None:
    """Name and content of a part; None for one without a name. What follows the delimiter in its line is padding."""
    padding, ended, rest = part.partition(b"\r\n")
    head, found, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if not ended or padding.strip(b" \t") or not found or len(head) > _MOST_HEAD:
        raise _no_form()
    name = HeaderParser().parsestr(head.strip().decode("utf-8", "replace")).get_param("name", None, _DISPOSITION)
    return (name, content) if isinstance(name, str) else None


def _no_form() -> Problem:
    return Problem(400, "not-a-form", "The body is no multipart form.")
