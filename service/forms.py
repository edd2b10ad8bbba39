"""Reading a form with a file, as a browser sends it: multipart/form-data (RFC 7578), by the parser of the library."""

from __future__ import annotations

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP

from fastapi import Request

from service.body import read_bytes
from service.problems import Problem


async def read_form(request: Request, limit: int) -> Mapping[str, bytes]:
    """The fields of a form by name, files as their bytes; of a name that stands twice the last.

    Raises Problem: 415 for another media type, 413 beyond `limit` bytes, 400 for what is no such form.
    """
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise Problem(415, "not-a-form", "Send the form as multipart/form-data.")
    raw = await read_bytes(request, limit)
    head = b"content-type: " + media_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + raw)
    if not message.is_multipart():
        raise Problem(400, "not-a-form", "The body is no multipart form.")
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and not part.is_multipart():
            content = part.get_payload(decode=True)
            fields[name] = content if isinstance(content, bytes) else b""
    return fields
