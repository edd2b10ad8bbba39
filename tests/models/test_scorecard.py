# ruff: noqa: N806  (X, y as the field writes them)
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from models.auc import auc
from models.binning import bin_numbers, fit_bins
from models.faults import FitFault, PredictFault
from models.fitted import FittedModels
from models.metrics import logistic_line
from models.params import CardParams
from models.scorecard import Scorecard
from models.scorecard_fit import fit_scorecard, temper_odds
from models.spec import IndicatorSpec

SHARES = {"ability": 40.0, "willingness": 40.0, "impact": 20.0}
PARAMS = CardParams()


def made(n: int = 3000, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, tuple[IndicatorSpec, ...], np.ndarray]:
    """Six indicators that matter as declared; `copy` doubles x0, `against` works against its declaration."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 7))
    risk = -1.2 + 0.7 * z[:, 0] - 0.6 * z[:, 1] + 0.6 * z[:, 2] - 0.5 * z[:, 3] + 0.6 * z[:, 4] + 0.6 * z[:, 6]
    bad = (rng.random(n) < 1 / (1 + np.exp(-risk))).astype(float)
    X = pd.DataFrame(z[:, :5], columns=[f"x{i}" for i in range(5)])
    X["copy"] = z[:, 0] + 0.05 * rng.normal(size=n)
    # Rises with risk only through x0, and falls given x0.
    X["against"] = 2 * z[:, 0] - 0.8 * z[:, 6]
    X["flat"] = 1.0
    X["empty"] = np.nan
    X["barred"] = z[:, 6]
    X = X.mask(rng.random(X.shape) < 0.1)
    dims = ["ability", "willingness", "willingness", "ability", "impact"]
    signs = [1, -1, 1, -1, 1]
    specs = [IndicatorSpec(f"x{i}", f"指标{i}", f"x{i}", dims[i], 0, signs[i]) for i in range(5)]
    specs += [
        IndicatorSpec("copy", "复本", "copy", "ability", 0, 1),
        IndicatorSpec("against", "反向", "against", "willingness", 0, 1),
        IndicatorSpec("flat", "常数", "flat", "impact", 0, 1),
        IndicatorSpec("empty", "空", "empty", "impact", 0, 1),
        IndicatorSpec("barred", "不计分", "barred", "impact", 0, 1, scored=False),
    ]
    return X, 1 - bad, tuple(specs), risk


@pytest.fixture(scope="module")
def card() -> Scorecard:
    X, good, specs, _ = made()
    return fit_scorecard(X, good, specs, SHARES, PARAMS)


def by_hand(card: Scorecard, row: pd.Series) -> tuple[float, dict[str, float]]:
    """The published rule, read off the printed table."""
    table = pd.DataFrame(card.table())
    sums = dict.fromkeys(SHARES, 0)
    for name, rows in table.groupby("indicator", sort=False):
        value = row[name]
        for _, entry in rows.iterrows():
            text = entry["bin"]
            low, high = -np.inf, np.inf
            if text == "缺失":
                hit = np.isnan(value)
            elif text == "超出范围":
                hit = np.isinf(value)
            else:
                if text.startswith("x <"):
                    high = float(text.split("<")[1])
                elif text.startswith("x ≥"):
                    low = float(text.split("≥")[1])
                else:
                    low, high = float(text.split("≤")[0]), float(text.split("<")[1])
                hit = low <= value < high
            if hit:
                sums[entry["dimension"]] += round(entry["points"] * 10)
                break
    capped = {name: min(max(tenths, 0), SHARES[name] * 10) / 10 for name, tenths in sums.items()}
    return round(sum(capped.values()) * 10) / 10, capped


def test_the_total_can_be_added_up_by_hand(card: Scorecard) -> None:
    X, _, _, _ = made(60, seed=9)
    points = card.points(X)
    total, dimensions = card.total(points), card.dimensions(points)
    assert dimensions is not None
    for i in range(len(X)):
        hand_total, hand_dimensions = by_hand(card, X.iloc[i])
        assert total[i] == hand_total
        assert {name: dimensions[name][i] for name in SHARES} == hand_dimensions


def test_points_and_caps_sum_to_the_total_in_whole_tenths(card: Scorecard) -> None:
    X, _, _, _ = made(2000, seed=4)
    points = card.points(X)
    tenths = np.rint(points * 10).astype(int).sum(axis=1)
    caps = card.caps(points)
    tenths += sum(np.rint(values * 10).astype(int) for values in caps.values())
    assert np.array_equal(tenths, np.rint(card.total(points) * 10).astype(int))
    assert any((values != 0).any() for values in caps.values())
    assert np.array_equal(points * 10, np.rint(points * 10)) or np.allclose(
        points * 10, np.rint(points * 10), atol=1e-9
    )
    hundred = card.dimension_scores_100(points)
    assert hundred is not None
    for name, values in (card.dimensions(points) or {}).items():
        assert values.min() >= 0
        assert values.max() <= SHARES[name]
        assert np.allclose(hundred[name], values / SHARES[name] * 100, atol=1e-9)


def test_points_follow_the_declared_direction_and_every_indicator_counts(card: Scorecard) -> None:
    assert 0 < len(card.indicators) <= PARAMS.max_indicators
    for item in card.indicators:
        tenths = [bin_.tenths for bin_ in item.bins]
        assert tenths == sorted(tenths, reverse=item.direction > 0)
        assert len(set(tenths)) > 1
        assert item.weight > 0
        # Not knowing never earns more than the best known value.
        assert item.missing.tenths <= max(tenths)


def test_what_is_left_out_is_named_with_its_reason(card: Scorecard) -> None:
    reasons = {item.id: item.reason for item in card.dropped}
    assert reasons["barred"] == "not_scored"
    assert reasons["flat"] == "no_bins"
    assert reasons["empty"] == "no_bins"
    assert {reasons.get("copy"), reasons.get("x0")} == {"too_like", None}
    assert set(reasons) | set(card.indicator_ids) == {spec.id for spec in made(10)[2]}


def test_a_weight_against_the_direction_drops_the_indicator() -> None:
    X, good, specs, _ = made()
    loose = replace(PARAMS, max_correlation=0.999)
    reasons = {item.id: item.reason for item in fit_scorecard(X, good, specs, SHARES, loose).dropped}
    assert reasons.get("against") == "against_direction"


def test_the_card_ranks_nearly_as_well_as_the_truth_and_its_odds_are_honest(card: Scorecard) -> None:
    X, good, _, risk = made(4000, seed=8)
    total = card.total(card.points(X))
    known = risk - 0.6 * X["barred"].fillna(0).to_numpy()
    assert auc(good, total) > auc(good, -known) - 0.04
    other, other_good, _, _ = made(4000, seed=11)
    others = card.total(card.points(other))
    tempered, corrected = temper_odds(card, card.log_odds(others), other_good, "others")
    assert tempered.odds.slope < card.odds.slope  # what the card learnt of its own rows by heart
    assert (tempered.odds.slope, tempered.odds.intercept) == pytest.approx(logistic_line(others, other_good))
    slope, intercept = logistic_line(tempered.log_odds(total), good)
    assert slope == pytest.approx(1.0, abs=0.12)
    assert intercept == pytest.approx(0.0, abs=0.15)
    assert tempered.probability(total).mean() == pytest.approx(1 - good.mean(), abs=0.02)
    assert np.allclose(corrected, tempered.log_odds(others))
    assert (card.odds.source, tempered.odds.source) == ("the card's own training rows", "others")
    double = np.array([50.0, 50.0 + card.odds.points_to_double])
    odds = (1 - card.probability(double)) / card.probability(double)
    assert odds[1] == pytest.approx(2 * odds[0])


def test_every_grade_holds_a_useful_share_and_the_anchors_hold(card: Scorecard) -> None:
    X, _, _, _ = made()
    total = card.total(card.points(X))
    assert min(card.reference.grade_shares.values()) > 0.08
    assert sum(card.reference.grade_shares.values()) == pytest.approx(1.0)
    assert np.quantile(total, 0.15) == pytest.approx(50, abs=1.5)
    assert np.quantile(total, 0.80) == pytest.approx(80, abs=1.5)


def test_one_case_and_a_batch_and_a_saved_card_give_the_same_bits(card: Scorecard) -> None:
    X, _, _, _ = made(300, seed=6)
    read_back = Scorecard.from_json(card.to_json())
    assert read_back == card
    whole = card.points(X)
    probability = card.probability(card.total(whole))
    for i in range(0, 300, 7):
        alone = read_back.points(X.iloc[i : i + 1])
        assert np.array_equal(alone[0], whole[i])
        assert read_back.probability(read_back.total(alone))[0] == probability[i]


def test_unseen_missing_and_infinite_values_have_their_own_bins(card: Scorecard) -> None:
    row = made(1, seed=3)[0]
    item = card.indicators[0]
    for value, bin_ in ((np.nan, item.missing), (np.inf, item.other), (-np.inf, item.other), (1e12, item.bins[-1])):
        points = card.points(row.assign(**{item.id: value}))
        assert points[0, 0] == bin_.tenths / 10
    assert list(bin_numbers(np.array([-0.5, 0.5, 1.0, 1.5]), (0.5,), (0.0, 1.0))) == [3, 1, 1, 3]
    with pytest.raises(PredictFault, match=f"indicator '{item.id}' of the points card is missing"):
        card.points(row.drop(columns=item.id))


def test_bins_that_are_pure_or_thin_or_constant_do_not_break() -> None:
    x = np.concatenate([np.zeros(200), np.ones(200)])
    pure = fit_bins(x, x, 1, (None, None), PARAMS)
    assert len(pure.cuts) == 1
    assert np.isfinite(pure.woe).all()
    assert pure.woe[0] > 0 > pure.woe[1]
    assert pure.good[2:] == (0, 0)
    for values in (np.full(400, np.nan), np.ones(400), x):
        wrong_way = fit_bins(values, x, -1, (None, None), PARAMS)
        assert wrong_way.cuts == ()
        assert wrong_way.woe == (0.0, 0.0, 0.0)
        assert wrong_way.information == pytest.approx(0.0)


def test_without_shares_there_is_one_scale_and_no_sub_scores() -> None:
    X, good, specs, _ = made(1500)
    card = fit_scorecard(X, good, specs, None, PARAMS)
    points = card.points(X)
    total = card.total(points)
    assert card.dimensions(points) is None
    assert card.dimension_scores_100(points) is None
    assert total.min() >= 0
    assert total.max() <= 100
    assert {row["dimension"] for row in card.table()} == {None}
    assert np.allclose(points.sum(axis=1) + card.caps(points)["all"], total)


def test_a_card_that_cannot_be_made_says_why() -> None:
    X, good, specs, _ = made(1500)
    with pytest.raises(FitFault, match="no indicator is left for dimension 'impact'"):
        fit_scorecard(X, good, [spec for spec in specs if spec.dimension != "impact"], SHARES, PARAMS)
    with pytest.raises(FitFault, match="needs 40 cases with and without re-default, found 0"):
        fit_scorecard(X, np.ones(1500), specs, SHARES, PARAMS)
    with pytest.raises(FitFault, match="no indicator is left for the points card"):
        fit_scorecard(X, good, specs[7:9], None, PARAMS)


def test_a_card_edited_against_its_rules_is_refused(card: Scorecard) -> None:
    content = card.to_json()
    content["indicators"][0]["bins"].reverse()
    content["odds"]["slope"] = -1.0
    with pytest.raises(ValidationError) as caught:
        Scorecard.from_json(content)
    assert "points move against the indicator's direction" in str(caught.value)
    assert "more points must mean better odds" in str(caught.value)


def test_the_card_of_the_whole_path_stands_on_the_fit_period(fitted: FittedModels) -> None:
    card = fitted.scorecard
    assert card is not None
    assert card.reference.rule.startswith("the cases of the fit period with a known outcome")
    assert card.reference.cases == fitted.reference.cases > card.cases
    assert card.reference.last < "2020-01-01"
