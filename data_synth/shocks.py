"""Hardship that befalls debtors: its kind, its day, and what it leaves in the records.

Persons lose their work or fall ill, units wait for money that others owe them (S2a R14, R30). A
shock before the application is in `WorldParams.redefault` as `past_shock`, one after the lifting as
`later_shock`; the kind decides the trace only, never the probability. No record names an illness: it shows
as less income and, where a judge attested it, as the loss of the main income.
"""

from __future__ import annotations

import numpy as np

from data_synth.rng import Bools, Draws, Floats, Ints
from data_synth.sheet import NEVER

ILLNESS, JOB_LOSS, RECEIVABLES = range(3)
SHOCKS = ("illness", "job_loss", "receivables_unpaid")
# By subject: natural person, enterprise, sole trader, other unit.
_ILL = np.array([0.35, 0.0, 0.30, 0.0])
_ELSE = np.array([JOB_LOSS, RECEIVABLES, RECEIVABLES, RECEIVABLES])
# What is left of a person's income, and of a unit's receipts for what it sold.
_INCOME_LEFT = np.array([0.85, 0.65, 1.0])
_RECEIPTS_LEFT = np.array([0.93, 1.0, 0.80])


def shock_kinds(hit: Bools, subject: Ints, u: Draws, stream: str) -> Ints:
    """Position in SHOCKS of those who are `hit` (n,), -1 for the others; `subject` is a position in SUBJECTS."""
    kind = np.where(u.chance(f"{stream}/ill", _ILL[subject]), ILLNESS, _ELSE[subject])
    return np.asarray(np.where(hit, kind, -1), dtype=np.int64)


def shock_days(kind: Ints, anchor: Ints, u: Draws) -> Ints:
    """Day of the shock before the anchor, five to fourteen months earlier; NEVER for none."""
    return np.asarray(np.where(kind >= 0, anchor - u.whole("shock_day", 150, 430), NEVER), dtype=np.int64)


def income_left(kind: Ints) -> Floats:
    """Share of a person's income that the shock leaves, 1 without a shock."""
    return _left(kind, _INCOME_LEFT)


def receipts_left(kind: Ints) -> Floats:
    """Share of what a unit has sold that is paid in, 1 without a shock."""
    return _left(kind, _RECEIPTS_LEFT)


def _left(kind: Ints, shares: Floats) -> Floats:
    return np.asarray(np.where(kind < 0, 1.0, shares[np.maximum(kind, 0)]), dtype=np.float64)
