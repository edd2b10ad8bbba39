"""The command that prints the public rule book."""

from __future__ import annotations

from datetime import date

from models.scorecard import Scorecard
from pipeline.bundles import install
from pipeline.home import Home
from pipeline.promote import champion
from pipeline.say import DONE, Outcome, emit_text
from policy.parameters import load
from policy.rulebook import rules as rule_book


def rules(on: date, region: str, bundle: str | None) -> Outcome:
    """Rules of a day and a region in Markdown, with the points table of the named bundle or the champion."""
    home = Home.from_environment()
    card = None
    if bundle is not None or champion(home) is not None:
        card = install(home, bundle).scorecard
    emit_text(rule_book(load(), on, region, None if card is None else points_table(card)))
    return DONE


def points_table(card: Scorecard) -> str:
    """The card as a Markdown table that anyone can add up by hand."""
    head = [
        "## 积分表 (points table)",
        "",
        "| 维度 | 指标 | 取值 | 分值 |",
        "|---|---|---|---:|",
    ]
    rows = [f"| {row['dimension']} | {row['zh']} | {row['bin']} | {row['points']:+.1f} |" for row in card.table()]
    foot = ["", f"积分每增加 {card.odds.points_to_double:.1f} 分,十二个月内不再失信的胜算加倍。", ""]
    return "\n".join([*head, *rows, *foot])
