"""Property queries: what the networks answer, late, in part, or not at all.

The same assets are asked for through two channels: the national network (总对总) answers with the state of
some months ago and now and then finds nothing where there is something; the local one (点对点) is fresh
and not everywhere. Neither sees electronic wallets. After a case has ended without assets, a lead comes in for
some, and a few of these cases are resumed (S3a, `targets.yaml`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data_synth.debts import Debts
from data_synth.latent import Debtors
from data_synth.places import column
from data_synth.property import CLASSES, Property
from data_synth.rng import Bools, Draws, Floats, Ints
from data_synth.sheet import NEVER, Sheet, at, coded

CHANNELS = ("总对总", "点对点", "onsite", "clue")
STATES = ("ok", "partial", "fail", "timeout")
_ASKED = (1.0, 0.55, 0.35, 0.15, 0.15, 0.25, 0.12, 0.25, 0.06)
_SECOND = 400  # numbers of queries through the second channel
_LEAD = 800
_PARTIAL = 0.05
_LEADS = 0.124  # of cases without assets that are not resumed; resumed ones always have one: 16.8 % (S3a)


def emit_queries(
    sheet: Sheet, d: Debtors, own: Property, asked_on: Ints, *, number: int, full: bool, growth: float
) -> None:
    """One round of network queries on the days `asked_on` (n,), NEVER for no round. `full` asks for all
    classes, otherwise deposits, homes and vehicles only; values are those at the anchor times `growth`."""
    u = Draws(d.draws.seed, d.who, number + 10)
    local = np.clip(0.22 + 0.10 * column("departments")[d.place], 0.05, 0.40)
    for j in range(9):
        if not full and j > 2:
            continue
        early = np.where(own.gross[:, j] > 0, 0.55, 0.15)  # courts ask where a first report points
        rows = (asked_on != NEVER) & u.chance("asked", _ASKED[j] if full else early, j)
        first = u.pick("channel", (0.80, 0.11, 0.06, 0.03), j)
        stale = np.exp(0.13 * u.z("noise", j)) * np.where((first == 0) & u.chance("overlooked", 0.04, j), 0.0, 1.0)
        hidden = np.where(first <= 1, own.wallet, 0.0) if j == 0 else np.zeros(d.size)
        _query(sheet, d, own, u, j, number=number * 10 + j, rows=rows, asked_on=asked_on, channel=first,
               worth=growth * stale * (1 - hidden))  # fmt: skip
        second = rows & (first == 0) & u.chance("second", local, j)
        fresh = np.exp(0.03 * u.z("fresh", j)) * (1 - (own.wallet if j == 0 else 0.0))
        _query(sheet, d, own, u, j, number=_SECOND + number * 10 + j, rows=second, asked_on=asked_on,
               channel=np.ones(d.size, dtype=np.int64), worth=growth * fresh)  # fmt: skip


def _query(
    sheet: Sheet, d: Debtors, own: Property, u: Draws, j: int, *, number: int, rows: Bools, asked_on: Ints,
    channel: Ints, worth: Floats,
) -> None:  # fmt: skip
    """A request and its answer for the asset class `j`; `worth` (n,) what is seen of its value."""
    k = number
    failure = column("query_failure")[d.place]
    cap = column("provident_cap")[d.place]
    minute = u.whole("asked_minute", 510, 1020, k)
    asked = at(asked_on, minute)
    pace = np.where(u.chance("slow", 0.08, k), u.whole("slow_days", 5, 25, k), u.whole("quick_days", 0, 4, k))
    weights = (1 - failure - _PARTIAL, np.full(d.size, _PARTIAL), failure * 2 / 3, failure / 3)
    state = u.pick("state", np.stack(weights, axis=1), k)
    pace = np.where(state == 3, 30, pace)
    answered = at(asked_on + pace, np.maximum(minute + 7, u.whole("answer_minute", 540, 1060, k)))
    answered = np.where(asked_on == NEVER, NEVER, answered)
    seen = np.where(state < 2, np.where(state == 1, 0.6, 1.0) * worth, np.nan)
    gross = np.round(own.gross[:, j] * seen, 2)
    burden = np.where(state == 0, np.round(own.burden[:, j] * worth, 2), np.nan)
    reach = np.minimum((gross - np.nan_to_num(burden)) * 0.85, cap if j == 5 else np.inf)
    fixed: dict[str, Any] = {
        "asset_class": CLASSES[j], "channel": coded(channel, CHANNELS), "requested_at": asked,
        "tag": "Q", "number": number, "source": "query_control", "rows": rows,
    }  # fmt: skip
    sheet.add("property_queries", asked, **fixed)
    sheet.add(
        "property_queries", answered, version=2, **fixed,
        feedback_at=np.where(state == 3, NEVER, answered), feedback_status=coded(state, STATES),
        gross_value=gross, encumbrance_value=burden, accessible_value=np.round(reach, 2),
    )  # fmt: skip


def emit_leads(sheet: Sheet, d: Debtors, debts: Debts) -> None:
    """Leads on property after a case ended without assets: some months later, small, not always worth a resumption."""
    u = d.draws
    for slot in range(5):
        ended = np.where(debts.mode[:, slot] == 1, debts.closed[:, slot], NEVER)
        resumed = debts.exists[:, 5] if slot == 1 else np.zeros(d.size, dtype=np.bool_)
        rows = (ended != NEVER) & (resumed | u.chance("lead", _LEADS, slot))
        day = np.where(ended == NEVER, NEVER, ended + 25 + np.floor(150 * u.u("lead_day", slot)).astype(np.int64))
        gross = np.round(0.04 * debts.principal[:, slot] * np.exp(0.7 * u.z("lead_value", slot)), 2)
        fixed: dict[str, Any] = {
            "asset_class": "other", "channel": "clue", "requested_at": at(day, 600), "tag": "Q",
            "number": _LEAD + slot, "source": "case_system", "rows": rows,
        }  # fmt: skip
        sheet.add("property_queries", at(day, 600), **fixed)
        answered = at(day + 4, 900)
        sheet.add(
            "property_queries", answered, version=2, feedback_at=answered, feedback_status="ok",
            gross_value=gross, encumbrance_value=0.0, accessible_value=np.round(0.85 * gross, 2), **fixed,
        )  # fmt: skip
