"""Rows after a grant: monthly monitoring, re-default events, revocations, competing exits."""

from __future__ import annotations

from typing import Any

import numpy as np

from data_synth.debts import Debts
from data_synth.emit_debts import NEW_CASE
from data_synth.latent import Debtors
from data_synth.outcome import KINDS, Outcome
from data_synth.property import month_end
from data_synth.repair import Applications
from data_synth.rng import Draws, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, ids
from data_synth.shocks import JOB_LOSS, income_left, receipts_left


def emit_watch(sheet: Sheet, d: Debtors, debts: Debts, app: Applications, outcome: Outcome) -> None:
    """Rows that follow one lane of applications."""
    _monitoring(sheet, d, debts, app, outcome)
    u = Draws(d.draws.seed, d.who, 60 + app.lane)
    application = ids(d.who, "A", app.lane + 1)
    event, known = outcome.event, at(outcome.known, 990)
    kind = coded(outcome.kind, KINDS)
    base: dict[str, Any] = {"tag": "R", "application_id": application}
    sheet.add("redefault_events", known, number=10 * app.lane, kind=kind, event_date=event, **base)
    wrong = outcome.annulled
    undone = at(np.where(wrong == NEVER, NEVER, wrong + 14), 990)
    plain: dict[str, Any] = {"kind": "E1", "event_date": wrong, "number": 10 * app.lane + 1, **base}
    sheet.add("redefault_events", at(np.where(wrong == NEVER, NEVER, wrong + 3), 990), **plain)
    sheet.add("redefault_events", undone, version=2, annulled_at=undone, **plain)
    begun = at(np.where(outcome.revoked_on == NEVER, NEVER, outcome.known + 3), 600)
    decided = at(outcome.revoked_on, 900)
    revocation: dict[str, Any] = {
        "tag": "RV", "number": app.lane, "application_id": application, "initiated_at": begun,
        "ground": coded(outcome.ground, ("false_material", "condition_breach", "new_dishonesty")),
    }  # fmt: skip
    sheet.add("revocations", begun, **revocation)
    sheet.add("revocations", decided, version=2, decided_at=decided, lockout_until=outcome.lockout, **revocation)
    for code, label, case in (
        (3, "settlement_breach", 0),
        (7, "asset_transfer", 0),
        (6, "ban_violation", 0),
        (0, "lost_contact", NEW_CASE),
    ):
        rows = (event != NEVER) & (outcome.kind == code) & ((code != 0) | u.chance("lost_again", 0.3))
        sheet.add(
            "behaviour_events",
            at(outcome.known, 995),
            tag="B",
            number=300 + 10 * app.lane + code,
            rows=rows,
            kind=label,
            case_id=ids(d.who, "C", np.where(outcome.same_case, 0, case + app.lane) if case else 0),
            event_date=event - (2 if code else 0),
            verified_date=outcome.known,
            severity=2,
            amount=0.1 * app.left if code == 7 else None,
        )
    bankrupt = (outcome.exit_day != NEVER) & outcome.exit_bankrupt
    sheet.add(
        "creditor_social_facts", at(outcome.exit_day + 4, 700), tag="F", number=40 + app.lane, rows=bankrupt,
        source="bankruptcy_system", kind="bankruptcy_stage", value="accepted", event_date=outcome.exit_day,
    )  # fmt: skip


