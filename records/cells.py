"""One cell of a JSON case: is it what its column says, and its value as frames hold it.

`reader(column)` compiles the rules of a column into one function; `read_text(column)` does the same
for the text of a value, which is how a Parquet or CSV column of the wrong type is taken row by row.
Money stays text until `records.typed` puts it into a column (exact), instants are microseconds since 1970
(building a column from `datetime` objects takes ten times as long).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from records.contract import IDENTIFIER, Column, Kind
from records.faults import CaseFaults, FaultCode
from records.rules import (
    CONTROLS,
    FIRST_DAY,
    INTEGER_TEXT,
    LARGEST_INTEGER,
    LAST_DAY,
    MONEY_TEXT,
    NUMBER_TEXT,
    TIMESTAMP_TEXT,
)
from records.strict_json import loads

Reader = Callable[[Any], Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIDNIGHT = 86_400_000_000  # microseconds of a day
_OFFSET = 8 * 3_600_000_000  # court time is eight hours ahead on both of these days
FIRST_INSTANT = (FIRST_DAY - EPOCH.date()).days * _MIDNIGHT - _OFFSET
LAST_INSTANT = ((LAST_DAY - EPOCH.date()).days + 1) * _MIDNIGHT - _OFFSET - 1
_LARGEST_PLAN = 64 * 1024

# Half a surrogate pair can stand in a Python string, though never in a frame.
_controls = re.compile(CONTROLS[:-1] + "\ud800-\udfff]").search
_is_timestamp = re.compile(TIMESTAMP_TEXT).fullmatch
_is_money = re.compile(MONEY_TEXT).fullmatch
_is_integer = re.compile(INTEGER_TEXT).fullmatch
_is_number = re.compile(NUMBER_TEXT).fullmatch


class CellFault(Exception):  # noqa: N818 - a fault is what the project calls it
    """A cell is refused; `code` says by which rule."""

    def __init__(self, code: FaultCode) -> None:
        super().__init__(code)
        self.code: FaultCode = code


def reader(column: Column) -> Reader:
    """Function from a JSON value (never null) of `column` to its value for a typed column; raises CellFault."""
    return _READERS[column.kind](column)


def read_text(column: Column) -> Callable[[str], Any]:
    """As `reader`, from the text of the value: `12`, `true`, `["a"]`, `2024-01-31`, `12.50`."""
    read = reader(column)
    match column.kind:
        case "integer":
            return lambda text: read(_int_of(text))
        case "number":
            return lambda text: read(float(_match(_is_number, text)))
        case "flag":
            return lambda text: read({"true": True, "false": False}.get(text))
        case "ids" | "codes":
            return lambda text: read(_json_of(text))
        case _:
            return read


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970-01-01T00:00Z to `moment`, exactly."""
    since = moment - EPOCH
    return since.days * _MIDNIGHT + since.seconds * 1_000_000 + since.microseconds


def read_date(value: Any) -> date:
    """The day of a text YYYY-MM-DD; raises CellFault."""
    # Of the other forms that Python reads, basic and weekly, none has its hyphens in these two places.
    if type(value) is not str or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise CellFault("wrong_type")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise CellFault("wrong_type") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CellFault("out_of_range")
    return day


def read_timestamp(value: Any) -> int:
    """Microseconds since 1970 of a text such as 2024-01-31T09:30:00+08:00; raises CellFault."""
    if type(value) is not str or not _is_timestamp(value):
        raise CellFault("wrong_type")
    try:
        moment = datetime.fromisoformat(value)
        instant = microseconds(moment)
    except ValueError:  # no such day or hour
        raise CellFault("wrong_type") from None
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        raise CellFault("out_of_range")
    return instant


def _string(pattern: str | None) -> Reader:
    """Reader of strings. No pattern of the contract lets controls through, so one match is enough for most."""
    if pattern is None:
        return _plain_string
    matches = re.compile(pattern.replace(IDENTIFIER, IDENTIFIER.replace("]", "\ud800-\udfff]"))).fullmatch

    def read(value: Any) -> str:
        if type(value) is not str:
            raise CellFault("wrong_type")
        if matches(value):
            return value
        _plain_string(value)
        raise CellFault("bad_pattern")

    return read


def _plain_string(value: Any) -> str:
    if type(value) is not str:
        raise CellFault("wrong_type")
    if not value or _controls(value):
        raise CellFault("bad_text")
    return value


