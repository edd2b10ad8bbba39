"""Applications for repair and the courts' decisions on them, as arrays.

A discretionary application is granted with probability sigmoid(sum of the causes in
`WorldParams.success`): facts of the record, the court's severity and means, the year (practice grew more
generous, and knew repair only from 2019 on), and one hidden cause, the panel's reading of the case. Courts
do not see the latent ability and willingness, and re-default never feeds back into the decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_synth.conduct import Conduct
from data_synth.debts import DISCRETIONARY, PERFORMED, REASON_RANK, SETTLED, Debts
from data_synth.latent import NATURAL, Debtors
from data_synth.law import REPAIR_KNOWN, observation_months, revised
from data_synth.params import WorldParams
from data_synth.places import column
from data_synth.property import Property, year_of
from data_synth.rng import Bools, Draws, Floats, Ints, cents, partner, sigmoid
from data_synth.sheet import NEVER, day_number, working

REPLIES = ("consent", "conditional", "object", "silent")
RESULTS = ("granted_full", "granted_conditional", "granted_suspension", "refused", "closed_statutory")
TYPES = ("full_performance", "settlement_performing", "conditional", "inability", "bankruptcy")
NOTICES = 3


@dataclass(frozen=True)
class Past:
    """What the record of a set of debtors rests on, before any application."""

    debtors: Debtors
    debts: Debts
    own: Property
    conduct: Conduct


@dataclass(frozen=True)
class Applications:
    """The first (lane 0) or second (lane 1) application of each debtor; arrays (n,), days as day
    numbers, NEVER for what did not happen. `granted` and `result` hold only where `decided`;
    `success` is the true probability of a grant, NaN where the law leaves no discretion."""

    lane: int
    exists: Bools
    standing: Ints
    filed: Ints
    accepted: Ints
    withdrawn: Ints
    decided: Ints
    result: Ints  # position in RESULTS, -1 undecided
    granted: Bools
    lifted: Ints  # day of effective lifting when granted or closed by statute
    on_request: Bools  # the listing was deleted at the creditors' written request (art. 10(3))
    months: Ints
    ordinary: Bools
    type_requested: Ints
    required: Ints
    submitted: Ints
    discrepancies: Ints
    signed: Bools
    no_ai: Bools
    reply: Ints  # (n, NOTICES) position in REPLIES, -1 no such creditor
    reply_day: Ints
    early: Bools  # (n, NOTICES) consent handed in with the application
    early_objection: Bools  # (n, NOTICES) asked for consent beforehand, objected in writing on the day of filing
    performed: Floats
    left: Floats
    top_up: Floats  # paid between a refusal and the second application
    top_up_day: Ints
    panel: Floats
    panel_used: Floats
    success: Floats
    would_grant: Bools  # what the court decides at discretion, or would decide were it asked
    causes: dict[str, Floats]  # the causes of success, before their strengths


def lanes_standing(d: Debtors, debts: Debts, filed: Ints, draws: Draws, lane: int) -> Ints:
    """How the debtor stands at the application: discretionary or a statutory exit."""
    if lane == 0:
        return debts.standing
    completed = debts.completed()
    standing = np.where((completed != NEVER) & (completed < filed - 8), SETTLED, DISCRETIONARY)
    paid_all = draws.chance("paid_all", sigmoid(-2.6 + 0.5 * d.ability + 0.3 * d.willingness))
    return np.where(paid_all & ~debts.settled & (standing == DISCRETIONARY), PERFORMED, standing)


def draw_applications(
    past: Past, params: WorldParams, *, lane: int, filed: Ints, revoked: Bools, locked: Bools
) -> Applications:
    """Applications filed on the days `filed` (NEVER: none) and what becomes of them. `revoked` and `locked`
    (n,) tell whose earlier repair was revoked and who files within a lock-out."""
    d, debts, own, conduct = past.debtors, past.debts, past.own, past.conduct
    u = Draws(d.draws.seed, d.who, lane + 1)
    last = day_number(params.observed_until)
    exists = (filed != NEVER) & (filed <= last)
    filed = np.where(exists, working(filed), NEVER)
    safe = np.where(exists, filed, d.anchor)
    standing = lanes_standing(d, debts, safe, u, lane)
    discretionary = standing == DISCRETIONARY
    accepted_at_all = exists & (u.chance("accepted", 0.955) | ~discretionary)
    accepted = np.where(accepted_at_all, working(safe + u.whole("to_accept", 1, 7)), NEVER)
    base = np.where(accepted_at_all, accepted, safe)

    paid = debts.paid_by(safe)
    principal = debts.principal[:, 0]
    more = u.chance("top_up", sigmoid(0.3 + 0.7 * d.willingness)) & discretionary & ~debts.settled & (lane == 1)
    share = 0.08 + 0.30 * u.u("top_up_share")
    room = np.maximum(principal - paid, 0.0)
    top_up = cents(np.where((standing == PERFORMED) & (lane == 1), room, np.where(more, share * room, 0.0)))
    performed = np.clip((paid + top_up) / principal, 0, 1)
    left = np.maximum(principal - paid - top_up, 0.0)

    required = u.whole("required", 5, 8)
    gaps = np.floor(np.exp(-0.5 - 0.45 * d.willingness + 0.7 * u.z("gaps"))).astype(np.int64)
    mismatch = np.floor(np.exp(-1.0 - 0.5 * d.willingness + 0.8 * u.z("mismatch"))).astype(np.int64)
    submitted = required - np.minimum(gaps, required - 1)
    reply, reply_day, early, consent, objection = _creditors(conduct, u, base, performed)
    objects = (reply == 2) & np.stack([u.chance("early_objection", 0.3, j) for j in range(NOTICES)], axis=1)
    written = np.where(early, conduct.shares[:, :NOTICES], 0.0).sum(axis=1)
    pace_z = u.z("pace")
    removal = (base < REPAIR_KNOWN) + np.zeros(d.size)
    repair = 1.0 - removal

    panel = u.z("panel_reading")
    other = u.of(partner(d.who, d.total, d.draws.seed, "shuffle/panel_reading"))
    panel_used = other.z("panel_reading") if params.shuffle == "panel_reading" else panel
    causes = _record_causes(past, safe, performed=performed, left=left)
    causes |= {
        "consent": consent - 0.4,
        "objection": objection,
        "materials": (submitted / required - 0.9) / 0.12,
        "discrepancies": mismatch.astype(np.float64),
        "violations": causes["violations"] + revoked,
        "negative_list": np.maximum(causes["negative_list"], locked),
        "cycle": pace_z,
        "path": params.grant_slope * (year_of(base) - 2020.5) - params.grant_break * removal,
        "plain_removal": removal * causes["performed"],
        "panel_reading": panel_used if params.insight == 0 else panel_used + params.insight * d.resilience_used,
    }
    causes |= {name: causes[name] * repair for name in ("settlement", "security", "hardship", "jobs")}
    level = params.grant_level + sum(params.success[name] * value for name, value in causes.items())
    success = sigmoid(np.asarray(level, dtype=np.float64))
    pace = np.clip(np.exp(2.98 + 0.45 * pace_z - 0.10 * column("staffing")[d.place]), 5, 60).astype(np.int64)
    pace = np.where(discretionary, np.maximum(pace, 12), np.minimum(pace, 25))
    withdrawn_at_all = accepted_at_all & discretionary & u.chance("withdrawn", 0.03)
    decided = np.where(accepted_at_all & ~withdrawn_at_all, np.minimum(working(base + pace), base + 60), NEVER)
    grant = u.chance("grant", success) & discretionary
    mode = np.where(
        debts.settled & (debts.breach == NEVER),
        u.pick("mode_plan", (0.25, 0.65, 0.10)),
        u.pick("mode_none", (0.40, 0.38, 0.22)),
    )
    result = np.where(discretionary, np.where(grant, mode, 3), 4)
    seen = (decided != NEVER) & (decided <= last)
    lag = np.where(u.chance("slow_lifting", 0.03), u.whole("slow_lift", 12, 40), u.whole("lift", 1, 4))
    asked = grant & (written >= 0.6) & revised(decided) & ~debts.unlisted
    months = observation_months()[np.searchsorted((-0.7, 0.0, 0.7), -np.asarray(level))]
    return Applications(
        lane=lane, exists=exists, standing=standing, filed=filed, accepted=accepted,
        withdrawn=np.where(withdrawn_at_all, base + u.whole("withdrawn_day", 2, 20), NEVER),
        decided=decided, result=np.where(seen, result, -1), granted=grant & seen,
        lifted=np.where(seen & (grant | (result == 4)), decided + lag, NEVER),
        on_request=asked & seen, months=np.where(grant, months, 0),
        ordinary=discretionary & ((objection > 0) | (left > 1e6) | u.chance("ordinary", 0.35)),
        type_requested=_type(d, debts, own, standing), required=required, submitted=submitted,
        discrepancies=np.where(u.chance("unchecked", 0.05), NEVER, mismatch),
        signed=u.chance("signed", sigmoid(1.2 + 0.8 * d.willingness)), no_ai=u.chance("no_ai", 0.015),
        reply=np.where(accepted_at_all[:, None] & discretionary[:, None], reply, -1), reply_day=reply_day,
        early=early & exists[:, None] & discretionary[:, None],
        early_objection=objects & exists[:, None] & discretionary[:, None],
        performed=performed, left=left, top_up=top_up,
        top_up_day=np.where((top_up > 0) & exists, safe - u.whole("top_up_day", 9, 18), NEVER),
        panel=panel, panel_used=panel_used, success=np.where(discretionary, success, np.nan),
        would_grant=grant, causes=causes,
    )  # fmt: skip


def _record_causes(past: Past, safe: Ints, *, performed: Floats, left: Floats) -> dict[str, Floats]:
    """Causes of a grant that stand in the record on the day `safe` of filing."""
    d, debts, own, conduct = past.debtors, past.debts, past.own, past.conduct
    due = debts.due()
    owed = (due != NEVER) & (due <= safe[:, None])
    timely = (owed & (debts.paid_on() != NEVER) & (debts.late <= 0)).sum(axis=1)
    on_time = np.where(owed.any(axis=1), timely / np.maximum(owed.sum(axis=1), 1) - 0.65, 0.0)
    served = (conduct.summons != NEVER).sum(axis=1)
    missed = ((conduct.summons != NEVER) & conduct.missed).sum(axis=1)
    person = d.subject == NATURAL
    living = column("living_cost")[d.place]
    earning = np.where(person, (np.log(d.income / living) - 0.95) / 0.40, (np.log(d.income) - 11.4) / 1.0)
    verdict_bad = (own.verdict > 0) & ~own.cured
    zero = np.zeros(d.size)
    return {
        "performed": (performed - 0.28) / 0.22,
        "cover": (np.log(own.cover) + 1.2) / 0.95,
        "settlement": (debts.settled & (debts.breach == NEVER)) - 0.45,
        "security": np.clip(np.nan_to_num(debts.security) / np.maximum(left, 1.0), 0, 1),
        "on_time": on_time / 0.3,
        "income": np.clip(earning, -2.5, 2.5),
        "violations": conduct.count("ban_violation", "asset_transfer", "obstruct") + (own.verdict == 2),
        "negative_list": conduct.barred(own) + zero,
        "report_bad": verdict_bad + zero,
        "reason_rank": np.where(debts.unlisted, 0.0, REASON_RANK[debts.reason] - 1),
        "debt": (np.log1p(left) - 10.6) / 1.6,
        "contact": np.where(served > 0, 1 - missed / np.maximum(served, 1) - 0.7, 0.0) / 0.35,
        "jobs": conduct.jobs + zero,
        "hardship": own.attested + zero,
        "court": column("severity")[d.place],
        "staffing": column("staffing")[d.place],
        "departments": column("departments")[d.place],
    }


def _creditors(conduct: Conduct, u: Draws, base: Ints, performed: Floats) -> tuple[Ints, Ints, Bools, Floats, Floats]:
    """Replies of up to three creditors: who answers what and when, early consents, the shares for and against."""
    n = base.size
    reply = np.full((n, NOTICES), -1, dtype=np.int64)
    day = np.full((n, NOTICES), NEVER, dtype=np.int64)
    early = np.zeros((n, NOTICES), dtype=np.bool_)
    consent, objection = np.zeros(n), np.zeros(n)
    for j in range(NOTICES):
        there = conduct.shares[:, j] > 0
        mood = conduct.mood + 1.2 * (performed - 0.28) + 0.6 * u.z("creditor_mood", j)
        weights = np.stack([np.exp(0.3 + mood), np.full(n, 0.35), np.exp(-0.9 - 0.9 * mood), np.full(n, 0.8)], axis=1)
        answer = u.pick("reply", weights, j)
        early[:, j] = there & u.chance("early", 0.45 * sigmoid(mood), j)
        answer = np.where(early[:, j], 0, answer)
        reply[:, j] = np.where(there, answer, -1)
        day[:, j] = np.where(there, base + 1 + np.where(answer == 3, 8, u.whole("reply_day", 1, 7, j)), NEVER)
        consent += np.where(there & (answer <= 1), conduct.shares[:, j], 0.0)
        objection += np.where(there & (answer == 2), conduct.shares[:, j], 0.0)
    return reply, day, early, consent, objection


def _type(d: Debtors, debts: Debts, own: Property, standing: Ints) -> Ints:
    """What is asked for, position in TYPES."""
    asked = np.where(debts.settled, 1, np.where(own.attested, 3, 2))
    asked = np.where(standing == PERFORMED, 0, asked)
    return np.where(standing >= 9, 4, asked)


def second_filing(past: Past, first: Applications, revoked_on: Ints, lockout: Ints, last: int) -> tuple[Ints, Bools]:
    """Day of a second application, or NEVER, and whether it comes within a lock-out.

    Debtors come again after a refusal, after being turned away, or after a revocation: most of these
    wait for the end of the lock-out, some do not. Nobody comes whose listing has run its term.
    """
    d, term_end = past.debtors, past.debts.term_end
    u = d.draws
    refused = (first.result == 3) & u.chance("again", sigmoid(0.1 + 0.35 * d.willingness))
    after_refusal = first.decided + 95 + np.floor(260 * u.u("again_day")).astype(np.int64)
    turned_away = first.exists & (first.accepted == NEVER) & u.chance("again_filed", 0.5)
    day = np.where(refused, after_refusal, NEVER)
    day = np.where(turned_away, first.filed + u.whole("again_soon", 20, 60), day)
    revoked = (revoked_on != NEVER) & u.chance("again_revoked", 0.6)
    hasty = revoked & u.chance("again_hasty", 0.35)
    wait = np.where(
        hasty, revoked_on + u.whole("again_hasty_day", 20, 120), lockout + 5 + u.whole("again_lockout", 1, 120)
    )
    day = np.where(revoked, wait, day)
    over = (term_end != NEVER) & (term_end < day + 12)
    day = np.where((day <= last) & ~over, day, NEVER)
    return day, np.asarray(hasty & (day != NEVER))
