"""What is owed and what was paid before the anchor: cases, settlements, payments as arrays.

Slot 0 of the case arrays is the main case (the one a repair is asked for); slots 1 to 4 are other
cases of the same debtor; slot 5 is the resumption (执恢) of a case that had ended without assets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_synth.latent import ENTERPRISE, NATURAL, Debtors
from data_synth.law import in_force, revised, term_end
from data_synth.places import CAUSES
from data_synth.rng import Bools, Floats, Ints, sigmoid
from data_synth.sheet import NEVER

SLOTS = 6
INSTALMENTS = 12
LUMPS = 3
# How a debtor stands at the first application: discretionary, or one of the statutory exits.
(DISCRETIONARY, PERFORMED, SETTLED, TERMINATED, NOT_ENFORCED, SUSPENDED, TERM, ERROR, MINOR, PLAN, LIQUIDATED) = range(
    11
)
_EXIT_SHARES = (0.865, 0.065, 0.022, 0.006, 0.006, 0.008, 0.010, 0.010)
REASONS = ("①", "②", "③", "④", "⑤", "⑥")
REASON_RANK = np.array([1.0, 5.0, 4.0, 2.0, 3.0, 2.0])


@dataclass(frozen=True)
class Debts:
    """Case arrays (n, SLOTS), settlement arrays (n,) and (n, INSTALMENTS), lumps (n, LUMPS).
    Days are day numbers, NEVER where nothing happened; money in CNY."""

    standing: Ints
    reason: Ints  # position in REASONS
    exists: Bools
    filed: Ints
    principal: Floats
    cause: Ints
    closed: Ints
    mode: Ints  # position in CLOSING_MODES, -1 open
    listed: Ints  # day of the main listing
    unlisted: Bools  # under consumption limits only
    term_end: Ints
    settled: Bools
    agreed: Ints
    count: Ints  # instalments of the plan
    step: Ints  # days between instalments
    instalment: Floats  # amount of each but the last
    plan_total: Floats  # the sum of the plan; the last instalment is the balance
    late: Ints  # (n, INSTALMENTS) days late, were it paid; NEVER when it is missed
    breach: Ints  # day the settlement was found broken before the anchor, or NEVER
    security: Floats
    guarantor: Bools
    pressed: Bools  # pays nothing of his own accord before the measure
    lump_day: Ints
    lump: Floats
    extra_paid: Floats  # (n, SLOTS) paid in other cases, at their closing
    full_day: Ints  # day the main case was paid in full (standing PERFORMED), or NEVER
    full_amount: Floats

    def due(self) -> Ints:
        """Due day of each instalment (n, INSTALMENTS); NEVER beyond the plan."""
        order = np.arange(1, INSTALMENTS + 1)
        day = self.agreed[:, None] + self.step[:, None] * order
        return np.where(self.settled[:, None] & (order <= self.count[:, None]), day, NEVER)

    def amount(self) -> Floats:
        """Amount of each instalment (n, INSTALMENTS), 0 beyond the plan."""
        order = np.arange(1, INSTALMENTS + 1)
        last = np.round(self.plan_total - (self.count - 1) * self.instalment, 2)
        amount = np.where(order == self.count[:, None], last[:, None], self.instalment[:, None])
        return np.where(self.settled[:, None] & (order <= self.count[:, None]), amount, 0.0)

    def paid_on(self) -> Ints:
        """Day each instalment is paid if nothing further happens; NEVER when missed or after a breach."""
        due = self.due()
        day = np.where((due == NEVER) | (self.late == NEVER), NEVER, due + np.where(self.late == NEVER, 0, self.late))
        broken = (self.breach != NEVER)[:, None] & (due > self.breach[:, None] - 35)
        return np.where(broken, NEVER, day)

    def completed(self) -> Ints:
        """Day the last instalment is paid when none is missed and nothing breaks the plan, or NEVER."""
        due, paid = self.due(), self.paid_on()
        whole = self.settled & ((due == NEVER) | (paid != NEVER)).all(axis=1)
        return np.asarray(np.where(whole, paid.max(axis=1), NEVER), dtype=np.int64)

    def paid_by(self, day: Ints) -> Floats:
        """Money paid in the main case up to and including `day` (n,)."""
        paid_on = self.paid_on()
        plan = np.where((paid_on != NEVER) & (paid_on <= day[:, None]), self.amount(), 0.0).sum(axis=1)
        lumps = np.where((self.lump_day != NEVER) & (self.lump_day <= day[:, None]), self.lump, 0.0).sum(axis=1)
        full = np.where((self.full_day != NEVER) & (self.full_day <= day), self.full_amount, 0.0)
        return np.asarray(plan + lumps + full, dtype=np.float64)


def _standing(d: Debtors) -> Ints:
    u = d.draws
    weights = np.tile(np.array(_EXIT_SHARES), (d.size, 1))
    weights[:, PERFORMED] *= np.exp(0.6 * d.ability + 0.3 * d.willingness)
    weights[:, SETTLED] *= np.exp(0.3 * d.ability + 0.4 * d.willingness)
    standing = u.pick("standing", weights)
    firm = (d.subject == ENTERPRISE) & (standing == DISCRETIONARY)
    standing = np.where(firm & u.chance("plan_approved", 0.02), PLAN, standing)
    standing = np.where(firm & u.chance("liquidated", 0.012), LIQUIDATED, standing)
    return np.where(d.minor, MINOR, standing)


def restrained(day: Ints) -> Floats:
    """Share of listable debtors whom courts put under consumption limits only, by the day (n,): one in seven
    until the courts turned restrained in 2024 (new listings fell by 23.4 % in that year)."""
    year = 1970 + day / 365.25
    return np.asarray(np.interp(year, (2023.7, 2024.1), (0.14, 0.41)), dtype=np.float64)


def _listing(d: Debtors) -> tuple[Ints, Ints, Ints, Ints, Bools, Ints]:
    """How each debtor stands, why and when he was listed in the main case, by the text in force: standing, reason,
    days from filing to the anchor, day of the listing, whether consumption limits were all, days added to a term."""
    u = d.draws
    n = d.size
    standing = _standing(d)
    bad = np.clip(-d.willingness, -2, 2.5)
    reason = u.pick(
        "reason",
        np.stack(
            [np.full(n, 0.62), 0.03 * np.exp(0.9 * bad), 0.05 * np.exp(0.8 * bad), 0.15 * np.exp(0.4 * bad),
             0.06 * np.exp(0.6 * bad), 0.09 * np.exp(0.3 * bad)], axis=1,
        ),
    )  # fmt: skip
    reason = np.where(standing == TERM, np.maximum(reason, 3), reason)
    lag = np.clip(170 + np.exp(5.6 + 0.7 * u.z("lag")), 200, 1700).astype(np.int64)
    lag = np.where(reason > 0, np.minimum(lag, 560 + u.whole("lag_cap", 0, 60)), lag)
    to_listing = 40 + np.floor(90 * u.u("to_listing")).astype(np.int64)
    long_term = np.where(u.chance("term_long", 0.12) | (reason == 1), 365, 0)
    lag = np.where(standing == TERM, 730 + long_term + to_listing + 12 + u.whole("term_over", 0, 60), lag)
    lag = np.maximum(lag, d.anchor - (d.last - 150))  # whoever comes later is under measures already
    listed = d.anchor - lag + to_listing
    # The text of 2013 knew no term, no suspension and no ruling against enforcement as a ground of deletion.
    for state, ground, day, instead in (
        (TERM, "listing_term_passed", listed, DISCRETIONARY),
        (MINOR, "minor_listed", d.anchor, DISCRETIONARY),
        (NOT_ENFORCED, "non_enforcement_ruled", d.anchor, TERMINATED),
        (SUSPENDED, "enforcement_suspended", d.anchor, TERMINATED),
    ):
        unknown = (standing == state) & ~in_force(f"gate.statutory.{ground}", day)
        standing = np.where(unknown, instead, standing)
    wrong = np.isin(standing, (ERROR, MINOR, TERM))
    # Ability was a condition of every ground before 2017-05-01: without it only consumption limits.
    unable = ~revised(listed) & u.chance("unable_2013", 0.30 * sigmoid(-1.2 * d.ability)) & ~wrong
    reason = np.where(unable, 0, reason)
    mild = u.chance("restrained", restrained(listed) * np.where(reason == 0, 1.25, 0.45)) & ~wrong
    unlisted = unable | mild
    return standing, reason, lag, listed, unlisted, long_term


def draw_debts(d: Debtors) -> Debts:
    """Debts of the debtors, built back from each one's anchor."""
    u = d.draws
    n = d.size
    standing, reason, lag, listed, unlisted, longer = _listing(d)
    filed = np.full((n, SLOTS), NEVER, dtype=np.int64)
    exists = np.zeros((n, SLOTS), dtype=np.bool_)
    filed[:, 0], exists[:, 0] = d.anchor - lag, True
    more = -0.35 - 0.45 * d.ability + 0.9 * u.z("more_cases")
    principal = np.zeros((n, SLOTS))
    cause = np.zeros((n, SLOTS), dtype=np.int64)
    closed = np.full((n, SLOTS), NEVER, dtype=np.int64)
    mode = np.full((n, SLOTS), -1, dtype=np.int64)
    extra_paid = np.zeros((n, SLOTS))
    middle = np.where(d.subject == NATURAL, np.log(5.0e4), np.log(3.4e5))
    for slot in range(5):
        size = middle - 0.12 * d.ability + 1.35 * u.z("principal", slot) - (0.4 if slot else 0.0)
        principal[:, slot] = np.round(np.clip(np.exp(size), 800, 8e7), 2)
        cause[:, slot] = u.pick("cause", [share for _, share, _, _ in CAUSES], slot)
        if slot == 0:
            continue
        exists[:, slot] = more > (0.45, 1.0, 1.55, 2.1)[slot - 1]
        filed[:, slot] = d.anchor - 45 - np.floor(1500 * u.u("filed", slot)).astype(np.int64)
        by_size = 0.32 * d.ability - 0.4 * u.z("principal", slot)  # large debts are seldom paid in full
        fate = u.pick(
            "fate",
            np.stack([np.exp(0.9 + by_size), np.exp(-0.3 - by_size), np.full(n, 0.6)], axis=1),
            slot,
        )
        wait = np.where(fate == 0, 15 + np.exp(2.9 + 0.8 * u.z("closed", slot)), 92 + 60 * u.u("closed", slot))
        end = filed[:, slot] + np.floor(wait).astype(np.int64)
        ended = (fate < 2) & (end < d.anchor - 3)
        closed[:, slot] = np.where(ended, end, NEVER)
        mode[:, slot] = np.where(ended, fate, -1)
        part = np.round(np.where(u.chance("some_found", 0.12, slot), 0.4, 0.13) * principal[:, slot], 2)
        extra_paid[:, slot] = np.where(fate == 0, principal[:, slot], part) * ended
    ends = filed[:, 0] + 95 + np.floor(60 * u.u("closed", 0)).astype(np.int64)
    no_assets = (
        (standing == DISCRETIONARY) & u.chance("no_assets", sigmoid(-0.5 - 0.5 * d.ability)) & (ends < d.anchor - 5)
    )
    closed[:, 0] = np.where(no_assets, ends, NEVER)
    mode[:, 0] = np.where(no_assets, 1, -1)
    exit_day = d.anchor - u.whole("exit_day", 6, 25)
    for state, closing in ((PERFORMED, 0), (SETTLED, 0), (TERMINATED, 2), (NOT_ENFORCED, 4)):
        hit = standing == state
        closed[hit, 0], mode[hit, 0] = exit_day[hit] + 1, closing
    resumed = exists[:, 1] & (mode[:, 1] == 1) & u.chance("resumed", 0.47) & (closed[:, 1] + 350 < d.anchor)
    exists[:, 5], cause[:, 5] = resumed, cause[:, 1]
    filed[:, 5] = np.where(resumed, closed[:, 1] + 190 + np.floor(25 * u.u("resumed_on")).astype(np.int64), NEVER)
    principal[:, 5] = np.round(principal[:, 1] - extra_paid[:, 1], 2)
    again = u.pick("resumed_fate", (0.652, 0.182, 0.166))  # paid, without assets again, still open (Gutian)
    closed[:, 5] = np.where(resumed & (again < 2), filed[:, 5] + 60 + np.floor(70 * u.u("resumed_end")), NEVER)
    mode[:, 5] = np.where(resumed & (again < 2), again, -1)
    extra_paid[:, 5] = np.where(resumed, np.array([1.0, 0.5, 0.0])[again] * principal[:, 5], 0.0).round(2)
    filed = np.where(exists, filed, NEVER)
    plan = _plan(d, standing=standing, filed=filed[:, 0], listed=listed, principal=principal[:, 0], exit_day=exit_day)
    return Debts(
        standing=standing, reason=reason, exists=exists, filed=filed, principal=principal, cause=cause,
        closed=np.where(exists, closed, NEVER), mode=mode, listed=listed, unlisted=unlisted,
        term_end=np.where(unlisted, NEVER, term_end(listed, reason, longer)), extra_paid=extra_paid, **plan,
    )  # fmt: skip


