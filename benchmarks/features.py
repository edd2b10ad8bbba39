"""Indicators, timed: all 68 for many debtors, a case alone, and a race against plain pandas.

    python -m benchmarks.features [--debtors 1000000] [--events 20] [--bucket 50000] [--race 20000] [--cases 40]

The big run takes the debtors bucket by bucket, as the pipeline does, and counts the engine alone (boundary, links,
indicators): making the bucket is not counted. The race runs the same 25 indicators on the same rows in both
contenders, in turns, after both gave the same numbers; read the ratios, such machines are noisy.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.features_pandas import IDS, READ, indicators
from benchmarks.features_world import World, base_world, buckets
from features.as_of import known
from features.catalogue import MAIN
from features.engine import evaluate, evaluate_all
from features.facts import FACTS

RACED = tuple(item for item in MAIN if item.id in IDS)


def in_pandas(world: World) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The world as pandas frames: dates as timestamps, money as floats."""
    tables = {}
    for name in READ:
        frame = world.tables[name]
        casts = [pl.col(key).cast(pl.Float64) for key, kind in frame.schema.items() if isinstance(kind, pl.Decimal)]
        days = [pl.col(key).cast(pl.Datetime("us")) for key, kind in frame.schema.items() if kind == pl.Date]
        tables[name] = frame.with_columns(*casts, *days).to_pandas()
    return tables, world.cohort.to_pandas()


def turns(rounds: int, *contenders: Callable[[], object]) -> list[float]:
    """Median seconds of each contender, taking turns."""
    taken: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for own, run in zip(taken, contenders, strict=True):
            start = time.perf_counter()
            run()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in taken]


def race(whole: World) -> None:
    """Polars against pandas on the same indicators out of the same tables, first agreed upon."""
    read = {name: frame if name in READ else frame.clear() for name, frame in whole.tables.items()}
    world = World(read, whole.cohort)
    frames, cohort = in_pandas(world)

    def ours() -> pl.DataFrame:
        return evaluate(known(world.tables, world.cohort), world.cohort, RACED)

    theirs = indicators(frames, cohort)
    got = ours()
    for name in IDS:
        np.testing.assert_allclose(got[name].to_numpy(), theirs[name].to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
    own, other = turns(5, ours, lambda: indicators(frames, cohort))
    print(
        f"race, {cohort.shape[0]:,} debtors, {world.events:,} rows, the same {len(IDS)} indicators: "
        f"this engine {own:.2f} s, pandas {other:.2f} s, ratio {other / own:.1f}"
    )
    (every,) = turns(3, lambda: evaluate(known(whole.tables, whole.cohort), whole.cohort, MAIN))
    print(f"      all {len(MAIN)} indicators out of all {whole.events:,} rows here: {every:.2f} s")


def alone(world: World, count: int) -> None:
    """Single cases: boundary, links and the 68 indicators; all that is asked of one; and the pandas version."""
    picked = world.cohort.sample(count, seed=1).iter_slices(1)
    cases = []
    for one in picked:
        mine = pl.col("debtor_id") == one["debtor_id"][0]
        cases.append(World({name: frame.filter(mine) for name, frame in world.tables.items()}, one))

    def whole(case: World) -> None:
        evaluate(known(case.tables, case.cohort), case.cohort, MAIN)

    def asked(case: World) -> None:
        evaluate_all(known(case.tables, case.cohort), case.cohort, (MAIN, FACTS))

    def raced(case: World) -> None:
        evaluate(known(case.tables, case.cohort), case.cohort, RACED)

    seen = {case.cohort.item(0, "case_key"): known(case.tables, case.cohort) for case in cases}
    rows = statistics.median(case.events for case in cases)
    print(
        f"one case of {rows:.0f} rows, medians of {count}: boundary, links and the {len(MAIN)} indicators "
        f"{told(cases, whole)}; of these the indicators "
        f"{told(cases, lambda case: evaluate(seen[case.cohort.item(0, 'case_key')], case.cohort, MAIN))}; "
        f"with {len(FACTS)} facts and all evidence {told(cases, asked)}"
    )
    frames = [in_pandas(case) for case in cases[:10]]
    own, other = [], []
    for case, (tables, cohort) in zip(cases, frames, strict=False):
        mine, theirs = turns(3, lambda c=case: raced(c), lambda t=tables, c=cohort: indicators(t, c))  # type: ignore[misc]
        own.append(mine)
        other.append(theirs)
    ratio = statistics.median(other) / statistics.median(own)
    print(f"      the {len(IDS)} of the race: {ms(own)}, pandas {ms(other)}, ratio {ratio:.1f}")


def told(cases: Sequence[World], run: Callable[[World], None]) -> str:
    """Median over the cases of the best of five runs: by the clock, and the processor time of the whole process."""
    clock, worked = [], []
    for case in cases:
        tries = []
        for _ in range(5):
            start, work = time.perf_counter(), time.process_time()
            run(case)
            tries.append((time.perf_counter() - start, time.process_time() - work))
        clock.append(min(wall for wall, _ in tries))
        worked.append(min(work for _, work in tries))
    return f"{ms(clock)} ({ms(worked)} of processor time)"


def ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


def big(base: World, debtors: int, bucket: int) -> None:
    """All indicators of `debtors` debtors in bounded memory."""
    done = events = 0
    taken = worked = 0.0
    for world in buckets(base, debtors, bucket):
        start, work = time.perf_counter(), time.process_time()
        values = evaluate(known(world.tables, world.cohort), world.cohort, MAIN)
        taken += time.perf_counter() - start
        worked += time.process_time() - work
        done += values.height
        events += world.events
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{done:,} debtors, {events:,} rows, {len(MAIN)} indicators: {taken:.1f} s "
        f"({events / taken:,.0f} rows/s; {worked:.1f} s of processor time), peak memory of the process {peak:.1f} GiB"
    )


def main() -> None:
    """Run what was asked for and print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debtors", type=int, default=1_000_000, help="of the big run; 0 leaves it out")
    parser.add_argument("--events", type=float, default=20.0, help="rows per debtor in the big run and the race")
    parser.add_argument("--bucket", type=int, default=50_000, help="debtors in memory at a time")
    parser.add_argument("--race", type=int, default=20_000, help="debtors of the race; 0 leaves it out")
    parser.add_argument("--cases", type=int, default=40, help="single cases; 0 leaves them out")
    asked = parser.parse_args()
    if asked.cases:
        alone(base_world(1_000, 5, None), asked.cases)
    base = base_world(10_000, 6, asked.events)
    if asked.race:
        race(next(buckets(base, asked.race, asked.race)))
    if asked.debtors:
        big(base, asked.debtors, asked.bucket)


if __name__ == "__main__":
    main()
