"""What is wrong with an input: where, of what kind, and what to do. Never the value itself.

A value may be a person's data or hostile text, so a fault names its place and the rule that was
broken. Places are JSON pointers (RFC 6901) in a case and `table/bucket/row/column` in a dataset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

FaultCode = Literal[
    # the text of a JSON document
    "json_syntax",
    "duplicate_key",
    "not_finite",
    "too_large",
    "too_deep",
    "bad_text",
    # tables and columns
    "missing_table",
    "unknown_table",
    "missing_column",
    "unknown_column",
    # cells
    "not_null",
    "wrong_type",
    "not_allowed",
    "bad_pattern",
    "out_of_range",
    "future",
    # rows among each other
    "dangling_reference",
    "duplicate_row",
    "bad_supersedes",
    "other_debtor",
    "unknown_application",
    # datasets on disk
    "not_a_dataset",
    "bad_dataset_info",
    "already_exists",
    "unreadable_file",
    "unknown_file",
    "wrong_bucket",
    "wrong_schema",
    "row_count",
    "unknown_debtor",
    "quarantined_rows",
    "suite_disagrees",
    "too_many",
]
FAULT_CODES: tuple[str, ...] = get_args(FaultCode)

# More than this are counted, not listed: an answer must not outgrow the request many times over.
MOST_LISTED = 10_000

_TOKEN_LENGTH = 64
# Controls, line separators, direction marks and lone surrogates never reach a page or a terminal.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class Fault:
    """One fault.

    `code` one of FAULT_CODES; `where` a JSON pointer, or the place in a dataset; `detail` the rule
    in words; `row` the position of the row in its table (JSON) or file (dataset), from 0;
    `row_id` is given for datasets only, where it is what a clerk searches for.
    """

    code: FaultCode
    where: str
    detail: str
    table: str | None = None
    row: int | None = None
    row_id: str | None = None
    column: str | None = None

    def to_json(self) -> dict[str, str | int]:
        """The fault as a JSON object without empty members."""
        members = {
            "code": self.code,
            "where": self.where,
            "detail": self.detail,
            "table": self.table,
            "row": self.row,
            "row_id": self.row_id,
            "column": self.column,
        }
        return {name: value for name, value in members.items() if value is not None}

    def __str__(self) -> str:
        return f"{self.where or '(whole document)'}: {self.detail} [{self.code}]"


class Faults(Exception):  # noqa: N818 - it carries many, and is named for what it carries
    """Base of all refusals of an input; `faults` lists everything that is wrong."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class CaseFaults(Faults):
    """A JSON document or a single case that cannot be accepted."""


class DatasetFault(Faults):
    """A folder that is not, or is no longer, a usable dataset."""


def pointer(*parts: str | int) -> str:
    """JSON pointer (RFC 6901) of `parts`; over-long or unprintable keys are cut and replaced."""
    return "".join("/" + _token(part) for part in parts)


def _token(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    if len(part) > _TOKEN_LENGTH:
        part = part[:_TOKEN_LENGTH] + "…"
    return _UNPRINTABLE.sub("\ufffd", part).replace("~", "~0").replace("/", "~1")


def listed(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """`faults`, cut to MOST_LISTED with a last one that says how many more there are."""
    if len(faults) <= MOST_LISTED:
        return tuple(faults)
    more = Fault("too_many", "", f"{len(faults) - MOST_LISTED} further faults are not listed; mend these first")
    return (*faults[:MOST_LISTED], more)
