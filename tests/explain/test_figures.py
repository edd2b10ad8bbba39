"""Numbers as a reader meets them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explain.figures import WAYS, log_odds


@pytest.mark.parametrize(
    ("way", "value", "zh", "en"),
    [
        ("amount", 0.0, "0元", "CNY 0"),
        ("amount", 0.5, "0.50元", "CNY 0.50"),
        ("amount", 8182.0, "8182元", "CNY 8,182"),
        ("amount", 9999.6, "1.00万元", "CNY 10,000"),
        ("amount", 52_345.0, "5.23万元", "CNY 52,345"),
        ("amount", -1200.0, "-1200元", "CNY -1,200"),
        ("amount", 123_456_789_000.0, "1,234.57亿元", "CNY 123,456,789,000"),
        ("log_amount", math.log1p(8182.5), "8183元", "CNY 8,183"),
        ("percent", 0.123, "12.3%", "12.3%"),
        ("percent", -0.5, "-50%", "-50%"),
        ("percent", 3.0, "300%", "300%"),
        ("percent", -0.0001, "0%", "0%"),
        ("number", 3.0, "3", "3"),
        ("number", 2.25, "2.25", "2.25"),
        ("days", 1.0, "1天", "1 day"),
        ("days", 285.0, "285天", "285 days"),
        ("months", 7.5, "7.5个月", "7.5 months"),
        ("years", 2.34, "2.3年", "2.3 years"),
        ("monthly_trend", -0.021, "每月约-2.1%", "about -2.1% a month"),
        ("yes_no", 1.0, "是", "yes"),
        ("yes_no", 0.0, "否", "no"),
        ("rank", 4.0, "第4级", "level 4"),
    ],
)
def test_figures(way: str, value: float, zh: str, en: str) -> None:
    assert WAYS[way](value) == (zh, en)


@given(fen=st.integers(0, 10**13))
def test_an_amount_comes_back_from_its_logarithm(fen: int) -> None:
    assert WAYS["log_amount"](math.log(1 + fen / 100)) == WAYS["amount"](fen / 100)


def test_small_contributions_do_not_read_as_nothing() -> None:
    assert [log_odds(value) for value in (0.2134, -0.0005, 0.0004, 0.0)] == ["+0.213", "-0.001", "+4.0e-04", "0"]
