"""The model report: one HTML file that needs no network, for data scientists and reviewers alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from models.bundle import Bundle
from models.spec import CARD_OUTCOME
from pipeline.bundles import install
from pipeline.files import read_json
from pipeline.global_pictures import pictures
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, tell
from records.files import write_atomically

HEADS_ZH = {"success": "修复成功", "redefault_6": "六个月内再失信", CARD_OUTCOME: "十二个月内再失信"}
DIMENSIONS_ZH = {"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响", "all": "总分"}
COLOURS = {"success": "#2f6f4f", "redefault_6": "#b3702a", CARD_OUTCOME: "#9c2f2f"}
FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def report(evaluation: Path, reference: str, out: Path) -> Outcome:
    """Write the report of an evaluated bundle to `out`."""
    bundle = install(Home.from_environment(), reference)
    write_atomically(out, render(evaluation, bundle).encode())
    tell(f"report in {out}")
    return DONE


def render(evaluation: Path, bundle: Bundle) -> str:
    """The report's HTML: figures, curves, grades, groups, the points table, and where it all comes from."""
    metrics, tables = read_json(evaluation / "metrics.json"), read_json(evaluation / "tables.json")
    if metrics.get("bundle") != bundle.id:
        raise InputRefused(f"{evaluation} is the evaluation of bundle {metrics.get('bundle')}, not of {bundle.id}")
    curves = pl.read_csv(evaluation / "roc.csv").to_dicts()
    bins = pl.read_csv(evaluation / "reliability.csv").to_dicts()
    environment = Environment(
        loader=PackageLoader("pipeline"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: "—" if value is None else f"{value:.1%}"
    environment.filters["three"] = lambda value: "—" if value is None else f"{value:.3f}"
    return environment.get_template("report.html").render(
        bundle=bundle,
        metrics=metrics,
        tables=tables,
        heads=HEADS_ZH,
        dimensions=DIMENSIONS_ZH,
        card=[] if bundle.scorecard is None else bundle.scorecard.table(),
        pictures=pictures(evaluation),
        importance=importance(bundle, tables["importance"]),
        plotly=get_plotlyjs(),
        roc=_html(roc_figure(curves)) if curves else "",
        reliability=_html(reliability_figure(bins)) if bins else "",
    )


def importance(
    bundle: Bundle, found: Mapping[str, Sequence[Mapping[str, Any]]], most: int = 12
) -> Mapping[str, Sequence[tuple[str, float, float]]]:
    """The `most` weightiest indicators of each model: name, mean |contribution| (log-odds), share of the largest."""
    names = {spec.id: spec.zh for spec in bundle.specs}
    return {
        outcome: [
            (names[row["indicator"]], row["mean_abs"], row["mean_abs"] / rows[0]["mean_abs"]) for row in rows[:most]
        ]
        for outcome, rows in found.items()
    }


def roc_figure(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """ROC curves of the head figures."""
    figure = go.Figure()
    for outcome, name in HEADS_ZH.items():
        mine = [row for row in rows if row["outcome"] == outcome]
        if mine:
            figure.add_scatter(
                x=[row["false_positive_rate"] for row in mine],
                y=[row["true_positive_rate"] for row in mine],
                name=name,
                line={"color": COLOURS[outcome], "width": 2},
            )
    _diagonal(figure, 1.0)
    return _styled(figure, "误报率 false positive rate", "命中率 true positive rate")


def reliability_figure(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Observed rate beside mean probability, in bins of equal numbers of cases."""
    figure = go.Figure()
    for outcome, name in HEADS_ZH.items():
        mine = [row for row in rows if row["outcome"] == outcome]
        if mine:
            figure.add_scatter(
                x=[row["predicted"] for row in mine],
                y=[row["observed"] for row in mine],
                name=name,
                mode="lines+markers",
                line={"color": COLOURS[outcome], "width": 2},
            )
    _diagonal(figure, max([row["predicted"] for row in rows] + [row["observed"] for row in rows]))
    return _styled(figure, "预测概率 predicted", "实际比例 observed")


def _diagonal(figure: go.Figure, end: float) -> None:
    line = {"color": "#999", "dash": "dot", "width": 1}
    figure.add_scatter(x=[0, end], y=[0, end], line=line, mode="lines", showlegend=False, hoverinfo="skip")


def _styled(figure: go.Figure, x: str, y: str) -> go.Figure:
    grid = {"gridcolor": "#e6e2d8", "zeroline": False, "rangemode": "tozero"}
    figure.update_layout(
        font={"family": FONT, "size": 13, "color": "#2b2b2b"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 16, "b": 52},
        legend={"orientation": "h", "y": 1.12},
        xaxis={**grid, "title": x},
        yaxis={**grid, "title": y},
        height=380,
    )
    return figure


def _html(figure: go.Figure) -> str:
    config = {"displayModeBar": False, "responsive": True}
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config=config))
