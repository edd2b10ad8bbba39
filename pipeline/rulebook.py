"""The commands that print the public rule book and what changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from models.scorecard import Scorecard
from pipeline.bundles import install
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.promote import champion
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, emit_text, tell
from policy.regions import is_region
from policy.rulebook import diff_markdown
from policy.rulebook import rules as rules_markdown
from policy.rulebook_html import Table, rules_html

HEAD = ("维度", "指标", "取值", "分值")
DIMENSIONS_ZH = {"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响", None: "总分"}


def rules(on: date, region: str, bundle: str | None, html: bool, court_files: Sequence[Path]) -> Outcome:
    """Rules of a day and a region, with the points table of the named bundle or of the champion."""
    home = Home.from_environment()
    _known(region)
    policy = rules_in_force(home, court_files)
    scored = install(home, bundle) if bundle is not None or champion(home) is not None else None
    card = None if scored is None else scored.scorecard
    table = None if card is None or scored is None else points_table(card, scored.id)
    if table is None:
        tell("no points table: no bundle with a card was named, and none is the champion here")
    if html:
        emit_text(rules_html(policy, on, region, table))
    else:
        emit_text(rules_markdown(policy, on, region, None if table is None else markdown(table)))
    return DONE


def diff(first: date, second: date, region: str, court_files: Sequence[Path]) -> Outcome:
    """What changed in the rules of a region from one day to another."""
    _known(region)
    emit_text(diff_markdown(rules_in_force(Home.from_environment(), court_files), first, second, region))
    return DONE


def _known(region: str) -> None:
    if not is_region(region):
        raise InputRefused(
            f"{region!r} is no area: write the six digits of GB/T 2260, as 220102, or '*' for everywhere"
        )


def points_table(card: Scorecard, bundle: str) -> Table:
    """The card of a bundle as a table that anyone can add up by hand, dimension by dimension."""
    order = list(DIMENSIONS_ZH)
    lines = sorted(card.table(), key=lambda row: order.index(row["dimension"]))  # stable: indicators stay together
    rows = tuple((DIMENSIONS_ZH[row["dimension"]], row["zh"], row["bin"], f"{row['points']:+.1f}") for row in lines)
    doubles = f"积分每增加{card.odds.points_to_double:.1f}分，十二个月内不再失信的几率加倍。"
    return Table(f"积分卡（模型 {bundle}，{len(card.indicators)}项指标）。{doubles}", HEAD, rows)


def markdown(table: Table) -> str:
    """A table as Markdown, its caption first."""
    lines = [table.caption, "", f"| {' | '.join(table.head)} |", "|---|---|---|---:|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in table.rows), ""])
