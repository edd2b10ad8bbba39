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

from features.as_of import case_columns, with_day
from features.indicator import Indicator, Part
from features.plan import Plan, TablePlan, compile_plan
from features.run import collect, collect_all
from records.tables import CASE_TABLES

EVIDENCE_SCHEMA = pl.Schema(
    {"case_key": pl.String(), "indicator": pl.String(), "table": pl.String(), "row_ids": pl.List(pl.String())}
)
_LINES_SCHEMA = pl.Schema(
    {"case_key": pl.String(), "row_id": pl.String(), "indicator_at": pl.UInt32(), "table_at": pl.UInt32()}
)
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
    """The rows behind each value: `case_key`, `indicator`, `table`, `row_ids` (sorted); no line without rows.

    Lines in the order of cohort, catalogue and `CASE_TABLES`. The value of an indicator
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
    """Per table with rows: case_key, row_id, the columns that values need, a flag per predicate."""
    return collect_all(
        {
            table.name: known[table.name].lazy().select("case_key", "row_id", *table.inputs, *table.flags)
            for table in plan.tables
            if known[table.name].height
        }
    )


def _values(plan: Plan, base: pl.DataFrame, flagged: Known) -> list[pl.DataFrame]:
    read = {table.name: table for table in plan.tables if table.reduced and table.name in flagged}
    reduced = collect_all(
        {
            name: flagged[name].lazy().select("case_key", *table.values).group_by("case_key").agg(table.reduced)
            for name, table in read.items()
        }
    )
    frame = base.lazy()
    for numbers in reduced.values():
        frame = frame.join(numbers.lazy(), on="case_key", how="left", maintain_order="left")
    frame = frame.with_columns(_filled(name, part, computed=part.table in read) for name, part in plan.parts.items())
    values = collect(frame.select("case_key", *plan.combined))
    return [
        values.select("case_key", *(pl.col(plan.columns[at]).alias(plan.indicators[at].id) for at in span))
        for span in plan.spans
    ]


def _filled(name: str, part: Part, *, computed: bool) -> pl.Expr:
    """A part's number for every case: 0 for a count or sum over no rows, null for an extreme."""
    if part.reduce in ("count", "sum"):
        return pl.col(name).fill_null(0) if computed else pl.lit(0, pl.Int64).alias(name)
    return pl.col(name) if computed else pl.lit(None, pl.Int64).alias(name)


def _evidence(plan: Plan, base: pl.DataFrame, flagged: Known) -> list[pl.DataFrame]:
    of_rows = {
        table.name: flagged[table.name].lazy().select(table.evidence) for table in plan.tables if table.name in flagged
    }
    hits = collect_all(of_rows)
    found = [_lines(flagged[table.name], hits[table.name], table) for table in plan.tables if table.name in hits]
    order = base.select("case_key").with_row_index("case_at")
    lines = collect(
        pl.concat([_LINES_SCHEMA.to_frame(), *found])
        .lazy()
        .join(order.lazy(), on="case_key", how="inner")
        .sort("case_at", "indicator_at", "table_at", "row_id")
        .group_by("case_at", "case_key", "indicator_at", "table_at", maintain_order=True)
        .agg(row_ids="row_id")
    )
    names = pl.Series([indicator.id for indicator in plan.indicators], dtype=pl.String)
    tables = pl.Series(CASE_TABLES, dtype=pl.String)
    named = lines.select(
        "case_key",
        "indicator_at",
        names.gather(lines["indicator_at"]).alias("indicator"),
        tables.gather(lines["table_at"]).alias("table"),
        "row_ids",
    )
    at = pl.col("indicator_at")
    return [named.filter((at >= span.start) & (at < span.stop)).drop("indicator_at") for span in plan.spans]


def _lines(rows: pl.DataFrame, hits: pl.DataFrame, table: TablePlan) -> pl.DataFrame:
    """One line per indicator and evidence row of one table."""
    which, row = np.nonzero(hits.to_numpy().T)
    place = pl.Series("row", row, dtype=pl.UInt32)
    return pl.DataFrame(
        {
            "case_key": rows["case_key"].gather(place),
            "row_id": rows["row_id"].gather(place),
            "indicator_at": pl.Series(np.asarray(table.evidence_of, dtype=np.uint32)[which], dtype=pl.UInt32),
            "table_at": pl.Series(np.full(len(row), CASE_TABLES.index(table.name), dtype=np.uint32), dtype=pl.UInt32),
        }
    )
