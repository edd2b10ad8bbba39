"""Who the debtors are: latent causes, identity, place, trade, and the day around which each one's
history is built.

Seen by nobody: `ability`, `willingness`, `impact` (they shape the records), and the hidden causes
`resilience` (help of family and friends), `debts` (informal debts that no register knows), which
act on re-default only. Impact leans against ability; willingness leans with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_synth.params import WorldParams
from data_synth.places import INDUSTRIES, PLACES, column
from data_synth.rng import Bools, Draws, Floats, Ints, partner, sigmoid
from data_synth.sheet import day_number
from data_synth.shocks import income_left, shock_days, shock_kinds

NATURAL, ENTERPRISE, INDIVIDUAL, OTHER = range(4)
SUBJECTS = ("natural", "enterprise", "individual_business", "other_unit")


@dataclass(frozen=True)
class Debtors:
    """One row a debtor, all arrays (n,). `anchor` is the day of a first application (or, without
    one, the middle of the observed history; for some a day after the last observed one). `*_used` are
    the hidden causes that outcomes see: the debtor's own, unless the world shuffles them."""

    who: Ints
    total: int  # debtors of the whole world
    draws: Draws
    place: Ints
    subject: Ints
    industry: Ints  # position in INDUSTRIES, -1 none stated
    ability: Floats
    willingness: Floats
    impact: Floats
    past_shock: Bools
    shock_kind: Ints  # position in SHOCKS, -1 no shock before the anchor
    shock_day: Ints
    resilience: Floats
    debts: Floats
    resilience_used: Floats
    debts_used: Floats
    anchor: Ints
    last: int  # last observed day
    applies: Bools
    minor: Bools
    lacks_capacity: Bools
    age: Floats  # years a firm has existed at the anchor
    staff: Ints
    capital: Floats
    paid_in: Floats
    sme: Bools
    income: Floats  # monthly income of a person, or monthly sales of a unit, around the anchor

    @property
    def size(self) -> int:
        return int(self.who.size)

    @property
    def unit(self) -> Bools:
        """Firms, sole traders and other units: they have operating facts."""
        return np.asarray(self.subject != NATURAL)


def anchor_day(uniform: Floats, params: WorldParams) -> Ints:
    """Days by the growth of applications: density rising by `yearly_growth` from the first day; the last
    share `later` of the debtors would come in the 500 days after the last observed one."""
    first, last = day_number(params.first_day), day_number(params.observed_until) - 20
    rate = np.log1p(params.yearly_growth) / 365.25
    span = float(last - first)
    now = 1 - params.later
    seen = np.floor(np.log1p(np.minimum(uniform / now, 1.0) * np.expm1(rate * span)) / rate)
    after = np.clip(uniform - now, 0.0, None) / max(params.later, 1e-9)
    later = span + 20 + np.floor(480 * after)
    return np.asarray(first + np.where(uniform < now, seen, later), dtype=np.int64)


def draw_debtors(who: Ints, total: int, seed: int, params: WorldParams) -> Debtors:
    """Debtors with the numbers `who` (from 1 to `total`) of the world `seed`."""
    d = Draws(seed, who)
    ability = d.z("ability")
    willingness = 0.25 * ability + np.sqrt(1 - 0.25**2) * d.z("willingness")
    impact = -0.2 * ability + np.sqrt(1 - 0.2**2) * d.z("impact")
    person = params.person_share
    rest = 1 - person
    subject = d.pick("subject", (person, 0.68 * rest, 0.24 * rest, 0.08 * rest))
    place = d.pick("place", [item.weight for item in PLACES])
    minor = (subject == NATURAL) & d.chance("minor", 0.005)
    lacks = (subject == NATURAL) & ~minor & d.chance("lacks_capacity", 0.012)
    unit = subject != NATURAL
    industry = d.pick("industry", [share for _, share, _ in INDUSTRIES])
    industry = np.where(unit | d.chance("industry_stated", 0.25), industry, -1)
    resilience, debts = d.z("hidden_resilience"), d.z("hidden_debts")
    other = d.of(partner(who, total, seed, f"shuffle/{params.shuffle}"))
    staff = np.floor(np.exp(2.2 + 0.45 * ability + 0.9 * d.z("staff"))).astype(np.int64)
    staff = np.where(subject == INDIVIDUAL, staff % 8, staff)
    capital = np.round(np.exp(14.2 + 0.2 * ability + 1.0 * d.z("capital")), -4)
    sales = np.exp(11.6 + 0.35 * ability + 0.8 * d.z("sales")) * np.where(subject == INDIVIDUAL, 0.25, 1.0)
    wage = column("wage")[place] * np.exp(0.34 * ability + 0.20 * d.z("wage"))
    past_shock = d.chance("past_shock", sigmoid(-1.6 - 0.35 * ability))
    shock_kind = shock_kinds(past_shock, subject, d, "past_shock")
    anchor = anchor_day(d.u("anchor"), params)
    return Debtors(
        who=who,
        total=total,
        draws=d,
        place=place,
        subject=subject,
        industry=industry,
        ability=ability,
        willingness=willingness,
        impact=impact,
        past_shock=past_shock,
        shock_kind=shock_kind,
        shock_day=shock_days(shock_kind, anchor, d),
        resilience=resilience,
        debts=debts,
        resilience_used=other.z("hidden_resilience") if params.shuffle == "hidden_resilience" else resilience,
        debts_used=other.z("hidden_debts") if params.shuffle == "hidden_debts" else debts,
        anchor=anchor,
        last=day_number(params.observed_until),
        applies=d.chance("applies", np.clip(params.applies + 0.03 * willingness, 0.0, 1.0)),
        minor=minor,
        lacks_capacity=lacks,
        age=np.exp(1.7 + 0.15 * ability + 0.6 * d.z("age")) + 1.5,
        staff=np.where(unit, staff, 0),
        capital=np.where(unit, capital, np.nan),
        paid_in=np.where(unit, np.round(capital * sigmoid(0.6 * ability + 0.9 * d.z("paid_in")), 2), np.nan),
        sme=(subject == ENTERPRISE) & d.chance("sme", 0.05 + 0.02 * np.clip(ability, 0, 2)),
        income=np.where(unit, sales, wage * income_left(shock_kind)),
    )
