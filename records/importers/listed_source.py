"""Records of a public list as they stand in a file: a JSON array, JSON lines, or CSV with a header line.

A record that cannot be read is handed on with its reason; only a file that cannot be read at all is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from records.faults import CaseFaults, Fault
from records.importers.csv_sheet import read_sheet
from records.importers.report import ImportFault
from records.strict_json import read

MAX_BYTES = 1024 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class RawRecord:
    """`position`: of the record in the file, from 0. `members`: its fields, None when it is no record.
    `reasons`: why it cannot be taken."""

    position: int
    members: Mapping[str, object] | None
    reasons: tuple[str, ...] = ()


def read_records(path: Path) -> list[RawRecord]:
    """All records of the file, in order. Raises ImportFault when the file cannot be read as a whole."""
    try:
        content = path.read_bytes()
    except OSError:
        raise ImportFault([Fault("unreadable_file", path.name, "is missing or cannot be read")]) from None
    if len(content) > MAX_BYTES:
        raise ImportFault([Fault("too_large", path.name, f"is larger than {MAX_BYTES} bytes; split it")])
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if path.suffix.lower() == ".csv":
        return _csv(path.name, content)
    if content.lstrip()[:1] == b"[":
        return _array(path.name, content)
    return _lines(content)


def _array(name: str, content: bytes) -> list[RawRecord]:
    try:
        values, faults = read(content, max_bytes=MAX_BYTES)
    except CaseFaults as error:
        raise ImportFault([Fault(fault.code, name, fault.detail) for fault in error.faults]) from None
    if not isinstance(values, list):  # the first character is a bracket
        raise ImportFault([Fault("json_syntax", name, "must be an array of records")])
    reasons: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        reasons[int(fault.where.split("/")[1])].append(fault.code)
    return [_record(position, value, reasons.get(position, ())) for position, value in enumerate(values)]


def _lines(content: bytes) -> list[RawRecord]:
    lines = [line for line in content.split(b"\n") if line.strip()]
    records = [_line(position, line) for position, line in enumerate(lines)]
    if len(lines) > 1 and records[0].members is None:
        whole = _line(0, content)  # one record, printed over several lines
        if whole.members is not None:
            return [whole]
    return records


def _line(position: int, line: bytes) -> RawRecord:
    try:
        value, faults = read(line)
    except CaseFaults as error:
        return RawRecord(position, None, tuple(sorted({fault.code for fault in error.faults})))
    return _record(position, value, [fault.code for fault in faults])


def _record(position: int, value: object, reasons: Sequence[str]) -> RawRecord:
    if not isinstance(value, dict):
        return RawRecord(position, None, tuple(sorted({*reasons, "not_a_record"})))
    return RawRecord(position, value, tuple(sorted(set(reasons))))


def _csv(name: str, content: bytes) -> list[RawRecord]:
    sheet = read_sheet(name, content)
    return [
        RawRecord(position, None, ("broken_line",))
        if cells is None
        else RawRecord(position, dict(zip(sheet.header, cells, strict=True)))
        for position, cells in enumerate(sheet.rows)
    ]
