"""The public rule book as Markdown, and what changed between two days (S0a R47). In Chinese, as the public reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from policy.book import NOTE, POINTS, TITLE, book, region_zh, source_zh, title_zh, value_zh
from policy.parameters import Policy
from policy.regions import ANYWHERE
from policy.rules import Resolved


class Change(NamedTuple):
    """A key whose value or source differs between two days; None where it has no value."""

    key: str
    before: Resolved | None
    after: Resolved | None

    @property
    def industry(self) -> str:
        """The industry that alone sees the change, or `ANYWHERE`."""
        named = (found.industry for found in (self.after, self.before) if found is not None)
        return next((industry for industry in named if industry != ANYWHERE), ANYWHERE)


def rules(policy: Policy, on: date, region: str = ANYWHERE, points_table: str | None = None) -> str:
    """The rule book in force on `on` in `region`, as Markdown; `points_table` is added as it is.

    Raises PolicyLookupError before the first values, ValueError for a region that is no code.
    """
    found = book(policy, on, region)
    lines = [
        f"# {TITLE}",
        "",
        f"决定日：{on}　地区：{found.region}　规则版本：`{found.version[:16]}`",
        "",
        NOTE,
    ]
    for section in found.sections:
        lines += ["", f"## {section.title}", "", *(f"{place}. {zh}" for place, zh in enumerate(section.logic, start=1))]
        if section.rows:
            lines += ["", "| 规则 | 值 | 适用 | 起始 | 依据 |", "|---|---|---|---|---|"]
        for row in section.rows:
            cells = (f"{row.title}（`{row.key}`）", row.value, row.place, row.since, row.source)
            lines.append(_line(cells))
        if section.code == POINTS and points_table is not None:
            lines += ["", points_table.strip()]
    return "\n".join(lines) + "\n"


def diff(policy: Policy, first: date, second: date, region: str = ANYWHERE) -> tuple[Change, ...]:
    """Every key whose value or legal source in `region` differs between the two days, by key; what differs for a single
    industry stands after what differs for all."""
    changes = list(_between(policy, first, second, region, None))
    for section in sorted({entry.industry for entry in policy.entries} - {ANYWHERE}):
        own = _between(policy, first, second, region, section)
        changes += [change for change in own if change.industry == section]
    return tuple(sorted(changes, key=lambda change: (change.key, change.industry != ANYWHERE, change.industry)))


def _between(policy: Policy, first: date, second: date, region: str, industry: str | None) -> Iterator[Change]:
    old = {found.key: found for found in policy.rules(first, region, industry).all()}
    new = {found.key: found for found in policy.rules(second, region, industry).all()}
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield Change(key, old.get(key), new.get(key))


def diff_markdown(policy: Policy, first: date, second: date, region: str = ANYWHERE) -> str:
    """`diff` as a Markdown table; it says so when nothing changed."""
    changes = diff(policy, first, second, region)
    lines = [f"# 规则变化：{first} 至 {second}", "", f"地区：{region_zh(region)}　变化：{len(changes)}项", ""]
    if not changes:
        return "\n".join([*lines, "两日之间没有变化。"]) + "\n"
    lines += ["| 规则 | 原值 | 新值 | 起始 | 依据 |", "|---|---|---|---|---|"]
    for change in changes:
        key, before, after = change
        spec = policy.schema.keys[key]
        was = value_zh(spec, before.value) if before else "尚无规定"
        now = value_zh(spec, after.value) if after else "不再适用"
        since, source = (str(after.valid_from), source_zh(after)) if after else ("", "")
        alone = "" if change.industry == ANYWHERE else f"，行业 {change.industry}"
        lines.append(_line((f"{title_zh(spec)}（`{key}`）{alone}", was, now, since, source)))
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "／") for cell in cells) + " |"
