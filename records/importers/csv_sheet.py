"""A CSV file read so that damage stays where it is: one broken line costs one row, never the rest of the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from records.faults import Fault
from records.importers.report import ImportFault

_LONGEST_ROW = 200  # lines; a quote that is never closed may not swallow the rest of the file


@dataclass(frozen=True)
class Sheet:
    """`header`: the columns' names; `rows`: the cells of every row in order, None for one that is broken."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...] | None, ...]


def read_sheet(name: str, content: bytes) -> Sheet:
    """The file `name` with the bytes `content`, UTF-8 or GB 18030; blank lines are no rows.

    Raises ImportFault when the header line cannot be read or names a column twice.
    """
    lines = list(io.StringIO(_text(content), newline=""))
    begin = next((number for number, line in enumerate(lines) if line.strip()), None)
    if begin is None:
        return Sheet((), ())
    names, used = _row(lines, begin)
    header = tuple(column.strip() for column in names or ())
    if not header or len(set(header)) != len(header):
        raise ImportFault([Fault("duplicate_key", name, "the header line cannot be read or names a column twice")])
    rows: list[tuple[str, ...] | None] = []
    at = begin + used
    while at < len(lines):
        used = 1
        if lines[at].strip():
            cells, taken = _row(lines, at)
            if cells is not None and len(cells) == len(header):
                rows.append(tuple(cells))
                used = taken
            else:
                # Only this line is given up: what a stray quote drew in is read again, line by line.
                rows.append(None)
        at += used
    return Sheet(header, tuple(rows))


def _row(lines: Sequence[str], begin: int) -> tuple[list[str] | None, int]:
    """The row that begins on a line, None when it is broken, and how many lines it takes."""
    reader = csv.reader(_span(lines, begin), strict=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None, 1


def _span(lines: Sequence[str], begin: int) -> Iterator[str]:
    return islice(lines, begin, begin + _LONGEST_ROW)


def _text(content: bytes) -> str:
    """UTF-8, or GB 18030 where most lines with Chinese text are no UTF-8. What cannot be read becomes U+FFFD:
    one damaged byte costs one row, not the file."""
    text = content.decode("utf-8-sig", errors="replace")
    chinese = [line for line in text.split("\n") if not line.isascii()]
    damaged = sum("\ufffd" in line for line in chinese)
    return content.decode("gb18030", errors="replace") if damaged * 2 > len(chinese) else text
