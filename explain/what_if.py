"""What if a fact were otherwise? A reviewer changes rows, and sees the score that follows beside the original.

A pure function: facts are changed, never indicators, the real scoring function is asked, and nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import polars as pl

from explain.case_rows import KnownCase, added
from explain.recourse import Record, Rescore, outlook
from records.frames import check_rows
from records.tables import CASE_TABLES, TABLES

NOTICE: Final = (
    "假设推演，不是评分，未作记录，不得作为决定依据 / "
    "a supposition, not a score: it is not recorded and decides nothing"
)
MOST_EDITS: Final = 100  # each builds its table anew and checks it; a person supposes a handful
# Who a row is about, and when it was seen, are not what a reviewer supposes.
_FIXED: Final = frozenset({"row_id", "supersedes_id", "debtor_id", "known_at", "ingested_at", "source_system"})


@dataclass(frozen=True)
class Edit:
    """One supposed fact: the row `row_id` of `table` with other `values`; without a row id a row that is added;
    without values the row set aside, as if it were wrong."""

    table: str
    row_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


class EditError(ValueError):
    """Edits that cannot be supposed; `faults` holds (number of the edit from 0, what is wrong) for every fault."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        self.faults = tuple(faults)
        self.problems = tuple(f"edit {number} {problem}" for number, problem in self.faults)
        super().__init__("these facts cannot be supposed: " + "; ".join(self.problems))


@dataclass(frozen=True)
class WhatIf:
    """The record as it is, the record as it would be, and every indicator and fact that differs: (id, is, would)."""

    before: Record = field(repr=False)
    after: Record = field(repr=False)
    moved: tuple[tuple[str, float | None, float | None], ...]

    def to_json(self) -> dict[str, Any]:
        """Both outlooks and what moved; never the form of a score record, so that it cannot be taken for one."""
        return {
            "supposed": True,
            "recorded": False,
            "notice": NOTICE,
            "before": _told(self.before),
            "after": _told(self.after),
            "moved": [{"id": id_, "before": was, "after": would} for id_, was, would in self.moved],
        }


def what_if(case: KnownCase, record: Record, edits: Sequence[Edit], rescore: Rescore) -> WhatIf:
    """`record` beside what `rescore` makes of the case with the edits, on the same day.

    Edits are made one after the other, each on the rows that those before it leave. Raises EditError naming every edit
    that names no table, row or column there is then, touches who the row is about or when it was seen, or breaks the
    table's contract; or that there are more than MOST_EDITS.
    """
    after = rescore(_edited(case, edits), case.as_of)
    was, would = (_stated(one) for one in (record, after))
    moved = tuple((id_, was.get(id_), would[id_]) for id_ in would if was.get(id_) != would[id_])
    return WhatIf(record, after, moved)


def require_few(edits: Sequence[object]) -> None:
    """EditError, at the first that is too many, when there are more than MOST_EDITS."""
    if len(edits) > MOST_EDITS:
        raise EditError([(MOST_EDITS, f"is too many: at most {MOST_EDITS} are supposed at once, not {len(edits)}")])


def _edited(case: KnownCase, edits: Sequence[Edit]) -> dict[str, pl.DataFrame]:
    require_few(edits)
    problems: list[tuple[int, str]] = []
    tables = {name: case.tables[name] for name in CASE_TABLES}
    for number, edit in enumerate(edits):
        found = _problems(tables, edit)
        problems += [(number, f"({edit.table}): {problem}") for problem in found]
        if found:
            continue
        table = TABLES[edit.table]
        rows = {row["row_id"]: row for row in tables[edit.table].to_dicts()}
        if edit.row_id is not None and not edit.values:
            del rows[edit.row_id]
        elif edit.row_id is not None:
            rows[edit.row_id] = {**rows[edit.row_id], **edit.values}
        else:
            yesterday = case.day - timedelta(days=1)
            change = added(edit.table, case, f"supposed-{number}", yesterday, **edit.values)
            rows[str(change.row["row_id"])] = dict(change.row)
        try:
            frame = pl.DataFrame(list(rows.values()), schema=table.schema, orient="row")
        except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
            problems.append((number, f"({edit.table}): a value has the wrong type: {error}"))
            continue
        faults = check_rows(table, frame).faults
        problems += [(number, f"({edit.table}): {fault['column']}: {fault['detail']}") for fault in faults.to_dicts()]
        tables[edit.table] = frame
    if problems:
        raise EditError(problems)
    return tables


def _problems(tables: Mapping[str, pl.DataFrame], edit: Edit) -> list[str]:
    if edit.table not in CASE_TABLES:
        return [f"there is no table of this name among those a case holds: {', '.join(CASE_TABLES)}"]
    columns = set(TABLES[edit.table].schema.names())
    problems = [f"there is no column {name}" for name in sorted(set(edit.values) - columns)]
    problems += [f"{name} is not supposed otherwise" for name in sorted(set(edit.values) & _FIXED)]
    if edit.row_id is None and not edit.values:
        problems.append("a row without values says nothing")
    if edit.row_id is not None and edit.row_id not in set(tables[edit.table]["row_id"]):
        problems.append(f"there is no row {edit.row_id} known on that day, or an edit before this one set it aside")
    return problems


def _told(record: Record) -> dict[str, Any]:
    """The head figures, with the reasons in words."""
    reasons = [{name: reason[name] for name in ("indicator", "direction", "zh", "en")} for reason in record["reasons"]]
    return {**outlook(record), "reasons": reasons}


def _stated(record: Record) -> dict[str, float | None]:
    return {item["id"]: item["value"] for part in ("facts", "indicators") for item in record[part]}
