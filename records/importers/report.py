"""What an import took in: every record of the source is either imported or set aside with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from records.clock import SHANGHAI
from records.faults import Faults
from records.files import parquet_bytes, write_atomically
from records.quarantine import QUARANTINE_FOLDER

SET_ASIDE_FILE = "import_set_aside.parquet"
DEFAULT_BUCKETS = 8

SET_ASIDE_SCHEMA = pl.Schema(
    {
        "part": pl.String(),  # which part of the source: a file, a layout, a table
        "position": pl.Int64(),  # the record's position in that part, from 0
        "debtor_id": pl.String(),  # null where the record does not tell
        "reasons": pl.List(pl.String()),  # all of them, in order of the alphabet
        "raw": pl.String(),  # JSON of the record; null where it may hold personal data
    }
)


class ImportFault(Faults):
    """A source that cannot be read at all; `faults` lists everything that is wrong with it."""


@dataclass(frozen=True)
class Part:
    """One part of the source: records read, records imported, records set aside."""

    name: str
    rows_in: int
    accepted: int
    set_aside: int


@dataclass(frozen=True)
class ImportReport:
    """The account of one import.

    `parts`: counts for each part of the source, each of which adds up. `set_aside`: frame of
    SET_ASIDE_SCHEMA, one row for each record that was not imported. `rows_out`: rows written, by table.
    `notes`: what a reader should know, in words. Raises ValueError when a record is unaccounted for.
    """

    layout: str
    parts: tuple[Part, ...]
    set_aside: pl.DataFrame
    rows_out: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Prove that nothing is lost: in every part, rows in = accepted + set aside."""
        counted = Counter(self.set_aside["part"].to_list())
        wrong = [
            f"{part.name}: {part.rows_in} in, {part.accepted} accepted, {counted[part.name]} set aside"
            for part in self.parts
            if part.rows_in != part.accepted + part.set_aside or part.set_aside != counted[part.name]
        ]
        wrong += [f"{name}: is no part of the source" for name in set(counted) - {part.name for part in self.parts}]
        if wrong:
            raise ValueError("records unaccounted for: " + "; ".join(sorted(wrong)))

    @property
    def rows_in(self) -> int:
        """Records read, over all parts."""
        return sum(part.rows_in for part in self.parts)

    @property
    def accepted(self) -> int:
        """Records imported, over all parts."""
        return sum(part.accepted for part in self.parts)

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """Records set aside by part and reason; a record with two reasons counts under both."""
        counts = (
            self.set_aside.explode("reasons", empty_as_null=True)
            .group_by("part", "reasons")
            .len()
            .sort("part", "reasons")
        )
        found: dict[str, dict[str, int]] = {}
        for part, reason, count in counts.iter_rows():
            found.setdefault(part, {})[reason] = count
        return found

    def to_json(self) -> dict[str, Any]:
        """The account as a JSON object (without the records themselves)."""
        return {
            "layout": self.layout,
            "rows_in": self.rows_in,
            "accepted": self.accepted,
            "set_aside": self.set_aside.height,
            "parts": [vars(part) for part in self.parts],
            "reasons": self.reasons,
            "rows_out": dict(self.rows_out),
            "notes": list(self.notes),
        }


def account(
    layout: str,
    *,
    rows_in: Mapping[str, int],
    set_aside: pl.DataFrame,
    accepted: Mapping[str, int],
    tables: Mapping[str, pl.DataFrame],
    notes: Sequence[str] = (),
) -> ImportReport:
    """The report of an import, its parts in the order of `rows_in`. Raises ValueError when it does not add up."""
    aside = Counter(set_aside["part"].to_list())
    parts = tuple(Part(name, count, accepted.get(name, 0), aside[name]) for name, count in rows_in.items())
    rows_out = {name: frame.height for name, frame in tables.items() if frame.height}
    ordered = set_aside.sort("part", "position", maintain_order=True)
    return ImportReport(layout, parts, ordered, rows_out, tuple(notes))


def write_set_aside(out: Path, report: ImportReport) -> Path:
    """Lay the records that were set aside beside the data; gives the file's path.

    It is a file of its own and not the quarantine of a table: a record that says nothing about a debtor
    of the dataset must not make anybody unscored.
    """
    path = out / QUARANTINE_FOLDER / SET_ASIDE_FILE
    write_atomically(path, parquet_bytes(report.set_aside))
    return path


def received_at(files: Sequence[Path], given: datetime | None) -> datetime:
    """When the source was received: as the caller says, otherwise the youngest file's time of change.

    The same files thus give the same dataset, whenever they are imported. Raises ValueError when the
    given moment has no time zone.
    """
    if given is not None:
        if given.tzinfo is None:
            raise ValueError("received: give the moment with its time zone")
        return given.astimezone(SHANGHAI)
    youngest = max(int(file.stat().st_mtime) for file in files)
    return datetime.fromtimestamp(youngest, tz=SHANGHAI)
