"""Numbers as a reader meets them: 元 instead of logarithms, shares in percent, days as days.

Every text is a function of the value alone, by exact or correctly rounded arithmetic, so that a replay on
another machine writes the same words. Amounts go through whole 分: what `log` blurred in the last place
is rounded away before anything is cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

_WAN = 10_000
_YI = 100_000_000


class Figure(NamedTuple):
    """One number in Chinese and in English."""

    zh: str
    en: str


def amount(value: float) -> Figure:
    """CNY: below 10,000 to the 元 (to the 分 below 1), above in 万元 or 亿元 with two decimals."""
    fen = round(value * 100)
    sign, size = ("-" if fen < 0 else ""), abs(fen)
    yuan = _half_up(size, 100)
    en = f"CNY {sign}{yuan:,}" if size >= 100 or not size else f"CNY {sign}{_decimals(size)}"
    if yuan >= _YI:
        return Figure(f"{sign}{_decimals(_half_up(size, _YI))}亿元", en)
    if yuan >= _WAN:
        return Figure(f"{sign}{_decimals(_half_up(size, _WAN))}万元", en)
    return Figure(f"{sign}{yuan}元" if size >= 100 or not size else f"{sign}{_decimals(size)}元", en)


def log_amount(value: float) -> Figure:
    """CNY out of ln(1 + CNY)."""
    return amount(math.expm1(value))


def percent(value: float) -> Figure:
    """A ratio in percent, one decimal at most."""
    text = f"{_short(value * 100, 1)}%"
    return Figure(text, text)


def number(value: float) -> Figure:
    """A count, or another plain number with two decimals at most."""
    text = _short(value, 2)
    return Figure(text, text)


def days(value: float) -> Figure:
    """Days."""
    text = _short(value, 0)
    return Figure(f"{text}天", f"{text} day{'' if text == '1' else 's'}")


def months(value: float) -> Figure:
    """Months."""
    text = _short(value, 1)
    return Figure(f"{text}个月", f"{text} month{'' if text == '1' else 's'}")


def years(value: float) -> Figure:
    """Years, one decimal at most."""
    text = _short(value, 1)
    return Figure(f"{text}年", f"{text} year{'' if text == '1' else 's'}")


def monthly_trend(value: float) -> Figure:
    """A slope of a logarithm per month, read as growth per month (for small slopes they are the same)."""
    text = f"{value * 100:+.1f}%"
    return Figure(f"每月约{text}", f"about {text} a month")


def yes_no(value: float) -> Figure:
    """A flag."""
    return Figure("是", "yes") if value else Figure("否", "no")


def rank(value: float) -> Figure:
    """An ordinal that names no levels."""
    return Figure(f"第{_short(value, 0)}级", f"level {_short(value, 0)}")


def log_odds(value: float) -> str:
    """A contribution with its sign: three decimals, or two digits where it is smaller than those show."""
    if value == 0:
        return "0"
    return f"{value:+.3f}" if abs(value) >= 0.0005 else f"{value:+.1e}"


def converted(points: float) -> str:
    """Converted points with their sign, to a tenth as on the card; 0.0 for what a tenth does not show."""
    text = f"{points:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


WAYS: Final[Mapping[str, Callable[[float], Figure]]] = {
    way.__name__: way for way in (log_amount, amount, percent, number, days, months, years, monthly_trend, yes_no, rank)
}
# Ways of saying a number that stops at the indicator's maximum: at that value, "or more" is the truth.
CAPPED: Final = frozenset({"percent", "days", "months", "years", "number"})


def _half_up(size: int, unit: int) -> int:
    """`size` in units, as a whole number, halves up. Both whole and not negative."""
    return (2 * size + unit) // (2 * unit)


def _decimals(hundredths: int) -> str:
    return f"{hundredths // 100:,}.{hundredths % 100:02d}"


def _short(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def signed(figure: str) -> str:
    """A figure with a true minus sign, as wide as the plus."""
    return figure.replace("-", "\u2212")
