"""First listings, too few for a test period: from files as the source lays them out to the section of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.bundle import write_bundle
from models.folds import fold_numbers
from models.keys import load_or_create_signing_key
from models.splits import SplitPlan
from pipeline.evaluate import evaluate, open_evaluated
from pipeline.files import read_json
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.kept import kept
from pipeline.prepare import prepare
from pipeline.report import render
from pipeline.sections.cross_validation import FOLDS, REPEATS, cross_validation
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.train import fit, frames, settings
from records.dataset import Dataset
from records.importers.ccf2017 import import_ccf2017
from tests.pipeline.conftest import Trained

ENTERPRISES = 300


@dataclass(frozen=True)
class Listings:
    """Made enterprises: lawsuits before the first listing, and whether listed again three months after it (all (n,));
    what was trained on them, and the folder of its evaluation."""

    names: NDArray[np.str_]
    suits: NDArray[np.int64]
    again: NDArray[np.bool_]
    home: Home
    given: Evaluated
    folder: Path

    @property
    def found(self) -> dict[str, Any]:
        return dict(read_json(self.folder / "metrics.json")["cross_validation"])


def write_source(folder: Path, names: list[str], suits: list[int], tenders: list[int], again: list[int]) -> None:
    """The five files that the import reads; one more enterprise, listed late, ends the time observed."""
    first = [f"2014年{1 + number % 8:02d}月" for number in range(len(names))]
    later = [f"2014年{4 + number % 8:02d}月" for number in again]
    listed = [*names, *(names[number] for number in again), "late"]
    frames: dict[str, dict[str, Any]] = {
        "breakfaith": {"EID": listed, "TYPECODE": range(len(listed)), "FBDATE": [*first, *later, "2015年12月"]},
        "lawsuit": {"EID": np.repeat(names, suits), "TYPECODE": range(sum(suits))},
        "project": {"EID": np.repeat(names, tenders), "TYPECODE": range(sum(tenders))},
        "qualification": {"EID": ["late"], "ADDTYPE": [1], "BEGINDATE": ["2009年5月"]},
        "invest": {"EID": ["late"], "BTEID": ["p000"], "BTBL": [0.5], "BTYEAR": [2015]},
    }
    alike = {
        "breakfaith": {"SXENDDATE": None},
        "lawsuit": {"LAWDATE": "2013年05月", "LAWAMOUNT": 1000},
        "project": {"DJDATE": "2013年05月", "IFHOME": 1},
        "qualification": {"EXPIRYDATE": None},
        "invest": {"IFHOME": 1, "BTENDYEAR": None},
    }
    folder.mkdir()
    for name, columns in frames.items():
        constant = [
            pl.lit(value, None if value is not None else pl.String).alias(key) for key, value in alike[name].items()
        ]
        pl.DataFrame(columns).with_columns(constant).write_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def listings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listings]:
    root = tmp_path_factory.mktemp("listings")
    rng = np.random.default_rng(8)
    names = np.array([f"p{number:03d}" for number in range(ENTERPRISES)])
    suits, tenders = rng.poisson(2.0, (2, ENTERPRISES))
    # Tenders tell as much as lawsuits do, so that a model has something to learn which the count cannot know.
    again = rng.random(ENTERPRISES) < 1 / (1 + np.exp(-(suits - 1.5 * tenders - 0.5)))
    write_source(root / "source", names.tolist(), suits.tolist(), tenders.tolist(), np.flatnonzero(again).tolist())
    import_ccf2017(root / "source", root / "data", buckets=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPAIR_RISK_HOME", str(root / "var"))
        home, dataset = Home.from_environment(), Dataset.open(root / "data")
        prepared = prepare(dataset, rules_in_force(home))
        fitted = fit(prepared, settings("first_listings", None, 1), dataset.info.observed_until)
        bundle = str(root / "bundle")
        write_bundle(fitted, Path(bundle), load_or_create_signing_key(home.keys))
        assert evaluate(bundle, root / "data", root / "evaluation") == 0
        given = open_evaluated(bundle, root / "data", None, None, None)
        yield Listings(names, suits, again, home, given, root / "evaluation")


def test_the_count_alone_has_one_figure_per_fold_of_every_repeat(listings: Listings) -> None:
    found, seed = listings.found, listings.given.params.seed
    assert (found["cases"], found["events"]) == (ENTERPRISES, listings.again.sum())
    assert (found["repeats"], found["folds"]) == (REPEATS, FOLDS) == (10, 5)
    aucs = []
    for repeat in range(10):
        numbers = fold_numbers(listings.names.tolist(), listings.again.tolist(), 5, f"cv/{seed}/{repeat}")
        folds = [numbers == fold for fold in range(5)]
        aucs += [roc_auc_score(listings.again[fold], listings.suits[fold]) for fold in folds]
    count = found["methods"]["lawsuit_count_alone"]
    assert count["mean_auc"] == pytest.approx(np.mean(aucs))
    assert count["fold_sd"] == pytest.approx(np.std(aucs, ddof=1))
    # Nadeau & Bengio: tests of a fifth, so the variance of the mean counts 1/50 + 1/4.
    assert count["standard_error"] == pytest.approx(np.std(aucs, ddof=1) * np.sqrt(1 / 50 + 1 / 4))
    assert found["lawsuit_count_all_cases"]["value"] == pytest.approx(roc_auc_score(listings.again, listings.suits))


def test_the_difference_is_of_the_same_cases_and_shows_what_the_count_cannot_know(listings: Listings) -> None:
    found = listings.found
    model, gap = found["methods"]["lightgbm_monotone"], found["difference"]
    assert gap["second"] == pytest.approx(found["lawsuit_count_all_cases"]["value"])
    assert gap["first"] == pytest.approx(model["pooled_auc"], abs=0.01)
    assert gap["difference"] == pytest.approx(gap["first"] - gap["second"])
    assert 0.05 < gap["low"] < gap["difference"] < gap["high"]


def test_the_report_shows_the_section_and_the_gates_are_given_its_difference(listings: Listings) -> None:
    found = listings.found
    sections = {one["section"]: one["tables"] for one in read_json(listings.folder / "tables.json")}
    assert sections["cross_validation"] == {"figures": found}
    page = render(listings.folder, listings.given.bundle)
    assert f"<p>{ENTERPRISES} 家企业，{found['events']} 家再次列入；10 × 5 折。</p>" in page
    for one in found["methods"].values():
        assert f'<td class="n">{one["mean_auc"]:.3f}</td><td class="n">{one["standard_error"]:.3f}</td>' in page
    assert f"{found['difference']['difference']:+.3f}({found['difference']['low']:+.3f} 至" in page
    evidence = kept(listings.home, listings.given.bundle.id)[-1]
    assert evidence["basis"].startswith("the method out of fold")
    six = evidence["outcomes"]["redefault_6"]
    assert six["against"] == {"lawsuit count": found["difference"]}
    assert six["auc"] == found["pooled"]
    assert six["auc"]["value"] == pytest.approx(found["difference"]["first"])


def test_with_a_test_period_nothing_is_cross_validated(listings: Listings) -> None:
    given, params = listings.given, listings.given.params
    dated = replace(params, split=replace(params.split, mode="fit_test"))
    assert cross_validation(replace(given, params=dated)) == Section()


def test_applications_too_few_for_a_test_period_meet_the_best_indicator(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an error advises where history is short: everything is fit, and there is no count of lawsuits to beat."""
    monkeypatch.setenv("REPAIR_RISK_HOME", str(trained.home.root))
    monkeypatch.setattr("pipeline.sections.cross_validation.REPEATS", 1)
    monkeypatch.setattr("pipeline.sections.cross_validation.FOLDS", 2)
    given = open_evaluated(str(trained.root / "first"), trained.world, trained.root / "features", None, None)
    params = replace(given.params, split=replace(given.params.split, mode="cross_fit"))
    data = frames(given.prepared, params, date(2025, 12, 31), SplitPlan())
    section = cross_validation(replace(given, params=params, frames=data))
    found = section.metrics["cross_validation"]
    labels = data.splits[(data.splits["outcome"] == "redefault_6") & (data.splits["split"] == "fit")]["label"]
    assert (found["cases"], found["events"]) == (len(labels), labels.sum())
    assert set(found["methods"]) == {"lightgbm_monotone", "best_indicator_alone"}
    assert found["pooled"]["value"] == pytest.approx(found["difference"]["first"])
    assert "lawsuit_count_all_cases" not in found
    assert any("model minus best indicator" in line for line in section.lines)
