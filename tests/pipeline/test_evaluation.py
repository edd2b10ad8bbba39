"""The evaluation of the small home's bundle, and its report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from explain.canonical import canonical
from explain.stability import Stability
from features.catalogue import scored_ids
from pipeline.evaluate import (
    SECTIONS,
    all_sections,
    evaluate,
    joined_metrics,
    open_evaluated,
    sections_of,
    without_nan,
)
from pipeline.files import read_json
from pipeline.refusals import InputRefused
from pipeline.report import render
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.fairness import attributes, fairness
from pipeline.sections.grades import grades, grades_of
from pipeline.sections.groups import by_group
from pipeline.sections.score_stability import over_time
from pipeline.sections.settings import EvaluationParams, evaluation_params
from pipeline.sections.stability import by_indicator, refit, told
from pipeline.sections.truth import applicants
from tests.pipeline.conftest import Trained


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    return open_evaluated(
        str(trained.root / "first"), trained.world, trained.root / "features", trained.root / "world_truth", None
    )


QUICK = """
evaluate:
  {draws: 50, backtest_origins: 1, refits: 1, slice_draws: 20, slice_cases: 1000, additive_rounds: 20, additive_bags: 1}
"""


@pytest.fixture(scope="module")
def folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluation")
    quick = out / "quick.yaml"
    quick.write_text(QUICK, encoding="utf-8")
    frames, truth = trained.root / "features", trained.root / "world_truth"
    assert evaluate(str(trained.root / "first"), trained.world, out, frames, truth, quick) == 0
    return out


def test_every_section_that_has_tables_is_shown(trained: Trained, folder: Path) -> None:
    metrics, sections = read_json(folder / "metrics.json"), read_json(folder / "tables.json")
    assert metrics["bundle"] == trained.first.id
    assert {"success", "redefault_6"} <= set(metrics["outcomes"])
    names = [name for name, _ in SECTIONS]
    shown = [section["section"] for section in sections]
    assert shown == [name for name in names if name in shown]
    assert set(names) - set(shown) == {"cross_validation"}
    page = render(folder, trained.first)
    headings = (
        "主要数字", "全部指标与区间", "区分能力", "与真实概率相比", "与其他模型并列", "逐年滚动检验",
        "各等级的实际再失信率", "对审查有多大用处", "按地区、行业、主体", "按地区、行业的校准差", "薄弱之处",
        "是否稳定", "模型看重什么", "积分表", "来历",
    )  # fmt: skip
    assert [heading for heading in headings if f">{heading}" not in page] == []
    assert ">None<" not in page
    assert "nan" not in (folder / "metrics.json").read_text(encoding="utf-8").lower().split()


def test_sections_of_a_second_process_stand_in_their_place_and_say_the_same(trained: Trained, given: Evaluated) -> None:
    frames, truth = trained.root / "features", trained.root / "world_truth"
    names = frozenset({"grades", "decisions", "groups"})
    again = partial(sections_of, names, trained.first.id, trained.world, frames, truth, None)
    few = [(name, section) for name, section in SECTIONS if name in {*names, "figures", "intervals"}]
    steps: list[tuple[int, int]] = []
    found = all_sections(given, few, names, again, lambda done, total: steps.append((done, total)))
    assert [name for name, _ in found] == [name for name, _ in few]
    for name, section in few:
        assert canonical(without_nan(dict(found)[name].metrics)) == canonical(without_nan(section(given).metrics))
    assert steps == [(0, 5), (1, 5), (2, 5), (5, 5)]


def test_what_a_second_process_refuses_is_refused_here(trained: Trained, given: Evaluated) -> None:
    again = partial(
        sections_of, frozenset({"grades"}), trained.first.id, trained.world, trained.root / "nothing", None, None
    )
    with pytest.raises(InputRefused, match="holds no indicators: run `repair-risk features"):
        all_sections(given, SECTIONS[:0], frozenset({"grades"}), again, lambda _done, _total: None)
    assert [name for name, _ in all_sections(given, SECTIONS[5:6], frozenset(), again, lambda _done, _total: None)] == [
        "grades"
    ]


def test_the_trees_of_a_bundle_see_the_indicators_of_the_catalogue_and_nothing_else(trained: Trained) -> None:
    seen = {outcome: tuple(booster.feature_name()) for outcome, booster in trained.first.boosters.items()}
    assert seen == dict.fromkeys(("success", "redefault_6", "redefault_7_12"), scored_ids())


def test_figures_have_intervals_and_challengers_the_same_cases(folder: Path) -> None:
    metrics = read_json(folder / "metrics.json")
    for found in (*metrics["outcomes"].values(), metrics["card"]):
        for one in found["intervals"].values():
            assert one["low"] <= one["value"] <= one["high"] or one["standard_error"] > 0
        assert found["intervals"]["auc"]["value"] == pytest.approx(found["auc"]["value"])
        assert found["intervals"]["calibration_slope"]["value"] == pytest.approx(found["calibration_slope"])
    for outcome in ("success", "redefault_6", "redefault_12"):
        beside = metrics["challengers"][outcome]
        assert ("hazard" in beside) == (outcome != "success")
        assert {"prevalence", "best_indicator", "logistic", "additive", "lightgbm_free", "lightgbm"} <= set(beside)
        assert beside["lightgbm"]["auc"] == metrics["outcomes"][outcome]["auc"]
        assert beside["true_probability"]["from_truth"] == 0.0
        assert beside["true_probability"]["auc"]["value"] > beside["lightgbm"]["auc"]["value"]
        assert beside["prevalence"]["auc"]["value"] == 0.5
    assert metrics["challengers"]["redefault_12"]["points_card"]["auc"] == metrics["card"]["auc"]
    assert "card_free_shares" in metrics["challengers"]["redefault_12"]


def test_the_ladder_falls_from_the_truth(folder: Path) -> None:
    metrics = read_json(folder / "metrics.json")
    for outcome, found in metrics["against_truth"].items():
        gap = {step: one["value"] for step, one in found["gap"].items()}
        # Some hundred test cases: steps of the ladder may swap within their chance.
        assert gap["true_probability"] > gap["without_hidden_causes"] - 0.02
        assert gap["without_hidden_causes"] > gap["what_records_show"] - 0.02
        assert gap["lightgbm"] == metrics["outcomes"][outcome]["auc"]["value"]
        assert found["applicants"]["cases"] >= found["labelled"]["cases"]


def test_what_the_hidden_causes_add_is_taken_out_exactly(trained: Trained, given: Evaluated) -> None:
    """Twelve months' log-odds without the hidden causes are the sum of the other causes times their strengths."""
    assert given.truth is not None
    params = read_json(trained.root / "world_truth" / "world.json")["params"]
    seen = [name for name in params["redefault"] if name not in ("hidden_resilience", "hidden_debts", "later_shock")]
    total = params["redefault_level"] + sum(params["redefault"][name] * given.truth[f"cause_{name}"] for name in seen)
    assert np.abs(given.truth["known_redefault_12"] - total).max() < 1e-6


