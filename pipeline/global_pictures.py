"""Pictures of the models as a whole, for the model report: importance, dependence and monotonicity, each by group.

They draw what `explain.global_view` computed during the evaluation, and compute nothing themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from explain.global_view import OTHERS
from explain.text import name_zh, value_zh
from pipeline.catalogues import describe_all
from pipeline.files import read_json

OUTCOMES_ZH: Final = {
    "success": "修复成功",
    "redefault_6": "六个月内再失信",
    "redefault_7_12": "第七至十二个月再失信",
}
GROUPINGS_ZH: Final = {"subject_type": "主体", "region_code": "地区", "industry_section": "行业"}
GROUPS_ZH: Final = {
    "natural": "自然人",
    "enterprise": "企业",
    "individual_business": "个体工商户",
    "other_unit": "其他单位",
    OTHERS: "其他或不详",
}
MISSING_ZH: Final = "不详"
FONT: Final = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
SHOWN: Final = 12  # indicators of the importance picture
COLUMNS: Final = 3  # pictures side by side
LINE: Final = "#22404a"
BAND: Final = "rgba(34, 64, 74, .13)"
# Told apart by lightness too, since colour alone tells some readers nothing.
SHADES: Final = ("#a4492f", "#2b6e60", "#c29a3a", "#5b7fa6", "#8a4f7d", "#4f4f4f", "#d08c72", "#7fa99b", "#b0a98f")

View = Mapping[str, Any]
Point = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Counted:
    """Steps of a walk that were taken, and that went against the declared direction, in one group."""

    grouping: str
    group: str
    steps: int
    against: int


@dataclass(frozen=True)
class Pictures:
    """One model's pictures as HTML fragments, and what was counted of its directions."""

    outcome: str
    importance: str
    dependence: str
    monotonicity: str
    walked: int
    counts: tuple[Counted, ...]


def grouped(cohort: pl.DataFrame) -> pd.DataFrame:
    """The groups of every case of a cohort, by case key, as `explain.global_view` takes them."""
    return cohort.select("case_key", *GROUPINGS_ZH).to_pandas().set_index("case_key")


def pictures(evaluation: Path) -> tuple[Pictures, ...]:
    """The pictures of every model of an evaluation; none where the evaluation was made before there were any."""
    path = evaluation / "global.json"
    if not path.exists():
        return ()
    view = read_json(path)
    return tuple(
        Pictures(
            told,
            _html(importance_figure(ranked)),
            _html(dependence_figure(view["dependence"][outcome])),
            _html(monotonicity_figure([walk for walk in view["monotonicity"][outcome] if walk["pictured"]])),
            len(view["monotonicity"][outcome]),
            tuple(_counted(view["monotonicity"][outcome])),
        )
        for outcome, told in OUTCOMES_ZH.items()
        if (ranked := view["importance"].get(outcome))
    )


def importance_figure(ranked: Sequence[View]) -> go.Figure:
    """Mean |contribution| of the weightiest indicators, over all cases and in every group."""
    names, shown = describe_all(), ranked[:SHOWN]
    heads = ["全部"]
    columns: list[list[float]] = [[item["mean_abs"] for item in shown]]
    for grouping, title in GROUPINGS_ZH.items():
        for group in shown[0]["by"].get(grouping, {}):
            heads.append(f"{title} {GROUPS_ZH.get(group, group)}")
            columns.append([item["by"][grouping][group] for item in shown])
    rows = [list(row) for row in zip(*columns, strict=True)]
    figure = go.Figure(
        go.Heatmap(
            z=rows, x=heads, y=[name_zh(item["indicator"], names) for item in shown],
            colorscale=[[0, "#fbfaf6"], [1, "#22404a"]], showscale=False, xgap=2, ygap=2,
            texttemplate="%{z:.2f}", textfont={"size": 10}, hovertemplate="%{y}，%{x}：%{z:.3f}<extra></extra>",
        )
    )  # fmt: skip
    _style(figure, 110 + 26 * len(shown))
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(side="top", tickfont={"size": 11}, tickangle=-50, automargin=True)
    figure.update_layout(margin={"b": 8})
    return figure


def dependence_figure(found: Sequence[View]) -> go.Figure:
    """Contribution against the value: mean and middle eight tenths of the cases, and each group's mean."""
    panels = []
    for item in found:
        ticks = {point["bin"]: value_zh(item["indicator"], point["value"], describe_all()) for point in item["bins"]}
        if item["missing"] is not None:
            ticks[max(ticks, default=-1) + 1] = MISSING_ZH
        lines = {
            grouping: {name: list(_points(one, ticks)) for name, one in named.items()}
            for grouping, named in item["by"].items()
        }
        panels.append(_Panel(name_zh(item["indicator"], describe_all()), ticks, list(_points(item, ticks)), lines))
    return _panels(panels)


def monotonicity_figure(walks: Sequence[View]) -> go.Figure:
    """Change of the margin while one indicator walks and all else is kept: mean, nine tenths, each group's mean."""
    panels = []
    for walk in walks:
        ticks = {place: value_zh(walk["indicator"], value, describe_all()) for place, value in enumerate(walk["grid"])}
        whole = [
            (place, {"mean": mean, "low": low, "high": high})
            for place, (mean, low, high) in enumerate(zip(walk["mean"], walk["low"], walk["high"], strict=True))
        ]
        lines = {
            grouping: {
                name: [(place, {"mean": mean}) for place, mean in enumerate(one["mean"])] for name, one in named.items()
            }
            for grouping, named in walk["by"].items()
        }
        arrow = "↑" if walk["direction"] > 0 else "↓"
        title = f"{name_zh(walk['indicator'], describe_all())} {arrow}（{walk['steps']:,}步，逆向{walk['against']}）"
        panels.append(_Panel(title, ticks, whole, lines))
    return _panels(panels)


