"""Rows of the repair procedure: applications, notices, replies, hearings, decisions, orders, documents."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl

from data_synth.conduct import Conduct
from data_synth.debts import DISCRETIONARY, INSTALMENTS, Debts
from data_synth.emit_debts import plan_text
from data_synth.latent import Debtors
from data_synth.outcome import Outcome
from data_synth.places import area_codes, column
from data_synth.repair import NOTICES, REPLIES, RESULTS, TYPES, Applications, Past
from data_synth.rng import Bools, Draws, Ints, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, ids, nullify

_BODIES = ("credit_platform", "finance", "market_regulation", "bidding", "tax")
_REASONS = {
    0: "被执行人履行情况良好，债权人意见已听取，准予修复。",
    1: "被执行人有履行意愿并提供履行计划，附条件准予修复，按期履行情况纳入观察。",
    2: "被执行人有积极履行行为，暂停适用惩戒措施，期间接受监督。",
    3: "现有材料不足以证明履行意愿或履行能力，暂不准予修复；补充材料或有新事实后可再次申请。",
    4: "符合法定解除情形，依法办理，不作裁量评估。",
}
_CONDITIONS = (
    '{"conditions": []}',
    '{"conditions": ["pay_by_plan", "report_monthly"]}',
    '{"conditions": ["report_monthly", "no_asset_disposal"]}',
    '{"conditions": []}',
    '{"conditions": []}',
)


def content_hash(seed: int, names: pl.Series) -> pl.Series:
    """SHA-256 texts standing for the files in the court's archive."""
    return pl.Series([hashlib.sha256(f"{seed}/{name}".encode()).hexdigest() for name in names], dtype=pl.String)


def _plan(d: Debtors, debts: Debts, app: Applications, u: Draws) -> pl.Series:
    """The plan of the application: what the settlement still leaves, or a proposal."""
    count = np.array([6, 12])[u.pick("plan_count", (0.4, 0.6))]
    step = np.array([30, 90])[u.pick("plan_step", (0.7, 0.3))]
    amount = np.repeat(
        np.floor(app.left * (0.4 + 0.6 * u.u("plan_share")) / count * 100)[:, None] / 100, INSTALMENTS, axis=1
    )
    start = np.where(app.exists, app.filed, d.anchor)
    own = plan_text(debts.agreed, debts.step, np.where(debts.settled, debts.count, 0), debts.amount())
    proposed = plan_text(start, step, count, amount)
    none = np.isin(app.type_requested, (0, 4)) | (~debts.settled & u.chance("no_plan", 0.15))
    both = pl.DataFrame({"s": debts.settled, "o": own, "p": proposed}).select(pl.when("s").then("o").otherwise("p"))
    return nullify(both.to_series(), none)


def emit_application(sheet: Sheet, past: Past, app: Applications, outcome: Outcome) -> None:
    """All rows of one lane of applications."""
    d, debts, conduct = past.debtors, past.debts, past.conduct
    u = Draws(d.draws.seed, d.who, 40 + app.lane)
    number = app.lane + 1
    minute = u.whole("filed_minute", 530, 1040)
    filed, accepted = at(app.filed, minute), at(app.accepted, u.whole("accepted_minute", 530, 1040))
    both = debts.exists[:, 1] & (debts.mode[:, 1] != 0) & u.chance("two_cases", 0.4) & (app.standing == DISCRETIONARY)
    cases = pl.DataFrame({"b": both, "m": ids(d.who, "C", 0), "e": ids(d.who, "C", 1)}).select(
        pl.when("b").then(pl.concat_list("m", "e")).otherwise(pl.concat_list("m"))
    )
    prior = ids(d.who, "A", 1) if app.lane else None
    fixed: dict[str, Any] = {
        "tag": "A",
        "number": number,
        "case_ids": cases.to_series(),
        "filed_at": filed,
        "rows": app.exists,
        "type_requested": coded(app.type_requested, TYPES),
        "plan_json": _plan(d, debts, app, u),
        "commitment_signed": app.signed,
        "materials_required": app.required,
        "materials_submitted": app.submitted,
        "channel": coded(u.pick("channel", (0.55, 0.4, 0.05)), ("online", "window", "post")),
        "prior_application_id": prior,
        "no_ai": app.no_ai,
        "source": "party_submission",
    }
    add = sheet.add
    add("repair_applications", filed, **fixed)
    fixed["material_discrepancies"] = app.discrepancies
    add("repair_applications", accepted, version=2, accepted_at=accepted, **fixed)
    withdrawn = at(app.withdrawn, 600)
    add("repair_applications", withdrawn, version=3, accepted_at=accepted, withdrawn_at=withdrawn, **fixed)
    _creditors(sheet, d, conduct, app, filed)
    _decision(sheet, d, app, u)
    _orders(sheet, d, app, u)
    _documents(sheet, past, app, outcome, u)


