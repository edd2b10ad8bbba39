"""What would follow a grant: the true probabilities, and what does follow.

P(re-default within 12 months | granted) = sigmoid(sum of the causes in `WorldParams.redefault`),
exactly; it spreads over months by a fixed shape, which a later shock bends towards the months after
it: survival to month m is (1 - p12) ** G(m), G(12) = 1. Drawn for every application, granted or
not: potential outcomes.

Two things stand between what happens and what is recorded. After a deletion at the creditor's request the
same creditor's request to list again is refused for six months: such a relisting (E1) is recorded only after
the bar. And false material, banned conduct and concealment (E6 to E8) come to light the sooner, and more
often, the closer a debtor is watched: `intensity`. Competing exits (deregistration, bankruptcy) come by
chance of their own and hide what would have come after them; the true probabilities are those without
competing exits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from data_synth.debts import Debts
from data_synth.latent import NATURAL, Debtors
from data_synth.law import BARRED_MONTHS, lockout_days
from data_synth.params import WorldParams
from data_synth.places import INDUSTRIES, column, macro
from data_synth.property import year_of
from data_synth.recorded import Watch, recorded_within
from data_synth.repair import Applications
from data_synth.rng import Bools, Draws, Floats, Ints, partner, sigmoid
from data_synth.sheet import NEVER
from data_synth.shocks import shock_kinds

KINDS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
_KIND_SHARE = (0.30, 0.12, 0.20, 0.17, 0.07, 0.05, 0.05, 0.04)
_OUTSIDE = (5, 6, 7)  # E6 to E8: no register of the courts shows them
_SAME_CREDITOR = 0.85  # of relistings after a deletion at the creditor's request
_DETECTION = 0.8  # log-odds of noticing what no register shows, per unit of watchfulness, and lost once nobody watches
_SHAPE = np.array([0.5, 0.7, 0.9, 1.0, 1.1, 1.1, 1.1, 1.1, 1.0, 1.0, 0.9, 0.9] + [0.5] * 12)
MONTH = 30.4375


@dataclass(frozen=True)
class Outcome:
    """Potential and actual outcomes of applications; arrays (n,). `start` is the day of lifting, actual or,
    without a grant, the day it would have come; `event` the recorded re-default day (NEVER: none
    recorded), `would` the day in the world where the repair is granted and no competing exit comes."""

    start: Ints
    causes: dict[str, Floats]
    p6: Floats
    p12: Floats
    later_shock: Bools
    shock_month: Ints
    shock_kind: Ints  # position in SHOCKS, -1 no later shock
    would: Ints
    would_month: Ints
    kind: Ints  # position in KINDS
    happened: Ints  # day of the actual re-default, recorded or not
    event: Ints
    known: Ints
    barred: Bools  # a relisting that the six months' bar kept off the record until it ended
    same_case: Bools  # the relisting is in the old case, at the same creditor's request
    intensity: Floats  # of monitoring, in standard units
    recorded6: Floats  # probability of a *recorded* re-default within 6 months of a grant; NaN where none was made
    recorded12: Floats
    exit_day: Ints  # competing exit before any event, NEVER: none
    exit_bankrupt: Bools
    annulled: Ints  # day of a wrong E1 that is annulled later, NEVER: none
    revoked_on: Ints  # day the revocation was decided, NEVER: none
    ground: Ints  # 0 false material, 1 breach of condition, 2 new dishonesty; -1 none
    lockout: Ints


def draw_outcome(d: Debtors, debts: Debts, app: Applications, params: WorldParams) -> Outcome:
    """Outcomes of one lane of applications."""
    u = Draws(d.draws.seed, d.who, app.lane + 20)
    base = np.where(app.accepted != NEVER, app.accepted, np.where(app.exists, app.filed, d.anchor))
    start = np.where(app.lifted != NEVER, app.lifted, base + 23)
    other = u.of(partner(d.who, d.total, d.draws.seed, "shuffle/later_shock"))
    shock = u.chance("later_shock", 0.15)
    used = other.chance("later_shock", 0.15) if params.shuffle == "later_shock" else shock
    month = (other if params.shuffle == "later_shock" else u).whole("later_month", 1, 12)
    yearly = d.income * np.where(d.subject == NATURAL, 12.0, 1.5)
    burden = np.log((app.left + 500) / yearly)
    trade = np.array([shift for *_, shift in INDUSTRIES])
    causes: dict[str, Floats] = {
        "ability": d.ability,
        "willingness": d.willingness,
        "impact": d.impact,
        "burden": np.clip((burden + 0.3) / 1.5, -3, 3),
        "past_shock": d.past_shock + 0.0 * d.ability,
        "region": column("hazard")[d.place],
        "industry": np.where(d.industry >= 0, trade[np.maximum(d.industry, 0)], 0.0),
        "macro": macro(year_of(start), params.economy),
        "hidden_resilience": d.resilience_used,
        "hidden_debts": d.debts_used,
        "later_shock": used + 0.0 * d.ability,
    }
    level = params.redefault_level + sum(params.redefault[name] * value for name, value in causes.items())
    p12 = sigmoid(np.asarray(level, dtype=np.float64))
    steps = np.arange(1, _SHAPE.size + 1)
    bent = _SHAPE * np.where(used[:, None] & (steps >= month[:, None]), 2.5, 1.0)
    growth = np.cumsum(bent, axis=1) / bent[:, :12].sum(axis=1, keepdims=True)
    level_12 = -np.log1p(-p12)
    hazard = level_12[:, None] * growth
    draw = -np.log1p(-u.u("redefault"))
    passed = (draw[:, None] > hazard).sum(axis=1)  # whole months survived
    would = np.where(
        passed < _SHAPE.size, start + 1 + np.floor((passed + u.u("redefault_day")) * MONTH).astype(np.int64), NEVER
    )
    shares = _kind_shares(debts)
    kind = u.pick("kind", shares)
    exit_rate = np.where(d.subject == NATURAL, 0.0005, 0.0030)
    months_to_exit = np.floor(np.log1p(-u.u("exit")) / np.log1p(-exit_rate)).astype(np.int64)
    exit_day = np.where(months_to_exit < 24, start + 6 + np.floor(months_to_exit * MONTH).astype(np.int64), NEVER)
    exit_first = (exit_day != NEVER) & ((would == NEVER) | (exit_day <= would)) & app.granted
    happened = np.where(app.granted & ~exit_first, would, NEVER)
    intensity = 0.4 * column("departments")[d.place] + 0.3 * column("staffing")[d.place] + 0.8 * u.z("intensity")
    outside = np.isin(kind, _OUTSIDE)
    watched = happened <= start + np.floor(app.months * MONTH).astype(np.int64)
    detection = logit(params.detected) + _DETECTION * intensity
    seen = u.chance("detected", sigmoid(detection - _DETECTION * ~watched))
    same_case = app.on_request & (kind == 0) & u.chance("same_creditor", _SAME_CREDITOR)
    free = start + np.floor(BARRED_MONTHS * MONTH).astype(np.int64) + 2
    barred = same_case & (happened != NEVER) & (happened < free)
    event = np.where(barred, free + u.whole("after_bar", 1, 25), happened)
    event = np.where(outside & ~seen, NEVER, event)
    slow = np.where(outside & (intensity < 0), u.whole("report_slow", 5, 25), 0)
    known = np.where(event == NEVER, NEVER, event + u.whole("report_lag", 2, 30) + slow)
    wrong = app.granted & (happened == NEVER) & u.chance("annulled", 0.015)
    annulled = np.where(wrong, start + 20 + np.floor(280 * u.u("annulled_day")).astype(np.int64), NEVER)
    in_watch = (event != NEVER) & (event <= start + np.floor(app.months * MONTH).astype(np.int64))
    must = np.isin(kind, (5,)) | (np.isin(kind, (0, 3, 6, 7)) & u.chance("revoked", 0.6))
    revoked = in_watch & must
    revoked_on = np.where(revoked, known + u.whole("revocation_days", 10, 35), NEVER)
    ground = np.where(kind == 5, 0, np.where(kind == 3, 1, 2))
    lock_days = lockout_days()[ground]
    return Outcome(
        start=start, causes=causes, p6=-np.expm1(-level_12 * growth[:, 5]), p12=p12, later_shock=shock,
        shock_month=np.where(used, month, NEVER),
        shock_kind=shock_kinds(used, d.subject, u, "later_shock"), would=would,
        would_month=np.where(would == NEVER, NEVER, passed + 1), kind=kind, happened=happened, event=event,
        known=known, barred=barred, same_case=same_case, intensity=intensity,
        recorded6=_recorded(hazard, 6, shares, detection, app),
        recorded12=_recorded(hazard, 12, shares, detection, app),
        exit_day=np.where(exit_first, exit_day, NEVER),
        exit_bankrupt=(d.subject == NATURAL) | u.chance("exit_kind", 0.45), annulled=annulled, revoked_on=revoked_on,
        ground=np.where(revoked, ground, -1), lockout=np.where(revoked, revoked_on + lock_days, NEVER),
    )  # fmt: skip


def _recorded(hazard: Floats, months: int, shares: Floats, detection: Floats, app: Applications) -> Floats:
    """Probability (n,) of a recorded re-default in the first months after a grant, NaN where none was made."""
    whole = shares.sum(axis=1)
    watch = Watch(
        relisting=shares[:, 0] / whole * _SAME_CREDITOR * app.on_request,
        outside=shares[:, _OUTSIDE].sum(axis=1) / whole,
        seen_watched=sigmoid(detection),
        seen_later=sigmoid(detection - _DETECTION),
        months=app.months,
    )
    return np.where(app.granted, recorded_within(hazard, months, watch), np.nan)


def _kind_shares(debts: Debts) -> Floats:
    """Weights (n, 8) of the kinds of a re-default: plan breaches (E4, E5) only where a plan runs."""
    weights = np.tile(np.array(_KIND_SHARE), (len(debts.settled), 1))
    no_plan = ~(debts.settled & (debts.breach == NEVER))
    weights[no_plan, 3:5] = 0.0
    return weights
