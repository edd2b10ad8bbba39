"""One way to compute a catalogue, for one case or a partition, to the same bits.

Every table is read once: predicates become flags, one pass reduces all parts (`features.reading`),
and `combine` works element by element on one row per case. Sums are sums of integers; rows come in
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

from features.indicator import Indicator
from features.plan import Plan, compile_plan
from features.reading import Reading, part_columns, read
from features.run import collect
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
_TABLE_AT = {name: at for at, name in enumerate(CASE_TABLES)}
_DAY = pl.col("as_of").dt.date().alias("as_of_day")
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
    plan, readings = _read(known, cohort, (catalogue,))
    return _values(plan, cohort, readings)[0]


def evidence(known: Known, cohort: pl.DataFrame, catalogue: Sequence[Indicator]) -> pl.DataFrame:
    """The rows behind each value: `case_key`, `indicator`, `table`, `row_ids` (sorted), `coarse`; no line without rows.

    `coarse` says how many of the rows were answered by band or by yes and no instead of a figure. Lines come
    in the order of cohort, catalogue and `CASE_TABLES`. The value of an indicator
    recomputed from these rows alone is the value. Raises as `evaluate` does.
    """
    plan, readings = _read(known, cohort, (catalogue,))
    return _evidence(plan, cohort, readings)[0]


def evaluate_all(
    known: Known, cohort: pl.DataFrame, catalogues: Sequence[Sequence[Indicator]]
) -> tuple[Evaluation, ...]:
    """Values and evidence of several catalogues in one reading of the tables; the same bits as one by one."""
    plan, readings = _read(known, cohort, catalogues)
    pairs = zip(_values(plan, cohort, readings), _evidence(plan, cohort, readings), strict=True)
    return tuple(Evaluation(values, lines) for values, lines in pairs)


def _read(
    known: Known, cohort: pl.DataFrame, catalogues: Sequence[Sequence[Indicator]]
) -> tuple[Plan, tuple[Reading, ...]]:
    plan = compile_plan(tuple(tuple(catalogue) for catalogue in catalogues))
    absent = sorted(plan.parameters - set(cohort.columns))
    if absent:
        raise ValueError(
            f"the cohort lacks parameter columns: {', '.join(absent)}; "
            "add them with features.facts.with_parameters before the boundary"
        )
    return plan, read(known, cohort["case_key"], plan)


def _values(plan: Plan, cohort: pl.DataFrame, readings: Sequence[Reading]) -> list[pl.DataFrame]:
    base = collect(cohort.lazy().select("case_key", _DAY, *sorted(plan.parameters)))
    frame = base.hstack(part_columns(plan, readings, cohort.height)).lazy()
    for level in plan.steps:
        frame = frame.with_columns(level)
    values = collect(frame.select("case_key", *plan.combined))
    columns = dict(zip(values.columns, values.get_columns(), strict=True))
    return [_named(columns, plan, span) for span in plan.spans]


def _named(columns: Mapping[str, pl.Series], plan: Plan, span: range) -> pl.DataFrame:
    """The values of one catalogue under the ids of its indicators; what reads the same was worked out once."""
    ids = (plan.indicators[at].id for at in span)
    own = (columns[plan.columns[at]] for at in span)
    return pl.DataFrame([columns["case_key"], *map(pl.Series.alias, own, ids)])


def _evidence(plan: Plan, cohort: pl.DataFrame, readings: Sequence[Reading]) -> list[pl.DataFrame]:
    tables = sorted(readings, key=lambda reading: _TABLE_AT[reading.plan.name])
    found = [_lines(reading) for reading in tables]
    if not found:
        return [EVIDENCE_SCHEMA.to_frame() for _ in plan.spans]
    case, indicator, coarse = (np.concatenate([lines[at] for lines in found]) for at in range(3))
    ids = pl.concat([lines[3] for lines in found])
    table_at = np.repeat([_TABLE_AT[reading.plan.name] for reading in tables], [len(lines[0]) for lines in found])
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
            "case_key": cohort["case_key"].gather(case[head]),
            "indicator": plan.names.gather(spans),
            "table": _TABLES.gather(table_at[head]),
            "row_ids": pl.Series(rows, dtype=pl.List(pl.String)),
            "coarse": pl.Series(np.add.reduceat(coarse[order], first) if len(first) else coarse, dtype=pl.UInt32),
        },
    )
    if len(plan.spans) == 1:
        return [named]
    return [named.filter(pl.Series((spans >= span.start) & (spans < span.stop))) for span in plan.spans]


def _lines(reading: Reading) -> _Lines:
    """Each evidence row of each indicator: place of the case, of the indicator, whether coarse, row id."""
    marks = [np.logical_or.reduce([reading.flags[at] for at in flags]) for _, flags in reading.plan.evidence]
    which, row = np.nonzero(np.array(marks))
    places = reading.places()
    inside = places[row] >= 0
    which, row = which[inside], row[inside]
    owners = np.array([at for at, _ in reading.plan.evidence], dtype=np.int64)
    return places[row], owners[which], reading.coarse()[row], reading.rows["row_id"].gather(row)
