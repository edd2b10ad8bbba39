"""Plans reach what they state, are no dearer than the dearest search would find, and touch only what may change."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import polars as pl
import pytest

from explain.actions import TOUCHED, costs, left_after, open_actions, payment, presupposed
from explain.burden import payment_step
from explain.case_rows import KnownCase, day_after, known_case, moment, with_changes
from explain.recourse import Rescore, apply_plan, open_goals, outlook, reached, recourse
from features.as_of import known
from records.clock import SHANGHAI
from records.frames import check_rows
from records.tables import CASE_TABLES, TABLES

AS_OF = datetime(2026, 5, 1, tzinfo=SHANGHAI)
SEEN = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)


def row(table: str, name: str, **values: Any) -> dict[str, Any]:
    common = {"row_id": name, TABLES[table].business_id: name, "debtor_id": "D", "region_code": "220102"}
    common |= {"source_system": "case_system", "ingested_at": SEEN, "known_at": SEEN}
    return dict.fromkeys(TABLES[table].schema.names()) | common | values


def made_case(*, plan: list[dict[str, str]] | None = None, **more: list[dict[str, Any]]) -> KnownCase:
    """One open case over CNY 100,000, of which 10,000 is paid; an application; an unfiled report; a silent creditor."""
    rows: dict[str, list[dict[str, Any]]] = {
        "enforcement_cases": [
            row("enforcement_cases", "C", case_no="（2025）吉0102执1号", court_code="吉0102", case_type="执",
                basis_doc_no="x", basis_type="判决", cause_code="买卖合同", filed_date=date(2025, 3, 1),
                requested_amount=Decimal(100000), claim_kind="money", livelihood_flag=False, status="open")
        ],
        "obligations": [
            row("obligations", "O", case_id="C", principal=Decimal(100000), ordinary_interest_rule="无",
                due_date=date(2025, 1, 1), performance_state="部分未履行", rank_no=1)
        ],
        "payments": [
            row("payments", "P", case_id="C", paid_date=date(2026, 1, 3), amount=Decimal(10000), nature="voluntary",
                cleared_date=date(2026, 1, 4))
        ],
        "property_reports": [
            row("property_reports", "R", ordered_date=date(2025, 3, 5), due_date=date(2025, 4, 5))
        ],
        "repair_applications": [
            row("repair_applications", "A", case_ids=["C"], filed_at=SEEN, accepted_at=SEEN,
                type_requested="conditional", commitment_signed=False, materials_required=5, materials_submitted=3,
                material_discrepancies=0, channel="online", no_ai=False)
        ],
        "creditor_notices": [
            row("creditor_notices", "N", application_id="A", sent_at=SEEN, reply_due=date(2026, 2, 1), reply="silent")
        ],
        "behaviour_events": [
            row("behaviour_events", "E", kind="lost_contact", event_date=date(2025, 11, 1),
                verified_date=date(2025, 12, 1), severity=1)
        ],
    }  # fmt: skip
    if plan is not None:
        rows["settlements"] = [
            row("settlements", "S", case_id="C", agreed_date=date(2026, 1, 2), plan_json=json.dumps(plan),
                status="performing")
        ]  # fmt: skip
    rows |= more
    tables = {n: pl.DataFrame(rows.get(n, []), schema=TABLES[n].schema, orient="row") for n in CASE_TABLES}
    return known_case(tables, "D", "A", AS_OF)


def record(grade: str, values: Mapping[str, float | None], gate: str = "assess") -> dict[str, Any]:
    return {
        "gate": {"outcome": gate},
        "suggestion": {"grade": grade if gate == "assess" else None, "route": "ordinary", "mode": "not_yet"},
        "points": None,
        "probabilities": {},
        "indicators": [{"id": id_, "value": value} for id_, value in values.items()],
        "facts": [],
    }


def toy_rescore(weights: Mapping[str, float], limit: float) -> Rescore:
    """A scoring function over the rows: some acts count, more paid counts more, and all paid leaves the list."""

    def rescore(tables: Mapping[str, pl.DataFrame], as_of: datetime) -> dict[str, Any]:
        seen = {name: frame.filter(pl.col("known_at") < as_of).sort("known_at") for name, frame in tables.items()}
        application = seen["repair_applications"].row(-1, named=True)
        reports = seen["property_reports"]
        values = {
            "paid": float(seen["payments"]["amount"].sum()) / 100_000,
            "report": float(reports.height == 0 or reports["filed_date"][-1] is not None),
            "materials": float(application["materials_submitted"] >= application["materials_required"]),
            "commitment": float(application["commitment_signed"]),
            "contact": float("contact_restored" in seen["behaviour_events"]["kind"]),
            "consent": float(seen["creditor_social_facts"]["share_of_debt"].sum()),
            "months": float((as_of.date() - AS_OF.date()).days // 30),
        }
        points = sum(weights[name] * value for name, value in values.items())
        if seen["obligations"]["performance_state"][-1] == "全部已履行":
            return record("A", values, gate="no_discretion")
        return record("B" if points >= limit else "C", values)

    return rescore


WEIGHTS = ("paid", "report", "materials", "commitment", "contact", "consent", "months")


def exhaustive(case: KnownCase, before: dict[str, Any], rescore: Rescore) -> float | None:
    """The least burden of any plan, by trying every set of actions with every 1 % of the debt as payment."""
    rules = costs()
    pay = rules["actions"]["pay"]
    best: float | None = None
    for days in rules["horizons_days"]:
        until = day_after(case.day, days)
        given = presupposed(case, until)
        waiting = rules["wait_per_month"] * (days / 30 - 1)
        actions = open_actions(case)
        for chosen in (s for n in range(len(actions) + 1) for s in combinations(actions, n)):
            for percent in (0, *range(5, 101)):
                amount = Decimal(90000) * percent / 100
                burden = waiting + sum(a.burden for a in chosen)
                burden += pay["burden"] + pay["burden_per_share"] * percent / 100 if percent else 0.0
                if best is not None and burden >= best:
                    continue
                changes = [c for a in chosen for c in a.changes(day_after(case.day, a.days))]
                if percent:
                    changes += payment(case, amount, day_after(case.day, pay["days"]), [*given, *changes])
                after = rescore(with_changes(case.tables, (*given, *changes)), moment(day_after(until, 1)))
                if reached("grade", before, after):
                    best = burden
                    break  # more payment is only dearer
    return best


@pytest.mark.slow
def test_no_plan_is_more_than_a_tenth_dearer_than_the_cheapest_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small instances: three actions, payment to 1 % of the debt, two horizons."""
    monkeypatch.setitem(costs(), "horizons_days", [30, 90])  # type: ignore[arg-type]
    drawn = random.Random(5)  # noqa: S311  instances, not secrets
    case = made_case(property_reports=[], creditor_notices=[])
    assert {action.code for action in open_actions(case)} == {"complete_materials", "sign_plan", "restore_contact"}
    found_both = 0
    for _ in range(4):
        weights = {name: drawn.choice([0.0, 5.0, 10.0, 15.0, 25.0]) for name in WEIGHTS} | {"report": 0.0}
        rescore = toy_rescore(weights, drawn.uniform(15.0, 45.0))
        before = rescore(case.tables, AS_OF)
        if before["suggestion"]["grade"] != "C":
            continue
        cheapest, found = exhaustive(case, before, rescore), recourse(case, before, rescore, "grade")
        assert found.exhaustive
        assert (found.plan is None) == (cheapest is None)
        if found.plan is not None and cheapest is not None:
            assert found.plan.burden <= 1.1 * cheapest
            found_both += 1
    assert found_both >= 2


