"""The truth behind a synthetic dataset, kept apart from it: causes, true probabilities, potential outcomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from data_synth.debts import DISCRETIONARY
from data_synth.history import History
from data_synth.latent import SUBJECTS
from data_synth.outcome import KINDS
from data_synth.params import WorldParams
from data_synth.places import PLACES
from data_synth.rng import Ints
from data_synth.sheet import NEVER, at, coded, debtor_ids, ids, nullify
from data_synth.shocks import SHOCKS

STANDINGS = (
    "discretionary", "performed", "settlement_performed", "terminated", "not_enforced", "suspended", "term_passed",
    "wrong_listing", "minor", "plan_approved", "liquidated",
)  # fmt: skip
_STAMP = pl.Datetime("us", "Asia/Shanghai")


def _days(days: Ints) -> pl.Series:
    return nullify(pl.Series(days), days == NEVER).cast(pl.Int32).cast(pl.Date)


def truth_of_debtors(history: History) -> pl.DataFrame:
    """One row a debtor: latent and hidden causes, standing, anchor, and potential outcomes at the anchor, whether
    or not the debtor ever applied: `p_success` and `y_success` of a decision at discretion (null where the law
    leaves none), `p_redefault_*` and `y_redefault_*` had a repair been granted then."""
    d = history.past.debtors
    app, outcome = history.lanes[0]
    month, free = outcome.would_month, app.standing == DISCRETIONARY
    return pl.DataFrame(
        {
            "debtor_id": debtor_ids(d.who),
            "region_code": coded(d.place, [place.code for place in PLACES]),
            "subject_type": coded(d.subject, SUBJECTS),
            "ability": d.ability.round(10),
            "willingness": d.willingness.round(10),
            "impact": d.impact.round(10),
            "past_shock": d.past_shock,
            "past_shock_kind": coded(d.shock_kind, SHOCKS),
            "past_shock_on": _days(d.shock_day),
            "pays_under_pressure": history.past.debts.pressed,
            "hidden_resilience": d.resilience.round(10),
            "hidden_debts": d.debts.round(10),
            "wallet_share": history.past.own.wallet.round(10),
            "standing": coded(history.past.debts.standing, STANDINGS),
            "anchor": _days(d.anchor),
            "applies": d.applies,
            "p_success": pl.Series(app.success.round(10)).fill_nan(None),
            "y_success": nullify(pl.Series(app.would_grant), ~free),
            "p_redefault_6": outcome.p6.round(10),
            "p_redefault_12": outcome.p12.round(10),
            "y_redefault_6": (month != NEVER) & (month <= 6),
            "y_redefault_12": (month != NEVER) & (month <= 12),
        }
    )


def truth_of_applications(history: History) -> pl.DataFrame:
    """One row an application, accepted or not. `as_of` is the midnight after the day of acceptance;
    `p_success` is null where the law leaves no discretion; `y_redefault_6/12`, `months_to_redefault` and
    `would_on` are potential outcomes had the repair been granted and nothing competed; `happened_on` is the
    actual re-default and `event_on` its record: later where the creditor was `barred` from asking to list again
    (only after a deletion `on_request`), null where nobody noticed, less often so under a high
    `monitoring_intensity`; `p_recorded_*` is the probability of a *recorded* re-default, which is what labels show,
    null where nothing was granted; `cause_*` and `success_*` are the values that entered the outcome, before their
    strengths."""
    d = history.past.debtors
    frames = []
    for app, outcome in history.lanes:
        as_of = at(np.where(app.accepted == NEVER, NEVER, app.accepted + 1), 0)
        month = outcome.would_month
        clean = (month == NEVER) | (month > 12)
        columns: dict[str, pl.Series | np.ndarray] = {
            "debtor_id": debtor_ids(d.who),
            "application_id": ids(d.who, "A", app.lane + 1),
            "accepted_on": _days(app.accepted),
            "as_of": nullify(pl.Series(as_of), as_of == NEVER).cast(_STAMP),
            "lane": np.full(d.size, app.lane + 1, dtype=np.int64),
            "standing": coded(app.standing, STANDINGS),
            "p_success": app.success.round(10),
            "p_redefault_6": outcome.p6.round(10),
            "p_redefault_12": outcome.p12.round(10),
            "p_recorded_6": pl.Series(outcome.recorded6.round(10)).fill_nan(None),
            "p_recorded_12": pl.Series(outcome.recorded12.round(10)).fill_nan(None),
            "granted": app.granted,
            "decided_on": _days(app.decided),
            "lifted_on": _days(app.lifted),
            "y_redefault_6": (month != NEVER) & (month <= 6),
            "y_redefault_12": ~clean,
            "months_to_redefault": nullify(pl.Series(month), month == NEVER),
            "would_on": _days(outcome.would),
            "kind": coded(np.where(month == NEVER, -1, outcome.kind), KINDS),
            "event_on": _days(outcome.event),
            "competing_on": _days(outcome.exit_day),
            "annulled_on": _days(outcome.annulled),
            "observation_months": app.months,
            "on_request": app.on_request,
            "barred": outcome.barred,
            "happened_on": _days(outcome.happened),
            "monitoring_intensity": outcome.intensity.round(10),
            "own_hidden_resilience": d.resilience.round(10),
            "own_hidden_debts": d.debts.round(10),
            "own_later_shock": outcome.later_shock,
            "later_shock_kind": coded(outcome.shock_kind, SHOCKS),
            "own_panel_reading": app.panel.round(10),
        }
        columns |= {f"cause_{name}": value.round(10) for name, value in outcome.causes.items()}
        columns |= {
            f"success_{name}": np.asarray(value, dtype=np.float64).round(10) for name, value in app.causes.items()
        }
        frame = pl.DataFrame(columns).with_columns(pl.col("p_success").fill_nan(None))
        frames.append(frame.filter(pl.Series(app.exists)))
    key = pl.format("{}@{}", "application_id", pl.col("as_of").dt.strftime("%Y-%m-%dT%H:%M:%S%z"))
    return pl.concat(frames).with_columns(case_key=key)


def write_truth(
    aside: Path, told: Mapping[str, Sequence[pl.LazyFrame]], params: WorldParams, seed: int, debtors: int
) -> None:
    """Write debtors.parquet, applications.parquet, mess.parquet (`told`, in parts) and world.json into `aside`."""
    aside.mkdir(parents=True, exist_ok=True)
    for name, order in (
        ("debtors", ["debtor_id"]),
        ("applications", ["debtor_id", "application_id"]),
        ("mess", ["table", "row_id", "fault"]),
    ):
        frame = pl.concat(told[name]).sort(order).collect(engine="in-memory")
        frame.write_parquet(aside / f"{name}.parquet", statistics=False)
    text = json.dumps(
        {"seed": seed, "debtors": debtors, "params": _plain(params)}, ensure_ascii=False, indent=1, sort_keys=True
    )
    (aside / "world.json").write_text(text + "\n", encoding="utf-8")


def _plain(params: WorldParams) -> dict[str, object]:
    plain: dict[str, object] = dict(vars(params))
    plain["redefault"], plain["success"] = dict(params.redefault), dict(params.success)
    plain["first_day"], plain["observed_until"] = params.first_day.isoformat(), params.observed_until.isoformat()
    return plain
