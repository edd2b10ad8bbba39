"""Pairs of a real record: by its own bundle, in log-odds, points and words; another bundle's do not add up."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from explain.additivity import AdditivityError
from explain.card_scale import card_scale
from explain.together import together
from features.catalogue import MAIN
from features.indicator import describe

DESCRIBE = {item.id: describe(item) for item in MAIN}


def test_pairs_of_a_recorded_case_in_figures_and_words(tiny: Any) -> None:
    scale, slope = card_scale(tiny.bundle.scorecard), tiny.bundle.scorecard.odds.slope
    record = next(record for _, record in tiny.cases(10) if all(record["models"].values()))
    before = copy.deepcopy(record)
    found = together(tiny.bundle, record, DESCRIBE, scale)
    assert record == before
    assert next(iter(found)) == "redefault_12"
    assert set(found) == {"redefault_12", "redefault_6", "redefault_7_12", "success"}
    for outcome, pairs in found.items():
        assert 1 <= len(pairs) <= 5
        assert [abs(pair.effect) for pair in pairs] == sorted((abs(pair.effect) for pair in pairs), reverse=True)
        for pair in pairs:
            names = {DESCRIBE[pair.first]["zh"], DESCRIBE[pair.second]["zh"]}
            assert all(f"“{name}”" in pair.zh for name in names)
            if outcome == "success":
                assert pair.converted is None
                assert "换算分" not in pair.zh
            else:
                assert pair.converted == -pair.effect / slope
                assert "换算分" in pair.zh
    assert found["redefault_12"] == together(tiny.bundle, record, DESCRIBE, scale)["redefault_12"]
    without = together(tiny.bundle, record, DESCRIBE)
    assert {pair.converted for pairs in without.values() for pair in pairs} == {None}


def test_a_record_that_was_altered_is_refused_and_one_without_models_has_no_pairs(tiny: Any) -> None:
    record = copy.deepcopy(next(record for _, record in tiny.cases(10) if all(record["models"].values())))
    assert together(tiny.bundle, record, DESCRIBE)
    first = next(iter(record["models"]["success"]["contributions"]))
    record["models"]["success"]["contributions"][first] += 1e-6
    with pytest.raises(AdditivityError, match="interactions: residual"):
        together(tiny.bundle, record, DESCRIBE)
    record["models"] = dict.fromkeys(record["models"])
    assert together(tiny.bundle, record, DESCRIBE) == {}
