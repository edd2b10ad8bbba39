"""One way to compute a catalogue, for one case or a partition, to the same bits.

Every table is read once: predicates become flags, one `group_by` per table reduces all parts, and
`combine` works element by element on one row per case. Sums are sums of integers; rows come in
canonical order; Polars' in-memory engine is named (`features.run`), because its streaming
`group_by` gave other float bits when a case came alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from features.as_of import case_columns, with_day
from features.indicator import ANSWERING, Indicator, Part
from features.plan import Plan, TablePlan, compile_plan
from features.run import collect, collect_all
from records.tables import CASE_TABLES

EVIDENCE_SCHEMA = pl.Schema(
    {
        "case_key": pl.String(),
        "indicator": pl.String(),
        "table": pl.String(),
        "row_ids": pl.List(pl.String()),
        "coarse": pl.UInt32(),
    }
)
_TABLES = pl.Series(CASE_TABLES, dtype=pl.String)
_Lines = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32], pl.Series]
Known = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Evaluation:
    """Values of one catalogue, as `evaluate` gives them, and their evidence, as `evidence` does."""

    values: pl.DataFrame
    evidence: pl.DataFrame


def evaluate(known: Known, cohort: pl.DataFrame, catalogue: Sequence[Indicator]) -> pl.DataFrame:
    """`case_key` and one Float64 column per indicator (catalogue order), rows in cohort order; null = missing.

    `known` as `features.as_of.known` gives it for the same cohort. Raises CatalogueError when the
    catalogue is not sound, ValueError when the cohort lacks a parameter column that it reads.
    """
    plan = compile_plan((tuple(catalogue),))
    base = _base(cohort, plan)
    return _values(plan, base, _flagged(known, plan))[0]


def evidence(known: Known, cohort: pl.DataFrame, catalogue: Sequence[Indicator]) -> pl.DataFrame:
    """The rows behind each value: `case_key`, `indicator`, `table`, `row_ids` (sorted), `coarse`; no line without rows.

    `coarse` says how many of the rows were answered by band or by yes and no instead of a figure. Lines come
    in the order of cohort, catalogue and `CASE_TABLES`. The value of an indicator
    recomputed from these rows alone is the value. Raises as `evaluate` does.
    """
    plan = compile_plan((tuple(catalogue),))
    base = _base(cohort, plan)
    return _evidence(plan, base, _flagged(known, plan))[0]


def evaluate_all(
    known: Known, cohort: pl.DataFrame, catalogues: Sequence[Sequence[Indicator]]
) -> tuple[Evaluation, ...]:
    """Values and evidence of several catalogues in one reading of the tables; the same bits as one by one."""
    plan = compile_plan(tuple(tuple(catalogue) for catalogue in catalogues))
    base = _base(cohort, plan)
    flagged = _flagged(known, plan)
    pairs = zip(_values(plan, base, flagged), _evidence(plan, base, flagged), strict=True)
    return tuple(Evaluation(values, lines) for values, lines in pairs)


def _base(cohort: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    absent = sorted(plan.parameters - set(cohort.columns))
    if absent:
        raise ValueError(
            f"the cohort lacks parameter columns: {', '.join(absent)}; "
            "add them with features.facts.with_parameters before the boundary"
        )
    dated = with_day(cohort)
    return dated.select(case_columns(dated))


def _flagged(known: Known, plan: Plan) -> dict[str, pl.DataFrame]:
    """Per table with rows: case_key, case_at, row_id, the columns that values need, a flag per predicate."""
    return collect_all(
        {
            table.name: known[table.name].lazy().select("case_key", "case_at", "row_id", *table.inputs, *table.flags)
            for table in plan.tables
            if known[table.name].height
        }
    )


def _alone(base: pl.DataFrame, flagged: Known) -> bool:
    """Whether there is one case only: then nothing needs to be grouped or joined. Rows come sorted by case."""
    if base.height != 1:
        return False
    key = base.item(0, "case_key")
    return all(rows.item(0, "case_key") == key == rows.item(-1, "case_key") for rows in flagged.values())


def _values(plan: Plan, base: pl.DataFrame, flagged: Known) -> list[pl.DataFrame]:
    read = {table.name: table for table in plan.tables if table.reduced and table.name in flagged}
    alone = _alone(base, flagged)
    reduced = collect_all({name: _reduced(flagged[name].lazy(), table, alone=alone) for name, table in read.items()})
    frame = base.lazy()
    if alone:
        frame = base.hstack([column for numbers in reduced.values() for column in numbers]).lazy()
    else:
        for numbers in reduced.values():
            frame = frame.join(numbers.lazy(), on="case_key", how="left", maintain_order="left")
    frame = frame.with_columns(
        _filled(name, part, computed=part.table in read)
        for name, part in plan.parts.items()
        if not (alone and part.table in read)
    )
    for level in plan.steps:
        frame = frame.with_columns(level)
    values = collect(frame.select("case_key", *plan.combined))
    return [
        values.select("case_key", *(pl.col(plan.columns[at]).alias(plan.indicators[at].id) for at in span))
        for span in plan.spans
    ]


def _reduced(rows: pl.LazyFrame, table: TablePlan, *, alone: bool) -> pl.LazyFrame:
    """One row of numbers per case that has rows: integers, extremes and counts, so the same bits either way."""
    if alone:
        return rows.select(table.values).select(table.reduced)
    grouped = rows.select("case_at", "case_key", *table.values).group_by("case_at")
    return grouped.agg(pl.col("case_key").first(), *table.reduced).drop("case_at")


def _filled(name: str, part: Part, *, computed: bool) -> pl.Expr:
    """A part's number for every case: 0 for a count or sum over no rows, null for an extreme."""
    if part.reduce in ("count", "sum"):
        return pl.col(name).fill_null(0) if computed else pl.lit(0, pl.Int64).alias(name)
    return pl.col(name) if computed else pl.lit(None, pl.Int64).alias(name)


