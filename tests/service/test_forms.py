"""Forms as browsers send them; their parts and heads are counted before a library sees any of them."""

from __future__ import annotations

import email.feedparser
from typing import Any

import pytest

from service import forms
from service.forms import form_fields
from service.problems import Problem

TYPE = "multipart/form-data; boundary=----WebKitFormBoundaryA1"
MARK = b"------WebKitFormBoundaryA1"


def part(name: str, content: bytes, more: str = "") -> bytes:
    return MARK + f'\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"


END = MARK + b"--\r\n"
CASE = part("case", b'{"a": 1}\r\n--no\r\n\r\n', '; filename="案卷.json"\r\nContent-Type: application/json')


def test_fields_are_read_as_they_were_sent() -> None:
    raw = CASE + part("changes", "甲\r\n乙".encode()) + part("ways", b"")
    wanted = {"case": b'{"a": 1}\r\n--no\r\n\r\n', "changes": "甲\r\n乙".encode(), "ways": b""}
    assert form_fields(raw + END, TYPE, 3) == wanted
    assert form_fields(b"preamble\r\n" + raw + MARK + b"--", TYPE, 3) == wanted
    assert form_fields(raw + END, TYPE.replace("----WebKitFormBoundaryA1", '"----WebKitFormBoundaryA1"'), 3) == wanted
    twice = part("a", b"1") + part("a", b"2") + MARK + b" \r\n\r\nof no name\r\n"
    assert form_fields(twice + END, TYPE, 3) == {"a": b"2"}
    assert form_fields(END, TYPE, 3) == {}


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (CASE + END, "multipart/form-data"),
        (CASE + END, "multipart/form-data; boundary=" + "x" * 71),
        (CASE + END, TYPE + "2"),
        (b"", TYPE),
        (CASE, TYPE),  # cut off
        (MARK + b"\r\nContent-Disposition: form-data; name=a\r\n" + END, TYPE),  # a head without an end
        (MARK + b"junk\r\n\r\n\r\n" + END, TYPE),
        (part("a", b"", "; x=" + "y" * 4_096) + END, TYPE),
    ],
)
def test_what_is_no_form_is_refused(raw: bytes, media_type: str) -> None:
    assert form_fields(CASE + END, TYPE, 3)
    with pytest.raises(Problem, match=r"^The body is no multipart form") as refused:
        form_fields(raw, media_type, 3)
    assert refused.value.status == 400


def test_too_many_parts_are_refused_before_any_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def noted(one: bytes) -> Any:
        read.append(one)
        return None

    monkeypatch.setattr(forms, "_field", noted)
    assert form_fields((MARK + b"\r\n\r\n") * 3 + END, TYPE, 3) == {}
    assert len(read) == 3
    with pytest.raises(Problem, match="at most 3 fields") as refused:
        form_fields((MARK + b"\r\n\r\n") * 100_000 + END, TYPE, 3)
    assert refused.value.status == 400
    assert len(read) == 3


def test_a_form_inside_a_field_stays_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested parts are no way round the count: of whole messages the library reads none."""
    nested = b"--in\r\n\r\n" * 1_000 + b"--in--"
    head = MARK + b'\r\nContent-Disposition: form-data; name="case"\r\nContent-Type: multipart/mixed; boundary=in'
    heads: list[str] = []
    feed = email.feedparser.FeedParser.feed

    def noted(self: Any, text: str) -> None:
        heads.append(text)
        feed(self, text)

    monkeypatch.setattr(email.feedparser.FeedParser, "feed", noted)
    assert form_fields(head + b"\r\n\r\n" + nested + b"\r\n" + END, TYPE, 3) == {"case": nested}
    assert sum(map(len, heads)) < len(head)
