"""Pictures draw what was computed: every group has a column and a line, and values are said as a judge reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from explain.global_view import OTHERS
from pipeline.global_pictures import dependence_figure, grouped, importance_figure, monotonicity_figure, pictures

BINS = [
    {"bin": 0, "value": 0.0, "cases": 5, "mean": -0.2, "low": -0.3, "high": -0.1},
    {"bin": 1, "value": 0.5, "cases": 5, "mean": 0.1, "low": 0.0, "high": 0.2},
]
ABSENT = {"cases": 2, "mean": 0.4, "low": 0.3, "high": 0.5}


def view() -> dict[str, Any]:
    named = {"natural": {"bins": BINS, "missing": None}, OTHERS: {"bins": BINS[:1], "missing": ABSENT}}
    walked = {name: {"mean": [0.0, -0.3], "steps": 4, "against": 1} for name in named}
    item = {"indicator": "performed_ratio", "mean_abs": 0.3, "by": {"subject_type": {"natural": 0.2, OTHERS: 0.4}}}
    walk = {"indicator": "performed_ratio", "direction": -1, "grid": [0.0, 1.0], "mean": [0.0, -0.4]}
    walk |= {"low": [0.0, -0.6], "high": [0.0, -0.1], "steps": 8, "against": 2, "pictured": True}
    return {
        "importance": {"redefault_6": [item], "success": []},
        "dependence": {
            "redefault_6": [
                {"indicator": "performed_ratio", "bins": BINS, "missing": ABSENT, "by": {"subject_type": named}}
            ]
        },
        "monotonicity": {"redefault_6": [{**walk, "by": {"subject_type": walked}}]},
    }


def test_every_group_has_its_column() -> None:
    (heat,) = importance_figure(view()["importance"]["redefault_6"]).data
    assert list(heat.x) == ["全部", "主体 自然人", "主体 其他或不详"]
    assert [list(row) for row in heat.z] == [[0.3, 0.2, 0.4]]
    assert list(heat.y) == ["履行比例"]


def test_values_are_said_and_the_missing_stand_apart() -> None:
    figure = dependence_figure(view()["dependence"]["redefault_6"])
    assert list(figure.layout.xaxis.ticktext) == ["0%", "50%", "不详"]
    lines = {line.name: list(zip(line.x, line.y, strict=True)) for line in figure.data if line.name}
    assert lines["全部"] == [(0, -0.2), (1, 0.1), (1.5, None), (2, 0.4)]
    assert lines["其他或不详"] == [(0, -0.2), (1.5, None), (2, 0.4)]


def test_steps_back_are_told() -> None:
    figure = monotonicity_figure(view()["monotonicity"]["redefault_6"])
    assert figure.layout.annotations[0].text == "履行比例 ↓（8步，逆向2）"
    (button,) = figure.layout.updatemenus[0].buttons
    assert button.label == "按主体"


def test_an_evaluation_has_pictures_of_the_models_it_has(tmp_path: Path) -> None:
    assert pictures(tmp_path) == ()
    (tmp_path / "global.json").write_text(json.dumps(view()), encoding="utf-8")
    (only,) = pictures(tmp_path)
    assert only.outcome == "六个月内再失信"
    assert [(one.grouping, one.group, one.steps, one.against) for one in only.counts] == [
        ("全部", "", 8, 2),
        ("主体", "自然人", 4, 1),
        ("主体", "其他或不详", 4, 1),
    ]
    assert "src=" not in only.dependence


def test_groups_of_a_cohort_by_case() -> None:
    cohort = pl.DataFrame(
        {"case_key": ["a"], "subject_type": ["natural"], "region_code": ["220102"], "industry_section": ["C"]}
    )
    found = grouped(cohort)
    assert found.loc["a"].to_dict() == {"subject_type": "natural", "region_code": "220102", "industry_section": "C"}
