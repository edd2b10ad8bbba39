"""Court time. Every timestamp in the project is an instant read on clocks in Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def day_start(day: date) -> datetime:
    """Midnight that begins `day` in court time."""
    return datetime.combine(day, time(0), tzinfo=SHANGHAI)


def next_day_start(moment: datetime) -> datetime:
    """Midnight that ends the court-time day of `moment` (an aware timestamp)."""
    return day_start(moment.astimezone(SHANGHAI).date() + timedelta(days=1))