def test_a_plan_is_dated_reaches_its_grade_and_touches_only_what_may_change() -> None:
    case = made_case()
    rescore = toy_rescore(dict.fromkeys(WEIGHTS, 10.0) | {"months": 0.0, "paid": 100.0}, 45.0)
    before = rescore(case.tables, AS_OF)
    found = recourse(case, before, rescore, "grade")
    assert found.plan is not None
    plan = found.plan
    assert plan.to_json()["reaches"]["grade"] == "B"
    again = rescore(apply_plan(case, plan), plan.as_of)
    assert outlook(again) == outlook(plan.record)
    assert all(case.day < step.day < plan.as_of.date() for step in plan.steps)
    assert {change.table for change in (*plan.given, *plan.changes)} <= TOUCHED
    for step in plan.steps:
        assert step.day.isoformat() in step.zh
        assert step.day.isoformat() in step.en
    assert "提高等级：" in found.zh
    for table, frame in apply_plan(case, plan).items():
        assert not check_rows(TABLES[table], frame).faults.height
        assert frame.height == case.tables[table].height or table in TOUCHED


@pytest.mark.parametrize(("owed", "step"), [("120000", 100), ("20000", 100), ("19999", 10), ("1500", 1), ("80", 1)])
def test_amounts_are_named_finely_enough_for_a_small_debt(owed: str, step: int) -> None:
    # 100 yuan are a twentieth of 2,000: a least payment rounded up to it would be a tenth dearer and more.
    assert payment_step(Decimal(owed)) == step


def test_paying_lowers_what_remains_and_raises_the_share_together() -> None:
    case = made_case()
    changes = payment(case, Decimal(30000), date(2026, 5, 10), [])
    tables = with_changes(case.tables, changes)
    after = known_case(tables, "D", "A", AS_OF + timedelta(days=30))
    assert case.rows("enforcement_cases", linked=True)[0]["remaining_fen"] == 9_000_000
    (paid,) = after.rows("enforcement_cases", linked=True)
    assert (paid["remaining_fen"], paid["due_fen"], paid["performed"]) == (6_000_000, 10_000_000, False)
    whole = payment(case, Decimal(90000), date(2026, 5, 10), [])
    assert [change.table for change in whole] == ["payments", "obligations"]
    settled = known_case(with_changes(case.tables, whole), "D", "A", AS_OF + timedelta(days=30))
    assert settled.rows("enforcement_cases", linked=True)[0]["performed"]


