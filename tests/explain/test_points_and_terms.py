"""What the card and the calibrators contribute to a record can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from explain.calibration_words import curve, local
from explain.contributions import Contributions
from explain.points import card_points
from explain.reference import Reference
from explain.terms import calibration_step, model_terms
from models.calibration import Calibrator
from models.local import Shift
from models.reference import GRID, GroupReference, IndicatorReference, ReferencePopulation
from models.scorecard import Anchor, CardBin, CardIndicator, CardReference, Odds, Scorecard


def item(id_: str, dimension: str, cuts: tuple[float, ...], tenths: tuple[int, ...], missing: int) -> CardIndicator:
    bins = tuple(CardBin(good=10 * (i + 1), bad=i, woe=0.0, tenths=t) for i, t in enumerate(tenths))
    blank = CardBin(good=0, bad=0, woe=0.0, tenths=0)
    return CardIndicator(
        id=id_,
        zh=id_,
        en=id_,
        dimension=dimension,
        direction=-1,
        weight=1.0,
        minimum=None,
        maximum=None,
        cuts=cuts,
        bins=bins,
        missing=CardBin(good=5, bad=0, woe=0.0, tenths=missing),
        other=blank,
    )


def card(shares: dict[str, float] | None) -> Scorecard:
    return Scorecard(
        outcome="redefault_12",
        indicators=(
            item("performed_ratio", "ability" if shares else "all", (0.5,), (-31, 250), 12),
            item("on_time_rate_12m", "willingness" if shares else "all", (0.2, 0.8), (0, 200, 410), 100),
            item("consent_share", "impact" if shares else "all", (0.5,), (103, 180), 90),
        ),
        shares=shares,
        anchors=(Anchor(quantile=0.15, points=50.0), Anchor(quantile=0.8, points=80.0)),
        odds=Odds(slope=0.05, intercept=-1.0, source="made for this test"),
        reference=CardReference(rule="r", cases=1, first="a", last="b", total_quantiles=(), grade_shares={}),
        dropped=(),
        cases=60,
        events=3,
    )


FRAME = pd.DataFrame(
    {"performed_ratio": [0.1, 0.9, np.nan], "on_time_rate_12m": [0.9, 0.5, 0.0], "consent_share": [0.0, 1.0, np.nan]}
)


def test_points_add_up_with_the_caps_named() -> None:
    rows = card_points(card({"ability": 40.0, "willingness": 40.0, "impact": 20.0}), FRAME)
    assert rows[0] == {
        "total": 50.3,
        "dimensions": {"ability": 0.0, "willingness": 40.0, "impact": 10.3},
        "shares": {"ability": 40.0, "willingness": 40.0, "impact": 20.0},
        "caps": {"ability": 3.1, "willingness": -1.0, "impact": 0.0},
        "indicators": {"performed_ratio": -3.1, "on_time_rate_12m": 41.0, "consent_share": 10.3},
    }
    assert [row["total"] for row in rows] == [50.3, 63.0, 10.2]
    for place, row in enumerate(rows):
        assert card_points(card(row["shares"]), FRAME.iloc[[place]]) == [row]


def test_a_card_with_one_scale() -> None:
    row = card_points(card(None), FRAME)[0]
    assert row["dimensions"] is row["shares"] is None
    assert row["total"] == 48.2
    assert row["caps"] == {"all": 0.0}


def test_the_reference_is_the_bundles() -> None:
    population = ReferencePopulation(
        rule="r",
        cases=100,
        first="a",
        last="b",
        indicators={
            "performed_ratio": IndicatorReference(quantiles=tuple(float(step) for step in GRID), missing_share=0.25),
            "never_known": IndicatorReference(quantiles=(), missing_share=1.0),
        },
        probabilities={},
        card_total=(),
        never_missing=(),
        propensity_quantile=0.02,
        propensity_low=None,
        disagreement_limit=None,
    )
    found = Reference.of(population, card({"ability": 40.0, "willingness": 40.0, "impact": 20.0}))
    standing = found.standing("performed_ratio", 0.31)
    assert standing is not None
    assert (standing.lower, standing.not_higher) == (GRID[6], GRID[7])  # 0.31 lies between 0.30 and 0.35
    assert standing.median == 0.5
    assert found.standing("never_known", 1.0) is None
    assert found.missing == {"performed_ratio": 0.25, "never_known": 1.0}
    # (10 x -31 + 21 x 250 + 5 x 12) tenths over 36 cases
    assert found.points["performed_ratio"] == pytest.approx((10 * -31 + 21 * 250 + 5 * 12) / 360)
    assert Reference.of(population, None).points == {}


def test_cases_like_this_one_are_of_its_tier_and_region_where_there_are_enough() -> None:
    def known(at: float) -> dict[str, IndicatorReference]:
        return {"x": IndicatorReference(quantiles=(at,) * len(GRID), missing_share=at / 10)}

    def group(region: str | None, tier: str | None, at: float) -> GroupReference:
        return GroupReference(region=region, tier=tier, cases=100, indicators=known(at))

    whole = Reference(
        GRID, {"x": (0.0,) * len(GRID)}, points={"x": 3.0},
        groups=(group("220102", "severe", 1.0), group("220102", None, 2.0), group(None, "severe", 3.0)),
    )  # fmt: skip
    for region, tier, chosen, at in (
        ("220102", "severe", ("220102", "severe"), 1.0),
        ("370283", "severe", (None, "severe"), 3.0),
        ("220102", "slight", ("220102", None), 2.0),
        ("220102", None, ("220102", None), 2.0),
        ("370283", "slight", (None, None), 0.0),
        ("370283", None, (None, None), 0.0),
    ):
        found = whole.like(region, tier)
        assert (found.region, found.tier) == chosen
        assert found.quantiles["x"][0] == at
        assert found.points == whole.points


def test_terms_of_a_case_and_a_calibration_that_can_be_recomputed() -> None:
    knots = Calibrator(
        method="isotonic", x=(-3.0, -1.0, 0.5, 2.0), y=(0.02, 0.1, 0.1, 0.6), cases=900, events=90, source="calibrate"
    )
    line = Calibrator(method="platt", slope=1.1, intercept=-0.2, cases=90, events=9, source="calibrate")
    explained = {
        "success": Contributions(-0.5, np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([-0.2, -0.6])),
        "redefault_6": Contributions(-2.0, np.array([[0.1, 0.2], [0.0, 0.0]]), np.array([-1.7, -2.0])),
    }
    found = model_terms(("a", "b"), explained, {"success": line, "redefault_6": knots}, 1)
    assert found["success"].contributions == {"a": 0.3, "b": -0.4}
    assert found["success"].calibration == {"method": "platt", "slope": 1.1, "intercept": -0.2}
    assert found["success"].probability == 1 / (1 + math.exp(0.2 + 1.1 * 0.6))
    assert found["redefault_6"].calibration == {"method": "isotonic", "x": [-3.0, -1.0], "y": [0.02, 0.1]}
    for margin in (-9.0, -3.0, -2.2, -1.0, 0.0, 0.5, 1.9, 2.0, 9.0):
        step = calibration_step(knots, margin)
        assert np.interp(margin, step["x"], step["y"]) == pytest.approx(knots.probability(margin), abs=1e-15)
        assert len(step["x"]) <= 2


def test_a_place_is_told_in_the_step_and_in_words_and_recomputes_the_probability() -> None:
    line = Calibrator(method="platt", slope=1.1, intercept=-0.2, cases=9, events=4, source="held out")
    shift = Shift(region=-0.3, industry=0.0, cell=0.0, trend=0.45, ruled=0.1)
    step = calibration_step(line, 0.7, shift)
    assert step["local"] == {"region": -0.3, "industry": 0.0, "cell": 0.0, "trend": 0.45, "ruled": 0.1}
    log_odds = step["intercept"] + step["slope"] * 0.7 + sum(step["local"].values())
    assert line.probability(0.7, shift.total) == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-15)
    assert curve(step) == "1.100 × 模型分 −0.200"
    assert local(step) == "本院辖区 −0.30，年度趋势 +0.45，经批准的规则 +0.10"
    assert local(calibration_step(line, 0.7)) == ""
    assert curve({"method": "isotonic", "x": [], "y": []}) == "保序校准 isotonic"
