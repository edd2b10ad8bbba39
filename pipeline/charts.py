"""Charts of the reports: plotly figures of one style, as HTML that needs no network.

Jinja templates call these functions with rows of `tables.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup

from models.spec import CARD_OUTCOME

Rows = Sequence[Mapping[str, Any]]
HEADS_ZH = {"success": "修复成功", "redefault_6": "六个月内再失信", CARD_OUTCOME: "十二个月内再失信"}
COLOURS = {"success": "#2f6f4f", "redefault_6": "#b3702a", CARD_OUTCOME: "#9c2f2f"}
FURTHER = ("#3c5a80", "#8a6d9b", "#6b7f3a", "#b05c7a", "#4f8a8b", "#7d6b4f")
FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def curves(
    rows: Rows,
    x: str,
    y: str,
    *,
    by: str = "outcome",
    names: Mapping[str, str] = HEADS_ZH,
    titles: tuple[str, str],
    diagonal: bool = False,
    markers: bool = False,
    percent: bool = False,
) -> Markup:
    """One line for every value of column `by` that `names` names, in its order."""
    figure = go.Figure()
    for place, (key, name) in enumerate(names.items()):
        mine = [row for row in rows if row[by] == key and row[y] is not None]
        if mine:
            figure.add_scatter(
                x=[row[x] for row in mine],
                y=[row[y] for row in mine],
                name=name,
                mode="lines+markers" if markers else "lines",
                line={"color": COLOURS.get(key, FURTHER[place % len(FURTHER)]), "width": 2},
            )
    if diagonal and rows:
        end = max(max(row[x], row[y]) for row in rows)
        line = {"color": "#999", "dash": "dot", "width": 1}
        figure.add_scatter(x=[0, end], y=[0, end], line=line, mode="lines", showlegend=False, hoverinfo="skip")
    return _html(_styled(figure, *titles, percent=percent))


def intervals(
    rows: Rows, label: str, title: str, *, value: str = "value", reference: float | None = None, colour: str = "#9c2f2f"
) -> Markup:
    """A dot with its interval (`low`, `high`) for every row, one below the other, first row on top."""
    shown = [row for row in rows if row[value] is not None][::-1]
    figure = go.Figure()
    figure.add_scatter(
        x=[row[value] for row in shown],
        y=[row[label] for row in shown],
        mode="markers",
        marker={"color": colour, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [row["high"] - row[value] for row in shown],
            "arrayminus": [row[value] - row["low"] for row in shown],
            "color": "#8d8a83",
            "thickness": 1.5,
        },
        showlegend=False,
    )
    if reference is not None:
        figure.add_vline(x=reference, line={"color": "#999", "dash": "dot", "width": 1})
    _styled(figure, title, "")
    figure.update_layout(height=90 + 34 * len(shown), xaxis={"rangemode": "normal"})
    figure.update_layout(yaxis={"automargin": True, "rangemode": "normal"})
    return _html(figure)


def _styled(figure: go.Figure, x: str, y: str, *, percent: bool = False) -> go.Figure:
    grid = {"gridcolor": "#e6e2d8", "zeroline": False, "rangemode": "tozero"}
    form = {"tickformat": ".0%"} if percent else {}
    figure.update_layout(
        font={"family": FONT, "size": 13, "color": "#2b2b2b"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 16, "b": 52},
        legend={"orientation": "h", "y": 1.12},
        xaxis={**grid, **form, "title": x},
        yaxis={**grid, **form, "title": y},
        height=380,
    )
    return figure


def _html(figure: go.Figure) -> Markup:
    config = {"displayModeBar": False, "responsive": True}
    # plotly escapes what it writes into its script; nothing here comes from a case's text.
    return Markup(figure.to_html(full_html=False, include_plotlyjs=False, config=config))  # noqa: S704