def _enum(values: tuple[str, ...]) -> Reader:
    allowed = frozenset(values)

    def read(value: Any) -> str:
        if type(value) is not str:
            raise CellFault("wrong_type")
        if value not in allowed:
            raise CellFault("not_allowed")
        return value

    return read


def _money(minimum: float | None, maximum: float | None) -> Reader:
    within = _within(minimum, maximum)

    def read(value: Any) -> str:
        if type(value) is not str or not _is_money(value):
            raise CellFault("wrong_type")
        if not within(Decimal(value)):
            raise CellFault("out_of_range")
        return value

    return read


def _integer(minimum: float | None, maximum: float | None) -> Reader:
    within = _within(
        -LARGEST_INTEGER if minimum is None else minimum,
        LARGEST_INTEGER if maximum is None else maximum,
    )

    def read(value: Any) -> int:
        if type(value) is not int:  # true is no integer, 1.0 is none
            raise CellFault("wrong_type")
        if not within(value):
            raise CellFault("out_of_range")
        return value

    return read


def _number(minimum: float | None, maximum: float | None) -> Reader:
    within = _within(minimum, maximum)

    def read(value: Any) -> float:
        if type(value) is not int and not isinstance(value, float):
            raise CellFault("wrong_type")
        number = float(value)
        if not math.isfinite(number):
            raise CellFault("not_finite")
        if not within(number):
            raise CellFault("out_of_range")
        return number + 0.0  # -0.0 becomes 0.0: one number, one text

    return read


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise CellFault("wrong_type")
    return value


def _list(pattern: str | None, values: tuple[str, ...]) -> Reader:
    read_element = _string(pattern) if pattern else _enum(values)

    def read(value: Any) -> list[str]:
        if type(value) is not list or not all(type(element) is str for element in value):
            raise CellFault("wrong_type")
        refused = set()
        for element in value:
            try:
                read_element(element)
            except CellFault as fault:
                refused.add(fault.code)
        if refused:  # the cell has one fault: the first of them in the order of precedence
            raise CellFault("bad_text" if "bad_text" in refused else refused.pop())
        return list(value)

    return read


def _read_plan(value: Any) -> str:
    text = _plain_string(value)
    plan = _json_of(text)
    if type(plan) is not list:
        raise CellFault("wrong_type")
    for instalment in plan:
        if type(instalment) is not dict or instalment.keys() != {"due_date", "amount"}:
            raise CellFault("wrong_type")
        try:
            read_date(instalment["due_date"])
            _read_amount(instalment["amount"])
        except CellFault:  # whatever is wrong inside, the cell is no plan
            raise CellFault("wrong_type") from None
    return text


def _read_json(value: Any) -> str:
    text = _plain_string(value)
    if not isinstance(_json_of(text), dict | list):
        raise CellFault("wrong_type")
    return text


def _json_of(text: str) -> object:
    try:
        return loads(text.encode(), max_bytes=_LARGEST_PLAN)
    except CaseFaults:
        raise CellFault("wrong_type") from None


def _int_of(text: str) -> int:
    _match(_is_integer, text)
    # Longer ones are refused by their range; reading a million digits would take quadratic time.
    return int(text) if len(text) <= 20 else LARGEST_INTEGER + 1


def _match(matches: Callable[[str], object], text: str) -> str:
    if not matches(text):
        raise CellFault("wrong_type")
    return text


def _within(minimum: float | None, maximum: float | None) -> Callable[[Any], bool]:
    low = -math.inf if minimum is None else minimum
    high = math.inf if maximum is None else maximum
    return lambda value: low <= value <= high


_read_amount = _money(0, None)

_READERS: Mapping[Kind, Callable[[Column], Reader]] = {
    "id": lambda column: _string(column.full_pattern),
    "text": lambda column: _string(column.full_pattern),
    "enum": lambda column: _enum(column.values),
    "date": lambda _: read_date,
    "timestamp": lambda _: read_timestamp,
    "money": lambda column: _money(column.minimum, column.maximum),
    "integer": lambda column: _integer(column.minimum, column.maximum),
    "number": lambda column: _number(column.minimum, column.maximum),
    "flag": lambda _: _flag,
    "ids": lambda column: _list(column.full_pattern, ()),
    "codes": lambda column: _list(None, column.values),
    "plan": lambda _: _read_plan,
    "json": lambda _: _read_json,
}
