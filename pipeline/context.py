"""Whose rules apply to a case: court region, industry and kind of subject, and the windows law sets.

Computed from the case's own rows known before its as-of date, the same way for training, a batch and
a case over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from features.as_of import cut
from features.cohort import case_key
from features.facts import PARAMETER_DEFAULTS
from models.bundle import Bundle
from models.local import place_of
from models.predict import Shifts, local_shifts
from models.spec import OUTCOMES
from policy.parameters import Policy
from records.clock import SHANGHAI

UNSTATED_REGION = "000000"
_CONTEXT = ("region_code", "industry_section", "subject_type")


def bare_cohort(cohort: pl.DataFrame) -> pl.DataFrame:
    """`debtor_id`, `application_id`, `as_of` with the `case_key` they give, in canonical order."""
    bare = cohort.select(
        pl.col("debtor_id").cast(pl.String),
        pl.col("application_id").cast(pl.String),
        pl.col("as_of").cast(pl.Datetime("us", SHANGHAI.key)),
    )
    key = case_key(pl.coalesce("application_id", "debtor_id"), pl.col("as_of"))
    return bare.with_columns(key.alias("case_key")).sort("case_key")


def locate(tables: Mapping[str, pl.DataFrame], cohort: pl.DataFrame) -> pl.DataFrame:
    """`cohort` with `region_code`, `industry_section` and `subject_type` as known before `as_of`.

    The region is the application's court, else the debtor's; `000000` when neither is known.
    """
    bare = bare_cohort(cohort)
    rows = cut(tables, bare, ("debtors", "repair_applications"))
    debtors = rows["debtors"].select("case_key", *_CONTEXT)
    applications = (
        rows["repair_applications"]
        .join(bare.select("case_key", "application_id"), on=["case_key", "application_id"], how="semi")
        .select("case_key", pl.col("region_code").alias("court_region"))
    )
    return (
        bare.join(debtors, on="case_key", how="left", maintain_order="left")
        .join(applications, on="case_key", how="left", maintain_order="left")
        .with_columns(pl.coalesce("court_region", "region_code", pl.lit(UNSTATED_REGION)).alias("region_code"))
        .drop("court_region")
    )


def with_parameters(cohort: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`cohort` (located) with one column `p_<name>` for each window or limit that law or a region sets."""
    places = cohort.select(
        pl.col("as_of").dt.date().alias("on"), pl.col("region_code"), pl.col("industry_section")
    ).unique(maintain_order=True)
    rows = []
    for place in places.to_dicts():
        number = policy.rules(place["on"], place["region_code"], place["industry_section"]).number
        rows.append({**place, **{f"p_{name}": number[f"features.{name}"] for name in PARAMETER_DEFAULTS}})
    schema = {**places.schema, **{f"p_{name}": pl.Float64() for name in PARAMETER_DEFAULTS}}
    values = pl.DataFrame(rows, schema=schema)
    return (
        cohort.with_columns(pl.col("as_of").dt.date().alias("on"))
        .join(values, on=["on", "region_code", "industry_section"], how="left", nulls_equal=True, maintain_order="left")
        .drop("on")
    )


def shifts_of(bundle: Bundle, rows: Sequence[Mapping[str, Any]], policy: Policy) -> Shifts:
    """What the calibration adds for each of `rows` (cohort rows: region_code, industry_section, as_of): the bundle's
    own shifts of the place and the year, and what a dated rule adds there (`calibration.shift.*`)."""
    places, ruled = [], []
    for row in rows:
        on = row["as_of"].date()
        places.append(place_of(row["region_code"], row["industry_section"], on))
        number = policy.rules(on, row["region_code"], row["industry_section"]).number
        ruled.append({outcome: number[f"calibration.shift.{outcome}"] for outcome in OUTCOMES})
    return local_shifts(bundle, places, ruled)