def _plan(
    d: Debtors, *, standing: Ints, filed: Ints, listed: Ints, principal: Floats, exit_day: Ints
) -> dict[str, np.ndarray]:
    """Settlement, instalments and lump payments of the main case."""
    u = d.draws
    n = d.size
    share = sigmoid(-1.5 + 0.55 * d.ability + 0.45 * d.willingness + 0.5 * u.z("lump_share"))
    number = u.pick(
        "lumps", np.stack([np.exp(-0.4 * d.willingness), np.ones(n), np.full(n, 0.5), np.full(n, 0.3)], axis=1)
    )
    pressed = u.chance("pressed", sigmoid(-0.6 - 1.0 * d.willingness))
    begin = np.where(pressed, np.maximum(listed + 3, filed + 12), filed + 12)
    span = np.maximum(d.anchor - 12 - begin, 1)
    lump_day = np.stack([begin + np.floor(span * u.u("lump_day", j)).astype(np.int64) for j in range(LUMPS)], axis=1)
    used = np.arange(LUMPS) < number[:, None]
    lump = np.round(np.where(used, (share * principal / np.maximum(number, 1))[:, None], 0.0), 2)
    paid = lump.sum(axis=1)
    settled = u.chance("settled", sigmoid(-0.35 + 0.65 * d.willingness + 0.25 * d.ability)) & (standing <= SETTLED)
    settled = (settled & (standing == DISCRETIONARY)) | (standing == SETTLED)
    step = np.array([30, 60, 90])[u.pick("step", (0.55, 0.2, 0.25))]
    count = np.array([4, 6, 8, 12])[u.pick("count", (0.15, 0.35, 0.2, 0.3))]
    done = standing == SETTLED
    step, count = np.where(done, 30, step), np.where(done, 4, count)
    agreed = d.anchor - 40 - np.floor(300 * u.u("agreed")).astype(np.int64)
    agreed = np.maximum(agreed, d.anchor + 45 - count * step)  # a plan still runs at the application
    agreed = np.where(done, exit_day - 4 * 30 - 1, np.maximum(agreed, filed + 20))
    plan_share = np.where(done | u.chance("plan_all", 0.6), 1.0, 0.5 + 0.4 * u.u("plan_share"))
    plan_total = np.round((principal - paid) * plan_share, 2)
    instalment = np.floor(plan_total / count * 100) / 100
    late = np.full((n, INSTALMENTS), NEVER, dtype=np.int64)
    first_miss = np.full(n, NEVER, dtype=np.int64)
    for j in range(INSTALMENTS):
        prompt = u.chance("prompt", sigmoid(1.0 + 1.05 * d.willingness + 0.5 * d.ability), j)
        delay = np.where(prompt, -u.whole("early", 0, 4, j), 1 + np.floor(28 * u.u("delay", j)).astype(np.int64))
        missed = u.chance("missed", sigmoid(-2.6 - 0.8 * d.willingness - 0.5 * d.ability), j) & ~done
        late[:, j] = np.where(missed, NEVER, np.where(done, -1, delay))
        first_miss = np.where((first_miss == NEVER) & missed & (j < count), agreed + step * (j + 1), first_miss)
    broken = settled & (first_miss != NEVER) & (first_miss + 40 < d.anchor) & u.chance("breach", 0.75)
    secured = settled & u.chance("secured", sigmoid(-0.9 + 0.5 * d.ability + 0.3 * d.willingness))
    full = standing == PERFORMED
    return {
        "settled": settled,
        "agreed": np.where(settled, agreed, NEVER),
        "count": count,
        "step": step,
        "instalment": instalment,
        "plan_total": plan_total,
        "late": late,
        "breach": np.where(broken, first_miss + 36, NEVER),
        "security": np.where(secured, np.round((principal - paid) * (0.3 + 0.9 * u.u("security"))), np.nan),
        "guarantor": secured & u.chance("guarantor", 0.6),
        "pressed": pressed,
        "lump_day": np.where(used, lump_day, NEVER),
        "lump": lump,
        "full_day": np.where(full, exit_day, NEVER),
        "full_amount": np.where(full, np.round(principal - paid, 2), 0.0),
    }
