"""The public rule book shows every value in force with its source, and what changed between two days."""

from __future__ import annotations

from datetime import date

import pytest

from policy.faults import PolicyLookupError
from policy.parameters import load
from policy.rulebook import diff, diff_markdown, rules

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
    assert text.index("## 五、积分构成") < text.index("| 履行比例 | 分 |") < text.index("## 六、")


def test_the_revision_of_2017_shows_in_the_difference() -> None:
    changed = {change.key: change for change in diff(POLICY, date(2017, 4, 30), date(2017, 5, 1))}
    before, after = changed["gate.statutory.non_enforcement_ruled"][1:]
    assert (before and before.value, after and after.value) == (False, True)
    assert set(changed) == {key for key in POLICY.schema.keys if key.startswith("gate.statutory.")} - {
        "gate.statutory.liquidation_completed",
        "gate.statutory.reorganisation_approved",
    } | {"clocks.working_days.list_deletion"}
    assert "| 未规定 | 3个工作日 | 2017-05-01 | 法规：" in diff_markdown(POLICY, date(2017, 4, 30), date(2017, 5, 1))


def test_nothing_differs_between_days_without_a_change() -> None:
    assert diff(POLICY, date(2017, 5, 1), date(2017, 9, 30), "310115") == ()
    assert [change.key for change in diff(POLICY, date(2017, 9, 30), date(2017, 10, 1), "310115")] == [
        "clocks.working_days.credit_platform"
    ]
    assert diff(POLICY, date(2017, 9, 30), date(2017, 10, 1), "220102") == ()


def test_there_is_no_book_before_the_first_values() -> None:
    with pytest.raises(PolicyLookupError, match="no rules on 2013-09-30"):
        rules(POLICY, date(2013, 9, 30))
    assert rules(POLICY, date(2013, 10, 1)).startswith("# 司法信用修复评估规则")
