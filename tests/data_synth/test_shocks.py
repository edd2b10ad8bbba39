"""Hardship and strategy leave their traces: in the records of those whom they befall, and in nobody else's."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from data_synth.history import draw_history, emit_history
from data_synth.params import WorldParams
from data_synth.truth import truth_of_applications, truth_of_debtors

DEBTORS = 20_000


@pytest.fixture(scope="module")
def history():
    return draw_history(np.arange(1, DEBTORS + 1), DEBTORS, 9, WorldParams())


@pytest.fixture(scope="module")
def tables(history):
    return emit_history(history, WorldParams())


@pytest.fixture(scope="module")
def debtors(history):
    return truth_of_debtors(history)


def standard_error(values):
    return values.std() / np.sqrt(values.len())


def test_kinds_fall_on_those_whom_they_can_befall(debtors):
    assert (debtors["past_shock"] == debtors["past_shock_kind"].is_not_null()).all()
    assert (debtors["past_shock"] == debtors["past_shock_on"].is_not_null()).all()
    assert (debtors["past_shock_on"] < debtors["anchor"]).drop_nulls().all()
    kinds = {
        subject: set(rows["past_shock_kind"].drop_nulls()) for (subject,), rows in debtors.group_by("subject_type")
    }
    assert kinds["natural"] == {"illness", "job_loss"}
    assert kinds["enterprise"] == kinds["other_unit"] == {"receivables_unpaid"}
    assert kinds["individual_business"] == {"illness", "receivables_unpaid"}


def test_lost_work_takes_a_third_of_the_income_and_illness_less(tables, debtors):
    income = tables["income_facts"].group_by("debtor_id").agg(pl.col("income").cast(pl.Float64).mean().log())
    persons = income.join(debtors.filter(subject_type="natural"), on="debtor_id")
    persons = persons.with_columns(rest=pl.col("income") - 0.34 * pl.col("ability"))
    none, work, ill = (
        persons.filter(pl.col("past_shock_kind").eq_missing(kind))["rest"] for kind in (None, "job_loss", "illness")
    )
    for struck, left in ((work, 0.65), (ill, 0.85)):
        error = np.hypot(standard_error(struck), standard_error(none))
        assert struck.mean() - none.mean() == pytest.approx(np.log(left), abs=4 * error)
        assert error < 0.03


def test_units_that_are_not_paid_take_in_less_than_they_sell_from_that_day_on(tables, debtors):
    months = tables["operating_monthly"].join(debtors, on="debtor_id").filter(pl.col("period_end") < pl.col("anchor"))
    months = months.with_columns(
        share=pl.col("cash_in").cast(pl.Float64) / pl.col("sales").cast(pl.Float64),
        after=(pl.col("period_end") > pl.col("past_shock_on")).fill_null(value=False),
    )
    unpaid = months.filter(past_shock_kind="receivables_unpaid")
    assert unpaid.filter("after")["share"].mean() == pytest.approx(0.97 * 0.80, abs=0.001)
    assert unpaid.filter(~pl.col("after"))["share"].mean() == pytest.approx(0.97, abs=0.001)
    assert months.filter(pl.col("past_shock_kind").is_null())["share"].mean() == pytest.approx(0.97, abs=0.001)


def test_what_is_owed_to_a_unit_is_found_among_its_assets(history, debtors):
    own = history.past.own.gross
    share = pl.Series(own[:, 7] / own.sum(axis=1))
    unit = debtors.with_columns(share=share).filter(pl.col("subject_type") != "natural")
    unpaid = unit.filter(past_shock_kind="receivables_unpaid")["share"]
    others = unit.filter(pl.col("past_shock_kind").is_null())["share"]
    assert unpaid.mean() > others.mean() + 0.2
    assert (unpaid > 0).mean() > 0.8


def test_an_attestation_says_what_was_lost_and_names_no_illness(tables, debtors):
    attested = tables["hardship_attestations"].join(debtors, on="debtor_id")
    by_kind = {kind: set(rows["kind_class"]) for (kind,), rows in attested.group_by("past_shock_kind") if rows.height}
    assert by_kind["job_loss"] == {"loss_of_work"}
    assert by_kind["illness"] == {"loss_of_main_income"}
    assert by_kind[None] == {"force_majeure", "other"}
    words = ("illness", "illnesses", "疾病", "患病")
    for frame in tables.values():
        for column in frame.select(pl.col(pl.String)):
            assert not column.str.contains_any(list(words)).any()


def test_months_after_a_later_shock_show_its_kind(history, tables):
    truth = truth_of_applications(history).select("application_id", "later_shock_kind")
    months = tables["monitoring_monthly"].join(truth, on="application_id").filter(pl.col("month_index") >= 8)
    employed = (
        months.filter(pl.col("later_shock_kind").is_in(["job_loss", "illness"]))
        .group_by("later_shock_kind")
        .agg(pl.col("m04_insured_staff").filter(pl.col("m04_insured_staff") <= 1).mean())
    )
    share = dict(employed.rows())
    assert share["job_loss"] < share["illness"] - 0.2


def test_some_pay_nothing_before_they_are_listed_the_less_willing_the_more(tables, debtors, history):
    share = {
        low: debtors.filter((pl.col("willingness") < 0) == low)["pays_under_pressure"].mean() for low in (True, False)
    }
    assert share[True] > share[False] + 0.2
    listed = debtors.select("debtor_id", "pays_under_pressure").with_columns(
        listed=pl.Series(history.past.debts.listed).cast(pl.Int32).cast(pl.Date)
    )
    lumps = tables["payments"].filter(pl.col("payment_id").str.contains(r"-P[012]$")).join(listed, on="debtor_id")
    early = lumps.with_columns(early=pl.col("paid_date") <= pl.col("listed"))
    assert early.filter("pays_under_pressure")["early"].sum() == 0
    assert early.filter(~pl.col("pays_under_pressure"))["early"].mean() > 0.1


def test_who_will_not_pay_keeps_more_out_of_sight(debtors):
    late = debtors.filter(pl.col("anchor") > date(2021, 1, 1))
    hidden = [late.filter((pl.col("willingness") < 0) == low)["wallet_share"] for low in (True, False)]
    assert hidden[0].mean() - hidden[1].mean() > 5 * np.hypot(*map(standard_error, hidden))


def test_every_debtor_has_potential_outcomes_applied_or_not(debtors, history):
    assert debtors.height == DEBTORS
    never = debtors.filter(~pl.col("applies"))
    assert never.height > 1000
    for rows in (never, debtors):
        assert rows["p_redefault_12"].is_between(0, 1, closed="none").all()
        assert (rows["p_redefault_6"] < rows["p_redefault_12"]).all()
        wrong = rows["y_redefault_12"].mean() - rows["p_redefault_12"].mean()
        assert abs(wrong) < 4 * 0.5 / np.sqrt(rows.height)
        free = rows.filter(standing="discretionary")
        assert free["p_success"].null_count() == free["y_success"].null_count() == 0
        assert abs(free["y_success"].mean() - free["p_success"].mean()) < 4 * 0.5 / np.sqrt(free.height)
        assert (
            rows.filter(pl.col("standing") != "discretionary")["y_success"].null_count()
            == rows.filter(pl.col("standing") != "discretionary").height
        )
    first = truth_of_applications(history).filter(lane=1).join(debtors, on="debtor_id", suffix="_debtor")
    assert (first["p_redefault_12"] == first["p_redefault_12_debtor"]).all()
    decided = first.filter(pl.col("decided_on") <= date(2025, 12, 31), standing="discretionary")
    assert (decided["granted"] == decided["y_success"]).all()
