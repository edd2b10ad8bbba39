"""The rules of a cell in words and in numbers: what both row checks, the JSON one and the vectorised
one, refuse, and what they say. A cell has at most one fault: the first of not_null, wrong_type,
not_finite, bad_text, not_allowed, bad_pattern, out_of_range, future, dangling_reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from records.contract import IDENTIFIER, Column
from records.faults import FaultCode

# Controls, line separators and direction marks: none has a place in one field of a record, and the
# last have been used to make a page show something other than what is stored.
CONTROLS: Final = "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"

DATE_TEXT: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIMESTAMP_TEXT: Final = (
    DATE_TEXT + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])"
)
MONEY_TEXT: Final = r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,2})?"
INTEGER_TEXT: Final = "-?(?:0|[1-9][0-9]*)"
NUMBER_TEXT: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

FIRST_DAY: Final = date(1901, 1, 1)  # before it, clocks in Shanghai kept local mean time
LAST_DAY: Final = date(2999, 12, 31)
LARGEST_INTEGER: Final = 2**53 - 1

_KIND_WORDS: Final = {
    "id": "must be a string",
    "text": "must be a string",
    "enum": "must be a string",
    "date": "must be a day of the calendar, YYYY-MM-DD",
    "timestamp": "must be an instant with an offset, such as 2024-01-31T09:30:00+08:00",
    "money": 'must be a decimal string such as "1234.50", at most 16 digits before and 2 after the point',
    "integer": "must be an integer",
    "number": "must be a number",
    "flag": "must be true or false",
    "ids": "must be a list of strings",
    "codes": "must be a list of strings",
    "plan": 'must be JSON text of at most 64 KiB: [{"due_date": "YYYY-MM-DD", "amount": "0.00"}, …]',
    "json": "must be the text of a JSON object or list, at most 64 KiB",
}


_CODE_WORDS: Final[Mapping[FaultCode, str]] = {
    "not_null": "must be given",
    "missing_column": "must be given",
    "not_finite": "must be a finite number",
    "bad_text": "must not be empty nor hold control characters",
    "future": "lies after the row's own known_at",
    "duplicate_row": "occurs in more than one row of the table",
    "bad_supersedes": "must be the row_id of another row about the same thing",
    "other_debtor": "must be the debtor of the case",
    "wrong_bucket": "the debtor's rows lie in another bucket; write the dataset with the project's own writer",
}


def describe(column: Column, code: FaultCode) -> str:
    """What a value of `column` must be, for a cell refused with `code`. Never holds a value of the input."""
    each = "every element must" if column.kind in ("ids", "codes") else "must"
    match code:
        case "wrong_type":
            return _KIND_WORDS[column.kind]
        case "not_allowed":
            return f"{each} be one of: {', '.join(column.values)}"
        case "bad_pattern":
            plain = column.full_pattern == IDENTIFIER
            return f"{each} " + ("be 1 to 80 characters without spaces" if plain else f"match {column.full_pattern}")
        case "out_of_range":
            return _range_words(column)
        case "dangling_reference":
            return f"no row of {column.references} of this debtor has this id"
    return _CODE_WORDS[code]


def _range_words(column: Column) -> str:
    if column.kind in ("date", "timestamp"):
        return f"must lie between {FIRST_DAY} and {LAST_DAY}"
    unit = f" ({column.unit})" if column.unit else ""
    match column.minimum, column.maximum:
        case None, None:
            return f"must be within ±{LARGEST_INTEGER}"
        case low, None:
            return f"must be at least {low:g}{unit}"
        case None, high:
            return f"must be at most {high:g}{unit}"
        case low, high:
            return f"must be from {low:g} to {high:g}{unit}"
