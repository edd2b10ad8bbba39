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
from pipeline.say import DONE, Outcome, emit_text
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
    card = install(home, bundle).scorecard if bundle is not None or champion(home) is not None else None
    table = None if card is None else points_table(card)
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


def points_table(card: Scorecard) -> Table:
    """The card as a table that anyone can add up by hand."""
    rows = tuple(
        (DIMENSIONS_ZH[row["dimension"]], row["zh"], row["bin"], f"{row['points']:+.1f}") for row in card.table()
    )
    caption = f"积分每增加{card.odds.points_to_double:.1f}分，十二个月内不再失信的胜算加倍。"
    return Table(caption, HEAD, rows)


def markdown(table: Table) -> str:
    """A table as Markdown, its caption first."""
    lines = [table.caption, "", f"| {' | '.join(table.head)} |", "|---|---|---|---:|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in table.rows), ""])