def test_applicants_are_none_whose_debtor_was_learnt_from(given: Evaluated) -> None:
    assert given.truth is not None
    found = applicants(given, given.truth, "redefault_12")
    splits = given.frames.splits
    learnt = set(splits.loc[splits["split"].isin(("fit", "calibrate")), "debtor_id"])
    assert len(found.y) > len(given.held_out("redefault_12").y)
    assert not learnt & set(found.debtors.tolist())


def test_applicants_are_none_whom_the_rules_refuse_before_a_model_is_asked(given: Evaluated) -> None:
    assert given.truth is not None
    labels = given.frames.labels
    ruled = labels.loc[(labels["outcome"] == "success") & (labels["status"] == "excluded"), "case_key"]
    for outcome in ("success", "redefault_12"):
        found = applicants(given, given.truth, outcome)
        assert set(given.held_out(outcome).keys) <= set(found.keys) | set(ruled)
        assert not set(ruled) & set(found.keys)
    discretionary = given.truth.index[given.truth["success"].notna()]
    assert len(set(ruled) & set(discretionary)) > 20  # the negative list: a court could have granted them


def test_drift_is_measured_between_applicants_of_one_kind(given: Evaluated) -> None:
    splits = given.frames.splits
    decided = splits[(splits["outcome"] == "success") & ~splits["split"].isin(["unlabelled", "other_regime"])]
    rows, shares = over_time(given)
    assert shares[0]["cases"] == (decided["split"] == "fit").sum() < len(given.reference_keys())
    last = max(rows, key=lambda row: row["year"])
    of_year = given.prepared.cohort.filter(pl.col("as_of").dt.year() == int(last["year"]))
    assert last["cases"] == decided["case_key"].isin(of_year["case_key"].to_list()).sum() < of_year.height
    assert [row["cases"] for row in shares if str(row["year"]) == last["year"]] == [last["cases"]]