def _creditors(sheet: Sheet, d: Debtors, conduct: Conduct, app: Applications, filed: Ints) -> None:
    application = ids(d.who, "A", app.lane + 1)
    base = 10 * (app.lane + 1)
    opened = np.where(app.accepted == NEVER, NEVER, app.accepted + 1)
    sent = at(opened, 620)
    for j in range(NOTICES):
        rows = (app.reply[:, j] >= 0) & (opened != NEVER)
        share = conduct.shares[:, j]
        replied = at(app.reply_day[:, j], 880)
        fixed: dict[str, Any] = {
            "tag": "CN",
            "number": base + j,
            "application_id": application,
            "sent_at": sent,
            "reply_due": opened + 7,
            "rows": rows,
        }
        sheet.add("creditor_notices", sent, **fixed)
        sheet.add("creditor_notices", replied, version=2, reply=coded(app.reply[:, j], REPLIES), **fixed)
        early = app.early[:, j]
        fact: dict[str, Any] = {"tag": "F", "application_id": application, "share_of_debt": share, "value": None}
        sheet.add("creditor_social_facts", filed + 60_000_000, number=60 + base + j, rows=early, kind="consent",
                  event_date=app.filed, source="party_submission", **fact)  # fmt: skip
        consents = rows & (app.reply[:, j] >= 0) & (app.reply[:, j] <= 1) & ~early
        sheet.add("creditor_social_facts", replied + 60_000_000, number=650 + base + j, rows=consents, kind="consent",
                  event_date=app.reply_day[:, j], source="party_submission", **fact)  # fmt: skip
        ahead = app.early_objection[:, j]
        sheet.add("creditor_social_facts", np.where(ahead, filed, replied) + 60_000_000, number=700 + base + j,
                  rows=ahead | (rows & (app.reply[:, j] == 2)), kind="objection",
                  event_date=np.where(ahead, app.filed, app.reply_day[:, j]), source="party_submission",
                  **fact)  # fmt: skip


def _decision(sheet: Sheet, d: Debtors, app: Applications, u: Draws) -> None:
    number = app.lane + 1
    application = ids(d.who, "A", number)
    held_on = np.where((app.decided != NEVER) & app.ordinary, app.decided - 2, NEVER)
    held = at(held_on, 580)
    lean = app.causes["performed"] * 0.4 + app.causes["consent"]
    opinion = u.pick(
        "opinion",
        np.stack([np.full(d.size, 1.0), 0.5 * np.exp(lean), np.full(d.size, 0.4), 0.4 * np.exp(-lean)], axis=1),
    )
    sheet.add(
        "hearings",
        at(held_on + 1, 540),
        tag="H",
        number=number,
        rows=u.chance("hearing", 0.75),
        application_id=application,
        held_at=held,
        third_party_opinion=coded(opinion, ("none", "support", "neutral", "oppose")),
    )
    decided = at(app.decided, 930)
    served = at(np.where(app.decided == NEVER, NEVER, app.decided + u.whole("served", 1, 6)), 640)
    good = app.granted | (app.result == 4)
    courts = area_codes(d.place, app.decided)
    certificate = pl.DataFrame({"c": courts, "a": application}).select(
        pl.format("XF{}{}", "c", pl.col("a").str.replace_all("-", ""))
    )
    fixed: dict[str, Any] = {
        "tag": "DC",
        "number": number,
        "application_id": application,
        "decided_at": decided,
        "rows": app.result >= 0,
        "result": coded(app.result, RESULTS),
        "procedure": coded(app.ordinary.astype(np.int64), ("simple", "ordinary")),
        "observation_months": app.months,
        "conditions_json": coded(app.result, _CONDITIONS),
        "certificate_code": nullify(certificate.to_series(), ~good),
        "reason_text": coded(app.result, list(_REASONS.values())),
        "reviewer_override": False,
    }
    sheet.add("decisions", decided, **fixed)
    sheet.add("decisions", served, version=2, served_at=served, **fixed)