def _monitoring(sheet: Sheet, d: Debtors, debts: Debts, app: Applications, outcome: Outcome) -> None:
    """The monthly matrix over the observation period: it slides before a re-default and after a shock."""
    application = ids(d.who, "A", app.lane + 1)
    for month in range(1, 13):
        u = Draws(d.draws.seed, d.who, 100 + 20 * app.lane + month)
        end = month_end(np.where(app.granted, app.lifted, NEVER), month - 1)
        end = np.where((end != NEVER) & (end - app.lifted < 0), NEVER, end)
        over = ((outcome.revoked_on != NEVER) & (end > outcome.revoked_on)) | (
            (outcome.exit_day != NEVER) & (end > outcome.exit_day)
        )
        rows = app.granted & (month <= app.months) & ~over
        near = np.where(outcome.happened == NEVER, 999, outcome.happened - end)
        struck = (outcome.shock_month != NEVER) & (month >= outcome.shock_month)
        left = np.where(struck, income_left(outcome.shock_kind) * receipts_left(outcome.shock_kind), 1.0)
        strain = np.clip((75 - near) / 75, 0, 1) * (near > -400) + 0.6 * struck
        good = 0.45 * d.ability + 0.4 * d.willingness - 1.6 * strain
        late = np.where(
            u.chance("late", sigmoid(-1.9 - good)), np.floor(np.exp(1.6 + 0.7 * strain + 0.8 * u.z("late_days"))), 0.0
        ).astype(np.int64)
        stopped = (outcome.event != NEVER) & np.isin(outcome.kind, (3, 4)) & (end > outcome.event - 31)
        late = np.where(stopped, np.clip(end - outcome.event + 31, 1, 200), late)  # a broken plan shows as lateness
        missing = u.chance("missing", sigmoid(-2.8 - 0.5 * outcome.intensity))
        broken = (outcome.event != NEVER) & (outcome.known <= end)
        jobless = struck & (outcome.shock_kind == JOB_LOSS) & u.chance("jobless", 0.8)
        works = u.chance("work", sigmoid(1.6 + good)) & ~jobless
        staff = np.where(d.unit, np.floor(d.staff * np.exp(-0.15 * strain) + 0.5), works * 1.0)
        flow = d.income * (0.10 * np.tanh(good) + 0.5 * (left - 1) + 0.15 * u.z("flow"))
        deep: dict[str, Any] = {
            "d2_new_listing": ((outcome.kind <= 2) & broken).astype(np.int64),
            "d3_concealment_clue": u.chance(
                "clue", sigmoid(-4.2 - 0.6 * d.willingness + 1.2 * strain + 0.4 * outcome.intensity)
            ).astype(np.int64),
            "d4_ban_violation": u.chance("ban", sigmoid(-4.4 - 0.6 * d.willingness + 1.0 * strain)).astype(np.int64),
            "d5_overdue_credit": u.chance("credit", sigmoid(-3.2 - 0.8 * good)).astype(np.int64),
            "d6_document_mismatch": u.chance("paper", sigmoid(-4.0 - 0.5 * d.willingness)).astype(np.int64),
        }
        gap = np.where(missing, np.nan, 0.0)
        fixed: dict[str, Any] = {
            "tag": "MM",
            "number": 20 * app.lane + month,
            "rows": rows,
            "application_id": application,
            "month_index": month,
            "period_end": end,
            "m02_tax_on_time": u.chance("tax", sigmoid(1.8 + good)),
            "m03_tax_arrears": np.where(
                u.chance("arrears", sigmoid(-2.6 - good)), np.round(0.03 * d.income * (1 + u.u("arrears_sum")), 2), 0.0
            ),
            "m05_wages_on_time": u.chance("wages", sigmoid(2.0 + good)),
            "m08_orders": np.floor(np.exp(0.8 + 0.3 * good + 0.4 * u.z("orders"))).astype(np.int64),
            "m09_registration_changes": (d.unit & u.chance("registry", 0.04)).astype(np.int64),
            "m10_penalties": u.chance("penalty", sigmoid(-4.0 - 0.5 * good)).astype(np.int64),
            "m11_asset_disposal": np.where(
                u.chance("disposal", sigmoid(-3.6 + strain)), np.round(0.2 * app.left, 2), 0.0
            ),
            "m12_new_suits": u.chance("suits", sigmoid(-3.0 - 0.6 * good)).astype(np.int64),
            "d1_days_late": np.where(debts.settled & (debts.breach == NEVER), late, 0),
            **deep,
        }
        money: dict[str, Any] = {
            "m01_sales_yoy": np.round(0.04 * good + 0.6 * (left - 1) + 0.15 * u.z("yoy"), 4),
            "m06_power_water": np.round(np.exp(0.06 * good + 0.12 * u.z("power")), 4),
            "m07_net_cash_flow": np.round(flow, 2),
        }
        count = np.where(missing, NEVER, staff.astype(np.int64))
        lag = u.whole("lag", 15, 45)
        sheet.add(
            "monitoring_monthly",
            at(end + lag, 550),
            quality_flag=coded(missing.astype(np.int64), ("ok", "partial")),
            m04_insured_staff=count,
            source="coordination_platform",
            **{name: value + gap for name, value in money.items()},
            **fixed,
        )
        fixed["rows"] = rows & missing & u.chance("later", 0.7)
        sheet.add(
            "monitoring_monthly",
            at(end + 75, 550),
            version=2,
            quality_flag="ok",
            m04_insured_staff=staff.astype(np.int64),
            source="coordination_platform",
            **money,
            **fixed,
        )
