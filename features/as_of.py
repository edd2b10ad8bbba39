"""The boundary between what was known and what was not: the only place that compares `known_at`.

A row is usable for a case iff `known_at < as_of`. Of several versions of one thing (rows with one
business id) the one known last counts, equal instants being settled by `row_id`. Rows known on or
after `as_of` are ignored, not faults. `debtor_audit` never crosses: protected attributes cannot
reach an indicator.

The keys of all tables are cut and ordered in one plan, whole rows are moved once: a case alone costs
what its plans cost, and one plan costs less than twenty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, starmap

import numpy as np
import polars as pl

from features.expressions import WINDOW_STARTS
from features.linked import link
from features.run import collect
from records.tables import CASE_TABLES, TABLES

_COLUMNS = ("case_key", "case_at", "as_of", "as_of_day", *WINDOW_STARTS, "case_application_id")
_OF_CASE = (
    pl.col("case_key").rank("ordinal").cast(pl.UInt32).alias("case_at"),
    pl.col("as_of").dt.date().alias("as_of_day"),
    pl.col("application_id").alias("case_application_id"),
)
_KEYS = {
    name: (
        pl.lit(at, pl.UInt8).alias("table"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"),
        pl.col("debtor_id", "known_at", "row_id"),
        pl.col(TABLES[name].business_id).alias("thing"),
    )
    for at, name in enumerate(CASE_TABLES)
}
_VERSIONS = ("table", "case_at", "thing", "known_at", "row_id")
_ROWS = ("table", "case_at", "row_id")  # within a table the order of (case_key, row_id), told in whole numbers
_USABLE = pl.col("known_at") < pl.col("as_of")
_LAST_OF_THING = ~pl.all_horizontal([pl.col(name) == pl.col(name).shift(-1) for name in _VERSIONS[:3]]).fill_null(False)


def case_columns(cohort: pl.DataFrame) -> list[str]:
    """Columns of a cohort that every row known to a case carries."""
    return [*_COLUMNS, *(name for name in cohort.columns if name.startswith("p_"))]


def with_day(cohort: pl.DataFrame) -> pl.DataFrame:
    """The cohort with what rows need of their case.

    `case_at` (place of the case in the order of case keys, from 1: rows are joined and ordered by it, which
    is quicker than by text), `as_of_day` (court-time day of `as_of`), the days on which windows begin, and
    `case_application_id`.
    """
    return collect(cohort.lazy().with_columns(_OF_CASE).with_columns(WINDOW_STARTS.values()))


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
    cases = whom.select(case_columns(whom))
    kept = _kept([(name, tables[name]) for name in names if tables[name].height], whom)
    bounds = np.searchsorted(kept["table"].to_numpy(), np.arange(len(CASE_TABLES) + 1))
    spans = dict(zip(CASE_TABLES, starmap(slice, pairwise(bounds)), strict=True))
    place, of_case = kept["place"], _of_case(cases, kept["case_at"])
    return {
        name: tables[name][place[spans[name]]].hstack(of_case(spans[name]))
        if tables[name].height
        else tables[name].hstack(cases.clear())
        for name in names
    }


def known(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`cut`, then the columns a row takes from its siblings (`features.linked`): what indicators read."""
    return link(cut(tables, cohort))


def _of_case(cases: pl.DataFrame, case_at: pl.Series) -> Callable[[slice], pl.DataFrame]:
    """The columns of the case of each row, for a span of rows."""
    if cases.height == 1:  # one case: nothing needs to be looked up
        every = cases[pl.Series(np.zeros(len(case_at), dtype=np.uint32))]
        return lambda span: every.slice(0, span.stop - span.start)
    of_place = np.empty(cases.height + 1, dtype=np.uint32)
    of_place[cases["case_at"].to_numpy()] = np.arange(cases.height, dtype=np.uint32)
    case = pl.Series(of_place[case_at.to_numpy()])
    return lambda span: cases[case[span]]


def _kept(filled: Sequence[tuple[str, pl.DataFrame]], whom: pl.DataFrame) -> pl.DataFrame:
    """`table`, `place` of the row in it and `case_at` of every row that counts, in the order of `_ROWS`."""
    if not filled:
        return pl.DataFrame(schema={"table": pl.UInt8, "place": pl.UInt32, "case_at": pl.UInt32})
    rows = pl.concat([frame.lazy().select(_KEYS[name]) for name, frame in filled])
    if whom.height == 1:  # one case: nothing needs to be joined
        mine = pl.col("debtor_id") == whom.item(0, "debtor_id")
        usable = rows.filter(mine & (pl.col("known_at") < pl.lit(whom["as_of"]))).with_columns(
            pl.lit(1, pl.UInt32).alias("case_at")
        )
    else:
        usable = rows.join(whom.lazy().select("debtor_id", "case_at", "as_of"), on="debtor_id").filter(_USABLE)
    return collect(usable.sort(_VERSIONS).filter(_LAST_OF_THING).sort(_ROWS).select("table", "place", "case_at"))
