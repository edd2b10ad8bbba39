"""The boundary between what was known and what was not: the only place that compares `known_at`.

A row is usable for a case iff `known_at < as_of`. Of several versions of one thing (rows with one
business id) the one known last counts, equal instants being settled by `row_id`. Rows known on or
after `as_of` are ignored, not faults. `debtor_audit` never crosses: protected attributes cannot
reach an indicator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from features.linked import link
from features.run import collect_all
from records.tables import CASE_TABLES, TABLES

ROW_ORDER = ("case_key", "row_id")


def case_columns(cohort: pl.DataFrame) -> list[str]:
    """Columns of a cohort that every row known to a case carries."""
    parameters = [name for name in cohort.columns if name.startswith("p_")]
    return ["case_key", "as_of", "as_of_day", "case_application_id", *parameters]


def with_day(cohort: pl.DataFrame) -> pl.DataFrame:
    """The cohort with `as_of_day`, the court-time day of `as_of`, and `case_application_id`."""
    return cohort.with_columns(as_of_day=pl.col("as_of").dt.date(), case_application_id=pl.col("application_id"))


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
    cases = whom.lazy().select("debtor_id", *case_columns(whom))
    schema = {name: dtype for name, dtype in whom.schema.items() if name in case_columns(whom)}
    plans = {
        name: _versions(tables[name].lazy(), TABLES[name].business_id, cases) for name in names if tables[name].height
    }
    frames = collect_all(plans)
    return {
        name: frames[name] if name in frames else pl.DataFrame(schema={**tables[name].schema, **schema})
        for name in names
    }


def known(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`cut`, then the columns a row takes from its siblings (`features.linked`): what indicators read."""
    return link(cut(tables, cohort))


def _versions(rows: pl.LazyFrame, business_id: str, cases: pl.LazyFrame) -> pl.LazyFrame:
    usable = rows.join(cases, on="debtor_id", how="inner").filter(pl.col("known_at") < pl.col("as_of"))
    ordered = usable.sort("case_key", business_id, "known_at", "row_id")
    same_as_next = (pl.col("case_key") == pl.col("case_key").shift(-1)) & (
        pl.col(business_id) == pl.col(business_id).shift(-1)
    )
    return ordered.filter(~same_as_next.fill_null(False)).sort(*ROW_ORDER)
