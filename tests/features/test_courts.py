"""Figures of courts are sums that can be taken in parts, of what was known, before the day asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from features.courts import FIGURES, SCHEMA, court_figures, court_sums, figures_of, total
from records.clock import SHANGHAI

ZONE = "Asia/Shanghai"


def at(year: int, day: int = 1) -> datetime:
    return datetime(year, 3, 1, 9, tzinfo=SHANGHAI) + timedelta(days=day)


def tables() -> dict[str, pl.DataFrame]:
    """Two areas: the first answers two queries of three and decides in 10 and 20 days, the second is slow and late."""
    stamp = pl.Datetime("us", ZONE)
    queries = pl.DataFrame(
        {
            "query_id": ["Q1", "Q1", "Q2", "Q3", "Q4"],
            "row_id": ["r1", "r2", "r3", "r4", "r5"],
            "region_code": ["220102"] * 4 + ["611021"],
            "known_at": [at(2020), at(2020, 5), at(2020), at(2020), at(2021)],
            "feedback_status": [None, "ok", "partial", "timeout", "fail"],
        },
        schema_overrides={"known_at": stamp},
    )
    applications = pl.DataFrame(
        {
            "application_id": ["A1", "A1", "A2", "A3"],
            "row_id": ["a0", "a1", "a2", "a3"],
            "known_at": [at(2020, 0), at(2020, 1), at(2020, 1), at(2021, 1)],
            "accepted_at": [None, at(2020, 1), at(2020, 1), at(2021, 1)],
        },
        schema_overrides={"known_at": stamp, "accepted_at": stamp},
    )
    decisions = pl.DataFrame(
        {
            "decision_id": ["D1", "D1", "D2", "D3"],
            "row_id": ["d1", "d2", "d3", "d4"],
            "application_id": ["A1", "A1", "A2", "A3"],
            "region_code": ["220102", "220102", "220102", "611021"],
            "known_at": [at(2020, 11), at(2020, 15), at(2020, 21), at(2021, 51)],
            "decided_at": [at(2020, 11), at(2020, 11), at(2020, 21), at(2021, 51)],
        },
        schema_overrides={"known_at": stamp, "decided_at": stamp},
    )
    orders = pl.DataFrame(
        {
            "order_id": ["O1", "O2", "O3"],
            "row_id": ["o1", "o2", "o3"],
            "region_code": ["220102", "220102", "611021"],
            "known_at": [at(2020), at(2020), at(2021)],
            "sent_at": [at(2020), at(2020), at(2021)],
            "done_at": [at(2020, 3), at(2020, 9), None],
        },
        schema_overrides={"known_at": stamp, "sent_at": stamp, "done_at": stamp},
    )
    return {
        "property_queries": queries,
        "repair_applications": applications,
        "decisions": decisions,
        "sync_orders": orders,
    }


def test_counts_by_area_and_year() -> None:
    found = court_sums(tables())
    assert found.schema == SCHEMA
    assert found.rows() == [("220102", 2020, 3, 2, 2, 30, 2, 1), ("611021", 2021, 1, 0, 1, 50, 1, 0)]


def test_the_sums_of_parts_are_the_sums_of_the_whole() -> None:
    whole = tables()
    by_area = [
        {
            name: frame.filter(pl.col("region_code") == area) if "region_code" in frame.columns else frame
            for name, frame in whole.items()
        }
        for area in ("220102", "611021")
    ]
    assert total(court_sums(part) for part in by_area).equals(court_sums(whole))


def test_only_whole_years_before_the_day_count() -> None:
    sums = court_sums(tables())
    early = court_figures(sums, at(2021))
    assert early.rows() == [("220102", 2 / 3, 15.0, 0.5)]
    both = figures_of(sums, at(2022))
    assert both == {"220102": (2 / 3, 15.0, 0.5), "611021": (0.0, 50.0, 0.0)}
    assert len(FIGURES) == len(both["220102"])
    assert figures_of(sums, at(2020)) == {}


def test_an_area_with_nothing_counted_has_no_figure() -> None:
    sums = court_sums(tables()).with_columns(orders=pl.lit(0), timely=pl.lit(0))
    assert figures_of(sums, at(2022))["220102"] == pytest.approx((2 / 3, 15.0, None))
