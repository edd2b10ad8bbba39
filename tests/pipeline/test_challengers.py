"""The section on challengers of the small home's bundle: what it says is what comes out when computed directly."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest
from scipy.special import logit

from features.follow_up import followed
from models.auc import auc_interval, paired_difference
from models.challengers import points_card, straightened
from models.faults import FitFault
from models.metrics import brier
from models.spec import CARD_OUTCOME
from pipeline.evaluate import open_evaluated
from pipeline.report import environment
from pipeline.sections.challengers import challengers, without_place
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.hazard import fit_monthly
from tests.pipeline.conftest import Trained


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    found = open_evaluated(
        str(trained.root / "first"), trained.world, trained.root / "features", trained.root / "world_truth", None
    )
    return replace(found, settings=replace(found.settings, draws=50, additive_rounds=20, additive_bags=1))


@pytest.fixture(scope="module")
def found(given: Evaluated) -> Section:
    return challengers(given)


def shown(section: Section, given: Evaluated) -> str:
    """The section's part of the report."""
    return (
        environment()
        .get_template("sections/challengers.html")
        .render(
            tables=section.tables,
            indicators={spec.id: spec.zh for spec in given.bundle.specs},
            dimensions={"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响"},
        )
    )


def test_what_the_fixed_shares_cost_is_the_card_refitted_without_them(given: Evaluated, found: Section) -> None:
    card, splits, held = given.bundle.scorecard, given.frames.splits, given.held_out(CARD_OUTCOME)
    assert card is not None
    mine = splits[(splits["outcome"] == CARD_OUTCOME) & splits["split"].isin(["fit", "calibrate"])]
    learnt = mine.set_index("case_key")["label"].astype(np.float64).sort_index()
    population = sorted(set(splits.loc[splits["split"] == "fit", "case_key"]))
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806
    method = points_card(given.bundle.specs, replace(given.params.card, shares=None), X.loc[population])
    free = method(X.loc[learnt.index], learnt.to_numpy())(X.loc[held.keys])
    direct = paired_difference(held.y, free, -card.total(card.points(X.loc[held.keys])), held.debtors)
    rows = found.metrics["challengers"][CARD_OUTCOME]
    assert rows["card_free_shares"]["against_card"] == pytest.approx(asdict(direct))
    assert direct.standard_error > 0
    assert [name for name, row in rows.items() if "against_card" in row] == ["card_free_shares"]
    said = f"AUC: {direct.difference:+.3f} [{direct.low:+.3f}, {direct.high:+.3f}]"
    assert [line for line in found.lines if "fixed shares cost" in line and line.endswith(said)] != []
    page = shown(found, given)
    assert f"AUC 之差 {direct.difference:+.3f} " in page
    assert f"[{direct.low:+.3f}, {direct.high:+.3f}]" in page
    assert "what the fixed shares cost" in page


def test_without_place_everybody_gets_the_mean_shift(given: Evaluated) -> None:
    """Mean log-odds without place and year are those with them, on the cases that the calibration rests on."""
    margin, held = given.margins["success"], given.held_out("success")
    splits = given.frames.splits
    mine = splits[(splits["outcome"] == "success") & (splits["split"] == "fit")]  # this world has no other period
    rows = given.frames.X.index.get_indexer(mine["case_key"])
    calibrator, ours = given.bundle.calibrators["success"], given.probabilities["success"]
    assert ours is not None
    added = logit(ours[rows]) - logit(calibrator.apply(margin[rows]))
    assert np.std(added) > 0.1  # places differ here
    without = without_place(given, "success", held)
    assert without is not None
    alike = logit(without) - logit(calibrator.apply(margin[held.rows]))
    assert alike == pytest.approx(np.full(len(held.rows), added.mean()), abs=1e-9)


def test_the_hazard_ranks_the_same_cases_at_both_horizons(given: Evaluated, found: Section) -> None:
    direct = fit_monthly(given)
    for outcome, month in (("redefault_6", 6), (CARD_OUTCOME, 12)):
        held = given.held_out(outcome)
        assert held.p is not None
        p = direct.model.probabilities(given.frames.X.loc[held.keys])[:, month - 1]
        row = found.metrics["challengers"][outcome]["hazard"]
        assert row["auc"] == pytest.approx(asdict(auc_interval(held.y, p, held.debtors)))
        assert row["against_ours"] == pytest.approx(asdict(paired_difference(held.y, p, held.p, held.debtors)))
        assert found.metrics["challengers"]["notes"][outcome]["hazard"] == direct.counts()
    assert "hazard" not in found.metrics["challengers"]["success"]
    assert "逐月风险模型 monthly hazard" in shown(found, given)


