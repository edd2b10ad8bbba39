"""How the values of a catalogue lie: share missing and quantiles, by year of the as-of date and over all years."""

from __future__ import annotations

import polars as pl

SCHEMA = pl.Schema(
    {
        "indicator": pl.String(),
        "year": pl.Int32(),
        "cases": pl.UInt32(),
        "missing": pl.Float64(),
        "p10": pl.Float64(),
        "median": pl.Float64(),
        "mean": pl.Float64(),
        "p90": pl.Float64(),
    }
)


def distribution(values: pl.DataFrame, cohort: pl.DataFrame) -> pl.DataFrame:
    """Columns as `SCHEMA`, by indicator in column order, then by year; the null year stands for all years.

    `values` as `features.engine.evaluate` gives them (case_key, one column per indicator); `cohort` holds the
    `as_of` of each `case_key`. Values missing count in `cases` and in `missing` (a share), not in the rest.
    """
    names = [name for name in values.columns if name != "case_key"]
    dated = values.join(cohort.select("case_key", year=pl.col("as_of").dt.year()), on="case_key").drop("case_key")
    long = dated.unpivot(index="year", on=names, variable_name="indicator", value_name="value")
    all_years = long.with_columns(year=pl.lit(None, pl.Int32))
    value = pl.col("value")
    summary = (
        pl.concat([long, all_years])
        .group_by("indicator", "year")
        .agg(
            cases=pl.len(),
            missing=value.null_count() / pl.len(),
            p10=value.quantile(0.1, "nearest"),
            median=value.quantile(0.5, "nearest"),
            mean=value.sort().mean(),
            p90=value.quantile(0.9, "nearest"),
        )
    )
    order = pl.DataFrame({"indicator": names}, schema={"indicator": pl.String}).with_row_index("at")
    ordered = summary.join(order, on="indicator").sort("at", "year", nulls_last=True)
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
