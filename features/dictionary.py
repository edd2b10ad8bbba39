"""The data dictionary, generated from the declarations and never written by hand: Markdown and a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import polars as pl

from features.indicator import ANSWERS, DIMENSIONS_ZH, MISSING_ZH, Answer, Indicator, Part, catalogue_hash
from features.wording import DEFINITIONS
from records.tables import TABLES

_SIGN = {1: "+", -1: "−", 0: "0"}
_REDUCE_ZH = {"count": "计数", "sum": "求和", "max": "取最大", "min": "取最小", "support": "佐证"}
_ANSWER_ZH: dict[Answer, str] = {"value": "数值", "band": "分档", "yes_no": "是否"}
_HEADS = ("id", "名称", "English", "单位", "窗口", "范围", "S/R", "缺失", "计分", "来源表", "依据", "复核要点")
_YEARS = ("年份", "件数", "缺失率", "P10", "中位数", "均值", "P90")
_NOTE = (
    "方向 S/R：对修复成功/对再失信的影响（+ 增大，− 减小，0 不加约束）。"
    "依据的代号（如 R14）见项目文件 docs/sources.md。"
)
_STYLE = """
body{font:15px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:72rem;margin:2rem auto;
padding:0 1rem;color:#1a1a1a}
h2{border-bottom:2px solid #444;margin-top:2.5rem}h3{margin:1.8rem 0 .2rem}code{background:#f3f3f3;padding:0 .2em}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.15rem .8rem;margin:.4rem 0}dt{color:#555}dd{margin:0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4rem 0}
td,th{padding:.1rem .7rem;text-align:right;border-bottom:1px solid #ddd}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f7f7f7;padding:.5rem;font-size:12.5px}
nav{columns:4 12rem;font-size:13px}svg{vertical-align:middle}
"""


def to_markdown(catalogue: Sequence[Indicator], distribution: pl.DataFrame | None = None) -> str:
    """One table per dimension, then each indicator at length, in catalogue order (Chinese and English).

    With `distribution` (as `features.distribution` gives it) each indicator also has its share missing and
    its spread by year.
    """
    lines = ["# 指标数据字典 / Data dictionary", "", f"{_counted(catalogue)} {_NOTE}"]
    for dimension, title in DIMENSIONS_ZH.items():
        own = [indicator for indicator in catalogue if indicator.dimension == dimension]
        if not own:
            continue
        lines += ["", f"## {title} ({dimension})", "", _cells(_HEADS), "|" + "---|" * len(_HEADS)]
        lines += [_cells(_overview(indicator)) for indicator in own]
        for indicator in own:
            lines += ["", f"### {indicator.zh} `{indicator.id}`", ""]
            lines += [f"- **{head}** {text}" for head, text in _at_length(indicator)]
            lines += ["- **公式**", "", *(f"      {line}" for line in formula(indicator))]
            years = _by_year(indicator, distribution)
            if years:
                lines += ["", _cells(_YEARS), "|" + "---:|" * len(_YEARS), *(_cells(year) for year in years)]
    return "\n".join(lines) + "\n"


def to_html(catalogue: Sequence[Indicator], distribution: pl.DataFrame | None = None) -> str:
    """The same as a page that needs nothing from elsewhere: no script, no font, no address."""
    out = [
        '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>指标数据字典</title>',
        f"<style>{_STYLE}</style></head><body><h1>指标数据字典 <small>Data dictionary</small></h1>",
        f"<p>{escape(_counted(catalogue).replace('`', ''))} {escape(_NOTE)}</p><nav>",
        *(f'<a href="#{escape(item.id)}">{escape(item.zh)}</a><br>' for item in catalogue),
        "</nav>",
    ]
    for dimension, title in DIMENSIONS_ZH.items():
        own = [indicator for indicator in catalogue if indicator.dimension == dimension]
        if own:
            out.append(f"<h2>{title} <small>{dimension}</small></h2>")
        for indicator in own:
            name = f"{escape(indicator.zh)} <small>{escape(indicator.en)}</small> <code>{escape(indicator.id)}</code>"
            out.append(f'<section id="{escape(indicator.id)}"><h3>{name}</h3><dl>')
            out += [f"<dt>{head}</dt><dd>{escape(text)}</dd>" for head, text in _at_length(indicator)]
            out.append("</dl><details><summary>公式</summary><pre>")
            out += [escape(line) for line in formula(indicator)]
            out.append("</pre></details>")
            years = _by_year(indicator, distribution)
            if years:
                out.append("<table><tr>" + "".join(f"<th>{head}</th>" for head in _YEARS) + "</tr>")
                out += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in year) + "</tr>" for year in years]
                out.append("</table>" + _picture(indicator, distribution))
            out.append("</section>")
    return "\n".join([*out, "</body></html>"]) + "\n"


def formula(indicator: Indicator) -> list[str]:
    """The definition as it is computed: parts, steps in between, and how the value is made of them."""
    lines = [f"{name} = {_part(part)}" for name, part in indicator.parts.items()]
    lines += [f"{name} = {step}" for name, step in indicator.steps.items()]
    return [*lines, f"{indicator.id} = {indicator.combine}"]


def definition(indicator: Indicator) -> str:
    """The definition in words, in Chinese: the sentence written for it, else its name with unit and window."""
    own = DEFINITIONS.get(indicator.id, f"{indicator.zh}。")
    return f"{own}（单位 {indicator.unit}，窗口 {indicator.window}；只计评估日之前已知的记录）"


def rows_read(indicator: Indicator) -> str:
    """Which rows are read for it and how they are reduced, in Chinese."""
    read: dict[str, list[str]] = {}
    for part in indicator.parts.values():
        ways = read.setdefault(f"{TABLES[part.table].title_zh}（{part.table}）", [])
        if _REDUCE_ZH[part.reduce] not in ways:
            ways.append(_REDUCE_ZH[part.reduce])
    return "；".join(f"{table}：{'、'.join(ways)}" for table, ways in read.items())


def _counted(catalogue: Sequence[Indicator]) -> str:
    return f"{len(catalogue)} indicators; catalogue `{catalogue_hash(catalogue)[:16]}`."


def _part(part: Part) -> str:
    what = "" if part.value is None else f" {part.value}"
    return f"{part.reduce}{what} of {part.table} where {part.chosen}"


def _overview(indicator: Indicator) -> tuple[str, ...]:
    return (
        f"`{indicator.id}`",
        indicator.zh,
        indicator.en,
        indicator.unit,
        indicator.window,
        _bounds(indicator),
        _signs(indicator),
        MISSING_ZH[indicator.missing],
        "是" if indicator.scored else "否",
        "、".join(f"{TABLES[table].title_zh} `{table}`" for table in indicator.tables),
        indicator.basis,
        indicator.review,
    )


def _at_length(indicator: Indicator) -> list[tuple[str, str]]:
    forms = "、".join(_ANSWER_ZH[form] for form in ANSWERS if form in indicator.answers)
    said = [
        ("定义", definition(indicator)),
        ("所读记录", rows_read(indicator)),
        ("English", indicator.en),
        ("范围", _bounds(indicator)),
        ("方向 S/R", _signs(indicator)),
        ("缺失含义", MISSING_ZH[indicator.missing]),
        ("计分", "是" if indicator.scored else "否（只供规则与法官）"),
        ("依据", indicator.basis),
        ("复核要点", indicator.review),
    ]
    return [*said, ("可接受的答复", forms)] if forms else said


def _by_year(indicator: Indicator, distribution: pl.DataFrame | None) -> list[tuple[str, ...]]:
    if distribution is None:
        return []
    own = distribution.filter(pl.col("indicator") == indicator.id)
    return [
        (
            "全部" if row["year"] is None else str(row["year"]),
            f"{row['cases']:,}",
            f"{row['missing']:.1%}",
            *(_figure(row[name]) for name in ("p10", "median", "mean", "p90")),
        )
        for row in own.iter_rows(named=True)
    ]


def _picture(indicator: Indicator, distribution: pl.DataFrame | None) -> str:
    """Band from P10 to P90 and line of the mean over the years; nothing where fewer than two years speak."""
    if distribution is None:
        return ""
    years = distribution.filter((pl.col("indicator") == indicator.id) & pl.col("year").is_not_null()).drop_nulls()
    if years.height < 2:
        return ""
    low, high = min(years["p10"].to_list()), max(years["p90"].to_list())
    low, high = min(low, *years["mean"]), max(high, *years["mean"])
    span = (high - low) or 1.0
    across = [8 + 284 * at / (years.height - 1) for at in range(years.height)]

    def points(name: str) -> list[str]:
        return [f"{x:.1f},{62 - 54 * (y - low) / span:.1f}" for x, y in zip(across, years[name], strict=True)]

    band = " ".join([*points("p90"), *reversed(points("p10"))])
    title = f"{years['year'][0]}–{years['year'][-1]}：P10–P90 与均值"
    return (
        f'<svg width="300" height="70" role="img" aria-label="{title}"><title>{title}</title>'
        f'<polygon points="{band}" fill="#c9d8ea"/>'
        f'<polyline points="{" ".join(points("mean"))}" fill="none" stroke="#1f4e79" stroke-width="2"/></svg>'
    )


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _signs(indicator: Indicator) -> str:
    return f"{_SIGN[indicator.success]}/{_SIGN[indicator.redefault]}"


def _bounds(indicator: Indicator) -> str:
    return f"{_bound(indicator.minimum)} … {_bound(indicator.maximum)}"


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.4g}"
