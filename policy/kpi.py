"""DT12: how well other bodies follow the court's orders (S0a R64): three rates over rows of `sync_orders`.

receipt 指令接收率 = received / sent; timely 处理及时率 = done within the limit / received; accuracy 反馈准确率 =
correct feedback / feedback sent. A rate over nothing is None, never 0 or 1.

The credit platform's limit is the region's, in working days from receipt (Shanghai 3, Henan 1, Shenzhen
3); the other bodies have so many hours from the order (S2a R62).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from policy.clocks import after_working_days
from policy.outcome import Context
from policy.rules import Resolved
from policy.sources import RuleSource

_KEYS = ("clocks.other.sync_hours", "clocks.working_days.credit_platform")
_PLATFORM = "credit_platform"
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts and the three rates of one body, or of "all". `pending`: in hand, the limit not yet reached."""

    body: str
    sent: int
    received: int
    timely: int
    pending: int
    feedback: int
    correct: int

    @property
    def receipt_rate(self) -> float | None:
        """指令接收率: received over sent."""
        return self.received / self.sent if self.sent else None

    @property
    def timely_rate(self) -> float | None:
        """处理及时率: done within the limit over received; `pending` says how many may still come to be timely."""
        return self.timely / self.received if self.received else None

    @property
    def accuracy_rate(self) -> float | None:
        """反馈准确率: correct feedback over feedback sent."""
        return self.correct / self.feedback if self.feedback else None

    def to_json(self) -> dict[str, Any]:
        """JSON object: counts and rates."""
        counts = {name: getattr(self, name) for name in self.__slots__}
        rates = {name: getattr(self, name) for name in ("receipt_rate", "timely_rate", "accuracy_rate")}
        return counts | rates


@dataclass(frozen=True, slots=True)
class Coordination:
    """The rates of all bodies together and of each, by name, with the limits they were measured by."""

    all: Rates
    bodies: tuple[Rates, ...]
    parameters: tuple[Resolved, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "all": self.all.to_json(),
            "bodies": [body.to_json() for body in self.bodies],
            "parameters": [item.to_json() for item in self.parameters],
        }


def coordination(orders: pl.DataFrame, until: datetime, context: Context, policy: RuleSource) -> Coordination:
    """The rates over `orders`, rows of `sync_orders`, as known before `until`.

    Of an order with several rows the latest known one counts. Raises PolicyLookupError on a date before the
    first values, ValueError for a region or industry that is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    hours = timedelta(hours=rules.number[_KEYS[0]])
    days = int(rules.number[_KEYS[1]])
    latest = (
        orders.filter(pl.col("known_at") < until)
        .sort("known_at", "row_id")
        .unique("order_id", keep="last", maintain_order=True)
    )
    received_on = latest.select(pl.col("received_at").dt.date().alias("day")).drop_nulls().unique()
    limits = received_on.with_columns(
        pl.col("day").map_elements(lambda day: _end_of(day, days), return_dtype=pl.Datetime("us")).alias("platform")
    )
    zone = orders.schema["received_at"]
    dated = (
        latest.with_columns(pl.col("received_at").dt.date().alias("day"))
        .join(limits, on="day", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("target_body") == _PLATFORM)
            .then(pl.col("platform").dt.replace_time_zone(getattr(zone, "time_zone", None)))
            .otherwise(pl.col("sent_at") + hours)
            .alias("limit")
        )
    )
    got, done = pl.col("received_at").is_not_null(), pl.col("done_at")
    counts = [
        pl.len().alias("sent"),
        got.sum().alias("received"),
        (got & (done <= pl.col("limit")).fill_null(False)).sum().alias("timely"),
        (got & done.is_null() & (pl.col("limit") >= until)).sum().alias("pending"),
        pl.col("feedback_correct").is_not_null().sum().alias("feedback"),
        pl.col("feedback_correct").fill_null(False).sum().alias("correct"),
    ]
    total = dated.select(counts).row(0, named=True)
    by_body = dated.group_by("target_body").agg(counts).sort("target_body")
    bodies = tuple(Rates(body=row.pop("target_body"), **row) for row in by_body.to_dicts())
    return Coordination(Rates(body=_ALL, **total), bodies, rules.params(_KEYS))


def _end_of(received: date, days: int) -> datetime:
    """The last moment of the last working day of the limit, court time, without its zone."""
    day, _ = after_working_days(received, days)
    return datetime.combine(day, datetime.max.time())  # the column's zone is put back
