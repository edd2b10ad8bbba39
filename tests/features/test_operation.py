"""Months before and after repair, forms of answer, regional limits: small cases one can work out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from made import at, cohort, day, frames

from features.as_of import known
from features.catalogue import MAIN
from features.checks import check_catalogue
from features.engine import evaluate, evidence
from features.facts import with_parameters
from features.indicator import CatalogueError, Indicator, Part
from features.monitoring import MONITORING

AS_OF = "2024-07-01"


def operating(month: str, **given: Any) -> tuple[str, dict[str, Any]]:
    row = {"operating_id": month, "period_end": day(month), "answer_form": "value"}
    return "operating_monthly", row | given


def monitored(month: str, index: int, **given: Any) -> tuple[str, dict[str, Any]]:
    row = {"monitoring_id": month, "application_id": "A", "month_index": index, "period_end": day(month)}
    return "monitoring_monthly", row | given


def values(
    *rows: tuple[str, dict[str, Any]], whom: pl.DataFrame | None = None, catalogue: Any = MAIN
) -> dict[str, Any]:
    whom = with_parameters(cohort(AS_OF, "A")) if whom is None else whom
    return evaluate(known(frames(*rows), whom), whom, catalogue).row(0, named=True)


def test_a_month_known_from_both_sides_is_read_from_the_operating_row() -> None:
    got = values(
        operating("2024-05-31", cash_in=Decimal(5), cash_out=Decimal(9)),
        monitored("2024-05-31", 1, m07_net_cash_flow=Decimal(100)),
        monitored("2024-06-30", 2, m07_net_cash_flow=Decimal(100)),
    )
    assert got["cashflow_positive_share_6m"] == 0.5


def test_sales_after_repair_are_those_of_the_year_before_carried_on() -> None:
    rows = [operating(f"2023-0{month}-28", sales=Decimal(1000)) for month in (4, 5, 6)]
    watched = [monitored(f"2024-0{month}-28", at + 1, m01_sales_yoy=0.1 * at) for at, month in enumerate((4, 5, 6))]
    assert values(*rows, *watched)["revenue_trend_6m"] == pytest.approx(0.0909, abs=0.005)
    assert values(*rows)["revenue_trend_6m"] is None


def test_power_use_is_compared_with_the_month_a_year_before() -> None:
    got = values(
        operating("2024-06-30", power_use=110.0),
        operating("2023-06-30", power_use=100.0),
        monitored("2024-05-31", 1, m06_power_water=0.9),
    )
    assert got["power_use_yoy"] == pytest.approx(0.0)


def test_staff_of_a_person_under_monitoring_is_no_staff() -> None:
    watched = [monitored(f"2023-{month}-28", at, m04_insured_staff=4) for at, month in enumerate(("08", "09"), 1)]
    watched.append(monitored("2024-06-28", 3, m04_insured_staff=2))
    unit = ("debtors", {"subject_type": "enterprise"})
    person = ("debtors", {"subject_type": "natural"})
    assert values(unit, *watched)["insured_staff_change_12m"] == -0.5
    assert values(person, *watched)["insured_staff_change_12m"] is None


def test_only_what_can_live_with_a_band_or_a_yes_is_given_one_and_its_evidence_says_so() -> None:
    rows = (
        operating("2024-06-30", answer_form="yes_no", cash_in=Decimal(1), cash_out=Decimal(0)),
        operating("2024-05-31", answer_form="band", cash_in=Decimal(100), cash_out=Decimal(900), tax_due=Decimal(50),
                  tax_paid=Decimal(25)),
        operating("2024-04-30", answer_form="yes_no", tax_due=Decimal(1), tax_paid=Decimal(1)),
    )  # fmt: skip
    got = values(*rows)
    assert got["cashflow_positive_share_6m"] == 0.5
    assert got["tax_arrears_ratio"] == 0.5  # the yes/no answer is not seen
    whom = with_parameters(cohort(AS_OF, "A"))
    lines = evidence(known(frames(*rows), whom), whom, MAIN)
    assert dict(lines.select("indicator", "coarse").iter_rows()) == {
        "cashflow_positive_share_6m": 2,
        "tax_arrears_ratio": 1,
    }
    declared = {item.id: item.answers for item in MAIN if item.answers}
    assert declared["cashflow_positive_share_6m"] == ("value", "band", "yes_no")
    assert declared["tax_arrears_ratio"] == ("value", "band")
    assert declared["plan_burden_ratio"] == ("value",)
    assert "asset_cover_ratio" not in declared


def test_an_unknown_form_of_answer_is_refused() -> None:
    item = next(item for item in MAIN if item.id == "tax_arrears_ratio")
    parts = {**item.parts, "guess": Part("operating_monthly", pl.lit(True), "support", answers=("guess",))}  # type: ignore[arg-type]
    worse = Indicator(**{**vars(item), "parts": parts})
    with pytest.raises(CatalogueError, match="answers must be some of value, band, yes_no"):
        check_catalogue((worse,))
    check_catalogue((item,))


def test_the_provident_fund_within_reach_ends_at_the_cap_of_the_day_and_place() -> None:
    row = {"asset_class": "provident_fund", "gross_value": Decimal(90_000), "accessible_value": Decimal(80_000)}
    query = ("property_queries", row | {"feedback_status": "ok", "feedback_at": at("2024-01-01")})
    assert values(query)["provident_accessible"] == 80_000
    capped = with_parameters(cohort(AS_OF, "A"), {"provident_cap": 50_000.0})
    assert values(query, whom=capped)["provident_accessible"] == 50_000


def test_assets_count_as_controlled_only_under_a_live_measure_that_reaches_their_class() -> None:
    owed = ("enforcement_cases", {"case_id": "c", "status": "open", "requested_amount": Decimal(100)})
    rows = [
        ("property_queries", {"query_id": name, "asset_class": name, "gross_value": Decimal(worth),
                              "accessible_value": None, "feedback_status": "ok"})
        for name, worth in (("deposit", 10), ("real_estate", 50))
    ]  # fmt: skip
    frozen = ("restriction_measures", {"measure_id": "f", "kind": "冻结"})
    lifted = ("restriction_measures", {"measure_id": "s", "kind": "查封", "lifted_date": day("2023-01-01")})
    assert values(owed, *rows)["seized_cover_ratio"] == 0
    assert values(owed, *rows, frozen, lifted)["seized_cover_ratio"] == 0.1
    sealed = ("restriction_measures", {"measure_id": "s", "kind": "查封"})
    assert values(owed, *rows, frozen, sealed)["seized_cover_ratio"] == 0.6


def test_monitoring_is_missing_before_repair_and_follows_its_half_of_the_matrix() -> None:
    nothing = values(catalogue=MONITORING)
    assert [name for name, value in nothing.items() if value is not None] == ["case_key"]
    granted = ("decisions", {"application_id": "A", "decided_at": at("2024-01-01 12:00"), "result": "granted_full"})
    rows = (
        ("repair_applications", {"application_id": "A"}),
        granted,
        monitored("2024-04-30", 7, m12_new_suits=1, d1_days_late=3, quality_flag="ok"),
        monitored("2024-05-31", 8, m12_new_suits=2, d1_days_late=9, quality_flag="ok"),
        monitored("2024-06-30", 9, m12_new_suits=None, d1_days_late=None, quality_flag="missing"),
    )
    got = values(*rows, catalogue=MONITORING)
    assert (got["m12_new_suits"], got["d1_days_late"]) == (2, 9)
    assert got["months_since_repair"] == pytest.approx(182 / 30.4375)
    six = with_parameters(cohort(AS_OF, "A"), {"monitor_deep_months": 6.0})
    got = values(*rows, whom=six, catalogue=MONITORING)
    assert (got["m12_new_suits"], got["d1_days_late"]) == (2, None)
