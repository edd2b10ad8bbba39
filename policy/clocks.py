"""DT12: when something is due. Working days by the published calendar of public holidays (chinesecalendar).

A period begins on the day after the event (民事诉讼法第八十五条), so "3 working days" end on the third working
day after it; a period in days that ends on a holiday ends on the next working day. For a year whose
calendar is not published yet, Monday to Friday count, and the answer says that it is not exact.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from chinese_calendar import is_workday

from policy.outcome import Context
from policy.rules import Resolved, Rules, json_value
from policy.sources import RuleSource

_DAY = timedelta(days=1)

Clock = Literal[
    "list_deletion", "credit_platform", "credit_platform_extended", "review_simple", "review_ordinary", "creditor_reply"
]
_WORKING: dict[Clock, tuple[tuple[str, ...], str]] = {
    "list_deletion": (("clocks.working_days.list_deletion",), "法院删除失信信息"),
    "credit_platform": (("clocks.working_days.credit_platform",), "信用平台处理"),
    "credit_platform_extended": (
        ("clocks.working_days.credit_platform", "clocks.working_days.credit_platform_extension"),
        "信用平台处理（经批准延长）",
    ),
    "review_simple": (("clocks.working_days.simple",), "简易程序审查"),
    "review_ordinary": (("clocks.working_days.ordinary",), "普通程序审查"),
}
_REPLY = ("clocks.other.creditor_reply_days",)
_SYNC = ("clocks.other.sync_hours_target", "clocks.other.sync_hours")


class Due(NamedTuple):
    """One time limit: `due` None where the law of the day set none; `exact` False beyond the calendar."""

    clock: str
    started: date
    due: date | None
    exact: bool
    parameters: tuple[Resolved, ...]
    zh: str

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "clock": self.clock,
            "started": self.started.isoformat(),
            "due": json_value(self.due),
            "exact": self.exact,
            "parameters": [item.to_json() for item in self.parameters],
            "zh": self.zh,
        }


class Sync(NamedTuple):
    """When the other systems should have, and must have, followed a decision (S2a R62)."""

    target: datetime
    limit: datetime
    parameters: tuple[Resolved, ...]


def due(clock: Clock, started: date, context: Context, policy: RuleSource) -> Due:
    """When a clock that began on `started` runs out, by the rules of `context`.

    Raises PolicyLookupError on a date before the first values, ValueError for a region or industry that
    is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    if clock == "creditor_reply":
        days = int(rules.number[_REPLY[0]])
        end = started + timedelta(days=days)
        exact = True
        while not (state := _working(end))[0]:  # a period that ends on a holiday ends on the next working day
            end, exact = end + _DAY, exact and state[1]
        exact = exact and state[1]
        return Due(clock, started, end, exact, rules.params(_REPLY), f"债权人答复期限{days}日，至{end}")
    keys, zh = _WORKING[clock]
    held = [rules.value[key] for key in keys]
    if None in held:
        return Due(clock, started, None, True, rules.params(keys), f"{zh}：决定日的规定未定期限")
    days = sum(int(value) for value in held if isinstance(value, int))
    end, exact = after_working_days(started, days)
    note = "" if exact else "（该年度节假日安排尚未公布，暂按周一至周五计）"
    return Due(clock, started, end, exact, rules.params(keys), f"{zh}：{days}个工作日内，至{end}{note}")


def sync_due(decided_at: datetime, rules: Rules) -> Sync:
    """Target and limit, in hours, for every system to follow a decision."""
    target, limit = (timedelta(hours=rules.number[key]) for key in _SYNC)
    return Sync(decided_at + target, decided_at + limit, rules.params(_SYNC))


@lru_cache(maxsize=65536)
def after_working_days(started: date, days: int) -> tuple[date, bool]:
    """The last of `days` working days after `started`, and whether the calendar of every day met is known.

    With 0 days that is `started` itself, a working day or not. ValueError when `days` is negative.
    """
    if days < 0:
        raise ValueError(f"{days} working days: a time limit is not negative")
    day, left, exact = started, days, True
    while left:
        day += _DAY
        working, known = _working(day)
        exact &= known
        left -= working
    return day, exact


def months_after(started: date, months: int) -> date:
    """The same day so many months on; the last of the month where it has no such day."""
    index = started.month - 1 + months
    year, month = started.year + index // 12, index % 12 + 1
    return date(year, month, min(started.day, monthrange(year, month)[1]))


def _working(day: date) -> tuple[bool, bool]:
    try:
        return bool(is_workday(day)), True
    except NotImplementedError:  # how the library says that it has no calendar of this year
        return day.weekday() < 5, False
