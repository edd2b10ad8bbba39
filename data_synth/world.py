"""The synthetic causal world: writes a dataset of case records and, kept apart, the truth behind it.

Debtors are grouped by the bucket their identifier falls into; a bucket, or some small neighbouring
ones, is made and written on its own, by one process or another, so memory is bounded whatever the
world's size. Rows depend on the seed and the debtor's number only.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from data_synth.history import draw_history, emit_history
from data_synth.mess import Mess, mistyped
from data_synth.params import WorldParams
from data_synth.rng import Ints
from data_synth.sheet import debtor_ids, merge
from data_synth.truth import truth_of_applications, truth_of_debtors, write_truth
from records.buckets import part_path
from records.dataset import DatasetInfo, DatasetWriter, bucket_of
from records.dataset_info import INFO_FILE
from records.files import parquet_bytes, write_atomically
from records.tables import DATASET_TABLES

TRUTHS = ("debtors", "applications", "mess")


@dataclass(frozen=True)
class _Plan:
    """What every group of buckets needs to know."""

    scratch: Path
    info: DatasetInfo
    debtors: int
    seed: int
    mess: float
    params: WorldParams
    chunk: int


@dataclass(frozen=True)
class _Made:
    """A group that lies on disk: its folder, debtors, and rows of each table."""

    folder: Path
    debtors: int
    rows: dict[str, int]


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
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a dataset of profile "applications" to `out` and its truth to `truth`.

    `debtors` is their number (≥ 1); `buckets` the dataset's buckets; `truth` a folder outside `out`
    (default: beside it, named `<out>_truth`); `mess` the share of rows spoilt on purpose (0 to 0.5;
    what was spoilt is told in the truth); `chunk` how many debtors one process holds in memory at once;
    `processes` how many work side by side; `progress(done, total)` is called after each group of buckets.
    Neither `chunk` nor `processes` changes a byte. An earlier dataset at `out` is replaced, once the new one
    is whole. Raises ValueError listing every wrong argument.
    """
    out = Path(out)
    aside = Path(truth) if truth is not None else out.with_name(out.name + "_truth")
    problems = [
        f"{name} must be at least 1, not {value}"
        for name, value in (("debtors", debtors), ("buckets", buckets), ("chunk", chunk), ("processes", processes))
        if value < 1
    ]
    if not 0 <= mess <= 0.5:
        problems.append(f"mess must lie between 0 and 0.5, not {mess}")
    if aside.resolve().is_relative_to(out.resolve()):
        problems.append("the truth may not lie inside the dataset")
    if problems:
        raise ValueError("synthetic world: " + "; ".join(problems))
    _refuse(out)
    world = WorldParams() if params is None else params
    info = DatasetInfo(
        profile="applications",
        buckets=buckets,
        observed_until=world.observed_until,
        origin={"generator": "data_synth", "seed": seed, "debtors": debtors, "mess": mess},
    )
    scratch = out.with_name(f".{out.name}.making")
    shutil.rmtree(scratch, ignore_errors=True)
    plan = _Plan(scratch, info, debtors, seed, mess, world, chunk)
    try:
        made: list[_Made] = []
        for part in _work(plan, processes):
            made.append(part)
            if progress is not None:
                progress(sum(item.debtors for item in made), debtors)
        _assemble(plan, made, out)
        told = {name: [pl.scan_parquet(part.folder / f"{name}.parquet") for part in made] for name in TRUTHS}
        write_truth(aside, told, world, seed, debtors)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _work(plan: _Plan, processes: int) -> Iterator[_Made]:
    """Make the groups, one after the other or side by side."""
    place = _place(plan)
    sizes = np.bincount(place, minlength=plan.info.buckets)
    groups = _groups(sizes, min(plan.chunk, -(-plan.debtors // processes)))  # work for everybody in small worlds
    members = [_members(place, group) for group in groups]
    if processes == 1 or len(groups) == 1:
        yield from map(_make, [plan] * len(groups), groups, members)
        return
    # A new interpreter each: the threads of Polars do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(groups)), mp_context=context) as pool:
        yield from pool.map(_make, [plan] * len(groups), groups, members)


def _place(plan: _Plan) -> Ints:
    """Bucket of every debtor, by number from 1."""
    everyone = np.arange(1, plan.debtors + 1, dtype=np.int64)
    return bucket_of(debtor_ids(everyone), plan.info.buckets).to_numpy()


def _members(place: Ints, group: list[int]) -> Ints:
    """Numbers of the debtors in the buckets of a group, ascending."""
    inside = (place >= group[0]) & (place <= group[-1])  # the buckets of a group are neighbours
    return np.asarray(np.flatnonzero(inside) + 1, dtype=np.int64)


def _make(plan: _Plan, group: list[int], members: Ints) -> _Made:
    """Make the buckets of a group, those of the debtors `members`; write their rows and truth into a folder apart."""
    mixer = Mess(plan.seed, plan.mess)
    sheets: list[dict[str, pl.DataFrame]] = []
    told: dict[str, list[pl.DataFrame]] = {name: [] for name in TRUTHS}
    for begin in range(0, members.size, plan.chunk):
        history = draw_history(members[begin : begin + plan.chunk], plan.debtors, plan.seed, plan.params)
        tables, spoilt = mixer.spoil(emit_history(history, plan.params))
        sheets.append(tables)
        for name, frame in zip(
            TRUTHS, (truth_of_debtors(history), truth_of_applications(history), spoilt), strict=True
        ):
            told[name].append(frame)
    folder = plan.scratch / f"group{group[0]:04d}"
    rows = dict.fromkeys(DATASET_TABLES, 0)
    writer = DatasetWriter(folder, plan.info)
    noted = pl.concat(told["mess"])
    for bucket, tables in _split(merge(sheets), plan.info.buckets).items():
        writer.write_bucket(bucket, tables)
        for name, frame in tables.items():
            rows[name] += frame.height
        for name, frame in mistyped(tables, noted).items():
            write_atomically(part_path(folder, name, bucket), parquet_bytes(frame))
    writer.close()
    for name, frames in told.items():
        pl.concat(frames).write_parquet(folder / f"{name}.parquet", statistics=False)
    return _Made(folder, int(members.size), rows)


def _assemble(plan: _Plan, made: list[_Made], out: Path) -> None:
    """Move the buckets of all groups into one dataset and put it in the place of an earlier one."""
    whole = plan.scratch / "dataset"
    whole.mkdir(parents=True)
    rows = dict.fromkeys(DATASET_TABLES, 0)
    for part in made:
        for name in DATASET_TABLES:
            rows[name] += part.rows[name]
            for bucket in sorted((part.folder / name).glob("bucket=*")):
                (whole / name).mkdir(exist_ok=True)
                os.replace(bucket, whole / name / bucket.name)
    write_atomically(whole / INFO_FILE, plan.info.with_rows(rows).to_bytes())
    if out.exists():
        shutil.rmtree(out)
    whole.rename(out)


def _groups(sizes: Ints, chunk: int) -> list[list[int]]:
    """Neighbouring buckets made together, as many as fit into a chunk (at least one): small worlds are quick."""
    groups: list[list[int]] = []
    held = 0
    for bucket, size in enumerate(sizes.tolist()):
        if not size:
            continue
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


def _refuse(out: Path) -> None:
    """Raise ValueError for a folder that is something else than a dataset."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / INFO_FILE).exists())):
        raise ValueError(f"synthetic world: {out} exists and is not a dataset; choose another folder or remove it")
