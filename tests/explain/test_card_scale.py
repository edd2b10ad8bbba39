"""Converted points: one division by the card's slope, so that what adds up in log-odds adds up in points."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain.card_scale import RISKS, CardScale, card_scale
from explain.figures import converted
from explain.record import build_record
from explain.rollup import rolled_up
from explain.schema import Model, Models, ScoreRecord
from explain.text import explain_text
from features.catalogue import MAIN
from features.indicator import describe

DESCRIBE = {item.id: describe(item) for item in MAIN}
SCALE = CardScale(0.0625, math.log(2) / 0.0625)
FIRST = MAIN[0].id
SIZE = st.floats(-5, 5).filter(lambda value: value == 0 or abs(value) > 1e-9)


@given(st.dictionaries(st.sampled_from(sorted(DESCRIBE)), SIZE, min_size=1, max_size=60), st.floats(-4, 4),
       st.floats(0.01, 0.5))  # fmt: skip
def test_points_add_up_from_indicator_to_family_to_dimension_to_the_margin(
    added: dict[str, float], base: float, slope: float
) -> None:
    """Against exact fractions, on one margin: what the points say in the end is minus (margin - base) / slope."""
    scale = CardScale(slope, math.log(2) / slope)
    margin = math.fsum([base, *added.values()])
    record = _with_one_margin(added, base, margin)
    found = rolled_up(record, DESCRIBE, scale)
    assert found is not None
    exact = {id_: -Fraction(value) / Fraction(slope) for id_, value in added.items()}
    assert all(scale.points("redefault_6", value) == pytest.approx(float(exact[id_])) for id_, value in added.items())
    near = 1e-9 * max(1.0, *(abs(float(part)) for part in exact.values()))
    for row in found.rows:
        members = [id_ for id_ in row.family.members if id_ in added]
        assert row.added.converted == pytest.approx(float(sum(exact[id_] for id_ in members)), abs=near)
    for name, summed in found.dimensions.items():
        rows = [row.added.converted for row in found.rows if row.dimension == name]
        assert summed.converted == pytest.approx(math.fsum(filter(None, rows)), abs=near)
    assert found.whole.converted == pytest.approx(float(sum(exact.values())), abs=near)
    assert found.whole.converted == pytest.approx(-(margin - base) / slope, abs=near + 1e-9 / slope)


def test_only_the_risk_of_redefault_has_points_and_what_is_good_for_the_debtor_is_positive() -> None:
    assert {outcome: SCALE.points(outcome, 0.125) for outcome in sorted(RISKS)} == dict.fromkeys(sorted(RISKS), -2.0)
    assert SCALE.points("redefault_12", -0.125) == 2.0
    assert math.copysign(1, SCALE.points("redefault_12", 0.0) or 0.0) == 1
    assert SCALE.points("success", 0.125) is None
    assert [converted(value) for value in (2.04, -2.06, 0.04, -0.04, 0.0)] == ["+2.0", "-2.1", "0.0", "0.0", "0.0"]


def test_the_scale_is_the_slope_of_the_bundles_card_and_absent_without_one(tiny: Any) -> None:
    card = tiny.bundle.scorecard
    found = card_scale(card)
    assert found is not None
    assert found.log_odds_per_point == card.odds.slope
    better, plain = card.log_odds(np.array([50.0 + found.points_to_double, 50.0]))
    assert better - plain == pytest.approx(math.log(2))
    assert card_scale(None) is None
    assert card_scale(card.model_copy(update={"outcome": "success"})) is None
    zh, en = found.meaning()
    assert f"{card.odds.slope:.6g}" in zh
    assert f"{card.odds.slope:.6g}" in en


def test_reasons_of_real_records_say_the_points_that_their_contribution_stands_for(tiny: Any) -> None:
    slope, seen = tiny.bundle.scorecard.odds.slope, 0
    for _, record in tiny.cases(6):
        for reason in record["reasons"]:
            if reason["outcome"] not in RISKS:
                continue
            seen += 1
            said = re.search(r"对数几率([+−][\d.e−+]+)，换算分([+−]?[\d.]+)）", reason["zh"])
            assert said is not None, reason["zh"]
            points = float(said[2].replace("−", "-"))
            assert points == pytest.approx(-reason["contribution"] / slope, abs=0.0501)
            assert points == 0 or (points > 0) == (reason["direction"] == "favourable")
            assert f"converted points {said[2]})" in reason["en"]
    assert seen >= 5


def test_the_text_says_once_what_points_mean_and_nothing_of_them_without_a_scale(pieces: dict[str, Any]) -> None:
    record = build_record(**pieces)
    text = explain_text(record, DESCRIBE, scale=SCALE)
    assert text.count("不计入积分") == 1
    assert "修复成功 repair success：-0.500 + (+0.520) = +0.020（误差" in text
    found = rolled_up(record, DESCRIBE, SCALE)
    assert found is not None
    assert found.whole.converted is not None
    assert f"合计 Total：{found.whole.log_odds:+.3f}（换算分 {found.whole.converted:+.1f}）" in text
    (success,) = (line for line in text.splitlines() if "修复成功 repair success：-0.500" in line)
    assert "换算分" not in success
    assert "换算分" not in explain_text(record, DESCRIBE)


def _with_one_margin(added: dict[str, float], base: float, margin: float) -> Any:
    model = Model(
        base=base, contributions=added, margin=margin, residual=0.0, calibration={"method": "platt"}, probability=0.5
    )
    return ScoreRecord.model_construct(models=Models(success=None, redefault_6=model, redefault_7_12=None), points=None)
