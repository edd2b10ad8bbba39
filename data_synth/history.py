"""The history of a set of debtors: everything drawn, and the rows it leaves behind.

Depends on the seed and the debtors' numbers only, so any set of debtors can be made on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data_synth.conduct import draw_conduct, emit_behaviour, emit_social
from data_synth.debts import draw_debts
from data_synth.emit_debts import emit_debts
from data_synth.emit_identity import emit_identity
from data_synth.emit_measures import emit_measures
from data_synth.emit_repair import emit_application
from data_synth.emit_watch import emit_watch
from data_synth.latent import draw_debtors
from data_synth.outcome import Outcome, draw_outcome
from data_synth.params import WorldParams
from data_synth.places import area_codes
from data_synth.property import draw_property, emit_income, emit_operating, emit_reports
from data_synth.queries import emit_leads, emit_queries
from data_synth.repair import Applications, Past, draw_applications, second_filing
from data_synth.rng import Ints
from data_synth.sheet import NEVER, Sheet, at, day_number


@dataclass(frozen=True)
class History:
    """Everything drawn for a set of debtors, before it becomes rows."""

    past: Past
    lanes: tuple[tuple[Applications, Outcome], ...]


def draw_history(who: Ints, total: int, seed: int, params: WorldParams) -> History:
    """Latent causes, facts, decisions and outcomes of the debtors numbered `who` (1 to `total`)."""
    d = draw_debtors(who, total, seed, params)
    debts = draw_debts(d)
    past = Past(d, debts, draw_property(d, debts), draw_conduct(d, debts))
    last = day_number(params.observed_until)
    filed = np.where(d.applies, d.anchor, NEVER)
    nobody = np.zeros(d.size, dtype=np.bool_)
    first = draw_applications(past, params, lane=0, filed=filed, revoked=nobody, locked=nobody)
    first_outcome = draw_outcome(d, debts, first, params)
    again, locked = second_filing(past, first, first_outcome.revoked_on, first_outcome.lockout, last)
    revoked = first_outcome.revoked_on != NEVER
    second = draw_applications(past, params, lane=1, filed=again, revoked=revoked, locked=locked)
    return History(past, ((first, first_outcome), (second, draw_outcome(d, debts, second, params))))


def emit_history(history: History, params: WorldParams) -> dict[str, pl.DataFrame]:
    """All rows of the history that were known by the last observed day."""
    past, lanes = history.past, history.lanes
    d, debts, own = past.debtors, past.debts, past.own
    last = int(at(np.array([day_number(params.observed_until)]), 1439)[0])
    sheet = Sheet(d.who, lambda who, day: area_codes(d.place[who], day), last)
    again = lanes[1][0].filed
    emit_identity(sheet, d, debts, lanes)
    emit_debts(sheet, d, debts, lanes)
    emit_measures(sheet, d, debts, own, lanes)
    emit_behaviour(sheet, d, debts, own, past.conduct)
    emit_social(sheet, d, debts, past.conduct)
    near = d.anchor - d.draws.whole("queried", 2, 40)
    emit_queries(sheet, d, own, near, number=1, full=True, growth=1.0)
    emit_queries(sheet, d, own, debts.filed[:, 0] + 14, number=0, full=False, growth=0.8)
    emit_queries(sheet, d, own, np.where(again == NEVER, NEVER, again - 6), number=2, full=False, growth=1.05)
    emit_leads(sheet, d, debts)
    emit_reports(sheet, d, debts, own)
    emit_operating(sheet, d, again)
    emit_income(sheet, d, own, again)
    for app, outcome in lanes:
        emit_application(sheet, past, app, outcome)
        emit_watch(sheet, d, debts, app, outcome)
    return sheet.tables()
