"""How often the intervals of the whole path hold what they claim: many worlds, each made, trained and calibrated anew.

    python -m benchmarks.interval_worlds --worlds 40 --debtors 30000 --seed 4000
    python -m benchmarks.interval_worlds --history default

Each world is split, fitted and calibrated as `repair-risk train` does it; then its labelled test cases, one to four
years later than the calibration's, are held against the truth: whether the interval holds the average true probability,
among like cases, that the outcome stands in the records. That is the claim. Beside it stand the same intervals as of
the calibration's own time, which do not allow for the years since.

Practice and economy move on between calibration and test, and an interval can only allow for how far such things move
in general. So every world has its own history (`history`), drawn a little further apart than the parameters say. Shown
is what holds in these worlds, and what holds in worlds that move as the parameters say, to which they are weighted
(`weight`). With `--history default` all share the one of the default world. `benchmarks/intervals.py` has the method
alone, on made scores.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from data_synth.params import WorldParams
from data_synth.world import generate
from models.bundle import write_bundle
from models.interval_coverage import held
from models.params import FitParams, LocalParams
from models.predict import margins, probabilities
from models.true_calibration import true_calibration
from pipeline.context import shifts_of
from pipeline.prepare import Prepared, prepare
from pipeline.sections.evaluated import GROUPINGS, HEADS
from pipeline.train import fit, frames
from policy.parameters import Policy
from policy.parameters import load as load_policy
from records.dataset import Dataset

FloatArray = NDArray[np.float64]
DEBTORS_PER_BUCKET = 10_000
# Year means, with straight lines between them and over a year or more of cases, wander less than the steps they are
# drawn with, and among like cases a step shows as three quarters of itself: steps of .075 move the test's level by .077
# in 2.3 years, which is .05 a root year.
SMOOTHED = 1.5
# A world's log-odds are given all causes, hidden ones too; among like cases, over which those differ, the pace of
# grants shows less (the default world's .215 as .196 and .202 in a million debtors each). The economy is drawn wider by
# as much, which its steps do not call for: so worlds move further than stated, and `weight` takes that back.
SHOWN = 0.92
FAR = 0.02  # of a world's mean from the truth
LEAST = 5000  # test cases of a group, all worlds together, below which it is not shown


def history(number: int, seed: int, drawn: bool) -> WorldParams:
    """The default world, or one whose courts grow generous at another pace and whose economy went another way.

    As `LocalParams` expects it of a court unknown, among like cases: a pace of .18 a year give or take .07; and an
    economy that wanders a ninth further than `level_drift` a root year.
    """
    if not drawn:
        return WorldParams()
    pace, steps = _drawn(number, seed)
    return replace(WorldParams(), grant_slope=pace, economy=tuple(np.cumsum(steps).tolist()))


def weight(number: int, seed: int) -> float:
    """How much a drawn world counts among worlds whose economy wanders as `level_drift` says: a ratio of densities."""
    _, steps = _drawn(number, seed)
    stated = LocalParams().level_drift * SMOOTHED
    squares = np.square(steps / stated)
    return float(np.exp((np.square(SHOWN) - 1.0) * squares.sum() / 2.0) / SHOWN ** len(steps))


def _drawn(number: int, seed: int) -> tuple[float, FloatArray]:
    """The pace of grants a year, and the steps of the economy from year to year."""
    rng = np.random.default_rng([seed, number])
    local = LocalParams()
    pace = rng.normal(local.trends["success"], local.trend_error)
    steps = rng.normal(0.0, local.level_drift * SMOOTHED, len(WorldParams().economy))
    return float(pace) / SHOWN, steps / SHOWN


def world(number: int, debtors: int, seed: int, drawn: bool, policy: Policy) -> tuple[Prepared, pl.DataFrame]:
    """One world made anew: prepared frames, and the truth that labels show, by case."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "world"
        buckets = max(1, debtors // DEBTORS_PER_BUCKET)
        generate(place, debtors, seed + number, buckets=buckets, params=history(number, seed, drawn))
        prepared = prepare(Dataset.open(place), policy)
        truth = pl.read_parquet(Path(folder) / "world_truth" / "applications.parquet")
    return prepared, truth.select(
        "case_key", success="p_success", redefault_6="p_recorded_6", redefault_12="p_recorded_12"
    )


def tested(prepared: Prepared, truth: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One world trained, and every labelled test case of every outcome: its groups, p, truth on record, width, and
    whether the interval holds it (`held`), also without allowing for the years (`then`)."""
    # A small world may hold no points card; intervals need none.
    params = replace(FitParams.of_profile(prepared.profile.name), required=())
    data = frames(prepared, params, prepared.observed_until)
    fitted = fit(prepared, params, prepared.observed_until)
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(fitted, Path(folder) / "bundle", Ed25519PrivateKey.generate())
    X = data.X  # noqa: N806
    rows = pl.DataFrame({"case_key": X.index.to_list()}).join(prepared.cohort, on="case_key", maintain_order="left")
    shifts = shifts_of(bundle, rows.to_dicts(), policy)
    shown = probabilities(bundle, margins(bundle, X), shifts)
    parts = []
    for outcome in HEADS:
        splits = data.splits[(data.splits["outcome"] == outcome) & (data.splits["split"] == "test")]
        place = X.index.get_indexer(pd.Index(splits["case_key"].sort_values()))
        real = truth.select("case_key", true=outcome)
        mine = rows[place].join(real, on="case_key", how="left", maintain_order="left")
        p, true = np.asarray(shown[outcome])[place], mine["true"].to_numpy()
        table, days = bundle.intervals[outcome], [moment.date() for moment in mine["as_of"]]
        hit, then = held(table, p, true, days), held(table, p, true)
        parts.append(
            mine.select(*(pl.col(name).fill_null("—") for name in GROUPINGS), "true").with_columns(
                outcome=pl.lit(outcome),
                p=pl.Series(p),
                held=pl.Series(hit.inside),
                then=pl.Series(then.inside),
                width=pl.Series(hit.width),
                tenth=pl.Series(np.argsort(np.argsort(p, kind="stable"), kind="stable") * 10 // len(p) + 1)
                .cast(pl.String)
                .str.zfill(2),
            )
        )
    return pl.concat(parts)


def slope_of(world: pl.DataFrame) -> float:
    """Slope of the true log-odds on the predicted ones, over the cases of one world."""
    return true_calibration(world["p"].to_numpy(), world["true"].to_numpy()).slope or math.nan


def told(cases: pl.DataFrame, weights: Mapping[int, float]) -> Iterator[str]:
    """Coverage by outcome and group, each with its standard error over worlds; `weights` by world."""
    for outcome in HEADS:
        mine = cases.filter(outcome=outcome)
        each = mine.group_by("world").agg(pl.col("held", "then", "width", "p", "true").mean(), cases=pl.len())
        even, stated = np.ones(each.height), np.array([weights[number] for number in each["world"]])
        moved = (each["p"] - each["true"]).to_numpy()
        slopes = np.array([slope_of(world) for _, world in mine.group_by("world")])
        far = int((np.abs(moved) > FAR).sum())
        yield (
            f"{outcome}, {each.height} worlds: held as stated {_mean(each['held'], stated)}, as drawn "
            f"{_mean(each['held'], even)}; as of the calibration {_mean(each['then'], stated)}; width "
            f"{each['width'].mean():.3f}; test cases a world {each['cases'].mean():.0f}; mean p minus truth "
            f"{moved.mean():+.4f}, between worlds {moved.std(ddof=1):.4f}, beyond {FAR} in {far}; slope of the truth "
            f"{slopes.mean():.3f}, between worlds {slopes.std(ddof=1):.3f}"
        )
        for by in (*GROUPINGS, "tenth"):
            groups = mine.group_by(by, "world").agg(pl.col("held").mean(), n=pl.len()).sort(by, "world")
            shown = [
                f"{name} {_mean(part['held'], part['n'].to_numpy() * [weights[number] for number in part['world']])}"
                for (name,), part in groups.group_by(by, maintain_order=True)
                if part["n"].sum() >= LEAST
            ]
            yield f"  {by}: " + ", ".join(shown)


def _mean(held: pl.Series, weights: FloatArray) -> str:
    """Weighted mean over worlds and its standard error."""
    values, share = held.to_numpy(), weights / weights.sum()
    mean = float(share @ values)
    return f"{mean:.3f} (se {np.sqrt(np.square(share * (values - mean)).sum()):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--debtors", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=4000)
    parser.add_argument("--history", choices=("drawn", "default"), default="drawn")
    parser.add_argument("--only", type=int, nargs="*", help="these worlds alone, by number")
    parser.add_argument("--keep", type=Path, help="a folder: every world's cases are kept there, and not made again")
    asked = parser.parse_args()
    policy = load_policy()
    found = []
    for number in asked.only or range(asked.worlds):
        kept = None if asked.keep is None else asked.keep / f"{number:03d}.parquet"
        if kept is not None and kept.exists():
            found.append(pl.read_parquet(kept))
            continue
        prepared, truth = world(number, asked.debtors, asked.seed, asked.history == "drawn", policy)
        found.append(tested(prepared, truth, policy).with_columns(world=pl.lit(number)))
        print(f"world {number}: {prepared.cohort.height:,} applications", flush=True)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            found[-1].write_parquet(kept)
    drawn = asked.history == "drawn"
    numbers = asked.only or range(asked.worlds)
    for line in told(pl.concat(found), {number: weight(number, asked.seed) if drawn else 1.0 for number in numbers}):
        print(line)


if __name__ == "__main__":
    main()