def test_grades_without_cases_are_named_instead_of_passed_over(given: Evaluated) -> None:
    held, card = given.held_out("redefault_12"), given.bundle.scorecard
    assert card is not None
    mine = pd.Series(grades_of(given, card.total(card.points(given.frames.X.loc[held.keys]))), held.keys)
    for left, said in (("BC", "without cases: A, D"), ("B", "too few grades to compare")):
        gone = mine.index[~mine.isin(list(left))]
        splits = given.frames.splits
        fewer = splits[~(splits["case_key"].isin(gone) & (splits["outcome"] == "redefault_12"))]
        section = grades(replace(given, frames=replace(given.frames, splits=fewer)))
        assert said in section.lines[0]
        assert "each clearly riskier than the one above; reference" not in section.lines[0]


def test_small_groups_are_insufficient_rather_than_a_number() -> None:
    y = np.array([1.0, 0.0] * 60)
    names = ["big"] * 100 + ["small"] * 20
    frame = pd.DataFrame({"region_code": names, "industry_section": "C", "subject_type": "natural"})
    owners = np.array([f"D{place}" for place in range(120)])
    rows = {row["group"]: row for row in by_group(frame, y, np.full(120, 0.2), owners, (50, 10))}
    assert rows["small"] == {"by": "region_code", "group": "small", "cases": 20, "enough": False}
    assert rows["big"]["observed"] == 0.5
    assert rows["big"]["rejected"]
    assert not by_group(frame, y, np.full(120, 0.5), owners, (50, 10))[0]["rejected"]


def test_json_has_no_nan() -> None:
    assert without_nan({"a": [float("nan"), 1.0], "b": "nan"}) == {"a": [None, 1.0], "b": "nan"}


