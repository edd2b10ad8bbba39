"""What the rows tell hangs together: liftings, events, statutory exits, identities, and every indicator lives."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from data_synth.emit_identity import identity_number, uscc
from data_synth.rng import Draws
from data_synth.world import generate
from features.as_of import known
from features.catalogue import MAIN
from features.cohort import applications, case_key
from features.engine import evaluate
from features.facts import FACTS, with_parameters
from features.facts_course import COURSE
from records.dataset import Dataset
from records.identifiers import id_check, parse_case_number, uscc_check
from records.tables import DATASET_TABLES, TABLES

LAST_WINS = {"keep": "last", "maintain_order": True}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    out = tmp_path_factory.mktemp("links") / "data"
    generate(out, 2500, 17, buckets=1)
    return Dataset.open(out).read(DATASET_TABLES)


@pytest.fixture(scope="module")
def truth(tables, tmp_path_factory):
    return pl.read_parquet(tmp_path_factory.getbasetemp() / "links0" / "data_truth" / "applications.parquet")


def latest(frame, business):
    return frame.sort("known_at", "row_id").unique(business, **LAST_WINS)


def test_a_grant_lifts_measures_with_its_ground(tables, truth):
    lifted = latest(tables["restriction_measures"], "measure_id").filter(pl.col("lift_ground") == "repair")
    granted = truth.filter("granted", pl.col("lifted_on") <= pl.date(2025, 12, 20))
    first = granted.join(lifted, on="debtor_id").filter(pl.col("lifted_date") == pl.col("lifted_on"))
    share = first["application_id"].n_unique() / granted.height
    assert share > 0.97
    assert lifted["lift_scope"].list.len().min() > 0


def test_statutory_exits_lift_by_statute(tables, truth):
    closed = truth.filter(pl.col("standing") == "performed", pl.col("lifted_on") <= pl.date(2025, 12, 20))
    measures = latest(tables["restriction_measures"], "measure_id").filter(pl.col("measure_id").str.ends_with("-M1"))
    joined = closed.join(measures, on="debtor_id")
    assert set(joined["lift_ground"]) <= {"art10_1", "early_art2"}
    decisions = latest(tables["decisions"], "decision_id").join(closed, on="application_id")
    assert set(decisions["result"]) == {"closed_statutory"}


def test_events_follow_the_lifting_and_bring_their_rows(tables, truth):
    events = latest(tables["redefault_events"], "redefault_id").join(truth, on="application_id")
    assert (events["event_date"] > events["lifted_on"]).all()
    counted = events.filter(pl.col("annulled_at").is_null())
    kinds = set(counted["kind"])
    assert len(kinds) >= 6
    relisted = counted.filter(pl.col("kind") == "E1").join(
        tables["restriction_measures"].filter(pl.col("kind") == "失信"), on="debtor_id", suffix="_m"
    )
    same_day = relisted.filter(pl.col("decided_date") == pl.col("event_date"))
    assert same_day["redefault_id"].n_unique() == counted.filter(pl.col("kind") == "E1").height
    annulled = events.filter(pl.col("annulled_at").is_not_null())
    assert annulled.height > 0
    assert annulled["event_on"].null_count() == annulled.height


def test_plans_add_up_and_payments_never_exceed_the_debt(tables):
    plans = latest(tables["settlements"], "settlement_id")
    for text in plans["plan_json"].head(200):
        dues = json.loads(text)
        assert [due["due_date"] for due in dues] == sorted(due["due_date"] for due in dues)
        assert all(float(due["amount"]) >= 0 for due in dues)
    owed = latest(tables["obligations"], "obligation_id").select("case_id", "principal")
    paid = latest(tables["payments"], "payment_id").group_by("case_id").agg(pl.col("amount").sum())
    over = paid.join(owed, on="case_id").filter(
        pl.col("amount") > pl.col("principal") + pl.lit("0.05").cast(pl.Decimal(18, 2))
    )
    assert over.rows() == []


def test_versions_never_go_back_in_time(tables):
    for name in ("enforcement_cases", "restriction_measures", "settlements", "repair_applications", "decisions"):
        frame, business = tables[name], TABLES[name].business_id
        numbered = frame.with_columns(version=pl.col("row_id").str.extract(r"\.(\d+)$").cast(pl.Int64))
        steps = numbered.sort(business, "version").with_columns(step=pl.col("known_at").diff().over(business))
        assert steps.filter(pl.col("step") < timedelta(0)).rows() == []


def test_identities_belong_to_nobody_and_check(tables):
    draws = Draws(5, np.arange(1, 301))
    numbers = identity_number(draws, np.full(300, 1980), draws.whole("s", 0, 1))
    codes = uscc(draws)
    for number, code in zip(numbers, codes, strict=True):
        assert number.startswith("99")
        assert number[17] == id_check(number[:17])
        assert code[2:4] == "99"
        assert code[17] == uscc_check(code[:17])
    assert tables["debtors"]["id_key"].str.contains(r"^[0-9a-f]{64}$").all()
    assert all(parse_case_number(text) for text in tables["enforcement_cases"]["case_no"].head(50))
    assert tables["debtors"]["name_masked"].str.contains("某").all()


def test_every_indicator_and_fact_can_be_computed_and_varies(tables):
    """At acceptance most creditors have not been heard, so their stance is looked at five days later too."""
    cohort = with_parameters(applications(tables))
    later = cohort.with_columns(as_of=pl.col("as_of") + pl.duration(days=5))
    later = later.with_columns(case_key=case_key(pl.col("application_id"), pl.col("as_of")))
    varied = set()
    for group in (cohort, later):
        rows = known(tables, group)
        for catalogue in (MAIN, FACTS):
            values = evaluate(rows, group, catalogue)
            varied |= {name for name in values.columns if values[name].drop_nulls().n_unique() > 1}
    # How a repair runs shows after a decision, or is not told by this world (tests/features/test_world).
    asked = {indicator.id for indicator in (*MAIN, *FACTS)} - {indicator.id for indicator in COURSE}
    too_rare = {"granted_mode", "fake_repair_listed", "reorganisation_completed"}
    assert asked - varied <= too_rare
