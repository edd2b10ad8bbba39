from __future__ import annotations

import pytest

from models.faults import ParamsFault
from models.params import FitParams


def test_values_lie_over_the_defaults_of_the_profile() -> None:
    params = FitParams.from_mapping("first_listings", {"seed": 3, "booster": {"rounds": 10}})
    assert (params.seed, params.booster.rounds, params.booster.num_leaves) == (3, 10, 4)
    assert FitParams.from_mapping("applications", FitParams().to_json()) == FitParams()
    shares = FitParams.from_mapping(
        "applications", {"card": {"shares": {"ability": 50, "willingness": 50}}}
    ).card.shares
    assert shares == {"ability": 50, "willingness": 50}


def test_every_fault_is_named() -> None:
    with pytest.raises(ParamsFault) as caught:
        FitParams.from_mapping("applications", {"boster": {}, "seed": 1.5, "booster": {"rounds": "x"}})
    text = str(caught.value)
    assert len(caught.value.faults) == 3
    assert all(place in text for place in ("boster", "seed", "booster.rounds"))
    with pytest.raises(ParamsFault) as caught:
        FitParams.from_mapping("applications", {"booster": {"max_depth": 9}, "card": {"shares": {"ability": 90}}})
    assert len(caught.value.faults) == 2
    assert "max_depth must be 1 to 6" in str(caught.value)
    with pytest.raises(ParamsFault, match="profile 'x' is unknown; known are applications, first_listings, table"):
        FitParams.of_profile("x")
    with pytest.raises(ParamsFault, match="plain finite values"):
        FitParams.from_mapping("applications", {"min_events": float("nan")})
