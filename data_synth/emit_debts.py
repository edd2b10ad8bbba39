"""Rows of cases, obligations, settlements and payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from data_synth.debts import INSTALMENTS, LUMPS, PERFORMED, SLOTS, SUSPENDED, Debts
from data_synth.latent import NATURAL, Debtors
from data_synth.outcome import Outcome
from data_synth.places import CAUSES, court_codes
from data_synth.repair import Applications
from data_synth.rng import Bools, Draws, Floats, Ints, cents, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, ids, nullify, working
from records.tables.cases import CLOSING_MODES

Lanes = Sequence[tuple[Applications, Outcome]]
_BASES = ("判决", "调解", "仲裁", "公证", "刑事", "行政")
_NATURES = ("voluntary", "deducted", "auction", "third_party")
_INTEREST = ("按判决确定的利率计付至清偿之日", "按同期贷款市场报价利率计付", "不计一般债务利息")
NEW_CASE = 6  # case number of a new claim after lane 0; NEW_CASE + 1 after lane 1
RESUMED_AFTER = 8  # case number of a resumption after lane 0; + 1 after lane 1


def plan_text(start: Ints, step: Ints, count: Ints, amount: Floats) -> pl.Series:
    """Plans as JSON text: `count` dues from `start` + `step` on; `amount` is (n, INSTALMENTS)."""
    columns = {}
    for j in range(INSTALMENTS):
        due = pl.Series(np.where(j < count, start + step * (j + 1), 0)).cast(pl.Int32).cast(pl.Date).cast(pl.String)
        money = pl.Series(amount[:, j]).round(2).cast(pl.Decimal(18, 2)).cast(pl.String)
        text = pl.DataFrame({"d": due, "a": money}).select(
            pl.concat_str(pl.lit('{"due_date": "'), "d", pl.lit('", "amount": "'), "a", pl.lit('"}'))
        )
        columns[f"p{j}"] = nullify(text.to_series(), j >= count)
    joined = pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator=", ", ignore_nulls=True))
    return "[" + joined.to_series() + "]"


def _case_no(d: Debtors, filed: Ints, kind: str, slot: int) -> tuple[pl.Series, pl.Series]:
    """Case number and number of the document it rests on."""
    safe = np.where(filed == NEVER, 0, filed)
    year = pl.Series(safe.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
    court = court_codes(d.place, safe)
    serial = pl.Series(d.draws.whole("case_serial", 1, 9800, slot))
    basis = pl.Series(d.draws.whole("basis_serial", 1, 9800, slot))
    frame = pl.DataFrame({"y": year, "c": court, "s": serial, "b": basis})
    numbers = frame.select(
        pl.format(f"（{{}}）{{}}{kind}{{}}号", "y", "c", "s").alias("no"),
        pl.format("（{}）{}民初{}号", pl.col("y") - 1, "c", "b").alias("basis"),
    )
    return numbers["no"], numbers["basis"]


def emit_case(
    sheet: Sheet, d: Debtors, slot: int, *, rows: Bools, filed: Ints, principal: Floats, cause: Ints,
    resumed: bool = False, prior: pl.Series | None = None, closed: Ints, mode: Ints, recovered: Floats,
    suspended_on: Ints | None = None, notice: bool = False,
) -> None:  # fmt: skip
    """Versions of one case slot: filing, service of the notice, suspension, closing."""
    u = d.draws
    kind = "执恢" if resumed else "执"
    number, basis = _case_no(d, filed, kind, slot)
    served = filed + u.whole("served", 3, 14, slot)
    act = u.chance("claim_act", 0.02, slot)
    fixed: dict[str, Any] = {
        "tag": "C",
        "number": slot,
        "case_no": number,
        "court_code": court_codes(d.place, filed),
        "case_type": kind,
        "basis_doc_no": basis,
        "basis_type": coded(np.array([row[3] for row in CAUSES])[cause], _BASES),
        "cause_code": coded(cause, [row[0] for row in CAUSES]),
        "filed_date": filed,
        "requested_amount": principal,
        "claim_kind": coded(act.astype(np.int64), ("money", "act")),
        "livelihood_flag": np.array([row[2] for row in CAUSES])[cause],
        "prior_case_id": prior,
    }
    add = sheet.add
    add("enforcement_cases", at(working(filed + 1), 560), rows=rows, recovered_amount=0.0, status="open", **fixed)
    fixed["notice_served_date"] = served
    if notice:
        add(
            "enforcement_cases", at(served + 1, 560), rows=rows, version=2, recovered_amount=0.0, status="open", **fixed
        )
    if suspended_on is not None:
        add("enforcement_cases", at(suspended_on + 1, 560), rows=rows & (suspended_on != NEVER), version=3,
            recovered_amount=0.0, status="suspended", **fixed)  # fmt: skip
    add("enforcement_cases", at(closed + 1, 560), rows=rows & (closed != NEVER), version=4, closed_date=closed,
        closing_mode=coded(mode, CLOSING_MODES), recovered_amount=recovered, status="closed", **fixed)  # fmt: skip
    add(
        "obligations", at(working(filed + 1), 561), rows=rows, tag="O", number=slot, case_id=ids(d.who, "C", slot),
        principal=principal, ordinary_interest_rule=coded(u.pick("interest", (0.4, 0.4, 0.2), slot), _INTEREST),
        due_date=filed - u.whole("due_before", 20, 400, slot), performance_state="全部未履行", rank_no=1,
        non_money_desc=nullify(pl.Series(["交付约定标的物"]).new_from_index(0, d.size), ~act),
    )  # fmt: skip


def _obligation_state(sheet: Sheet, d: Debtors, debts: Debts, slot: int, *, known: Ints, state: str) -> None:
    u = d.draws
    filed, principal = debts.filed[:, slot], debts.principal[:, slot]
    act = u.chance("claim_act", 0.02, slot)
    sheet.add(
        "obligations", known, rows=known != NEVER, version=2 if state == "部分未履行" else 3, tag="O", number=slot,
        case_id=ids(d.who, "C", slot), principal=principal,
        ordinary_interest_rule=coded(u.pick("interest", (0.4, 0.4, 0.2), slot), _INTEREST),
        due_date=filed - u.whole("due_before", 20, 400, slot), performance_state=state, rank_no=1,
        non_money_desc=nullify(pl.Series(["交付约定标的物"]).new_from_index(0, d.size), ~act),
    )  # fmt: skip


def _pay(
    sheet: Sheet, d: Debtors, number: int, *, day: Ints, amount: Floats, nature: Ints, prompt: bool = True,
    case: int = 0, settlement: bool = False,
) -> Ints:  # fmt: skip
    """One payment a debtor; returns the instant it is cleared. One in 250 was booked with a wrong sum and corrected."""
    u = d.draws
    wait = u.whole("clearing", 0, 3, number)
    if not prompt:
        wait = np.where(u.chance("unclaimed", 0.08, number), u.whole("unclaimed_days", 12, 40, number), wait)
    cleared = np.where(day == NEVER, NEVER, day + wait)
    known = at(cleared, 985)
    rows = (day != NEVER) & (amount > 0)
    wrong = rows & u.chance("booked_wrong", 0.004, number)
    fixed: dict[str, Any] = {
        "tag": "P", "number": number, "source": "payment_system", "case_id": ids(d.who, "C", case),
        "settlement_id": ids(d.who, "S", 0) if settlement else None, "paid_date": day,
        "nature": coded(nature, _NATURES), "cleared_date": cleared,
    }  # fmt: skip
    sheet.add("payments", known, rows=rows, amount=np.where(wrong, np.round(0.1 * amount, 2), amount), **fixed)
    sheet.add("payments", at(cleared + 2, 985), rows=wrong, version=2, corrects=1, amount=amount, **fixed)
    return np.where(rows, known, NEVER)


def emit_debts(sheet: Sheet, d: Debtors, debts: Debts, lanes: Lanes) -> None:
    """All rows of cases, obligations, settlements and payments, before and after the applications."""
    u = d.draws
    stop = np.full(d.size, NEVER, dtype=np.int64)  # a later breach of the plan
    for _, outcome in lanes:
        stop = np.where((stop == NEVER) & np.isin(outcome.kind, (3, 4)), outcome.event, stop)
    paid_on, due, amount = debts.paid_on(), debts.due(), debts.amount()
    paid_on = np.where((stop != NEVER)[:, None] & (due > (stop - 36)[:, None]), NEVER, paid_on)
    whole = debts.settled & ((due == NEVER) | (paid_on != NEVER)).all(axis=1)
    completed = np.where(whole, paid_on.max(axis=1), NEVER)
    voluntary = sigmoid(0.5 + 0.75 * d.willingness)
    rest = 1 - voluntary
    mix = np.stack([voluntary, 0.5 * rest, 0.3 * rest, 0.2 * rest], axis=1)
    cleared: list[Ints] = []
    for j in range(LUMPS):
        nature = u.pick("nature", mix, j)
        cleared.append(
            _pay(sheet, d, j, day=debts.lump_day[:, j], amount=debts.lump[:, j], nature=nature, prompt=False)
        )
    for j in range(INSTALMENTS):
        by_other = np.where(debts.guarantor & u.chance("by_guarantor", 0.15, j), 3, 0)
        cleared.append(_pay(sheet, d, 20 + j, day=paid_on[:, j], amount=amount[:, j], nature=by_other, settlement=True))
    own = np.zeros(d.size, dtype=np.int64)
    cleared.append(_pay(sheet, d, 5, day=debts.full_day, amount=debts.full_amount, nature=own))
    paid_late = np.full(d.size, NEVER, dtype=np.int64)
    for app, _ in lanes:
        cleared.append(_pay(sheet, d, 6 + app.lane, day=app.top_up_day, amount=app.top_up, nature=own))
        if app.lane:
            paid_late = np.where((app.standing == PERFORMED) & app.exists, app.top_up_day + 4, NEVER)
    first = np.min([np.where(moment == NEVER, np.iinfo(np.int64).max, moment) for moment in cleared], axis=0)
    full = np.where(
        debts.standing == PERFORMED, debts.full_day + 4, np.where(completed != NEVER, completed + 4, paid_late)
    )
    partly = np.where((first == np.iinfo(np.int64).max) | ((full != NEVER) & (at(full, 562) <= first)), NEVER, first)
    filed = debts.filed[:, 0]
    _obligation_state(sheet, d, debts, 0, known=partly, state="部分未履行")
    _obligation_state(sheet, d, debts, 0, known=at(full, 562), state="全部已履行")
    _settlements(sheet, d, debts, completed, stop)

    late_close = (debts.closed[:, 0] == NEVER) & (full != NEVER)
    closed = np.where(late_close, full, debts.closed[:, 0])
    mode = np.where(late_close, 0, debts.mode[:, 0])
    got = np.where(mode == 0, debts.principal[:, 0], debts.paid_by(closed))
    suspended = np.where(debts.standing == SUSPENDED, d.anchor - 20, NEVER)
    emit_case(
        sheet,
        d,
        0,
        rows=debts.exists[:, 0],
        filed=filed,
        principal=debts.principal[:, 0],
        cause=debts.cause[:, 0],
        closed=closed,
        mode=mode,
        recovered=got,
        suspended_on=suspended,
        notice=True,
    )
    for slot in range(1, SLOTS):
        rows = debts.exists[:, slot]
        prior = ids(d.who, "C", 1) if slot == 5 else None
        emit_case(
            sheet,
            d,
            slot,
            rows=rows,
            filed=debts.filed[:, slot],
            principal=debts.principal[:, slot],
            cause=debts.cause[:, slot],
            resumed=slot == 5,
            prior=prior,
            closed=debts.closed[:, slot],
            mode=debts.mode[:, slot],
            recovered=debts.extra_paid[:, slot],
        )
        done = rows & (debts.mode[:, slot] >= 0)
        paid = np.where(done, debts.closed[:, slot] - 6, NEVER)
        known = _pay(sheet, d, 40 + slot, case=slot, day=paid, amount=debts.extra_paid[:, slot],
                     nature=u.pick("nature", mix, 40 + slot))  # fmt: skip
        performed = debts.mode[:, slot] == 0
        for state, hit in (("部分未履行", ~performed), ("全部已履行", performed)):
            _obligation_state(sheet, d, debts, slot, known=np.where(hit, known, NEVER), state=state)
    for app, outcome in lanes:
        _after(sheet, d, debts, app, outcome)


def _settlements(sheet: Sheet, d: Debtors, debts: Debts, completed: Ints, stop: Ints) -> None:
    fixed: dict[str, Any] = {
        "tag": "S", "case_id": ids(d.who, "C", 0), "agreed_date": debts.agreed,
        "plan_json": plan_text(debts.agreed, debts.step, np.where(debts.settled, debts.count, 0), debts.amount()),
        "guarantor_id": ids(d.who, "GU", 1, ~debts.guarantor), "security_value": debts.security,
    }  # fmt: skip
    broken = np.where(debts.breach != NEVER, debts.breach, stop)
    for version, day, status in (
        (1, debts.agreed, "performing"),
        (2, completed + 2, "completed"),
        (3, broken + 1, "breached"),
    ):
        there = debts.settled & (np.array([debts.agreed, completed, broken])[version - 1] != NEVER)
        sheet.add("settlements", at(day + 1, 563), rows=there, version=version, status=status, **fixed)


def _after(sheet: Sheet, d: Debtors, debts: Debts, app: Applications, outcome: Outcome) -> None:
    """New cases that a re-default brings: a new claim (E1 to E3) or a resumption (E5)."""
    u = Draws(d.draws.seed, d.who, 30 + app.lane)
    never = np.full(d.size, NEVER, dtype=np.int64)
    none = np.full(d.size, -1, dtype=np.int64)
    slot = NEW_CASE + app.lane
    fresh = (outcome.event != NEVER) & (outcome.kind <= 2) & ~outcome.same_case
    back = np.where(outcome.kind == 2, 14, u.whole("new_case", 35, 90))
    filed = np.where(fresh, np.maximum(outcome.event - back, outcome.start + 1), NEVER)
    filed = np.minimum(filed, outcome.event)  # never before the grant: the past must not know the future
    middle = np.where(d.subject == NATURAL, np.log(4.0e4), np.log(2.5e5))
    principal = cents(np.exp(middle + 1.2 * u.z("new_principal")))
    cause = u.pick("new_cause", [row[1] for row in CAUSES])
    emit_case(sheet, d, slot, rows=fresh, filed=filed, principal=principal, cause=cause, closed=never, mode=none,
              recovered=np.zeros(d.size))  # fmt: skip
    again = (outcome.event != NEVER) & (outcome.kind == 4)
    left = cents(np.maximum(app.left * 0.9, 100.0))
    emit_case(
        sheet,
        d,
        RESUMED_AFTER + app.lane,
        rows=again,
        filed=np.where(again, outcome.event, NEVER),
        principal=left,
        cause=debts.cause[:, 0],
        resumed=True,
        prior=ids(d.who, "C", 0),
        closed=never,
        mode=none,
        recovered=np.zeros(d.size),
    )
