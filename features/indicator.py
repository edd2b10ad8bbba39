"""What an indicator is: a declaration, never a loop over cases.

An indicator has *parts*. A part names a table, which of its rows count (the evidence a reviewer
clicks) and how they reduce to one number. `combine` makes the value out of those numbers. Parts
with one name are one thing across a catalogue: they are computed once and shared.

Only sums of integers are allowed (money is 分), with counts, minima and maxima: such reductions
give the same bits in any order and in any company of other cases.
"""

from __future__ import annotations

import hashlib
import io
import json
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl

from records.tables import TABLES

Dimension = Literal["ability", "willingness", "impact"]
Reduce = Literal["count", "sum", "max", "min", "support"]
Missing = Literal["none", "unknown"]
# How a source department may answer: the figure itself; the middle of the band it lies in; or, in the
# column that the question is about, 1 for yes and 0 for no (隐私计算: raw figures stay where they are).
Answer = Literal["value", "band", "yes_no"]
ANSWERS: tuple[Answer, ...] = ("value", "band", "yes_no")
ANSWERING = frozenset(name for name, table in TABLES.items() if "answer_form" in table.schema)

DIMENSIONS_ZH: Mapping[Dimension, str] = {"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响"}
MISSING_ZH: Mapping[Missing, str] = {"none": "无记录即为没有", "unknown": "无记录即为不详"}


class CatalogueError(Exception):
    """A catalogue that must not be used; `problems` states every reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of one table and their reduction.

    `rows` is a boolean expression over the table's columns after the boundary (`features.as_of`)
    and the linking of sibling rows (`features.linked`); null counts as false. `value` is an
    element-wise expression, reduced by `reduce` over those rows; `count` needs none. A `support`
    part gives no number: its rows are evidence because a linked column was made from them.
    Without any row a count or sum is 0, a maximum or minimum is null.

    `answers` are the forms of answer the part can live with, where its table knows such forms: rows
    answered otherwise are not seen. Only what declares a band or a yes/no is ever given one.
    """

    table: str
    rows: pl.Expr
    reduce: Reduce = "count"
    value: pl.Expr | None = None
    answers: tuple[Answer, ...] = ("value",)

    @property
    def chosen(self) -> pl.Expr:
        """`rows`, of those answered in a form the part can live with."""
        if self.table not in ANSWERING or set(self.answers) == set(ANSWERS):
            return self.rows
        return self.rows & pl.any_horizontal([pl.col("answer_form") == form for form in self.answers])


@dataclass(frozen=True, eq=False)
class Indicator:
    """One named number of a case.

    `success` and `redefault` are the signs of the effect on repair success and on re-default
    (1, -1, or 0 for no constraint); they become monotone constraints. `missing` says what an
    absent value means: "none" (never null, no record is a plain zero) or "unknown" (may be null).
    `combine` reads the parts by name, `as_of_day`, and cohort parameters `p_*`; also `steps`, named results
    in between that are worked out once, each from parts and earlier steps. As with parts, steps of one
    name are one thing across a catalogue.
    """

    id: str
    zh: str
    en: str
    dimension: Dimension
    unit: str
    window: str
    minimum: float | None
    maximum: float | None
    success: Literal[-1, 0, 1]
    redefault: Literal[-1, 0, 1]
    missing: Missing
    basis: str
    parts: Mapping[str, Part]
    combine: pl.Expr
    review: str
    scored: bool = True
    steps: Mapping[str, pl.Expr] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables its evidence lies in, each once, in order of first mention."""
        return tuple(dict.fromkeys(part.table for part in self.parts.values()))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Forms of answer that some part of it can live with, where the source may choose; else none."""
        own = {form for part in self.parts.values() if part.table in ANSWERING for form in part.answers}
        return tuple(form for form in ANSWERS if form in own)


def describe(indicator: Indicator) -> dict[str, Any]:
    """The indicator without its expressions, as JSON values: for bundles, pages and the rule book."""
    return {
        "id": indicator.id,
        "zh": indicator.zh,
        "en": indicator.en,
        "dimension": indicator.dimension,
        "dimension_zh": DIMENSIONS_ZH[indicator.dimension],
        "unit": indicator.unit,
        "window": indicator.window,
        "minimum": indicator.minimum,
        "maximum": indicator.maximum,
        "direction": {"success": indicator.success, "redefault": indicator.redefault},
        "missing": indicator.missing,
        "missing_zh": MISSING_ZH[indicator.missing],
        "basis": indicator.basis,
        "tables": list(indicator.tables),
        "answers": list(indicator.answers),
        "review": indicator.review,
        "scored": indicator.scored,
    }


def part_text(part: Part) -> str:
    """The part as text: equal texts compute equal numbers."""
    return f"{part.table}|{part.chosen}|{part.reduce}|{part.value}"


# What a part reads is in part made here; the boundary itself is fixed by contract.
_LINKING = (
    "expressions.py", "instalments.py", "linked.py", "linked_cases.py", "monitored.py", "source.py", "spells.py",
)  # fmt: skip


@cache
def _linking_text() -> str:
    """Code of the linked columns without comments and layout."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
    tokens: list[str] = []
    for name in _LINKING:
        source = files("features").joinpath(name).read_bytes()
        tokens += [t.string for t in tokenize.tokenize(io.BytesIO(source).readline) if t.type not in skipped]
    return " ".join(tokens)


def catalogue_hash(catalogue: Sequence[Indicator]) -> str:
    """SHA-256 (hex) over the ordered declarations, their expressions and the linking of rows.

    It changes with any definition, not with comments or layout. The text of an expression is
    Polars', so it belongs to the pinned version.
    """
    content: list[Any] = [
        {
            **describe(indicator),
            "parts": {name: part_text(part) for name, part in indicator.parts.items()},
            "steps": {name: str(step) for name, step in indicator.steps.items()},
            "combine": str(indicator.combine),
        }
        for indicator in catalogue
    ]
    content.append(_linking_text())
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
