"""The reading plan of one or more catalogues: what is computed from each table, compiled once.

Equal predicates become one flag column, equal parts one number, so catalogues that share parts are
best computed together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from features.checks import check_catalogue
from features.indicator import CatalogueError, Indicator, Part, Reduce, part_text


@dataclass(frozen=True)
class Number:
    """How one part becomes a number: `reduce` of the value at `value` over the rows marked by the flag at `flag`."""

    part: str
    reduce: Reduce
    flag: int
    value: int = -1  # a count reads none


@dataclass(frozen=True)
class TablePlan:
    """How one table is read, in one pass: a flag per distinct predicate, a column per distinct value."""

    name: str
    flags: tuple[pl.Expr, ...]
    values: tuple[pl.Expr, ...]
    numbers: tuple[Number, ...]
    evidence: tuple[tuple[int, tuple[int, ...]], ...]  # position in Plan.indicators, and the flags of its rows


@dataclass(frozen=True)
class Plan:
    """Catalogues laid end to end: `indicators`, and `columns` that name their values in one frame."""

    indicators: tuple[Indicator, ...]
    columns: tuple[str, ...]
    names: pl.Series  # ids of the indicators
    spans: tuple[range, ...]  # positions of each catalogue
    tables: tuple[TablePlan, ...]
    parts: Mapping[str, Part]
    steps: tuple[tuple[pl.Expr, ...], ...]  # level by level, each from parts and the levels before
    combined: tuple[pl.Expr, ...]
    parameters: frozenset[str]


@lru_cache(maxsize=32)
def compile_plan(catalogues: tuple[tuple[Indicator, ...], ...]) -> Plan:
    """The plan of the catalogues, in their order. Raises CatalogueError stating every problem of each."""
    problems: list[str] = []
    for catalogue in catalogues:
        try:
            check_catalogue(catalogue)
        except CatalogueError as fault:
            problems.extend(fault.problems)
    indicators = tuple(indicator for catalogue in catalogues for indicator in catalogue)
    parts: dict[str, Part] = {}
    for indicator in indicators:
        for name, part in indicator.parts.items():
            if part_text(parts.setdefault(name, part)) != part_text(part):
                problems.append(f"{indicator.id}: part {name} means something else in another catalogue; rename one")
    steps: dict[str, pl.Expr] = {}
    for indicator in indicators:
        for name, step in indicator.steps.items():
            if str(steps.setdefault(name, step)) != str(step):
                problems.append(f"{indicator.id}: step {name} means something else in another catalogue; rename one")
    if problems:
        raise CatalogueError(list(dict.fromkeys(problems)))
    spans, start = [], 0
    for catalogue in catalogues:
        spans.append(range(start, start + len(catalogue)))
        start += len(catalogue)
    first: dict[str, str] = {}  # catalogues share definitions: what reads the same is worked out once
    for at, indicator in enumerate(indicators):
        first.setdefault(str(indicator.combine), f"{at}/{indicator.id}")
    columns = tuple(first[str(indicator.combine)] for indicator in indicators)
    tables = dict.fromkeys(part.table for part in parts.values())
    combined = {column: indicator for indicator, column in reversed([*zip(indicators, columns, strict=True)])}
    expressions = [part.chosen for part in parts.values()] + [indicator.combine for indicator in indicators]
    expressions += [part.value for part in parts.values() if part.value is not None] + list(steps.values())
    named = {name for expression in expressions for name in expression.meta.root_names()}
    return Plan(
        indicators=indicators,
        columns=columns,
        names=pl.Series([indicator.id for indicator in indicators], dtype=pl.String),
        spans=tuple(spans),
        tables=tuple(_table_plan(name, parts, indicators) for name in tables),
        parts={name: part for name, part in parts.items() if part.reduce != "support"},
        steps=_levels(steps),
        combined=tuple(own.combine.cast(pl.Float64).alias(column) for column, own in combined.items()),
        parameters=frozenset(name for name in named if name.startswith("p_")),
    )


def _levels(steps: Mapping[str, pl.Expr]) -> tuple[tuple[pl.Expr, ...], ...]:
    """Steps by how many others they rest on, so that each level is one pass."""
    depth: dict[str, int] = {}
    for name, step in steps.items():
        depth[name] = 1 + max((depth.get(other, -1) for other in step.meta.root_names()), default=-1)
    return tuple(
        tuple(steps[name].alias(name) for name, at in depth.items() if at == level)
        for level in range(max(depth.values(), default=-1) + 1)
    )


def _table_plan(name: str, parts: Mapping[str, Part], indicators: tuple[Indicator, ...]) -> TablePlan:
    own = {part_name: part for part_name, part in parts.items() if part.table == name}
    flags = {str(part.chosen): part.chosen for part in own.values()}
    values = {str(part.value): part.value for part in own.values() if part.value is not None}
    flag_at = {text: at for at, text in enumerate(flags)}
    value_at = {text: at for at, text in enumerate(values)}
    numbers = [
        Number(part_name, part.reduce, flag_at[str(part.chosen)], value_at.get(str(part.value), -1))
        for part_name, part in own.items()
        if part.reduce != "support"
    ]
    evidence = []
    for at, indicator in enumerate(indicators):
        marks = dict.fromkeys(flag_at[str(part.chosen)] for part in indicator.parts.values() if part.table == name)
        if marks:
            evidence.append((at, tuple(marks)))
    return TablePlan(
        name=name,
        flags=tuple(rows.fill_null(False).alias(f"rows/{at}") for at, rows in enumerate(flags.values())),
        values=tuple(value.alias(f"value/{at}") for at, value in enumerate(values.values())),
        numbers=tuple(numbers),
        evidence=tuple(evidence),
    )
