"""Reference figures of regions and tiers: those of the very cases, and none where there are too few to speak of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from models.fit import fit_models
from models.params import FitParams
from models.reference import (
    GRID,
    SMALLEST_GROUP,
    GroupReference,
    ReferencePopulation,
    describe_groups,
    describe_indicators,
)


def made(rows: int = 900) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    values = pd.DataFrame(
        {"debt": rng.normal(size=rows), "paid": rng.random(rows)}, index=[f"A{i}" for i in range(rows)]
    )
    values.loc[rng.random(rows) < 0.3, "paid"] = np.nan
    places = pd.DataFrame(
        {
            "region": ["220102" if i % 2 else "370283" for i in range(rows)],
            "tier": ["severe" if i < SMALLEST_GROUP + 20 else "general" for i in range(rows)],
        },
        index=values.index,
    )
    places.iloc[-1, 0] = None
    return values, places


def test_each_group_is_described_by_its_own_cases() -> None:
    values, places = made()
    groups = describe_groups(values, places)
    found = {(group.region, group.tier): group for group in groups}
    assert set(found) == {
        ("220102", "general"), ("370283", "general"), ("220102", None), ("370283", None), (None, "general"),
        (None, "severe"),
    }  # fmt: skip
    for (region, tier), group in found.items():
        mine = pd.Series(True, index=values.index)
        for name, label in (("region", region), ("tier", tier)):
            mine &= True if label is None else places[name] == label
        assert group.cases == mine.sum() >= SMALLEST_GROUP
        for name in values:
            known = values.loc[mine, name].dropna()
            assert group.indicators[name].quantiles == pytest.approx(np.quantile(known, GRID))
            assert group.indicators[name].missing_share == pytest.approx(values.loc[mine, name].isna().mean())


def test_a_population_with_groups_comes_back_whole(bundle: Any) -> None:
    values, places = made()
    known = describe_indicators(values)
    whole = replaced(bundle.reference, indicators=known, groups=describe_groups(values, places))
    assert ReferencePopulation.from_json(whole.to_json()) == whole
    stranger = GroupReference(region="220102", tier=None, cases=100, indicators={"debt": known["debt"]})
    with pytest.raises(ValidationError, match="a group describes other indicators than the whole population"):
        replaced(bundle.reference, indicators=known, groups=(stranger,))


def replaced(population: ReferencePopulation, **more: Any) -> ReferencePopulation:
    told = {name: getattr(population, name) for name in ReferencePopulation.model_fields}
    return ReferencePopulation(**told | {"never_missing": ()} | more)


def test_training_keeps_the_groups_it_is_given(world: Any, quick: FitParams) -> None:
    as_of = world.cohort.set_index("case_key")["as_of"].loc[world.X.index]
    told = {"region": "220102", "industry": None, "as_of": as_of, "tier": "general"}
    places = pd.DataFrame(told, index=world.X.index)
    few = replace(quick, booster=replace(quick.booster, rounds=5))
    fitted = fit_models(
        world.X, world.labels, world.splits(), world.specs, "applications", catalogue_hash="c" * 64, params=few,
        places=places,
    )  # fmt: skip
    groups = fitted.reference.groups
    assert [(group.region, group.tier) for group in groups] == [
        ("220102", "general"),
        ("220102", None),
        (None, "general"),
    ]
    assert all(group.indicators == fitted.reference.indicators for group in groups)
    assert all(group.cases == fitted.reference.cases for group in groups)