def test_instalments_that_fall_due_meanwhile_are_supposed_paid_and_named() -> None:
    plan = [{"due_date": f"2026-{month:02d}-15", "amount": "1000.00"} for month in range(2, 9)]
    case = made_case(plan=plan)
    assert "catch_up" in {action.code for action in open_actions(case)}  # February to April were not paid
    given = presupposed(case, date(2026, 6, 30))
    assert [change.row["paid_date"] for change in given] == [date(2026, 5, 15), date(2026, 6, 15)]
    assert left_after(case, given) == {"C": Decimal(88000)}
    rescore = toy_rescore(dict.fromkeys(WEIGHTS, 0.0) | {"report": 50.0}, 45.0)
    found = recourse(case, rescore(case.tables, AS_OF), rescore, "grade")
    assert found.plan is not None
    assert [step.code for step in found.plan.steps] == ["file_report"]
    assert "其间到期的分期款1期、共1000.00元按期付清" in [note.zh for note in found.plan.notes]


def test_it_says_plainly_when_there_is_none() -> None:
    case = made_case()
    rescore = toy_rescore(dict.fromkeys(WEIGHTS, 1.0), 1000.0)
    poor = rescore(case.tables, AS_OF)
    poor["indicators"].append({"id": "disposable_income_m", "value": 100.0})
    found = recourse(case, poor, rescore, "grade")
    assert found.plan is None
    assert "没有找到能提高等级的方案" in found.zh
    assert "no lawful and feasible action" in found.en
    able = recourse(case, rescore(case.tables, AS_OF), rescore, "grade")  # with means, paying all leaves the list
    assert able.plan is not None
    assert able.plan.pay == Decimal(90000)


def test_a_search_that_reaches_its_limit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    case = made_case()
    rescore = toy_rescore(dict.fromkeys(WEIGHTS, 10.0), 45.0)
    before = rescore(case.tables, AS_OF)
    assert recourse(case, before, rescore, "grade").exhaustive
    monkeypatch.setitem(costs(), "max_rescores", 4)  # type: ignore[arg-type]
    found = recourse(case, before, rescore, "grade")
    assert not found.exhaustive
    assert found.zh.endswith("（搜索达到次数上限，未必穷尽）")


def test_the_objection_of_a_creditor_and_the_wish_for_no_ai_stay() -> None:
    """Recourse asks nobody to give up a right or a mind made up."""
    spoken = row("creditor_social_facts", "F", application_id="A", kind="objection", share_of_debt=1.0,
                 event_date=date(2026, 1, 5))  # fmt: skip
    objecting = made_case(creditor_social_facts=[spoken])
    assert "creditor_consent" in {action.code for action in open_actions(made_case())}
    assert "creditor_consent" not in {action.code for action in open_actions(objecting)}
    for action in open_actions(made_case()):
        for change in action.changes(date(2026, 5, 10)):
            assert change.table in TOUCHED
            if change.table == "repair_applications":
                assert change.told.isdisjoint({"no_ai", "withdrawn_at", "case_ids", "type_requested"})
            if change.table == "property_reports":
                assert change.row["verdict"] is None  # that the court finds it true is not for the debtor to say


def test_a_longer_plan_is_offered_where_income_is_small_and_none_where_it_is_hopeless() -> None:
    case = made_case()
    offered = {
        income: [a for a in open_actions(case, income) if a.code == "sign_plan"] for income in (None, 3000.0, 100.0)
    }
    assert offered[None][0].fields == {"count": "12", "amount": "7500.00"}
    assert offered[3000.0][0].fields == {"count": "30", "amount": "3000.00"}
    assert offered[100.0] == []


def test_goals_that_are_open() -> None:
    assert open_goals(record("C", {})) == ("grade", "route", "mode")
    assert open_goals(record("A", {})) == ("route", "mode")
    assert open_goals(record("A", {}, gate="no_discretion")) == ()
    assert open_goals(record("A", {}, gate="human_only")) == ("assessed",)


@pytest.mark.slow
def test_plans_hold_when_scored_by_the_real_scoring_function(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every plan found on real records is applied to them and scored again, from the rows up."""
    monkeypatch.setitem(costs(), "max_rescores", 40)  # type: ignore[arg-type]
    plans = 0
    for case, recorded in tiny.cases(7):
        for goal in open_goals(recorded)[:1]:
            found = recourse(case, recorded, tiny.rescore(case), goal)
            if found.plan is None:
                continue
            plans += 1
            tables = apply_plan(case, found.plan)
            again = tiny.rescore(case)(tables, found.plan.as_of)
            assert reached(goal, recorded, again)
            assert outlook(again) == found.plan.to_json()["reaches"]
            changed = {name for name in CASE_TABLES if tables[name].height != case.tables[name].height}
            assert changed <= TOUCHED
            for name in changed:
                assert not check_rows(TABLES[name], tables[name]).faults.height
            assert known(tables, tiny.cohort(case, found.plan.as_of))["debtors"].height == 1
    assert plans >= 2