def _evidence(plan: Plan, base: pl.DataFrame, flagged: Known) -> list[pl.DataFrame]:
    tables = [table for table in plan.tables if table.name in flagged]
    tables.sort(key=lambda table: CASE_TABLES.index(table.name))
    hits = collect_all({table.name: flagged[table.name].lazy().select(table.evidence) for table in tables})
    places = _places(base, [flagged[table.name] for table in tables], alone=_alone(base, flagged))
    found = [
        _lines(flagged[table.name], hits[table.name], table, place) for table, place in zip(tables, places, strict=True)
    ]
    if not found:
        return [EVIDENCE_SCHEMA.to_frame() for _ in plan.spans]
    case, indicator, coarse = (np.concatenate([lines[at] for lines in found]) for at in range(3))
    ids = pl.concat([lines[3] for lines in found])
    table_at = np.repeat([CASE_TABLES.index(table.name) for table in tables], [len(lines[0]) for lines in found])
    # Rows of a table come in the order of case and row id, so a stable sort by line leaves them in order.
    line = (case * len(plan.indicators) + indicator) * len(CASE_TABLES) + table_at
    order = np.argsort(line, kind="stable")
    line = line[order]
    first = np.flatnonzero(np.diff(line, prepend=-1))
    head = order[first]
    rows = pa.LargeListArray.from_arrays(
        pa.array(np.append(first, len(line)), pa.int64()), ids.gather(order).to_arrow().cast(pa.large_string())
    )
    spans = indicator[head]
    named = pl.DataFrame(
        {
            "case_key": base["case_key"].gather(case[head]),
            "indicator": plan.names.gather(spans),
            "table": _TABLES.gather(table_at[head]),
            "row_ids": pl.Series(rows, dtype=pl.List(pl.String)),
            "coarse": pl.Series(np.add.reduceat(coarse[order], first) if len(first) else coarse, dtype=pl.UInt32),
        },
    )
    if len(plan.spans) == 1:
        return [named]
    return [named.filter(pl.Series((spans >= span.start) & (spans < span.stop))) for span in plan.spans]


def _places(base: pl.DataFrame, tables: Sequence[pl.DataFrame], *, alone: bool) -> list[NDArray[np.int64]]:
    """Per table, the position in the cohort of each row's case; -1 for a case that is not in it."""
    if alone:
        return [np.zeros(rows.height, dtype=np.int64) for rows in tables]
    order = base.select("case_key", at=pl.int_range(pl.len(), dtype=pl.Int64))
    places = []
    for rows in tables:
        starts = np.diff(rows["case_at"].to_numpy().astype(np.int64), prepend=-1) != 0  # rows come sorted by case
        runs = rows.select("case_key").filter(pl.Series(starts))
        at = runs.join(order, on="case_key", how="left", maintain_order="left")["at"].fill_null(-1).to_numpy()
        places.append(np.asarray(at[np.cumsum(starts) - 1], dtype=np.int64))
    return places


def _lines(rows: pl.DataFrame, hits: pl.DataFrame, table: TablePlan, places: NDArray[np.int64]) -> _Lines:
    """Each evidence row of each indicator: place of the case, of the indicator, whether coarse, row id."""
    which, row = np.nonzero(hits.to_numpy().T)
    inside = places[row] >= 0
    which, row = which[inside], row[inside]
    coarse = np.zeros(len(row), dtype=np.uint32)
    if table.name in ANSWERING:
        coarse = (rows["answer_form"] != "value").to_numpy()[row].astype(np.uint32)
    return places[row], np.asarray(table.evidence_of, dtype=np.int64)[which], coarse, rows["row_id"].gather(row)
