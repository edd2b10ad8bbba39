"""What a leaf holds: the very canonical JSON of kind, record and moment, whose name is the record's hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.envelope import EnvelopeError, prepare, seal, unseal

MOMENT = datetime(2026, 3, 31, 16, 0, 0, 7, tzinfo=UTC)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), VALUES, max_size=6))
def test_the_content_is_canonical_json_and_opens_again(record: dict[str, object]) -> None:
    prepared = prepare(record, "score")
    content = seal(prepared, MOMENT)
    envelope = {"kind": "score", "record": record, "recorded_at": "2026-04-01T00:00:00.000007+08:00"}
    assert content == rfc8785.dumps(envelope)
    opened = unseal(content)
    assert opened.kind == "score"
    assert opened.recorded_at == envelope["recorded_at"]
    assert opened.record == rfc8785.dumps(record)
    assert opened.score_id == prepared.score_id == hashlib.sha256(rfc8785.dumps(record)).hexdigest()[:32]
    assert opened.parsed() == json.loads(rfc8785.dumps(record))


def test_canonical_bytes_and_values_are_one_record() -> None:
    record = {"b": 1.0, "a": "甲"}
    assert prepare(rfc8785.dumps(record), "score") == prepare(record, "score")


@pytest.mark.parametrize(
    ("record", "kind", "message"),
    [
        ({"a": float("nan")}, "score", "nan is not representable"),
        ({"a": 2**53}, "score", "exceeds safe integer domain"),
        ({"a": "\ud800"}, "score", "non-UTF-8"),
        ({"a": {1}}, "score", "unsupported type"),
        ({1: "a"}, "score", "keys must be strings"),
        ({"a": 1}, 'x","record":{}', "a record's kind is a word"),
        (b"[1]", "score", "not a JSON object"),
        (b"{", "score", "Expecting property name"),
    ],
)
def test_what_json_cannot_carry_is_refused(record: dict[str, object] | bytes, kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(record, kind)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"kind":"score","record":,"recorded_at":"2026-04-01T00:00:00.000007+08:00"}',
        b'{"kind":"score","record":{},"recorded_at":"2026-04-01T00:00:00.000007Z"}',
        b'{"kind":"Score","record":{},"recorded_at":"2026-04-01T00:00:00.000007+08:00"}',
        b'{"kind":"score","record":{},"recorded_at":"2026-04-01T00:00:00.000007+08:00"} ',
    ],
)
def test_other_bytes_are_not_opened(content: bytes) -> None:
    assert unseal(seal(prepare({}, "score"), MOMENT)).record == b"{}"
    with pytest.raises(EnvelopeError, match="the content is not"):
        unseal(content)


def test_a_record_that_is_no_object_is_not_parsed() -> None:
    opened = unseal(b'{"kind":"score","record":[],"recorded_at":"2026-04-01T00:00:00.000007+08:00"}')
    with pytest.raises(EnvelopeError, match="not a JSON object"):
        opened.parsed()
