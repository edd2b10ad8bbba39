"""An area is recalibrated by a court's own file: from its day on, there alone, with the same bundle, on the record."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import expit, logit

from pipeline.evaluate import open_evaluated
from pipeline.home import Home
from pipeline.recorded import replay
from pipeline.say import DONE
from pipeline.scoring import open_ledger, open_scorer
from pipeline.sections.recalibration import by_place, fitted_probability, mark_off, recalibration
from policy.parameters import load
from records.case import Case
from tests.pipeline.conftest import Trained

DOCUMENT = Path(__file__).parents[2] / "docs" / "recalibration.md"
COURT_FILE = """region: "{area}"
values:
  calibration.shift.redefault_6:
    - value: 0.4
      valid_from: {start}
      source: {{decision: "stated for a test"}}
      approved_by: [甲, 乙]
"""


def decide(home: Home, area: str, start: date) -> None:
    home.courts.mkdir(parents=True, exist_ok=True)
    (home.courts / "own.yaml").write_text(COURT_FILE.format(area=area, start=start), encoding="utf-8")


def a_case(trained: Trained, cohort: pl.DataFrame) -> Case:
    row = cohort.row(0, named=True)
    return trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"])


def test_a_court_s_decision_shifts_its_own_cases_from_its_day_on(
    trained: Trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    case = a_case(trained, court_cohort)
    before = open_scorer(fresh_home, None).score_case(case)
    area, day = before["case"]["region_code"], case.as_of.date()
    plain = before["models"]["redefault_6"]
    decide(fresh_home, area, day)
    record = open_scorer(fresh_home, None).score_case(case)
    moved = record["models"]["redefault_6"]
    assert moved["calibration"]["local"]["ruled"] == 0.4
    assert logit(moved["probability"]) == pytest.approx(logit(plain["probability"]) + 0.4)
    assert (moved["margin"], moved["contributions"]) == (plain["margin"], plain["contributions"])
    assert record["models"]["success"] == before["models"]["success"]
    assert record["versions"]["bundle"] == before["versions"]["bundle"]
    assert record["versions"]["policy"] != before["versions"]["policy"]
    with open_ledger(fresh_home) as ledger:
        entry = ledger.append([record])[0]
    elsewhere = "220103" if area != "220103" else "220102"
    for place, start in ((area, day + timedelta(days=1)), (elsewhere, day)):
        decide(fresh_home, place, start)
        assert open_scorer(fresh_home, None).score_case(case)["models"] == before["models"]
    (fresh_home.courts / "own.yaml").unlink()
    assert replay(entry.score_id, None, False) == DONE


def test_what_the_evaluation_says_to_add_is_what_a_rule_then_takes_away(trained: Trained, fresh_home: Home) -> None:
    def shown(features: Path | None) -> dict[str, float]:
        given = open_evaluated(str(trained.root / "first"), trained.world, features, None, None)
        few = replace(given, settings=replace(given.settings, min_cases=10, min_events=1))
        found = recalibration(few).tables["redefault_6"]
        return {row["group"]: row["shift"] for row in found if row["enough"] and row["by"] == "region_code"}

    plain = shown(trained.root / "features")
    area = next(iter(plain))
    decide(fresh_home, area, date(2014, 1, 1))
    ruled = shown(None)  # indicators on disk are those of the rules before
    assert ruled[area] == pytest.approx(plain[area] - 0.4, abs=1e-6)
    assert {name: value for name, value in ruled.items() if name != area} == pytest.approx(
        {name: value for name, value in plain.items() if name != area}
    )


def test_months_seven_to_twelve_are_those_of_the_model(trained: Trained) -> None:
    given = open_evaluated(str(trained.root / "first"), trained.world, trained.root / "features", None, None)
    rows = given.held_out("redefault_7_12").rows
    first, q = given.probabilities["redefault_6"], fitted_probability(given, "redefault_7_12", rows)
    whole = given.probabilities["redefault_12"]
    assert first is not None
    assert whole is not None
    assert q is not None
    assert np.abs(first[rows] + (1 - first[rows]) * q - whole[rows]).max() < 1e-12
    assert recalibration(given).metrics["recalibration"].keys() == {"success", "redefault_6", "redefault_7_12"}


def test_small_places_are_insufficient_and_only_a_level_that_is_off_is_called_so() -> None:
    rng = np.random.default_rng(3)
    p = expit(rng.normal(-0.5, 1.0, 4020))
    y = (rng.random(4020) < np.where(np.arange(4020) < 2000, expit(logit(p) + 0.6), p)).astype(float)
    groups = pd.DataFrame(
        {"region_code": ["220102"] * 2000 + ["220103"] * 2000 + ["220104"] * 20, "industry_section": "—"}
    )
    found = by_place(groups, y, p, (100, 10))
    mark_off({"redefault_6": found})
    rows = {row["group"]: row for row in found}
    assert rows["220102"]["shift"] == pytest.approx(0.6, abs=0.15)
    assert (rows["220102"]["off"], rows["220103"]["off"]) == (True, False)
    assert rows["220103"]["shift"] < rows["220103"]["drawn"] < rows["220102"]["drawn"] < rows["220102"]["shift"]
    assert "shift" not in rows["220104"]
    assert set(rows) == {"220102", "220103", "220104"}


def test_the_documented_file_is_one_that_the_rules_accept(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    path = tmp_path / "220102.yaml"
    path.write_text("".join(example), encoding="utf-8")
    found = load(overrides=[path]).value("calibration.shift.redefault_6", date(2026, 4, 1), "220102", "F")
    assert (found.value, found.region, found.industry, len(found.approved_by)) == (0.3, "220102", "F", 2)
