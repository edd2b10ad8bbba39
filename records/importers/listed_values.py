"""Single values of public lists: texts, days, money, and the marks that stand for "nothing stated"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from records.clock import SHANGHAI

_NOTHING = frozenset({"", "-", "--", "—", "——", "–", "/", "null", "none", "nan", "暂无", "无", "未知", "不详"})
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff]")
_LONGEST_TEXT = 4000

_DAY_FORMS = (
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_SECONDS_DIGITS, _MILLISECONDS_DIGITS = 10, 13
FIRST_YEAR, LAST_YEAR = 1980, 2100

_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(万元|万|元|人民币元)?")
_LARGEST_AMOUNT = Decimal(10) ** 15


class Unreadable(ValueError):  # noqa: N818 - raised and caught inside the importer; it is named for the value
    """A value that is there and cannot be read. The value itself is never repeated."""


def text(value: object) -> str | None:
    """The value as trimmed text in normal width; None when nothing is stated. Raises Unreadable."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable
    words = str(value)
    if len(words) > _LONGEST_TEXT or _UNREADABLE.search(words):
        raise Unreadable
    words = " ".join(unicodedata.normalize("NFKC", words).split())
    return None if words.lower() in _NOTHING or not words.strip("-—– ") else words


def compact(value: object) -> str | None:
    """As `text`, without any blanks: names, numbers and codes are written with and without them."""
    words = text(value)
    return None if words is None else words.replace(" ", "")


def day(value: object) -> date | None:
    """A day as 2019年07月13日, 2019-07-13, 20190713 or an epoch time in seconds or milliseconds (court time).

    None when nothing is stated. Raises Unreadable, also for years outside 1980 to 2100.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    words = text(value)
    if words is None:
        return None
    found = _epoch_day(words) if words.isdecimal() and len(words) >= _SECONDS_DIGITS else _written_day(words)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unreadable
    return found


def _written_day(words: str) -> date:
    for form in _DAY_FORMS:
        match = form.fullmatch(words)
        if match:
            try:
                return date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                raise Unreadable from None
    raise Unreadable


def _epoch_day(words: str) -> date:
    if len(words) not in {_SECONDS_DIGITS, _MILLISECONDS_DIGITS}:
        raise Unreadable
    seconds = int(words) if len(words) == _SECONDS_DIGITS else int(words) // 1000
    return datetime.fromtimestamp(seconds, tz=SHANGHAI).date()


def amount(value: object) -> Decimal | None:
    """CNY with two decimals, from 12345.678, "12,345.67元" or "1.2万元"; None when nothing is stated.

    Raises Unreadable, also for negative amounts and those from 10^15 on.
    """
    words = compact(repr(value) if isinstance(value, float) else value)
    if words is None:
        return None
    match = _AMOUNT.fullmatch(words)
    if match is None:
        raise Unreadable
    try:
        number = Decimal(match[1].replace(",", "") + (match[2] or ""))
    except InvalidOperation:
        raise Unreadable from None
    number *= 10_000 if (match[3] or "").startswith("万") else 1
    if number >= _LARGEST_AMOUNT:
        raise Unreadable
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def whole(value: object, most: int) -> int | None:
    """A whole number from 0 to `most`, also as text or as 35.0; None when nothing is stated. Raises Unreadable."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    words = compact(value)
    if words is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", words) or int(words) > most:
        raise Unreadable
    return int(words)
