"""An indicator recomputed from nothing but its evidence rows gives its value."""

from __future__ import annotations

import polars as pl
import pytest
from histories import history
from hypothesis import given, settings
from hypothesis import strategies as st
from made import at, cohort, day, frames

from features.as_of import known
from features.catalogue import MAIN
from features.engine import evaluate, evidence
from features.facts import FACTS, with_parameters
from features.indicator import Indicator
from features.listings import LISTINGS
from features.monitoring import MONITORING

CATALOGUES = {"MAIN": MAIN, "FACTS": FACTS, "LISTINGS": LISTINGS, "MONITORING": MONITORING}


def recomputed(
    tables: dict[str, pl.DataFrame], whom: pl.DataFrame, catalogue: tuple[Indicator, ...], lines: pl.DataFrame
) -> pl.DataFrame:
    """case_key, indicator, value: each value out of a world in which its evidence rows are all there is.

    One batch: a twin of every debtor for every indicator, holding that indicator's evidence alone.
    """
    rows = lines.explode("row_ids", empty_as_null=False, keep_nulls=False).rename({"row_ids": "row_id"})
    rows = rows.join(whom.select("case_key", "debtor_id"), on="case_key")
    twin = pl.concat_str("debtor_id", pl.lit("#"), "indicator")
    worlds = {}
    for name, frame in tables.items():
        own = rows.filter(pl.col("table") == name).select("debtor_id", "row_id", "indicator")
        worlds[name] = frame.join(own, on=["debtor_id", "row_id"]).with_columns(debtor_id=twin).select(frame.columns)
    twins = whom.join(pl.DataFrame({"indicator": [indicator.id for indicator in catalogue]}), how="cross")
    twins = twins.with_columns(debtor_id=twin, case_key=pl.concat_str("case_key", pl.lit("#"), "indicator"))
    values = evaluate(known(worlds, twins), twins, catalogue).hstack(twins.select("indicator"))
    long = values.unpivot(index=["case_key", "indicator"], variable_name="id", value_name="value")
    own_value = long.filter(pl.col("indicator") == pl.col("id"))
    return own_value.select(pl.col("case_key").str.split("#").list.first(), "indicator", "value")


@pytest.mark.parametrize("name", CATALOGUES)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.integers(2, 6))
def test_evidence_alone_gives_the_value(name: str, seed: int, most: int) -> None:
    catalogue = CATALOGUES[name]
    tables, whom = history(seed, debtors=12, most=most)
    whom = with_parameters(whom)
    seen = known(tables, whom)
    values = evaluate(seen, whom, catalogue)
    expected = values.unpivot(index="case_key", variable_name="indicator", value_name="expected")
    got = recomputed(tables, whom, catalogue, evidence(seen, whom, catalogue))
    both = expected.join(got, on=["case_key", "indicator"], how="left")
    wrong = both.filter(pl.col("expected").ne_missing(pl.col("value")))
    assert wrong.height == 0, wrong.rows()


def test_a_debtor_key_of_a_table_without_id_of_its_own_is_evidence_too() -> None:
    tables = frames(("debtors", {"row_id": "r1", "debtor_id": "D", "is_minor": True, "subject_type": "natural"}))
    whom = with_parameters(cohort("2024-03-01"))
    lines = evidence(known(tables, whom), whom, FACTS)
    found = lines.filter(pl.col("indicator") == "is_minor").row(0, named=True)
    expected = {"case_key": "D@2024-03-01", "indicator": "is_minor", "table": "debtors", "row_ids": ["r1"], "coarse": 0}
    assert found == expected


def test_evidence_of_the_debt_holds_the_payments_and_obligations_of_open_cases_only() -> None:
    tables = frames(
        ("enforcement_cases", {"case_id": "open", "row_id": "c1", "status": "open"}),
        ("enforcement_cases", {"case_id": "done", "row_id": "c2", "status": "closed", "closing_mode": "执行完毕"}),
        ("obligations", {"obligation_id": "o1", "case_id": "open", "row_id": "o1", "principal": 100}),
        ("obligations", {"obligation_id": "o2", "case_id": "done", "row_id": "o2", "principal": 900}),
        ("payments", {"payment_id": "p1", "case_id": "open", "row_id": "p1", "amount": 40}),
        ("payments", {"payment_id": "p2", "case_id": "done", "row_id": "p2", "amount": 900}),
    )
    whom = with_parameters(cohort("2024-03-01"))
    seen = known(tables, whom)
    lines = evidence(seen, whom, FACTS).filter(pl.col("indicator") == "remaining_debt")
    assert dict(lines.select("table", "row_ids").iter_rows()) == {
        "enforcement_cases": ["c1"],
        "obligations": ["o1"],
        "payments": ["p1"],
    }
    assert evaluate(seen, whom, FACTS)["remaining_debt"].item() == 60.0


def test_no_rows_no_lines() -> None:
    whom = with_parameters(cohort("2024-03-01"))
    assert evidence(known(frames(), whom), whom, MAIN).height == 0
    some = frames(
        ("restriction_measures", {"kind": "失信", "decided_date": day("2024-01-02"), "known_at": at("2024-01-03")})
    )
    assert evidence(known(some, whom), whom, MAIN).height > 0


def test_the_revocation_that_brings_back_a_repaired_listing_is_evidence() -> None:
    repaired = {
        "measure_id": "m", "row_id": "m", "case_id": "c1", "kind": "失信", "decided_date": day("2022-01-10"),
        "lifted_date": day("2022-06-01"), "lift_ground": "repair",
    }  # fmt: skip
    old = ("repair_applications", {"application_id": "old", "row_id": "a", "case_ids": ["c1"]})
    revoked = {"application_id": "old", "row_id": "v", "decided_at": at("2022-09-01"), "known_at": at("2022-09-01")}
    whom = with_parameters(cohort("2024-03-01"))
    forgiven = frames(("restriction_measures", repaired), old)
    assert evaluate(known(forgiven, whom), whom, MAIN)["prior_listing_5y"].item() == 0
    tables = frames(("restriction_measures", repaired), old, ("revocations", revoked))
    seen = known(tables, whom)
    lines = evidence(seen, whom, MAIN)
    listed = lines.filter(pl.col("indicator") == "prior_listing_5y")
    assert dict(listed.select("table", "row_ids").iter_rows()) == {
        "restriction_measures": ["m"],
        "repair_applications": ["a"],
        "revocations": ["v"],
    }
    again = recomputed(tables, whom, MAIN, lines)
    assert again.filter(pl.col("indicator") == "prior_listing_5y")["value"].item() == 1
