"""An indicator that gives an attribute away is named wherever people look: figures, report, command, gate and card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.auc import Interval
from models.proxy import Proxy
from pipeline.card import contents, render
from pipeline.evaluate import open_evaluated
from pipeline.gated import verdicts_of
from pipeline.home import Home
from pipeline.kept import keep, kept
from pipeline.report import environment
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.fairness import attributes, fairness, leading
from tests.pipeline.conftest import Trained

PLANTED = "material_completeness"


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    return open_evaluated(str(trained.root / "first"), trained.world, trained.root / "features", None, None)


@pytest.fixture(scope="module")
def planted(given: Evaluated) -> Section:
    """The section on data in which one indicator bears a trace of sex."""
    X = given.frames.X.copy()  # noqa: N806
    male = (attributes(given, X.index)["sex"] == "male").to_numpy()
    X[PLANTED] = X[PLANTED].fillna(X[PLANTED].mean()) + 2.0 * X[PLANTED].std() * male
    return fairness(replace(given, frames=replace(given.frames, X=X)))


def zh(given: Evaluated) -> str:
    return next(spec.zh for spec in given.bundle.specs if spec.id == PLANTED)


def test_the_leading_indicators_stand_in_the_figures_and_in_the_line(given: Evaluated, planted: Section) -> None:
    assert planted.metrics["fairness"]["proxies"]["sex"] == "proxy"
    told = planted.metrics["proxy_indicators"]
    assert (told["sex"][0]["id"], told["sex"][0]["name"]) == (PLANTED, zh(given))
    row = next(row for row in planted.tables["proxies"] if row["attribute"] == "sex")
    assert row["indicators"][0] == (PLANTED, told["sex"][0]["auc"])
    assert len(told["sex"]) == 1 < len(row["indicators"])  # the others tell sex no better than chance
    assert set(told) == {name for name, verdict in planted.metrics["fairness"]["proxies"].items() if verdict == "proxy"}
    named = f"sex: proxy by {zh(given)} {PLANTED} (AUC {told['sex'][0]['auc']:.2f})"
    assert named in planted.lines[-1]


def test_the_report_shows_names_beside_ids(given: Evaluated, planted: Section) -> None:
    page = (
        environment()
        .get_template("sections/fairness.html")
        .render(tables=planted.tables, indicators={spec.id: spec.zh for spec in given.bundle.specs})
    )
    assert f"{zh(given)} <small>{PLANTED}</small>" in page


def test_the_gate_and_the_card_name_them(
    trained: Trained, fresh_home: Home, given: Evaluated, planted: Section
) -> None:
    newest = kept(fresh_home, trained.first.id)[-1]
    shown = {
        "fairness": {"proxies": planted.metrics["fairness"]["proxies"]},
        "proxy_indicators": planted.metrics["proxy_indicators"],
    }
    keep(fresh_home, trained.first.id, {**newest, "metrics": {**newest["metrics"], **shown}})
    named = f"{zh(given)} {PLANTED} (AUC {planted.metrics['proxy_indicators']['sex'][0]['auc']:.2f})"
    gate = next(one for one in verdicts_of(fresh_home, trained.first).gates if one.gate == "fairness")
    assert gate.verdict == "insufficient"
    assert f"sex: can be told from indicators, look at them: {named}" in gate.says
    found = contents(fresh_home, trained.first)
    figures = {row["attribute"]: row["figures"] for row in found["fairness"]}
    assert figures["sex"] == named
    assert {row["figures"] for row in found["fairness"] if row["verdict"] != "proxy"} == {""}
    for suffix in (".md", ".html"):
        assert named in render(found, suffix)


def test_each_indicator_leads_once_with_the_group_it_tells_best() -> None:
    interval = Interval(0.7, 0.01, 0.68, 0.72)
    young = Proxy("age_band", "<30", 500, interval, (("a", 0.70), ("b", 0.60), ("c", 0.55)), "proxy")
    old = Proxy("age_band", "60+", 500, interval, (("b", 0.65), ("d", 0.61), ("e", 0.52)), "proxy")
    none = Proxy("age_band", "30-44", 500, interval, (), "within")
    names = {letter: letter.upper() for letter in "abcde"}
    found = leading([young, none, old], names)
    assert [(one["id"], one["name"]) for one in found] == [("a", "A"), ("b", "B"), ("d", "D")]
    assert [one["auc"] for one in found] == pytest.approx([0.70, 0.65, 0.61])
    assert leading([none], names) == []
    weak = replace(young, indicators=(("c", 0.54), ("b", 0.53)))
    assert leading([weak], names) == [{"id": "c", "name": "C", "auc": 0.54}]
