"""The public rule book shows every value in force with its source, and what changed between two days."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from policy.book import book, numeral
from policy.faults import PolicyLookupError
from policy.parameters import load
from policy.rulebook import diff, diff_markdown, rules
from policy.rulebook_html import Table, rules_html

POLICY = load()


def test_every_value_in_force_stands_in_the_book_with_its_source() -> None:
    text = rules(POLICY, date(2026, 4, 1), "440304")
    for found in POLICY.rules(date(2026, 4, 1), "440304").all():
        assert f"`{found.key}`" in text
        assert found.source.partition(": ")[2] in text
    assert POLICY.hash[:16] in text
    assert "尚无规定" not in text


def test_a_regional_and_an_industry_value_show_where_they_hold() -> None:
    shenzhen = rules(POLICY, date(2025, 1, 1), "440304")
    row = next(line for line in shenzhen.splitlines() if "bankruptcy_obstruction_months" in line)
    assert "| 36个月 | 440300 | 2023-03-01 | 法规：" in row
    building = [line for line in shenzhen.splitlines() if "`route.simple.creditors`" in line]
    assert ["10人" in building[0], "20人 | 全国，行业 E" in building[1]] == [True, True]


def test_what_is_not_yet_law_is_said_to_be_so() -> None:
    row = next(line for line in rules(POLICY, date(2026, 3, 31)).splitlines() if "severe_max" in line)
    assert "尚无规定" in row


def test_the_points_table_stands_in_its_section() -> None:
    text = rules(POLICY, date(2025, 1, 1), points_table="| 履行比例 | 分 |")
    assert text.index("## 七、积分构成") < text.index("| 履行比例 | 分 |") < text.index("## 八、")


def test_the_revision_of_2017_shows_in_the_difference() -> None:
    changed = {change.key: change for change in diff(POLICY, date(2017, 4, 30), date(2017, 5, 1))}
    before, after = changed["gate.statutory.non_enforcement_ruled"][1:]
    assert (before and before.value, after and after.value) == (False, True)
    assert set(changed) == {key for key in POLICY.schema.keys if key.startswith("gate.statutory.")} - {
        "gate.statutory.liquidation_completed",
        "gate.statutory.reorganisation_approved",
        "gate.statutory.reorganisation_completed",
    } | {"clocks.working_days.list_deletion"} | {
        key for key in POLICY.schema.keys if key.startswith("publication.judicial_list.")
    }
    assert "| 未规定 | 3个工作日 | 2017-05-01 | 法规：" in diff_markdown(POLICY, date(2017, 4, 30), date(2017, 5, 1))


def test_nothing_differs_between_days_without_a_change() -> None:
    assert diff(POLICY, date(2017, 5, 1), date(2017, 9, 30), "310115") == ()
    assert [change.key for change in diff(POLICY, date(2017, 9, 30), date(2017, 10, 1), "310115")] == [
        "clocks.working_days.credit_platform"
    ]
    assert diff(POLICY, date(2017, 9, 30), date(2017, 10, 1), "220102") == ()


def test_what_changes_for_one_industry_alone_shows_in_the_difference() -> None:
    own = load(overrides=[Path(__file__).parent / "cases" / "courts" / "recalibrated.yaml"])
    days = (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 3, 31), date(2026, 4, 1))
    assert [diff(own, *between, "220102") == diff(POLICY, *between, "220102") for between in days] == [True, False]
    change = next(change for change in diff(own, *days[1], "220102") if change.key == "calibration.shift.redefault_6")
    assert change.industry == "F"
    assert (change.before and change.before.value, change.after and change.after.value) == (0, 0.4)
    assert (
        "（`calibration.shift.redefault_6`），行业 F | 0对数几率 | 0.4对数几率 | 2026-04-01 | 决定："
        in diff_markdown(own, *days[1], "220102")
    )
    assert diff(own, *days[1], "220103") == diff(POLICY, *days[1], "220103")


def test_every_key_stands_in_a_chapter() -> None:
    held = [row.key for section in book(POLICY, date(2026, 4, 1)).sections for row in section.rows]
    assert set(held) == set(POLICY.schema.keys)


def test_two_days_without_a_change_are_told_so() -> None:
    text = diff_markdown(POLICY, date(2024, 1, 1), date(2024, 1, 2), "220102")
    assert "变化：0项" in text
    assert "两日之间没有变化" in text


def test_order_36_shows_in_the_difference_of_its_first_day() -> None:
    text = diff_markdown(POLICY, date(2026, 3, 31), date(2026, 4, 1))
    assert "变化：7项" in text
    assert "| 第36号令：严重失信最长公示期（`publication.public_credit.severe_max`） | 尚无规定 | 36个月 |" in text
    assert "| 法律法规规定不可修复（`gate.negative_list.law_bars_repair`） | 否 | 是 | 2026-04-01 |" in text


def test_the_page_says_what_the_markdown_says_and_opens_without_a_network() -> None:
    page, text = rules_html(POLICY, date(2026, 4, 1), "440304"), rules(POLICY, date(2026, 4, 1), "440304")
    read = _Cells()
    read.feed(page)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert [cells[1:] for cells in read.rows] == [cells[1:] for cells in rows]
    assert len(rows) > len(POLICY.schema.keys)
    assert not re.search(r"(?:src|href)=[\"'](?!#)|<script|url\(|@import", page)
    assert page.count("<h2") == len(book(POLICY, date(2026, 4, 1)).sections)


def test_the_page_escapes_what_it_shows_and_holds_the_points_table() -> None:
    table = Table("积分 & 分值", ("指标", "分"), (("<b>履行</b>", "+3.0"),))
    page = rules_html(POLICY, date(2025, 1, 1), points=table)
    assert "&lt;b&gt;履行&lt;/b&gt;" in page
    assert "积分 &amp; 分值" in page
    assert page.index("积分构成</h2>") < page.index("&lt;b&gt;履行") < page.rindex("等级、封顶")
    with pytest.raises(PolicyLookupError, match="no rules on 2013-09-30"):
        rules_html(POLICY, date(2013, 9, 30))


class _Cells(HTMLParser):
    """Rows of a page's tables, cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._cell is not None:
            if not self.rows or len(self.rows[-1]) == 5:
                self.rows.append([])
            self.rows[-1].append("".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (17, "十七"), (20, "二十"), (21, "二十一")]
)
def test_chapters_are_counted_in_chinese(number: int, words: str) -> None:
    assert numeral(number) == words


def test_there_is_no_book_before_the_first_values() -> None:
    with pytest.raises(PolicyLookupError, match="no rules on 2013-09-30"):
        rules(POLICY, date(2013, 9, 30))
    assert rules(POLICY, date(2013, 10, 1)).startswith("# 司法信用修复评估规则")