def _orders(sheet: Sheet, d: Debtors, app: Applications, u: Draws) -> None:
    """Orders to other bodies after a grant: the national platform always, one other body often. Some do not
    confirm, act late or report wrongly, more of them where departments are weak."""
    prompt = column("departments")[d.place]
    slow = np.exp(-0.35 * prompt)
    application = ids(d.who, "A", app.lane + 1)
    good = (app.lifted != NEVER) & (app.result >= 0)
    second = 1 + u.pick("body", (0.4, 0.3, 0.2, 0.1))
    for j in range(2):
        body = np.zeros(d.size, dtype=np.int64) if j == 0 else second
        sent_on = np.where(good, app.decided + u.whole("sync", 0, 4, j), NEVER)
        sent = at(sent_on, 960)
        own = prompt - 0.4 * (body >= 3)  # bidding and tax answer least
        taken = np.floor(slow * u.whole("received_min", 30, 2800, j)).astype(np.int64)
        received = np.where(good & u.chance("received", sigmoid(2.8 + 0.5 * own), j), sent + taken * 60_000_000, NEVER)
        taken = np.floor(slow * u.whole("done_min", 60, 6000, j)).astype(np.int64)
        done = (received != NEVER) & u.chance("done", sigmoid(2.7 + 0.5 * own), j)
        done = np.where(done, received + taken * 60_000_000, NEVER)
        rows = good if j == 0 else good & u.chance("second_body", 0.35)
        fixed: dict[str, Any] = {
            "tag": "SO", "number": 10 * app.lane + j, "application_id": application, "rows": rows,
            "target_body": coded(body, _BODIES), "sent_at": sent,
        }  # fmt: skip
        sheet.add("sync_orders", sent, **fixed)
        sheet.add("sync_orders", received, version=2, received_at=received, **fixed)
        sheet.add("sync_orders", done, version=3, received_at=received, done_at=done, source="coordination_platform",
                  feedback_correct=u.chance("feedback", sigmoid(3.2 + 0.5 * own), j), **fixed)  # fmt: skip


def _documents(sheet: Sheet, past: Past, app: Applications, outcome: Outcome, u: Draws) -> None:
    d, debts = past.debtors, past.debts
    application = ids(d.who, "A", app.lane + 1)
    main = ids(d.who, "C", 0)
    false_found = (outcome.kind == 5) & (outcome.event != NEVER)
    plans: tuple[tuple[str, Bools, Ints], ...] = (
        ("application", app.exists, app.filed),
        ("performance_proof", app.exists & (app.performed > 0), app.filed),
        ("plan", app.exists & (app.type_requested == 2) & u.chance("plan_paper", 0.6), app.filed),
        ("settlement", app.exists & debts.settled & u.chance("settlement_paper", 0.5), app.filed),
        ("commitment", app.exists & app.signed & u.chance("commitment_paper", 0.5), app.filed),
        ("decision", app.result >= 0, app.decided),
    )
    for place, (kind, wanted, day) in enumerate(plans):
        k = 10 * app.lane + place
        rows = wanted & (day != NEVER)
        name = ids(d.who, "DO", k)
        kept = np.flatnonzero(rows)
        digest = pl.Series(np.where(rows, "", "")).cast(pl.String)
        digest = digest.scatter(kept, content_hash(u.seed, name.gather(kept))) if kept.size else digest
        given = at(day, 935)
        fixed: dict[str, Any] = {
            "tag": "DO",
            "number": k,
            "application_id": application,
            "case_id": main,
            "kind": kind,
            "content_hash": digest,
            "submitted_at": given,
            "rows": rows,
            "source": "case_system" if kind == "decision" else "party_submission",
        }
        sheet.add("documents", given, **fixed)
        checked = at(np.where(rows & (app.accepted != NEVER), app.accepted + u.whole("checked", 0, 2, k), NEVER), 1000)
        bad = (app.discrepancies > 0) & u.chance("paper_bad", 0.5, k)
        if kind == "performance_proof":
            sheet.add("documents", checked, version=2, verified_at=checked,
                      verdict=coded(bad.astype(np.int64), ("authentic", "inconsistent")), **fixed)  # fmt: skip
            late = at(np.where(false_found, outcome.known, NEVER), 940)
            sheet.add("documents", late, version=3, verified_at=late, verdict="false", **fixed)
