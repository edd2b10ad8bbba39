"""The rules of the day: the text of 2013 before May 2017, the codes a place had, the bar on listing again."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from data_synth.history import draw_history, emit_history
from data_synth.law import lifted_by, lockout_days, observation_months, revised, rules, since, term_end
from data_synth.params import WorldParams
from data_synth.places import PLACES, area_codes, court_codes
from data_synth.sheet import NEVER, day_number
from data_synth.truth import truth_of_applications, truth_of_debtors
from records.identifiers import parse_case_number

DEBTORS = 12_000
REVISION = date(2017, 5, 1)
REVISED = day_number(REVISION)
GATE = "gate.statutory."


@pytest.fixture(scope="module")
def history():
    return draw_history(np.arange(1, DEBTORS + 1), DEBTORS, 5, WorldParams())


@pytest.fixture(scope="module")
def tables(history):
    return emit_history(history, WorldParams())


@pytest.fixture(scope="module")
def truth(history):
    return truth_of_applications(history)


@pytest.fixture(scope="module")
def listings(tables):
    latest = tables["restriction_measures"].sort("known_at").unique("measure_id", keep="last", maintain_order=True)
    return latest.filter(kind="失信")


def test_what_law_fixes_is_what_the_rules_say():
    """The world lists and lifts by `policy/`: by the text of 2013 before the revision, by that of 2017 from it on."""
    before, after = (rules().rules(day) for day in (date(2017, 4, 30), REVISION))
    new = {"listing_term_passed", "minor_listed", "non_enforcement_ruled", "enforcement_suspended"}
    old = {"all_performed", "settlement_performed", "enforcement_terminated", "wrong_listing"}
    assert {since(GATE + ground) for ground in new} == {REVISED}
    assert not any(before.flag[GATE + ground] for ground in new)
    assert all(after.flag[GATE + ground] for ground in new)
    assert all(since(GATE + ground) < day_number(WorldParams().first_day) for ground in old)
    assert revised(np.array([REVISED - 1, REVISED])).tolist() == [False, True]
    assert observation_months().tolist() == [after.number[f"observation.months.{grade}"] for grade in "ABCD"]
    grounds = ("false_material", "condition_breach", "new_dishonesty")
    months = [after.number[f"revocation.lockout.{ground}"] for ground in grounds]
    assert lockout_days() / 30.4375 == pytest.approx(months, abs=0.05)
    assert set(lifted_by("full")) == set(after.words["scope.lifted.full"])
    assert lifted_by("suspension") == ("consumption", "exit")  # a hidden listing is no field of the records


def test_what_repair_brings_is_ruled_the_same_over_the_years_of_the_world():
    world = WorldParams()
    keys = (
        [f"observation.months.{grade}" for grade in "ABCD"]
        + [f"revocation.lockout.{ground}" for ground in ("false_material", "condition_breach", "new_dishonesty")]
        + [f"scope.lifted.{mode}" for mode in ("full", "conditional", "suspension")]
    )
    days = [world.first_day, *(day for day in rules().change_days() if world.first_day < day <= world.observed_until)]
    assert REVISION in days
    for key in keys:
        assert len({str(rules().value(key, day).value) for day in days}) == 1, key


def test_a_grant_lifts_what_its_mode_lifts(tables):
    decided = tables["decisions"].filter(pl.col("result").str.starts_with("granted")).unique("application_id")
    repaired = tables["restriction_measures"].filter(pl.col("measure_id").str.ends_with("-M1"), lift_ground="repair")
    both = decided.join(repaired, on="debtor_id").filter(
        pl.col("lifted_date") >= pl.col("decided_at").dt.date(),
        pl.col("lifted_date") <= pl.col("decided_at").dt.date() + pl.duration(days=41),
    )
    seen = {mode: {tuple(scope) for scope in rows["lift_scope"]} for (mode,), rows in both.group_by("result")}
    assert seen == {f"granted_{mode}": {lifted_by(mode)} for mode in ("full", "conditional", "suspension")}


def test_a_term_begins_with_the_revision_and_for_grounds_two_to_six_only():
    listed = np.array([REVISED - 1, REVISED, REVISED, REVISED + 3])
    reason = np.array([1, 0, 1, 4])
    longer = np.array([0, 0, 365, 0])
    assert term_end(listed, reason, longer).tolist() == [NEVER, NEVER, REVISED + 730 + 365, REVISED + 3 + 730]


def test_no_listing_of_the_old_text_has_a_term(listings):
    old = listings.filter(pl.col("decided_date") < REVISION)
    assert old.height > 500
    assert old["term_end"].null_count() == old.height
    new = listings.filter(pl.col("decided_date") >= REVISION, pl.col("measure_id").str.ends_with("-M0"))
    assert (new["term_end"].is_null() == (new["listing_reason"] == "①")).all()


def test_before_the_revision_three_facts_end_a_listing(listings):
    lifted = listings.filter(pl.col("lifted_date").is_not_null())
    before = set(lifted.filter(pl.col("lifted_date") < REVISION)["lift_ground"])
    assert before <= {"art10_1", "art10_2", "art10_7", "repair", "error", "plan"}
    after = set(lifted.filter(pl.col("lifted_date") >= REVISION)["lift_ground"])
    assert {"art10_3", "art10_4", "art10_5", "art10_6", "term", "early_art2"} <= after


def test_ability_was_a_condition_of_every_ground_until_2017(history, listings):
    """Without ability: under consumption limits only, the more so under the text of 2013."""
    debtors = truth_of_debtors(history).with_columns(listed=pl.Series(history.past.debts.listed).cast(pl.Int32))
    main = listings.filter(pl.col("measure_id").str.ends_with("-M0"))
    debtors = debtors.with_columns(
        pl.col("debtor_id").is_in(main["debtor_id"].implode()).alias("on_list"),
        old=pl.col("listed") < REVISED,
        able=pl.col("ability") > 0,
    ).filter(pl.col("listed") < day_number(date(2023, 6, 1)))
    shares = {
        (old, able): debtors.filter(old=old, able=able)["on_list"].mean()
        for old in (True, False)
        for able in (True, False)
    }
    assert shares[(True, True)] - shares[(True, False)] > 0.08
    assert abs(shares[(False, True)] - shares[(False, False)]) < 0.05


def test_a_place_keeps_its_code_until_its_area_changes(tables):
    jiutai = next(number for number, place in enumerate(PLACES) if place.code == "220113")
    days = np.array([day_number(date(2014, 10, 19)), day_number(date(2014, 10, 20))])
    assert area_codes(np.array([jiutai, jiutai]), days).to_list() == ["220181", "220113"]
    assert court_codes(np.array([jiutai, jiutai]), days).to_list() == ["吉0181", "吉0113"]
    cases = tables["enforcement_cases"]
    for now, before, day in (("220113", "220181", date(2014, 10, 20)), ("220184", "220381", date(2020, 6, 19))):
        known = pl.col("known_at").dt.date()
        assert cases.filter(pl.col("region_code") == before, known >= day).height == 0
        assert cases.filter(pl.col("region_code") == now, known < day).height == 0
        assert cases.filter(pl.col("region_code") == before).height > 0
        filed = cases.filter(pl.col("region_code").is_in([now, before]), pl.col("filed_date") < day)
        assert {parse_case_number(text).region_code for text in filed["case_no"]} == {before}


def test_a_creditor_who_had_a_listing_deleted_cannot_have_it_back_for_six_months(truth, tables):
    asked = truth.filter("on_request")
    assert asked["lifted_on"].min() >= REVISION
    barred = asked.filter("barred")
    assert barred.height > 5
    assert set(barred["kind"]) == {"E1"}
    half = barred.with_columns(free=pl.col("lifted_on").dt.offset_by("6mo"))
    assert (half["happened_on"] < half["free"].dt.offset_by("5d")).all()
    assert (half["event_on"] >= half["free"].dt.offset_by("-1d")).all()
    assert truth.filter(~pl.col("on_request"))["barred"].sum() == 0
    late = barred.filter(pl.col("event_on") <= date(2025, 12, 1))
    again = tables["restriction_measures"].filter(kind="失信").join(late, on="debtor_id")
    again = again.filter(pl.col("decided_date") == pl.col("event_on"))
    assert again["application_id"].n_unique() == late.height
    assert set(again["case_id"].str.extract(r"-(C\d+)$")) == {"C0"}


def test_labels_by_the_record_understate_where_the_bar_holds(truth):
    granted = truth.filter("granted", pl.col("competing_on").is_null(), kind="E1")
    half = pl.col("lifted_on").dt.offset_by("6mo")

    def kept(frame):
        happened = frame.filter(pl.col("happened_on") < half.dt.offset_by("-3d"))
        return (happened["event_on"] < happened["lifted_on"].dt.offset_by("6mo")).fill_null(value=False).mean()

    assert kept(granted.filter(~pl.col("on_request"))) == 1
    assert kept(granted.filter("on_request")) < 0.5


def test_the_lifting_names_the_creditors_request_and_the_limits_go_by_repair(truth, tables):
    asked = truth.filter("on_request", pl.col("lifted_on") <= date(2025, 12, 20))
    lifted = tables["restriction_measures"].filter(pl.col("lifted_date").is_not_null())
    lifted = lifted.join(asked, left_on=["debtor_id", "lifted_date"], right_on=["debtor_id", "lifted_on"])
    grounds = dict(
        lifted.filter(pl.col("measure_id").str.contains("-M[01]$")).group_by("kind").agg("lift_ground").rows()
    )
    assert set(grounds["失信"]) == {"art10_3"}
    assert set(grounds["限消"]) == {"repair"}


def test_breaches_outside_the_registers_come_to_light_where_somebody_watches():
    who = np.arange(1, 30_001)
    truth = truth_of_applications(draw_history(who, who.size, 5, WorldParams()))
    happened = truth.filter("granted", pl.col("happened_on").is_not_null())
    outside = happened.filter(pl.col("kind").is_in(["E6", "E7", "E8"]))
    inside = happened.filter(~pl.col("kind").is_in(["E6", "E7", "E8"]))
    assert inside["event_on"].null_count() == 0
    middle = outside["monitoring_intensity"].median()
    close, loose = (outside.filter((pl.col("monitoring_intensity") > middle) == side) for side in (True, False))
    found = [part["event_on"].is_not_null().mean() for part in (close, loose)]
    assert 0.4 < found[1] < found[0] < 0.95
    assert found[0] - found[1] > 0.08


def test_two_channels_disagree_and_neither_sees_the_electronic_wallet(history, tables):
    answers = (
        tables["property_queries"]
        .filter(feedback_status="ok")
        .with_columns(pl.col("requested_at").dt.date().alias("day"), pl.col("gross_value").cast(pl.Float64))
    )
    keys = ["debtor_id", "asset_class", "day"]
    pairs = answers.filter(channel="总对总").join(answers.filter(channel="点对点"), on=keys, suffix="_local")
    pairs = pairs.filter(pl.col("gross_value_local") > 100)
    ratio = (pairs["gross_value"] / pairs["gross_value_local"]).to_numpy()
    assert ratio.size > 1000
    assert 0.02 < (ratio == 0).mean() < 0.07
    assert 0.3 < (np.abs(ratio - 1) > 0.1).mean() < 0.6
    wallet = truth_of_debtors(history).select("debtor_id", "wallet_share")
    owned = pl.DataFrame({"debtor_id": wallet["debtor_id"], "deposit": history.past.own.gross[:, 0]})
    near = (
        answers.filter(pl.col("query_id").str.contains("-Q410$"))
        .join(wallet, on="debtor_id")
        .join(owned.filter(pl.col("deposit") > 0), on="debtor_id")
    )
    seen = (near["gross_value"] / near["deposit"]).to_numpy()
    much = near["wallet_share"].to_numpy() > 0.15
    assert np.median(seen[much]) < 0.9 * np.median(seen[~much])


def test_weak_departments_answer_less_and_later(tables):
    orders = tables["sync_orders"].sort("known_at").unique("order_id", keep="last")
    strong = orders.filter(pl.col("region_code").is_in(["330881", "331122", "110102"]))
    weak = orders.filter(pl.col("region_code").is_in(["220182", "611021"]))
    for part in ("received_at", "done_at"):
        assert strong[part].is_not_null().mean() - weak[part].is_not_null().mean() > 0.03
    hours = [(part["done_at"] - part["sent_at"]).dt.total_hours().median() for part in (strong, weak)]
    assert hours[1] > 1.3 * hours[0]
    assert weak["feedback_correct"].mean() < strong["feedback_correct"].mean()


def test_what_counts_changes_with_the_year_repair_became_known(truth):
    before = truth.filter(pl.col("accepted_on") < date(2018, 12, 31))
    after = truth.filter(pl.col("accepted_on") >= date(2019, 1, 1))
    for name in ("success_settlement", "success_security", "success_hardship", "success_jobs"):
        assert (before[name] == 0).all()
        assert after[name].n_unique() > 1
    assert (after["success_plain_removal"] == 0).all()
    assert before["success_plain_removal"].n_unique() > 100
