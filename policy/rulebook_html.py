"""The public rule book as one plain page: no script, no outside resource, so that it opens on a closed network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from policy.book import NOTE, POINTS, TITLE, Row, Section, book
from policy.parameters import Policy
from policy.regions import ANYWHERE

_STYLE = """
body { font-family: "Noto Serif CJK SC", "Songti SC", SimSun, serif; line-height: 1.6; color: #1b1b1b;
       max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #999; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
th, td { border: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th { background: #f3f3f0; white-space: nowrap; }
table.values { table-layout: fixed; } .values th:nth-child(1) { width: 33%; } .values th:nth-child(2) { width: 15%; }
.values th:nth-child(3) { width: 8%; } .values th:nth-child(4) { width: 10%; }
.points td:last-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
ol.logic { padding-left: 1.6rem; } ol.logic li { margin: .25rem 0; }
code { font-size: .8em; color: #555; overflow-wrap: anywhere; }
tr.assumption td:last-child { background: #fff6e0; }
nav ol { columns: 2; } thead { display: table-header-group; } tr { break-inside: avoid; }
""".strip()
_HEAD = ("规则", "值", "适用", "起始", "依据")


class Table(NamedTuple):
    """A table to show as it is: the points of the public card."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def rules_html(policy: Policy, on: date, region: str = ANYWHERE, points: Table | None = None) -> str:
    """The rule book in force on `on` in `region` as an HTML page; `points` stands in its section.

    Raises PolicyLookupError before the first values, ValueError for a region that is no code.
    """
    found = book(policy, on, region)
    contents = "".join(
        f'<li><a href="#s{place}">{escape(section.title.partition("、")[2])}</a></li>'
        for place, section in enumerate(found.sections, start=1)
    )
    body = "".join(_section(place, section, points) for place, section in enumerate(found.sections, start=1))
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{TITLE} {on}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>{TITLE}</h1>\n"
        f"<p>决定日：{on}　地区：{escape(found.region)}　规则版本：<code>{found.version[:16]}</code></p>\n"
        f"<p>{NOTE}</p>\n<nav><ol>{contents}</ol></nav>\n{body}</body>\n</html>\n"
    )


def _section(place: int, section: Section, points: Table | None) -> str:
    logic = "".join(f"<li>{escape(sentence)}</li>\n" for sentence in section.logic)
    parts = [f'<h2 id="s{place}">{escape(section.title)}</h2>\n', f'<ol class="logic">\n{logic}</ol>\n']
    if section.rows:
        parts.append(_table(_HEAD, "".join(_row(row) for row in section.rows), "values"))
    if section.code == POINTS and points is not None:
        cells = "".join(f"<tr>{_cells(row)}</tr>\n" for row in points.rows)
        parts += [f"<p>{escape(points.caption)}</p>\n", _table(points.head, cells, "points")]
    return "".join(parts)


def _table(head: Sequence[str], rows: str, kind: str) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f'<table class="{kind}">\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n'


def _row(row: Row) -> str:
    mark = ' class="assumption"' if row.assumption else ""
    title = f"<td>{escape(row.title)}<br><code>{escape(row.key)}</code></td>"
    return f"<tr{mark}>{title}{_cells((row.value, row.place, row.since, row.source))}</tr>\n"


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)
