"""Families hold every indicator once, and their sums keep what adds up."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain.families import OTHER, by_dimension, by_family, families
from features.catalogue import MAIN

DIMENSION = {indicator.id: str(indicator.dimension) for indicator in MAIN}


def test_every_indicator_is_in_one_family_and_a_family_in_one_dimension() -> None:
    members = [member for family in families() for member in family.members]
    assert sorted(members) == sorted(DIMENSION)
    for family in families():
        assert len({DIMENSION[member] for member in family.members}) == 1, family.id
    together = next(family for family in families() if "remaining_debt_log" in family.members)
    assert "performed_ratio" in together.members  # two forms of one debt


@given(st.dictionaries(st.sampled_from(sorted(DIMENSION)), st.floats(-5, 5), max_size=60))
def test_sums_keep_what_adds_up(added: dict[str, float]) -> None:
    shares = by_family(added, DIMENSION)
    assert sorted(id_ for share in shares for id_ in share.members) == sorted(added)
    for share in shares:
        assert share.total == math.fsum(added[id_] for id_ in share.members)
    assert math.fsum(share.total for share in shares) == pytest.approx(math.fsum(added.values()), abs=1e-12)
    assert math.fsum(by_dimension(shares).values()) == pytest.approx(math.fsum(added.values()), abs=1e-12)


def test_an_unlisted_indicator_is_kept_apart_and_one_without_dimension_refused() -> None:
    (share,) = by_family({"suit_count": 0.25}, {"suit_count": "willingness"})
    assert (share.family.id, share.dimension, share.total) == (OTHER, "willingness", 0.25)
    with pytest.raises(KeyError, match="suit_count"):
        by_family({"suit_count": 0.25}, {})


@pytest.mark.slow
def test_families_add_up_to_the_margin_of_a_real_record(tiny: Any) -> None:
    recorded = next(record for _, record in tiny.cases(10) if record["models"]["redefault_6"])
    for model in filter(None, recorded["models"].values()):
        total = math.fsum(share.total for share in by_family(model["contributions"], DIMENSION))
        assert abs(model["base"] + total - model["margin"]) <= 1e-9 * max(1.0, abs(model["margin"]))
