"""Tables read once for a plan: which rows count for what, and what they add up to, case by case.

Rows come sorted by case (`features.as_of`), so the rows of a case are a run, and a part is one
reduction over runs. Only integers are added and extremes taken: no reduction here depends on the
order of rows or on the company of other cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from features.indicator import ANSWERING
from features.plan import Number, Plan, TablePlan
from features.run import collect, collect_all

Numbers = NDArray[Any]  # int64 or float64
Flags = NDArray[np.bool_]
_COARSE = (pl.col("answer_form") != "value").alias("coarse")


@dataclass(frozen=True)
class Reading:
    """One table with rows: `rows` (`row_id`, and `coarse` where its source may choose the answer), flags and values.

    `starts` are the first rows of the runs of cases, `cases` the place of each run's case in the cohort,
    -1 for a case that is not in it.
    """

    plan: TablePlan
    rows: pl.DataFrame
    flags: Sequence[Flags]
    values: Sequence[pl.Series]
    starts: NDArray[np.int64]
    cases: NDArray[np.int64]

    def places(self) -> NDArray[np.int64]:
        """Of each row, the place of its case in the cohort."""
        return np.repeat(self.cases, np.diff(self.starts, append=self.rows.height))

    def coarse(self) -> NDArray[np.uint32]:
        """Of each row, 1 where the source gave a band or a yes and no instead of a figure."""
        if self.plan.name not in ANSWERING:
            return np.zeros(self.rows.height, dtype=np.uint32)
        return self.rows["coarse"].to_numpy().astype(np.uint32)


def read(known: Mapping[str, pl.DataFrame], keys: pl.Series, plan: Plan) -> tuple[Reading, ...]:
    """A reading of each table of the plan that has rows; `keys` are the case keys of the cohort, in its order."""
    tables = [table for table in plan.tables if known[table.name].height]
    rows = collect_all({table.name: known[table.name].lazy().select(_columns(table)) for table in tables})
    runs = [_runs(known[table.name]) for table in tables]
    cases = _places([keys for _, keys in runs], keys)
    return tuple(
        _reading(table, rows[table.name], starts, found)
        for table, (starts, _), found in zip(tables, runs, cases, strict=True)
    )


def part_columns(plan: Plan, readings: Sequence[Reading], height: int) -> list[pl.Series]:
    """One column per part that gives a number, one value per case of a cohort of `height` cases.

    A count or sum over no rows is 0, an extreme null.
    """
    totals = {name: at for at, name in enumerate(name for name, part in plan.parts.items() if part.reduce in _TOTAL)}
    sums = np.zeros((len(totals), height), dtype=np.int64)
    extremes: dict[str, tuple[Numbers, Flags]] = {}
    for reading in readings:
        inside = reading.cases >= 0
        cases = reading.cases[inside]
        for number, found, absent in _reduced(reading):
            if absent is None:
                sums[totals[number.part], cases] = found[inside]
            else:
                values, missing = np.zeros(height, dtype=found.dtype), np.ones(height, dtype=np.bool_)
                values[cases], missing[cases] = found[inside], absent[inside]
                extremes[number.part] = values, missing
    nowhere = pl.Series([None], dtype=pl.Int64).new_from_index(0, height)
    without = [name for name in plan.parts if name not in totals and name not in extremes]
    return [
        *_sliced(pl.Series(sums.reshape(-1)), totals, height),
        *(nowhere.alias(name) for name in without),
        *_extremes(extremes, np.int64, height),
        *_extremes(extremes, np.float64, height),
    ]


_TOTAL = ("count", "sum")


def _columns(table: TablePlan) -> tuple[pl.Expr | str, ...]:
    coarse = (_COARSE,) if table.name in ANSWERING else ()
    return "row_id", *coarse, *table.flags, *table.values


def _reading(plan: TablePlan, rows: pl.DataFrame, starts: NDArray[np.int64], cases: NDArray[np.int64]) -> Reading:
    columns = rows.get_columns()
    values = len(columns) - len(plan.values)
    flags = values - len(plan.flags)
    marks = [column.to_numpy() for column in columns[flags:values]]
    return Reading(plan, pl.DataFrame(columns[:flags]), marks, columns[values:], starts, cases)


def _runs(rows: pl.DataFrame) -> tuple[NDArray[np.int64], pl.Series]:
    """First row of each run of one case, and its key."""
    starts = np.flatnonzero(np.diff(rows["case_at"].to_numpy().astype(np.int64), prepend=-1))
    keys = rows["case_key"]
    return starts, keys.slice(0, 1) if len(starts) == 1 else keys.gather(starts)


def _places(runs: Sequence[pl.Series], keys: pl.Series) -> list[NDArray[np.int64]]:
    """Per table, the place in the cohort of each run's case; -1 for a case that is not in it."""
    if not runs:
        return []
    if len(keys) == 1:
        return [np.where((run == keys[0]).to_numpy(), 0, -1) for run in runs]
    order = pl.LazyFrame({"case_key": keys}).with_row_index("at")
    every = pl.concat(runs).alias("case_key").to_frame().lazy()
    found = collect(every.join(order, on="case_key", how="left", maintain_order="left").select(_AT))
    return np.split(found["at"].to_numpy(), np.cumsum([len(run) for run in runs])[:-1])


_AT = pl.col("at").cast(pl.Int64).fill_null(-1)


def _reduced(reading: Reading) -> Iterator[tuple[Number, Numbers, Flags | None]]:
    """Each part as a number per run of rows; for an extreme also where no row had a value."""
    flags, starts = reading.flags, reading.starts
    values = [_filled(value) for value in reading.values]
    for number in reading.plan.numbers:
        flag = flags[number.flag]
        if number.reduce == "count":
            yield number, np.add.reduceat(flag, starts, dtype=np.int64), None
            continue
        value, present = values[number.value]
        here = flag if present is None else flag & present
        if number.reduce == "sum":
            yield number, np.add.reduceat(np.where(here, value, 0), starts), None
            continue
        extreme, least = (np.maximum, -1) if number.reduce == "max" else (np.minimum, 1)
        found = extreme.reduceat(np.where(here, value, value.dtype.type(least * _BEYOND[value.dtype.char])), starts)
        yield number, found, ~np.logical_or.reduceat(here, starts)


_BEYOND = {np.dtype(np.int64).char: np.iinfo(np.int64).max, np.dtype(np.float64).char: np.inf}


def _filled(value: pl.Series) -> tuple[Numbers, Flags | None]:
    """Values as int64 or float64, and where they are not null (None: everywhere; anything may stand elsewhere)."""
    dtype = np.float64 if value.dtype.is_float() else np.int64
    if not value.null_count():
        return value.to_numpy().astype(dtype, copy=False), None
    column = value.to_arrow()
    raw = np.frombuffer(column.buffers()[1], dtype=column.type.to_pandas_dtype(), count=len(column) + column.offset)
    return raw[column.offset :].astype(dtype, copy=False), column.is_valid().to_numpy(zero_copy_only=False)


def _extremes(found: Mapping[str, tuple[Numbers, Flags]], dtype: type, height: int) -> Iterator[pl.Series]:
    own = {name: pair for name, pair in found.items() if pair[0].dtype == dtype}
    if own:
        values, missing = (np.concatenate([pair[at] for pair in own.values()]) for at in (0, 1))
        yield from _sliced(pl.Series(pa.array(values, mask=missing)), own, height)


def _sliced(flat: pl.Series, names: Mapping[str, object], height: int) -> Iterator[pl.Series]:
    """Columns laid end to end, told apart."""
    return (flat.slice(at * height, height).alias(name) for at, name in enumerate(names))
