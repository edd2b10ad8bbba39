"""Kinds of dataset, and what is computed from each: cohort, catalogue, facts, labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import polars as pl

from features.catalogue import MAIN
from features.cohort import applications, first_listings
from features.facts import FACTS
from features.follow_up import follow_up
from features.indicator import Indicator
from features.labels import application_labels, listing_labels
from features.listings import LISTINGS
from features.monitoring import MONITORING

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Profile:
    """What a dataset of one kind is assessed by; `outcomes` are those that `label_fn` gives.

    `monitoring` are the indicators of the months after a grant, `follow_up_fn` gives how long each grant was followed;
    empty and None where nothing is granted.
    """

    name: str
    catalogue: tuple[Indicator, ...]
    facts: tuple[Indicator, ...]
    cohort_fn: Callable[[Tables], pl.DataFrame]
    label_fn: Callable[[Tables, pl.DataFrame, date], pl.DataFrame]
    outcomes: tuple[str, ...]
    monitoring: tuple[Indicator, ...] = ()
    follow_up_fn: Callable[[Tables, pl.DataFrame, date], pl.DataFrame] | None = None


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "applications": Profile(
            "applications",
            MAIN,
            FACTS,
            applications,
            application_labels,
            ("repair_success", "redefault_6", "redefault_7_12", "redefault_12"),
            MONITORING,
            follow_up,
        ),
        "first_listings": Profile(
            "first_listings",
            LISTINGS,
            FACTS,
            first_listings,
            listing_labels,
            ("redefault_6", "redefault_7_12", "redefault_12"),
        ),
    }
)
