"""The calibration report: every target has its source, is counted right, and tells the truth about itself."""

from __future__ import annotations

import json
import shutil
from datetime import date

import polars as pl
import pytest

from data_synth.calibration import TARGETS, Target, judge, load, report
from data_synth.figures import Figure, measure
from data_synth.world import generate
from records.dataset import Dataset, DatasetInfo, write_dataset

GOOD = "{key: a, value: 1, tolerance: 0.1, unit: share, source: assumption}"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("calibrated") / "data"
    generate(out, 18_000, 3, buckets=2)
    return out


@pytest.fixture(scope="module")
def truth(world):
    return world.with_name("data_truth")


@pytest.fixture(scope="module")
def page(world, truth):
    return report(world, truth)


def test_no_published_figure_is_missed(page):
    assert page.missed == ()
    assert page.met
    assert len(page.undecided) < 14
    published = [line for line in page.lines if line.target.published]
    assert len(published) >= 28
    assert all(line.verdict in ("inside", "too few") for line in published)


def test_assumptions_are_marked_and_lie_where_they_should(page):
    assumed = [line for line in page.lines if not line.target.published]
    assert {line.target.source for line in assumed} == {"assumption"}
    assert [line.target.key for line in assumed if line.verdict == "outside"] == []
    rows = {row["key"]: row for row in page.to_json()["figures"]}
    assert rows["redefault_12"]["published"] is False
    assert rows["query_failure_remote"]["published"] is True


def test_every_figure_that_is_counted_has_a_target_and_the_other_way(world, truth):
    wanted = {target.key for target in load(TARGETS).targets}
    assert set(measure(world, truth)) == wanted


def test_without_the_truth_its_figures_are_not_measured(world, page):
    blind = report(world, None)
    missing = {line.target.key for line in blind.lines if line.verdict == "not measured"}
    assert {"success_2015", "redefault_12", "applications_growth"} <= missing
    assert not blind.met
    seen = {line.target.key: line.generated for line in blind.lines if line.generated is not None}
    full = {line.target.key: line.generated for line in page.lines}
    assert {key: full[key] for key in seen} == seen


def test_figures_are_those_a_slow_count_finds(tmp_path):
    world = tmp_path / "data"
    generate(world, 1500, 4, buckets=2)
    figures = measure(world, None)
    tables = Dataset.open(world).read(("enforcement_cases", "restriction_measures", "property_queries"))
    last = {row["case_id"]: row for row in tables["enforcement_cases"].sort("known_at").iter_rows(named=True)}
    other = [row for key, row in last.items() if key[-2:] in ("C1", "C2", "C3", "C4") and row["closed_date"]]
    share = sum(row["closing_mode"] == "终结本次执行程序" for row in other) / len(other)
    assert figures["first_time_no_assets"] == Figure(pytest.approx(share), len(other))
    days = sum((row["closed_date"] - row["filed_date"]).days for row in other) / len(other)
    assert figures["days_to_close"].value == pytest.approx(days)
    measures = {row["measure_id"]: row for row in tables["restriction_measures"].sort("known_at").iter_rows(named=True)}
    listed = [row for row in measures.values() if row["kind"] == "失信" and row["lift_ground"] != "error"]
    new = sum(row["decided_date"].year == 2024 for row in listed)
    gone = sum(row["lifted_date"] is not None and row["lifted_date"].year == 2024 for row in listed)
    assert figures["repairs_per_listing_2024"].value == pytest.approx(gone / new)
    answered = [row for row in tables["property_queries"].iter_rows(named=True) if row["feedback_status"]]
    far = [
        row["feedback_status"] in ("fail", "timeout") for row in answered if row["region_code"] in ("220182", "611021")
    ]
    assert figures["query_failure_remote"] == Figure(pytest.approx(sum(far) / len(far)), len(far))


def test_a_figure_is_judged_by_its_tolerance_and_its_number():
    target = Target("k", 0.5, 0.1, "share", "S0a", 100, "")
    assert judge(target, Figure(0.6 - 1e-12, 100)).verdict == "inside"
    assert judge(target, Figure(0.61, 100)).verdict == "outside"
    assert judge(target, Figure(0.9, 99)).verdict == "too few"
    assert judge(target, None).verdict == "not measured"


def test_the_page_says_what_cannot_be_shown_and_where_sources_disagree(page):
    text = page.to_markdown()
    assert "| resumed |" in text
    assert "Where published figures contradict each other" in text
    assert "What such a world cannot show" in text
    assert "What carries the best reachable AUC: redefault" in text
    assert "| willingness |" in text
    assert {reach["outcome"] for reach in page.to_json()["reaches"]} == {"success", "redefault"}
    assert "consumption orders in 100 cases" in text
    assert json.loads(json.dumps(page.to_json(), ensure_ascii=False))["met"] is True


def test_targets_tell_all_their_faults_at_once(tmp_path):
    path = tmp_path / "targets.yaml"
    path.write_text(
        "targets:\n  - "
        + GOOD
        + "\n  - "
        + GOOD
        + "\n  - {key: b, value: 1, tolerance: 0, unit: x, source: ' ', odd: 1}\n"
        "  - {key: c}\ncontradictions: []\nnot_shown: []\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"a: stands.*twice.*b: unknown odd.*b: has no source.*b: tolerance.*c: lacks"):
        load(path)
    path.write_text("targets: [" + GOOD + "]\ncontradictions: []\nnot_shown: []\n", encoding="utf-8")
    assert load(path).targets[0].key == "a"
    path.write_text("targets: []\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must hold targets, contradictions and not_shown"):
        load(path)


def test_only_a_synthetic_world_can_be_calibrated(tmp_path, world):
    info = DatasetInfo(profile="applications", buckets=1, observed_until=date(2025, 1, 1), origin={"importer": "csv"})
    write_dataset(tmp_path / "real", info, {})
    with pytest.raises(ValueError, match="no synthetic world"):
        report(tmp_path / "real", None)
    assert measure(world, None)["natural_persons"].n > 1000


def test_another_world_with_a_cause_changed_is_found_out(tmp_path, world, truth):
    """The report is no rubber stamp: with the grants of another practice, it says so."""
    applications = pl.read_parquet(truth / "applications.parquet")
    wrong = applications.with_columns(granted=pl.col("granted") | (pl.col("lane") == 1))
    (tmp_path / "truth").mkdir()
    shutil.copy(truth / "world.json", tmp_path / "truth")
    wrong.write_parquet(tmp_path / "truth" / "applications.parquet")
    missed = report(world, tmp_path / "truth").missed
    assert "success_2025" in missed
