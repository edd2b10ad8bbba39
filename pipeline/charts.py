"""Charts of the reports: plotly figures of one style, as HTML that needs no network.

Jinja templates call these functions with rows of `tables.json`. A value in a row is a number, or a mapping with
`value`, `low` and `high`, which is drawn with its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup

from models.spec import CARD_OUTCOME

Rows = Sequence[Mapping[str, Any]]
HEADS_ZH = {"success": "修复成功", "redefault_6": "六个月内再失信", CARD_OUTCOME: "十二个月内再失信"}
COLOURS = {"success": "#2f6f4f", "redefault_6": "#b3702a", CARD_OUTCOME: "#9c2f2f", "card": "#3c5a80"}
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
    zero: bool = True,
    percent: bool = False,
) -> Markup:
    """One line for every value of column `by` that `names` names, in its order; `zero`: y begins there; `percent`: y
    is a share."""
    figure = go.Figure()
    for place, (key, name) in enumerate(names.items()):
        mine = [row for row in rows if row[by] == key and row[y] is not None]
        if mine:
            _line(
                figure, [row[x] for row in mine], [row[y] for row in mine], name, _colour(key, place), markers=markers
            )
    if diagonal and rows:
        end = max(max(row[x], row[y]) for row in rows)
        _line(figure, [0, end], [0, end], "", "#999", dash="dot")
    _styled(figure, *titles)
    if percent:
        figure.update_layout(yaxis={"tickformat": ".0%"})
    if not zero:
        figure.update_layout(yaxis={"rangemode": "normal"})
    if rows and isinstance(rows[0][x], str):
        figure.update_layout(xaxis={"type": "category"})
    return _html(figure)


def columns(
    rows: Rows, x: str, names: Mapping[str, str], *, titles: tuple[str, str], floor: float | None = None
) -> Markup:
    """One line for every column that `names` names; a column `low` beside a column `high` shades what lies between.

    `floor`: where the picture ends below, whatever lies there.
    """
    figure = go.Figure()
    at = [row[x] for row in rows]
    if rows and {"low", "high"} <= set(rows[0]):
        edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(x=at, y=[row["high"] for row in rows], **edge)
        figure.add_scatter(
            x=at, y=[row["low"] for row in rows], fill="tonexty", fillcolor="rgba(156,47,47,.13)", **edge
        )
    for place, (key, name) in enumerate(names.items()):
        colour = "#9c2f2f" if place == 0 else FURTHER[(place - 1) % len(FURTHER)]
        _line(figure, at, [row[key] for row in rows], name, colour, dash="solid" if place == 0 else "dash")
    _styled(figure, *titles)
    if floor is not None:
        top = max(row[key] for row in rows for key in ("high", *names) if key in row)
        figure.update_layout(yaxis={"range": [floor, 1.05 * top]})
    return _html(figure)


def intervals(
    rows: Rows, label: str, of: str, title: str, *, names: Mapping[str, str], reference: float | None = None
) -> Markup:
    """A dot with its interval for every row, one below the other, first row on top; rows without a value are left."""
    shown = [row for row in rows if row.get(of) is not None][::-1]
    figure = go.Figure()
    figure.add_scatter(
        x=[row[of]["value"] for row in shown],
        y=[names.get(row[label], row[label]) for row in shown],
        mode="markers",
        marker={"color": "#9c2f2f", "size": 9},
        error_x=_bars([row[of] for row in shown]),
        showlegend=False,
    )
    if reference is not None:
        figure.add_vline(x=reference, line={"color": "#999", "dash": "dot", "width": 1})
    _styled(figure, title, "")
    figure.update_layout(
        height=110 + 32 * len(shown), xaxis={"rangemode": "normal"}, yaxis={"automargin": True, "rangemode": "normal"}
    )
    return _html(figure)


def _line(
    figure: go.Figure,
    x: Sequence[Any],
    y: Sequence[Any],
    name: str,
    colour: str,
    *,
    markers: bool = False,
    dash: str = "solid",
) -> None:
    nested = bool(y) and isinstance(y[0], Mapping)
    figure.add_scatter(
        x=list(x),
        y=[one["value"] for one in y] if nested else list(y),
        name=name,
        mode="lines+markers" if markers or nested else "lines",
        line={"color": colour, "width": 2 if name else 1, "dash": dash},
        error_y=_bars(y) if nested else None,
        showlegend=bool(name),
        hoverinfo=None if name else "skip",
    )


def _bars(values: Sequence[Mapping[str, float | None]]) -> dict[str, Any]:
    def reach(one: Mapping[str, float | None], end: str) -> float:
        value, limit = one["value"], one[end]
        return 0.0 if value is None or limit is None else abs(limit - value)

    return {
        "type": "data",
        "symmetric": False,
        "array": [reach(one, "high") for one in values],
        "arrayminus": [reach(one, "low") for one in values],
        "thickness": 1.3,
        "width": 4,
    }


def _colour(key: str, place: int) -> str:
    return COLOURS.get(key, FURTHER[place % len(FURTHER)])


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


def _html(figure: go.Figure) -> Markup:
    config = {"displayModeBar": False, "responsive": True}
    # plotly escapes what it writes into its script; nothing here comes from a case's text.
    return Markup(figure.to_html(full_html=False, include_plotlyjs=False, config=config))  # noqa: S704
