"""How often the intervals of the whole path hold what they claim: many worlds, each made, trained and calibrated anew.

    python -m benchmarks.interval_worlds --worlds 40 --debtors 30000 --seed 4000
    python -m benchmarks.interval_worlds --history default

Each world is split, fitted and calibrated as `repair-risk train` does it; then its labelled test cases, one to four
years later than the calibration's, are held against the truth: whether the interval holds the average true probability,
among like cases, that the outcome stands in the records. That is the claim. Beside it stand the same intervals as of
the calibration's own time, which do not allow for the years since.

Practice and economy move on between calibration and test, and an interval can only allow for how far such things move
in general. So every world has its own history, drawn as far apart as the parameters say (`history`); with `--history
default` all share the one of the default world. `benchmarks/intervals.py` has the method alone, on made scores.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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

DEBTORS_PER_BUCKET = 10_000
# Year means, with straight lines between them and over a year or more of cases, wander less than the steps they are
# drawn with: steps of .07 move the test's mean by .07 in 2.3 years, which is .046 a root year.
SMOOTHED = 1.5
# A world's log-odds are given all causes, hidden ones too; among like cases, over which those differ, a step shows less
# (mean of p (1 - p) over that of the mean p: .92 for success, .95 and .90 for re-default; the default world's pace of
# .215 shows as .196 and .202 in a million debtors each).
SHOWN = 0.92
FAR = 0.02  # of a world's mean from the truth
LEAST = 5000  # test cases of a group, all worlds together, below which it is not shown


def history(number: int, seed: int, drawn: bool) -> WorldParams:
    """The default world, or one whose courts grow generous at another pace and whose economy went another way.

    As `LocalParams` expects it of a court unknown, among like cases: a pace of .18 a year give or take .07, and an
    economy that wanders by `level_drift` a root year.
    """
    plain = WorldParams()
    if not drawn:
        return plain
    rng = np.random.default_rng([seed, number])
    local = LocalParams()
    pace = rng.normal(local.trends["success"], local.trend_error)
    economy = np.cumsum(rng.normal(0.0, local.level_drift * SMOOTHED, len(plain.economy)))
    return replace(plain, grant_slope=float(pace) / SHOWN, economy=tuple((economy / SHOWN).tolist()))


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


def told(cases: pl.DataFrame) -> Iterator[str]:
    """Coverage by outcome and group, each with its standard error over worlds."""
    for outcome in HEADS:
        mine = cases.filter(outcome=outcome)
        each = mine.group_by("world").agg(pl.col("held", "then", "width", "p", "true").mean(), cases=pl.len())
        mean = {name: float(each[name].to_numpy().mean()) for name in ("held", "then", "width", "cases")}
        error = each["held"].to_numpy().std(ddof=1) / np.sqrt(each.height)
        moved = (each["p"] - each["true"]).to_numpy()
        slopes = np.array([slope_of(world) for _, world in mine.group_by("world")])
        far = int((np.abs(moved) > FAR).sum())
        yield (
            f"{outcome}, {each.height} worlds: held {mean['held']:.3f} (se {error:.3f}), width {mean['width']:.3f}; as "
            f"of the calibration {mean['then']:.3f}; test cases a world {mean['cases']:.0f}; mean p minus truth "
            f"{moved.mean():+.4f}, between worlds {moved.std(ddof=1):.4f}, beyond {FAR} in {far}; slope of the truth "
            f"{slopes.mean():.3f}, between worlds {slopes.std(ddof=1):.3f}"
        )
        for by in (*GROUPINGS, "tenth"):
            groups = (
                mine.group_by(by, "world").agg(pl.col("held").mean(), n=pl.len()).group_by(by)
                .agg(
                    share=(pl.col("held") * pl.col("n")).sum() / pl.col("n").sum(),
                    error=pl.col("held").std() / pl.len().sqrt(),
                    n=pl.col("n").sum(),
                )
                .filter(pl.col("n") >= LEAST)
                .sort(by)
            )  # fmt: skip
            yield f"  {by}: " + ", ".join(f"{g[by]} {g['share']:.3f} ({g['error']:.3f})" for g in groups.to_dicts())


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
    for line in told(pl.concat(found)):
        print(line)


if __name__ == "__main__":
    main()
