"""The public rule book holds the champion's points table, in Markdown and as a page, and a court's own values."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.home import Home
from pipeline.rulebook import diff, rules
from policy.faults import PolicyFaults

OWN = """region: "220102"
values:
  route.simple.creditors:
    - {value: 12, valid_from: 2025-01-01, source: {assumption: "the court's own figure"}}
"""
DAY = date(2026, 4, 1)


def test_the_book_holds_every_line_of_the_champions_card(
    trained, fresh_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    card = trained.first.scorecard
    rules(DAY, "220102", None, False, [])
    text = capsys.readouterr().out
    rules(DAY, "220102", None, True, [])
    page = capsys.readouterr().out
    assert f"模型 {trained.first.id}，{len(card.indicators)}项指标" in text
    lines = [line for line in text.splitlines() if re.match(r"\| (?:履行能力|行为意愿|社会影响) \|", line)]
    wanted = [f"| {row['zh']} | {row['bin']} | {row['points']:+.1f} |" for row in card.table()]
    assert sorted(line.split("|", 2)[2] for line in lines) == sorted(row.split("|", 1)[1] for row in wanted)
    _, _, points = page.partition('<table class="points">')
    assert points.partition("</table>")[0].count("<tr><td>") == len(wanted)
    assert text.index("积分卡（模型") > text.index("积分构成")


def test_without_a_champion_the_book_says_that_it_has_no_points_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPAIR_RISK_HOME", str(tmp_path))
    rules(DAY, "*", None, False, [])
    told = capsys.readouterr()
    assert "积分卡（模型" not in told.out
    assert "no points table: no bundle with a card was named" in told.err


def test_a_courts_file_speaks_in_its_area_and_shows_in_the_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPAIR_RISK_HOME", str(tmp_path))
    own = tmp_path / "nanguan.yaml"
    own.write_text(OWN, encoding="utf-8")
    diff(date(2024, 12, 31), date(2025, 1, 1), "220102", [own])
    assert "（`route.simple.creditors`） | 10人 | 12人 | 2025-01-01 |" in capsys.readouterr().out
    diff(date(2024, 12, 31), date(2025, 1, 1), "220103", [own])
    assert "变化：0项" in capsys.readouterr().out
    own.write_text(OWN.replace("12", "many").replace("creditors", "debtors"), encoding="utf-8")
    with pytest.raises(PolicyFaults, match=r"nanguan\.yaml:4: route\.simple\.debtors: is not a known key"):
        rules(DAY, "220102", None, False, [own])
