"""What is known of a cohort while it walks the main path, from raw records or from stored ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from explain.contributions import Contributions
from features.profiles import PROFILES, Profile
from models.bundle import Bundle
from models.intervals import Interval
from models.predict import Shifts, Warnings
from policy.outcome import Context, Gate, Suggestion
from policy.parameters import Policy
from records.clock import SHANGHAI

Record = Mapping[str, Any]
Values = Mapping[str, float | None]
Rows = Mapping[str, Sequence[str]]  # table → row ids
CASE_COLUMNS = ("case_key", "debtor_id", "application_id", "region_code", "industry_section", "subject_type")


@dataclass(frozen=True)
class Work:
    """A cohort at one point of the main path; each step adds its own part.

    Mappings are keyed by `case_key`. `assessed` holds the indicators of the cases for which the gate
    lets models be asked, one row each in `case_key` order; `points`, `explained`, `shifts`,
    `probabilities`, `intervals` and `cautions` follow its rows.
    """

    records: Mapping[str, pl.DataFrame]
    cohort: pl.DataFrame
    bundle: Bundle
    policy: Policy
    profile: Profile
    known: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    indicators: Mapping[str, Values] = field(default_factory=dict)
    facts: Mapping[str, Values] = field(default_factory=dict)
    evidence: Mapping[str, Mapping[str, Rows]] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    assessed: pd.DataFrame = field(default_factory=pd.DataFrame)
    points: Sequence[Mapping[str, Any]] | None = None
    explained: Mapping[str, Contributions] = field(default_factory=dict)
    shifts: Shifts = field(default_factory=dict)
    probabilities: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    intervals: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    cautions: Warnings | None = None
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)
    output: tuple[Record, ...] = ()

    def cases(self) -> list[dict[str, Any]]:
        """The cohort's rows: who, as of when, and whose rules apply."""
        return self.cohort.select(*CASE_COLUMNS, "as_of").to_dicts()

    def stated(self, key: str) -> Values:
        """What policy reads of a case: its facts, and its indicators beside them."""
        return {**self.indicators[key], **self.facts[key]}

    def places(self) -> dict[str, int]:
        """Row of each assessed case."""
        return {key: place for place, key in enumerate(self.assessed.index)}


def context_of(row: Mapping[str, Any]) -> Context:
    """When and where a case would be decided."""
    return Context(on=row["as_of"].date(), region=row["region_code"], industry=row["industry_section"])


def work_of_records(recorded: Sequence[Record], bundle: Bundle, policy: Policy) -> Work:
    """Recorded cases as they stood once indicators and facts were known: where a replay begins."""
    schema = {name: pl.String() for name in (*CASE_COLUMNS, "as_of")}
    cohort = pl.DataFrame([{name: one["case"][name] for name in schema} for one in recorded], schema=schema)
    moment = pl.col("as_of").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us")
    stated = {one["case"]["case_key"]: (*one["indicators"], *one["facts"]) for one in recorded}
    return Work(
        records={},
        cohort=cohort.with_columns(moment.dt.convert_time_zone(SHANGHAI.key)).sort("case_key"),
        bundle=bundle,
        policy=policy,
        profile=PROFILES[bundle.profile],
        hashes={one["case"]["case_key"]: one["input"]["hash"] for one in recorded},
        counts={one["case"]["case_key"]: one["input"]["rows"] for one in recorded},
        indicators={one["case"]["case_key"]: _values(one["indicators"]) for one in recorded},
        facts={one["case"]["case_key"]: _values(one["facts"]) for one in recorded},
        evidence={
            key: {item["id"]: {part["table"]: part["rows"] for part in item["evidence"]} for item in items}
            for key, items in stated.items()
        },
    )


def _values(stated: Sequence[Mapping[str, Any]]) -> Values:
    return {item["id"]: item["value"] for item in stated}
