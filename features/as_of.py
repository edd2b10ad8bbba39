"""The boundary between what was known and what was not: the only place that compares `known_at`.

A row is usable for a case iff `known_at < as_of`. Of several versions of one thing (rows with one
business id) the one known last counts, equal instants being settled by `row_id`. Rows known on or
after `as_of` are ignored, not faults. `debtor_audit` never crosses: protected attributes cannot
reach an indicator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from features.expressions import window_starts
from features.linked import link
from features.run import collect_all
from records.tables import CASE_TABLES, TABLES

ROW_ORDER = ("case_at", "row_id")  # the order of (case_key, row_id), told in whole numbers


def case_columns(cohort: pl.DataFrame) -> list[str]:
    """Columns of a cohort that every row known to a case carries."""
    parameters = [name for name in cohort.columns if name.startswith("p_")]
    return ["case_key", "case_at", "as_of", "as_of_day", *window_starts(), "case_application_id", *parameters]


def with_day(cohort: pl.DataFrame) -> pl.DataFrame:
    """The cohort with what rows need of their case.

    `case_at` (place of the case in the order of case keys: rows are joined and ordered by it, which is
    quicker than by text), `as_of_day` (court-time day of `as_of`), the days on which windows begin, and
    `case_application_id`.
    """
    dated = cohort.with_columns(
        case_at=pl.col("case_key").rank("ordinal").cast(pl.UInt32),
        as_of_day=pl.col("as_of").dt.date(),
        case_application_id=pl.col("application_id"),
    )
    return dated.with_columns(**window_starts())


def cut(
    tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame, names: Sequence[str] = CASE_TABLES
) -> dict[str, pl.DataFrame]:
    """Rows of each table of `names` that a reviewer could see just before each case's `as_of`.

    `tables` holds frames typed as the contract says, one per name of `names`, which are tables of
    `CASE_TABLES` (others are left out); `cohort` as `features.cohort` makes it. Returns per table the
    rows in canonical order (case_key, row_id) with the columns of `case_columns` added; a debtor
    assessed twice has its rows twice. Raises ValueError naming every missing table, or the case keys
    that occur twice.
    """
    names = [name for name in CASE_TABLES if name in names]
    absent = [name for name in names if name not in tables]
    if absent:
        raise ValueError(f"tables missing: {', '.join(absent)}; hand an empty frame for a table without rows")
    keys = cohort["case_key"]
    if keys.n_unique() < cohort.height:
        repeated = keys.filter(keys.is_duplicated()).unique().sort().to_list()
        raise ValueError(f"case keys occur more than once in the cohort: {', '.join(repeated[:20])}")
    whom = with_day(cohort)
    schema = {name: whom.schema[name] for name in case_columns(whom)}
    filled = [name for name in names if tables[name].height]
    if whom.height == 1:
        of_case = _of_one(whom, schema)
        frames = collect_all({name: _newest(of_case(tables[name].lazy()), name) for name in filled})
    else:
        of_cases = _of_many(whom, schema)
        usable = collect_all({name: of_cases(tables[name].lazy()) for name in filled})
        places = collect_all({name: _places(usable[name].lazy(), name) for name in filled})
        frames = {name: usable[name][places[name]["place"]] for name in filled}
    return {
        name: frames[name] if name in frames else pl.DataFrame(schema={**tables[name].schema, **schema})
        for name in names
    }


def known(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`cut`, then the columns a row takes from its siblings (`features.linked`): what indicators read."""
    return link(cut(tables, cohort))


def _of_many(whom: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    """Rows of the cohort's debtors, once for each of their cases, as far as known before its as-of."""
    cases = whom.lazy().select("debtor_id", *schema)
    usable = pl.col("known_at") < pl.col("as_of")
    return lambda rows: rows.join(cases, on="debtor_id", how="inner").filter(usable)


def _of_one(whom: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
    """The same for one case: nothing needs to be joined."""
    case = whom.row(0, named=True)
    columns = [pl.lit(case[name], dtype).alias(name) for name, dtype in schema.items()]
    mine = pl.col("debtor_id") == case["debtor_id"]
    usable = mine & (pl.col("known_at") < pl.lit(case["as_of"], schema["as_of"]))
    return lambda rows: rows.filter(usable).with_columns(columns)


def _places(usable: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Where the rows to keep lie, in canonical order: the keys are sorted alone, whole rows move only once."""
    keys = usable.select("case_at", "known_at", "row_id", thing=TABLES[name].business_id)
    placed = keys.with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32))
    return _last_of(placed, "thing").sort(*ROW_ORDER).select("place")


def _newest(usable: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """The rows to keep, in canonical order: for few rows, where one plan costs less than two."""
    return _last_of(usable, TABLES[name].business_id).sort(*ROW_ORDER)


def _last_of(rows: pl.LazyFrame, thing: str) -> pl.LazyFrame:
    """Of the versions of each thing the one known last."""
    ordered = rows.sort("case_at", thing, "known_at", "row_id")
    same_as_next = (pl.col("case_at") == pl.col("case_at").shift(-1)) & (pl.col(thing) == pl.col(thing).shift(-1))
    return ordered.filter(~same_as_next.fill_null(False))
