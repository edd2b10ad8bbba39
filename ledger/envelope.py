"""What one leaf of the ledger holds, and how a record is named.

A leaf's content is the canonical JSON of {"kind", "record", "recorded_at"}. A record's name, its
`score_id`, comes from the record alone, so that the same record has the same name whenever it is
recorded, while the moment of recording is covered by the Merkle leaf.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from explain.canonical import canonical
from records.clock import SHANGHAI

KIND_PATTERN = r"[a-z][a-z0-9_]{0,39}"
_RECORDED_AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+08:00"
_HEAD = re.compile(rf'\{{"kind":"({KIND_PATTERN})","record":'.encode())
_TAIL = re.compile(rf',"recorded_at":"({_RECORDED_AT})"\}}'.encode())
_TAIL_BYTES = len(',"recorded_at":"2026-01-01T00:00:00.000000+08:00"}')


class EnvelopeError(ValueError):
    """The bytes are not the content of a leaf."""


@dataclass(frozen=True)
class Prepared:
    """A record ready to be appended: its canonical bytes and its name."""

    kind: str
    score_id: str
    record: bytes


@dataclass(frozen=True)
class Opened:
    """The parts of a leaf's content."""

    kind: str
    record: bytes
    recorded_at: str
    score_id: str

    def parsed(self) -> dict[str, Any]:
        """The record as Python values; EnvelopeError when its bytes are not a JSON object."""
        try:
            record = json.loads(self.record)
        except ValueError as error:
            raise EnvelopeError("the record is not JSON") from error
        if not isinstance(record, dict):
            raise EnvelopeError("the record is not a JSON object")
        return cast(dict[str, Any], record)


def score_id_of(record: bytes) -> str:
    """Name of a record: the first 32 hexadecimal digits of SHA-256 over its canonical bytes."""
    return hashlib.sha256(record).hexdigest()[:32]


def prepare(record: Mapping[str, object] | bytes, kind: str) -> Prepared:
    """Canonical bytes and name of a record, given as JSON values or as its canonical bytes.

    ValueError for what JSON cannot carry, for bytes that are no JSON object, and for a bad kind.
    """
    if not re.fullmatch(KIND_PATTERN, kind):
        raise ValueError(f"a record's kind is a word of small letters, digits and underscores, not {kind!r}")
    if not isinstance(record, bytes):
        record = canonical(record)
    elif not isinstance(json.loads(record), dict):
        raise ValueError("the bytes are not a JSON object")
    return Prepared(kind, score_id_of(record), record)


def seal(prepared: Prepared, moment: datetime) -> bytes:
    """Content of the leaf for a record taken in at `moment` (an aware timestamp, written in court time)."""
    recorded_at = moment.astimezone(SHANGHAI).isoformat(timespec="microseconds")
    # Joined rather than encoded again: the three keys stand in canonical order and the record is canonical.
    return b'{"kind":"%s","record":%s,"recorded_at":"%s"}' % (
        prepared.kind.encode(),
        prepared.record,
        recorded_at.encode(),
    )


def unseal(content: bytes) -> Opened:
    """Parts of a leaf's content; EnvelopeError when the bytes have another form."""
    head = _HEAD.match(content)
    tail = _TAIL.fullmatch(content, max(len(content) - _TAIL_BYTES, 0))
    if head is None or tail is None or head.end() >= tail.start():
        raise EnvelopeError('the content is not {"kind":…,"record":…,"recorded_at":…}')
    record = content[head.end() : tail.start()]
    return Opened(head[1].decode(), record, tail[1].decode(), score_id_of(record))