def test_the_hazard_learns_from_open_windows_and_from_no_debtor_who_tests(given: Evaluated) -> None:
    made, splits = given.frames.plan.fit_until, given.frames.splits
    assert made is not None
    rows = followed(given.prepared.follow_up, made.date()).filter(pl.col("months") > 0)
    rows = rows.join(given.prepared.cohort.select("case_key", "debtor_id"), on="case_key")
    tested = splits["outcome"].isin(["redefault_6", CARD_OUTCOME]) & (splits["split"] == "test")
    mine = rows.filter(~pl.col("debtor_id").is_in(sorted(set(splits.loc[tested, "debtor_id"]))))
    learnt = fit_monthly(given)
    assert learnt.cases == len(mine)
    assert learnt.open == len(mine.filter((pl.col("cause") == 0) & (pl.col("months") < 12))) > 100
    labelled = splits[(splits["outcome"] == CARD_OUTCOME) & (splits["split"] == "fit")]
    assert learnt.cases > len(labelled) + 100
    moved = splits["split"].mask(splits.index == labelled.index[0], "test")
    without = fit_monthly(replace(given, frames=replace(given.frames, splits=splits.assign(split=moved))))
    gone = mine.filter(pl.col("debtor_id") == labelled["debtor_id"].iloc[0])
    assert learnt.cases - without.cases == len(gone) > 0


def test_a_hazard_of_the_fit_period_knows_no_case_it_is_straightened_on(given: Evaluated) -> None:
    """With a calibration period, who is in it teaches the whole hazard and not the one before it."""
    until = given.frames.plan.fit_until
    assert until is not None
    splits, middle = given.frames.splits, given.frames.splits["as_of"].quantile(0.4)
    later = splits["split"].where(~((splits["split"] == "fit") & (splits["as_of"] >= middle)), "calibrate")
    plan = replace(given.frames.plan, fit_until=middle.to_pydatetime(), calibrate_until=until)
    parted = replace(given, frames=replace(given.frames, splits=splits.assign(split=later), plan=plan))
    whole, before = fit_monthly(parted), fit_monthly(parted, ("fit",))
    assert whole == replace(fit_monthly(given), model=whole.model)
    whose = splits[splits["outcome"].isin(["redefault_6", CARD_OUTCOME]) & later.isin(["calibrate", "test"])]
    early = given.prepared.cohort.filter(
        (pl.col("as_of") < middle) & ~pl.col("debtor_id").is_in(sorted(set(whose["debtor_id"])))
    )
    seen = followed(given.prepared.follow_up, until.date()).filter(pl.col("months") > 0)
    assert before.cases == len(seen.join(early, on="case_key", how="semi")) < whole.cases
    held = parted.held_out(CARD_OUTCOME)
    drawn = splits[(splits["outcome"] == CARD_OUTCOME) & (later == "calibrate")].sort_values("case_key")
    scores = whole.score(CARD_OUTCOME)(parted.frames.X.loc[held.keys])
    line = before.score(CARD_OUTCOME)(parted.frames.X.loc[drawn["case_key"]])
    p = straightened(scores, line, drawn["label"].to_numpy(dtype=np.float64))
    row = challengers(parted).metrics["challengers"][CARD_OUTCOME]["hazard"]
    assert row["brier"] == pytest.approx(brier(held.y, p))


def test_the_hazards_cost_has_a_limit(given: Evaluated) -> None:
    few = fit_monthly(replace(given, settings=replace(given.settings, hazard_cases=500)))
    assert few.cases == 500 < fit_monthly(given).cases
    assert 500 < few.months <= 12 * 500
    assert few.open < 500


def test_without_months_the_report_says_why_there_is_no_hazard(given: Evaluated) -> None:
    whole = given.prepared.follow_up
    nobody = replace(given, prepared=replace(given.prepared, follow_up=whole.clear()))
    with pytest.raises(FitFault, match="no months of follow-up are known from before a test period"):
        fit_monthly(nobody)
    clean = whole.with_columns(event_on=pl.lit(None, dtype=pl.Date))
    with pytest.raises(FitFault, match="labels are all alike"):
        fit_monthly(replace(given, prepared=replace(given.prepared, follow_up=clean)))
    section = challengers(nobody)
    why = "no months of follow-up are known from before a test period"
    for outcome in ("redefault_6", CARD_OUTCOME):
        assert "hazard" not in section.metrics["challengers"][outcome]
        assert section.metrics["challengers"]["notes"][outcome]["absent"] == {"hazard": why}
    assert section.lines.count(f"  hazard: not fitted: {why}") == 2
    assert shown(section, given).count(f"未能拟合 not fitted: 逐月风险模型 monthly hazard: {why}") == 2
