"""The declarations against a list written apart from them, and what is generated from them."""

from __future__ import annotations

import dataclasses
import json
import re

import polars as pl
import pytest

from features import indicator as indicator_module
from features.catalogue import MAIN, catalogue_hash, describe, scored_ids
from features.dictionary import to_markdown
from features.facts import FACTS
from features.indicator import Indicator, Part
from features.listings import LISTINGS
from features.monitoring import DEEP, MATRIX, MONITORING, REGULAR
from records.tables import TABLES

# Ids in catalogue order, and the sign on repair success and on re-default, written down before the code was.
DIRECTIONS = {
    "ability": """
        remaining_debt_log -+ performed_ratio +- requested_total_log 00 open_case_count -+ zhongben_count_5y -+
        resumed_case_count_24m -+ asset_net_value_log +- asset_cover_ratio +- liquid_cover_ratio +-
        seized_cover_ratio +- security_cover_ratio +- encumbrance_ratio -+ provident_accessible +-
        receivable_confirmed_ratio +- disposable_income_m +- plan_burden_ratio -+ plan_years_to_clear -+
        revenue_trend_6m +- cashflow_positive_share_6m +- tax_arrears_ratio -+ insured_staff_change_12m +-
        power_use_yoy +- business_age_y +- paid_in_ratio +- operating_status 00 abnormal_list_flag -+
        insolvency_stage 00 hardship_verified 00 query_coverage 00""",
    "willingness": """
        report_days_late -+ report_match_ratio +- false_report_24m -+ ban_violation_24m -+ asset_transfer_36m -+
        obstruction_36m -+ fine_detention_24m -+ listing_reason_rank -+ multi_behaviour_flag -+ prior_listing_5y -+
        prior_repair_5y 00 prior_revocation_5y -+ days_on_list 00 voluntary_share +- paid_before_measure_ratio +-
        on_time_rate_12m +- max_overdue_days_12m -+ settlement_active +0 settlement_breach_36m -+
        summons_response_rate +- lost_contact_days_12m -+ grace_outcome +- cooperation_events_12m +-
        commitment_kept_ratio +- auto_performance_certs_36m +- material_completeness +0 material_discrepancies -+
        days_since_violation +-""",
    "impact": """
        creditor_count -+ consent_share +- objection_share -0 livelihood_share -0 wage_arrears_heads -+
        petition_12m 00 jobs_supported +0 specialized_sme +0 order_at_stake_ratio +- related_party_listed -+
        severe_penalty_36m -+""",
}
SIGN = {"+": 1, "-": -1, "0": 0}
FACT_IDS = """
    all_performed settlement_performed enforcement_terminated non_enforcement_ruled enforcement_suspended
    is_minor wrong_listing listing_term_passed reorganisation_approved liquidation_completed is_listed
    lacks_capacity refusal_crime_36m concealment_36m violence_36m sham_or_false_report_36m in_lockout
    fake_repair_listed report_refused_uncured grave_harm no_ai listing_reason_rank live_listings_5y
    multi_behaviour prior_revocations able_at_listing remaining_debt performed_ratio subject_is_person
    creditor_count creditors_heard objections consent_share material_discrepancies mass_event hardship_attested
    query_coverage settlement_active security_cover plan_set conduct_active open_cases_elsewhere
    related_party_listed insolvency_sign lockout_near grace_good granted_mode"""


def test_ids_dimensions_and_directions_are_those_written_down() -> None:
    words = {dimension: text.split() for dimension, text in DIRECTIONS.items()}
    written = {
        name: (dimension, SIGN[signs[0]], SIGN[signs[1]])
        for dimension, listed in words.items()
        for name, signs in zip(listed[::2], listed[1::2], strict=True)
    }
    declared = {item.id: (item.dimension, item.success, item.redefault) for item in MAIN}
    assert declared == written
    assert len(declared) == 68
    assert len(scored_ids()) == 65
    assert {item.dimension for item in MAIN if item.scored} == {"ability", "willingness", "impact"}


def test_what_serves_routes_only_is_not_scored() -> None:
    # The three that only rules and reviewers read.
    route = {"petition_12m", "hardship_verified", "query_coverage"}
    assert {item.id for item in MAIN if not item.scored} == route
    assert not any(item.scored for item in MONITORING)
    assert not any(fact.scored for fact in FACTS)
    assert all(item.scored for item in LISTINGS)


def test_the_matrix_has_twelve_regular_and_six_deep_lines_one_per_column_of_the_contract() -> None:
    assert (len(REGULAR), len(DEEP)) == (12, 6)
    columns = [name for name in TABLES["monitoring_monthly"].schema if name[0] in "md" and name[1].isdigit()]
    assert [item.id for item in MATRIX] == columns
    assert MONITORING[0].id == "months_since_repair"


def test_every_fact_that_policy_reads_is_declared() -> None:
    assert set(FACT_IDS.split()) <= {fact.id for fact in FACTS}


def test_descriptions_are_plain_json() -> None:
    for item in (*MAIN, *FACTS, *LISTINGS, *MONITORING):
        said = describe(item)
        assert json.loads(json.dumps(said)) == said
        assert said["missing_zh"] in ("无记录即为没有", "无记录即为不详")


# Every column of the records that says where a case lies or in what trade the debtor is: these belong to the
# calibration (docs/decisions/0009), or, where a person is registered, to the audit.
PLACE_AND_TRADE = {"region_code", "court_code", "industry_section", "household_region"}


def test_no_indicator_is_or_reads_a_place_or_a_trade() -> None:
    columns = {name for table in TABLES.values() for name in table.schema}
    assert {name for name in columns if re.search("region|court|industry", name)} == PLACE_AND_TRADE
    for item in (*MAIN, *LISTINGS, *MONITORING):
        assert not re.search("region|court|industry", item.id)
        parts = [text for part in item.parts.values() for text in (part.chosen, part.value) if text is not None]
        read = {name for text in (*parts, *item.steps.values(), item.combine) for name in text.meta.root_names()}
        assert not read & PLACE_AND_TRADE, item.id


def changed(**given: object) -> tuple[Indicator, ...]:
    return (dataclasses.replace(MAIN[0], **given), *MAIN[1:])  # type: ignore[arg-type]


def test_the_hash_follows_every_definition_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue_hash(MAIN)
    assert catalogue_hash(tuple(dataclasses.replace(item) for item in MAIN)) == before
    first = MAIN[0]
    parts = {**first.parts, "more": Part("payments", pl.col("amount") > 0, "support")}
    variants = [
        catalogue_hash(catalogue)
        for catalogue in (
            changed(parts=parts),
            changed(combine=first.combine + 1),
            changed(success=0),
            changed(zh="另名"),
            MAIN[1:],
            (MAIN[1], MAIN[0], *MAIN[2:]),
        )
    ]
    monkeypatch.setattr(indicator_module, "_linking_text", lambda: "other links between rows")
    variants.append(catalogue_hash(MAIN))
    assert len({before, *variants}) == len(variants) + 1


def test_the_dictionary_lists_every_indicator_with_its_meaning() -> None:
    text = to_markdown(MAIN)
    for item in MAIN:
        line = next(line for line in text.splitlines() if line.startswith(f"| `{item.id}` |"))
        assert item.zh in line
        assert item.review in line
        assert line.count(" | ") == 11
    assert catalogue_hash(MAIN)[:16] in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## 履行能力 (ability)", "## 行为意愿 (willingness)", "## 社会影响 (impact)",
    ]  # fmt: skip
    assert "## 行为意愿" not in to_markdown(LISTINGS)