def test_the_curves_stand_beside_the_figures(folder: Path) -> None:
    lines = (folder / "roc.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "outcome,false_positive_rate,true_positive_rate"
    assert {line.split(",")[0] for line in lines[1:]} == set(read_json(folder / "metrics.json")["outcomes"])


def test_held_out_cases_are_the_test_rows_of_their_outcome(given: Evaluated) -> None:
    held = given.held_out("success")
    splits = given.frames.splits
    mine = splits[(splits["outcome"] == "success") & (splits["split"] == "test")].set_index("case_key")
    assert sorted(mine.index) == list(held.keys)
    assert list(given.frames.X.index[held.rows]) == list(held.keys)
    assert (mine.loc[held.keys, "label"].to_numpy() == held.y).all()
    assert held.true is not None
    assert held.p is not None
    assert len(held.p) == len(held.true) == len(held.debtors) == len(held.y)


def test_two_sections_may_not_use_one_name(given: Evaluated) -> None:
    first, second = ("one", Section({"a": 1})), ("two", Section({"a": 2}))
    assert joined_metrics(given, [first])["a"] == 1
    with pytest.raises(ValueError, match="section two writes metrics that are there already: a"):
        joined_metrics(given, [first, second])


def test_the_truth_of_another_world_is_refused(trained: Trained, tmp_path: Path) -> None:
    bundle, frames = str(trained.root / "first"), trained.root / "features"
    with pytest.raises(InputRefused, match="another world"):
        open_evaluated(bundle, trained.world, frames, trained.root / "court_truth", None)
    with pytest.raises(InputRefused, match="not the truth"):
        open_evaluated(bundle, trained.world, frames, tmp_path, None)


def test_parameters_of_the_evaluation_state_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("evaluate: {draws: 60}\n", encoding="utf-8")
    assert evaluation_params(file) == EvaluationParams(draws=60)
    file.write_text("evaluate: {draws: 1, min_cases: 0, hazard_cases: 499}\n", encoding="utf-8")
    with pytest.raises(
        InputRefused,
        match=r"draws must be 50 to 10000\nevaluate.min_cases [^\n]*\nevaluate.hazard_cases must be at least",
    ):
        evaluation_params(file)
    file.write_text("evaluate: {seed: x, nothing: 1}\n", encoding="utf-8")
    with pytest.raises(InputRefused, match=r"evaluate.seed: .*\nevaluate.nothing: "):
        evaluation_params(file)
    file.write_text("evaluate: 3\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="mapping"):
        evaluation_params(file)


def test_fairness_reads_the_audit_table_and_people_only(given: Evaluated) -> None:
    assert given.audit is not None
    whose = given.prepared.cohort.select("case_key", "debtor_id", "subject_type").to_pandas().set_index("case_key")
    found = attributes(given, whose.index)
    person = (whose["subject_type"] == "natural").to_numpy()
    assert found["sex"].notna().to_numpy()[person].all()
    assert not found["sex"].notna().to_numpy()[~person].any()
    assert set(found["age_band"].dropna()) <= {"<30", "30-44", "45-59", "60+"}
    key = found.index[person][0]
    born = given.audit.loc[whose.loc[key, "debtor_id"], "birth_year"]
    age = int(key.split("@")[1][:4]) - born
    assert found.loc[key, "age_band"] == (
        "<30" if age < 30 else "30-44" if age < 45 else "45-59" if age < 60 else "60+"
    )
    nobody = replace(given, audit=None)
    assert fairness(nobody) == Section()
    shown = fairness(given)
    assert set(shown.metrics["fairness"]) >= {"success", "proxies"}
    assert not set(given.bundle.indicator_ids) & {"sex", "birth_year", "ethnicity", "household_region"}


def test_refits_see_other_debtors_and_reasons_are_told_how_firm_they_are(given: Evaluated, folder: Path) -> None:
    first, again, other = (refit(given, number) for number in (0, 0, 1))
    margin = {name: model.boosters["redefault_6"].model_to_string() for name, model in
              (("first", first), ("again", again), ("other", other))}  # fmt: skip
    assert margin["first"] == margin["again"] != margin["other"]
    found = read_json(folder / "metrics.json")["stability"]
    assert found["models"] == 4
    for kind in ("noise", "refits"):
        assert 0.0 <= found[kind]["flagged"] <= 1.0
        assert 0.0 < found[kind]["kept"] <= 1.0
    assert found["noise"]["kept"] > found["refits"]["kept"]  # a refit differs more than a shaken figure


def test_an_indicator_is_told_only_where_it_leads() -> None:
    noise = [Stability({"a": 1.0, "b": 0.5, "c": 1.0, "d": 0.1}, False, 4), Stability({"a": 0.5}, False, 4)]
    models = [Stability({"a": 0.5, "b": 1.0, "c": 1.0, "d": 0.0}, False, 4), Stability({"a": 1.0}, True, 4)]
    rows = {row["indicator"]: row for row in by_indicator(noise, models)}
    assert set(rows) == {"a", "b", "c"}  # d was the fourth
    assert rows["a"] == {"indicator": "a", "cases": 2, "noise": 0.75, "refits": 0.75}
    assert told(models) == {"flagged": 0.5, "kept": (0.5 + 1.0 + 1.0 + 1.0) / 4}
