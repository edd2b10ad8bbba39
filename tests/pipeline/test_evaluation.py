"""The evaluation of the small home's bundle, and its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explain.stability import Stability
from pipeline.evaluate import SECTIONS, evaluate, joined_metrics, open_evaluated
from pipeline.files import read_json
from pipeline.refusals import InputRefused
from pipeline.report import render
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.fairness import attributes, fairness
from pipeline.sections.settings import EvaluationParams, evaluation_params
from pipeline.sections.stability import by_indicator, refit, told
from tests.pipeline.conftest import Trained


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    return open_evaluated(
        str(trained.root / "first"), trained.world, trained.root / "features", trained.root / "world_truth", None
    )


@pytest.fixture(scope="module")
def folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluation")
    truth = trained.root / "world_truth"
    assert evaluate(str(trained.root / "first"), trained.world, out, trained.root / "features", truth) == 0
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
    for heading in ("主要数字", "区分能力", "各等级的实际再失信率", "模型看重什么", "积分表", "来历"):
        assert f"<h2>{heading}" in page


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
    file.write_text("evaluate: {draws: 1, min_cases: 0}\n", encoding="utf-8")
    with pytest.raises(InputRefused, match=r"draws must be 50 to 10000\nevaluate.min_cases"):
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
