"""Interaction values are exact, symmetric, add up, and belong to splits on both indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from explain.additivity import AdditivityError
from explain.contributions import contributions
from explain.interactions import blended, interactions, strongest
from explain.phrases import together_said
from explain.record import ModelTerms

IDS = ("a", "b", "c", "d")


@dataclass(frozen=True, eq=False)
class Bundle:
    boosters: Mapping[str, lgb.Booster]
    indicator_ids: tuple[str, ...] = IDS


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """a and b matter together only, c matters alone, d not at all; some of a and c is missing."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4000, 4))
    values[:, [0, 2]] = np.where(rng.random((4000, 2)) < 0.15, np.nan, values[:, [0, 2]])
    known = np.nan_to_num(values)
    risk = 2.0 * np.sign(known[:, 0] * known[:, 1]) + known[:, 2]
    label = (risk + rng.normal(size=4000) > 0).astype(int)
    params = {"objective": "binary", "num_leaves": 8, "max_depth": 4, "verbose": -1, "seed": 1, "num_threads": 1}
    fitted = lgb.train(
        {**params, "learning_rate": 0.3}, lgb.Dataset(pd.DataFrame(values, columns=list(IDS)), label), 25
    )
    return Bundle({"success": lgb.Booster(model_str=fitted.model_to_string())})


def terms_of(bundle: Bundle, row: Mapping[str, float | None]) -> ModelTerms:
    values = [np.nan if row[id_] is None else row[id_] for id_ in IDS]
    found = contributions(bundle, pd.DataFrame([values], columns=list(IDS), index=["A1"], dtype=float))["success"]
    added = dict(zip(IDS, found.values[0].tolist(), strict=True))
    return ModelTerms(found.base, added, float(found.margin[0]), {"method": "platt"}, 0.3)


def drawn(count: int) -> list[dict[str, float | None]]:
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(count, 4)).tolist()
    return [
        {**dict(zip(IDS, row, strict=True)), **({"a": None} if place % 4 == 0 else {})}
        for place, row in enumerate(rows)
    ]


def test_symmetric_rows_sum_to_contributions_and_all_to_the_margin(bundle: Bundle) -> None:
    for row in drawn(12):
        terms = terms_of(bundle, row)
        matrix = interactions(bundle.boosters["success"], IDS, row, terms, "A1")
        assert np.abs(matrix - matrix.T).max() < 1e-9
        assert np.abs(matrix.sum(axis=1) - [terms.contributions[id_] for id_ in IDS]).max() < 1e-9
        assert terms.base + matrix.sum() == pytest.approx(terms.margin, abs=1e-9)


def test_the_pair_that_acts_together_leads(bundle: Bundle) -> None:
    leading = [
        strongest(IDS, interactions(bundle.boosters["success"], IDS, row, terms_of(bundle, row), "A1"))[0]
        for row in drawn(12)
        if row["a"] is not None
    ]
    assert {(pair.first, pair.second) for pair in leading} == {("a", "b")}
    for row, pair in zip([row for row in drawn(12) if row["a"] is not None], leading, strict=True):
        assert row["a"] is not None
        assert row["b"] is not None
        if min(abs(row["a"]), abs(row["b"])) > 0.3:
            assert (pair.effect > 0) == (row["a"] * row["b"] > 0)


def test_what_does_not_belong_to_the_contributions_is_refused(bundle: Bundle) -> None:
    row = drawn(2)[1]
    terms = terms_of(bundle, row)
    assert interactions(bundle.boosters["success"], IDS, row, terms, "A1").shape == (4, 4)
    bent = replace(terms, contributions={**terms.contributions, "c": terms.contributions["c"] + 1e-6})
    with pytest.raises(AdditivityError, match=r"A1 \(interactions: residual"):
        interactions(bundle.boosters["success"], IDS, row, bent, "A1")


def test_twelve_months_blend_as_the_contributions_do() -> None:
    terms = {
        "redefault_6": ModelTerms(0.0, {}, 0.0, {}, 0.2),
        "redefault_7_12": ModelTerms(0.0, {}, 0.0, {}, 0.1),
    }
    parts = {"redefault_6": np.array([[1.0, 2.0], [2.0, 0.0]]), "redefault_7_12": np.array([[0.0, 4.0], [4.0, 1.0]])}
    p12 = 0.2 + 0.8 * 0.1
    assert blended(parts, terms)[0, 1] == pytest.approx((0.2 * 2.0 + 0.1 * 4.0) / p12)
    (pair,) = strongest(("x", "y"), blended(parts, terms))
    assert pair.effect == pytest.approx(2 * (0.2 * 2.0 + 0.1 * 4.0) / p12)


@pytest.mark.parametrize("outcome", ["redefault_12", "redefault_6", "success"])
def test_words_point_the_way_of_the_effect(outcome: str) -> None:
    up, down = (together_said(("甲", "A"), ("乙", "B"), outcome, strength) for strength in (0.2, -0.2))
    assert "“甲”与“乙”合在一起" in up.zh
    assert ("上升" in up.zh, "下降" in down.zh) == (True, True)
    assert ("raises" in up.en, "lowers" in down.en) == (True, True)
