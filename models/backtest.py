"""Rolling origins: what would have been fitted at the start of each year, tested on the year that followed.

At an origin only labels known before it may be used, by the same rules as `models.splits`: the fit period, a
calibration period behind it, then a gap as long as the label. The cases of the following year are the test, whose
labels became known later. So every figure is one that a court would have met with. The worked calendar of an origin::

    origin 2023-01-01, label known after some 14 months, fit and calibration shares 76 : 11

    2015 |---------------- fit ----------------|--- calibrate ---|.gap.| origin |---- test: 2023 ----| 2024
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from models.params import SplitParams
from models.splits import SplitPlan, split_labels

LATER = "later"


@dataclass(frozen=True)
class Origin:
    """One origin: its plan, and the end of its test year (that instant excluded)."""

    at: datetime
    plan: SplitPlan
    until: datetime


def origins(
    first: datetime, observed_until: datetime, gap: timedelta, count: int, params: SplitParams
) -> tuple[Origin, ...]:
    """The last `count` first days of a year with a whole test year known and history enough before them.

    `first`: the first as-of; `gap`: how long a label takes to be known. Fewer, or none, where the data are short.
    """
    found: list[Origin] = []
    for year in range(observed_until.year, first.year, -1):
        at, until = _new_year(year, first), _new_year(year + 1, first)
        if until + gap > observed_until + timedelta(days=1):
            continue
        usable = at - first - gap
        if len(found) == count or usable < timedelta(days=365):
            break
        share = params.fit_share / (params.fit_share + params.calibrate_share)
        fit_until = first + timedelta(days=int(usable.days * share))
        found.append(Origin(at, SplitPlan(fit_until, at), until))
    return tuple(reversed(found))


def splits_at(
    origin: Origin, labels: pd.DataFrame, cohort: pd.DataFrame, regimes: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Splits of every label (as `splits.split_labels`) at the origin; test cases after its year become `later`."""
    found = split_labels(labels, cohort, origin.plan, regimes)
    after = (found["split"] == "test") & (found["as_of"] >= pd.Timestamp(origin.until))
    return found.assign(split=found["split"].where(~after, LATER))


def _new_year(year: int, like: datetime) -> datetime:
    return like.replace(year=year, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
