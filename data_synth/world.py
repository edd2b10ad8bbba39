"""The synthetic causal world: writes a dataset of case records and, kept apart, the truth behind it.

Debtors are grouped by the bucket their identifier falls into; a bucket, or some small neighbouring
ones, is made and written on its own, so memory is bounded whatever the world's size. Rows depend on
the seed and the debtor's number only.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
from data_synth.mess import Mess
from data_synth.outcome import Outcome, draw_outcome
from data_synth.params import WorldParams
from data_synth.places import PLACES
from data_synth.property import draw_property, emit_income, emit_operating, emit_queries, emit_reports
from data_synth.repair import Applications, Past, draw_applications, second_filing
from data_synth.rng import Ints
from data_synth.sheet import NEVER, Sheet, at, coded, day_number, debtor_ids, merge
from data_synth.truth import truth_of_applications, truth_of_debtors, write_truth
from records.dataset import DatasetInfo, DatasetWriter, bucket_of


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
    sheet = Sheet(d.who, coded(d.place, [place.code for place in PLACES]), last)
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
    emit_reports(sheet, d, debts, own)
    emit_operating(sheet, d, again)
    emit_income(sheet, d, own, again)
    for app, outcome in lanes:
        emit_application(sheet, past, app, outcome)
        emit_watch(sheet, d, debts, app, outcome)
    return sheet.tables()


def generate(
    out: Path,
    debtors: int,
    seed: int,
    *,
    buckets: int = 16,
    truth: Path | None = None,
    mess: float = 0.0,
    params: WorldParams | None = None,
    chunk: int = 20_000,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a dataset of profile "applications" to `out` and its truth to `truth`.

    `debtors` is their number (≥ 1); `buckets` the dataset's buckets; `truth` a folder outside `out`
    (default: beside it, named `<out>_truth`); `mess` the share of rows spoilt on purpose (0 to 0.5;
    what was spoilt is told in the truth); `chunk` how many debtors are held in memory at once;
    `progress(done, total)` is called after each bucket. An earlier dataset at `out` is replaced.
    Raises ValueError listing every wrong argument.
    """
    out = Path(out)
    aside = Path(truth) if truth is not None else out.with_name(out.name + "_truth")
    problems = []
    if debtors < 1:
        problems.append(f"debtors must be at least 1, not {debtors}")
    if buckets < 1:
        problems.append(f"buckets must be at least 1, not {buckets}")
    if chunk < 1:
        problems.append(f"chunk must be at least 1, not {chunk}")
    if not 0 <= mess <= 0.5:
        problems.append(f"mess must lie between 0 and 0.5, not {mess}")
    if aside.resolve().is_relative_to(out.resolve()):
        problems.append("the truth may not lie inside the dataset")
    if problems:
        raise ValueError("synthetic world: " + "; ".join(problems))
    world = WorldParams() if params is None else params
    _clear(out)
    info = DatasetInfo(
        profile="applications",
        buckets=buckets,
        observed_until=world.observed_until,
        origin={"generator": "data_synth", "seed": seed, "debtors": debtors, "mess": mess},
    )
    everyone = np.arange(1, debtors + 1, dtype=np.int64)
    place = bucket_of(debtor_ids(everyone), buckets).to_numpy()
    writer = DatasetWriter(out, info)
    mixer = Mess(seed, mess)
    told: list[dict[str, pl.DataFrame]] = []
    done = 0
    for group in _groups(np.bincount(place, minlength=buckets), chunk):
        members = everyone[np.isin(place, group)]
        sheets = []
        for begin in range(0, members.size, chunk):
            history = draw_history(members[begin : begin + chunk], debtors, seed, world)
            tables, spoilt = mixer.spoil(emit_history(history, world))
            sheets.append(tables)
            told.append(
                {"debtors": truth_of_debtors(history), "applications": truth_of_applications(history), "mess": spoilt}
            )
        for bucket, tables in _split(merge(sheets), buckets).items():
            writer.write_bucket(bucket, tables)
        done += int(members.size)
        if progress is not None:
            progress(done, debtors)
    writer.close()
    write_truth(aside, told, world, seed, debtors)


def _groups(sizes: Ints, chunk: int) -> list[list[int]]:
    """Neighbouring buckets made together, as many as fit into a chunk (at least one): small worlds are quick."""
    groups: list[list[int]] = []
    held = 0
    for bucket, size in enumerate(sizes.tolist()):
        if groups and held + size <= chunk:
            groups[-1].append(bucket)
            held += size
        else:
            groups.append([bucket])
            held = size
    return groups


def _split(tables: dict[str, pl.DataFrame], buckets: int) -> dict[int, dict[str, pl.DataFrame]]:
    """Rows of each table by bucket, row order kept."""
    split: dict[int, dict[str, pl.DataFrame]] = {}
    for name, frame in tables.items():
        marked = frame.with_columns(bucket_of(frame["debtor_id"], buckets).alias("__bucket"))
        for (bucket,), part in marked.partition_by("__bucket", as_dict=True, include_key=False).items():
            split.setdefault(int(str(bucket)), {})[name] = part
    return split


def _clear(out: Path) -> None:
    """Remove an earlier dataset; refuse a folder that is something else."""
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / "dataset.json").exists()):
        raise ValueError(f"synthetic world: {out} exists and is not a dataset; choose another folder or remove it")
    shutil.rmtree(out)