@dataclass(frozen=True)
class _Panel:
    """One small picture: ticks by place, the whole's points (mean, low, high), and each group's by grouping."""

    title: str
    ticks: Mapping[int, str]
    whole: Sequence[Point]
    by: Mapping[str, Mapping[str, Sequence[Point]]]


def _points(found: View, ticks: Mapping[int, str]) -> Iterator[Point]:
    yield from ((point["bin"], point) for point in found["bins"])
    if found["missing"] is not None:
        yield max(ticks), found["missing"] | {"apart": True}


def _panels(panels: Sequence[_Panel]) -> go.Figure:
    """Small pictures in rows of three; buttons choose whose groups are drawn, the first at the start."""
    rows = -(-len(panels) // COLUMNS)
    if not panels:
        return _style(go.Figure(), 120)
    figure = make_subplots(
        rows=rows, cols=COLUMNS, subplot_titles=[panel.title for panel in panels],
        vertical_spacing=0.34 / rows if rows > 1 else 0.3, horizontal_spacing=0.07,
    )  # fmt: skip
    owners: list[str | None] = []
    groupings = [name for name in GROUPINGS_ZH if name in panels[0].by]
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        for trace, owner in _traces(panel, groupings, first=number == 0):
            figure.add_trace(trace, row=row + 1, col=column + 1)
            owners.append(owner)
        figure.update_xaxes(
            tickvals=list(panel.ticks), ticktext=list(panel.ticks.values()), tickfont={"size": 9}, tickangle=40,
            row=row + 1, col=column + 1,
        )  # fmt: skip
    buttons = [
        {
            "label": f"按{GROUPINGS_ZH[chosen]}",
            "method": "restyle",
            "args": [{"visible": [owner is None or owner == chosen for owner in owners]}],
        }
        for chosen in groupings
    ]
    if buttons:
        where = {"x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom", "pad": {"b": 34}}
        figure.update_layout(updatemenus=[{"type": "buttons", "direction": "right", "buttons": buttons, **where}])
    figure.update_annotations(font_size=12)
    figure.update_yaxes(gridcolor="#e6e2d8", zerolinecolor="#b9b4a6", tickfont={"size": 10})
    _style(figure, 150 + 270 * rows)
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom", "font": {"size": 11}}
    figure.update_layout(margin={"t": 96}, legend=legend)
    figure.update_layout(legend_y=1 + 36 / (150 + 270 * rows))
    return figure


def _traces(panel: _Panel, groupings: Sequence[str], *, first: bool) -> Iterator[tuple[go.Scatter, str | None]]:
    band = [(place, point) for place, point in panel.whole if "apart" not in point]
    plain = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    places = [place for place, _ in band]
    yield go.Scatter(x=places, y=[point["high"] for _, point in band], **plain), None
    low = [point["low"] for _, point in band]
    yield go.Scatter(x=places, y=low, fill="tonexty", fillcolor=BAND, **plain), None
    yield _line(panel.whole, "全部", LINE, 2.4, legend=first), None
    for grouping in groupings:
        for (group, points), shade in zip(panel.by.get(grouping, {}).items(), cycle(SHADES), strict=False):
            told = GROUPS_ZH.get(group, group)
            line = _line(points, told, shade, 1.2, legend=first)
            line.visible = grouping == groupings[0]
            yield line, grouping


def _line(points: Sequence[Point], name: str, shade: str, width: float, *, legend: bool) -> go.Scatter:
    """A line through the known values, and the missing ones as a mark apart: between them nothing is known."""
    x: list[float] = []
    y: list[float | None] = []
    for place, point in points:
        if "apart" in point:
            x.append(place - 0.5)
            y.append(None)
        x.append(place)
        y.append(point["mean"])
    return go.Scatter(
        x=x, y=y, name=name, mode="lines+markers", line={"color": shade, "width": width}, marker={"size": 3 + width},
        legendgroup=name, showlegend=legend, hovertemplate=f"{name}：%{{y:.3f}}<extra></extra>",
    )  # fmt: skip


def _counted(walks: Sequence[View]) -> Iterator[Counted]:
    yield Counted("全部", "", sum(walk["steps"] for walk in walks), sum(walk["against"] for walk in walks))
    for grouping, title in GROUPINGS_ZH.items():
        for group in walks[0]["by"].get(grouping, {}) if walks else ():
            mine = [walk["by"][grouping][group] for walk in walks]
            steps, against = sum(one["steps"] for one in mine), sum(one["against"] for one in mine)
            yield Counted(title, GROUPS_ZH.get(group, group), steps, against)


def _style(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        font={"family": FONT, "size": 13, "color": "#2b2b2b"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 48, "r": 16, "t": 40, "b": 64},
        height=height,
    )
    return figure


def _html(figure: go.Figure) -> str:
    config = {"displayModeBar": False, "responsive": True}
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config=config))
