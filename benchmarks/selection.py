"""Bias of the estimates of mean re-default, and reach and width of the bounds, judged by the synthetic truth.

    python -m benchmarks.selection [--worlds 20] [--debtors 2500] [--months 12] [--seed 77] [--settings 0,0 1,0 3,0 1,1]

A setting is "strength,insight": every cause of a grant `strength` times as strong (0: decisions by the lot of the
year alone; the more, the less overlap), and the panel reading `insight` standard units of the debtor's hidden
resilience, which is in no record (0: none). The worlds of a setting are disjoint sets of debtors, drawn and measured
on the real path together (debtors are independent of each other), estimated apart. Besides the estimates a court could
make there are two that need the truth: `true_propensity`, the weighted rate with the true probability of a grant, and
`true_label`, the same with what happened in place of what was recorded.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from data_synth.params import WorldParams
from data_synth.world import generate
from models.selection import (
    LEAST_PROPENSITY,
    ONE_SIDED,
    STATED,
    Bounds,
    Study,
    doubly_robust,
    inverse_propensity,
    naive,
    no_assumption_bounds,
    overlap,
    stated_bounds,
    trimmed,
)
from pipeline.prepare import Prepared, prepare
from pipeline.sections.applicants import applicants, study
from policy.parameters import load
from records.dataset import Dataset

ESTIMATES = ("naive", "inverse_propensity", "doubly_robust", "true_propensity", "true_label")
FRAMES = ("cohort", "indicators", "labels", "follow_up")
BOUNDS = ("stated", "one_sided", "no_assumption")
DEBTORS_PER_BUCKET = 10_000


def worlds(
    folder: Path, strength: float, insight: float, *, count: int, debtors: int, seed: int
) -> Iterator[tuple[Prepared, pl.DataFrame]]:
    """`count` worlds of `debtors` each: prepared frames and truth by case."""
    whole = count * debtors
    params = replace(WorldParams().selecting(strength), insight=insight)
    generate(folder, whole, seed, buckets=max(1, whole // DEBTORS_PER_BUCKET), params=params)
    dataset = Dataset.open(folder)
    prepared = prepare(dataset, load())
    truth = pl.read_parquet(folder.with_name(f"{folder.name}_truth") / "applications.parquet")
    number = pl.col("debtor_id").str.slice(1).cast(pl.Int64) % count
    for world in range(count):
        mine = prepared.cohort.filter(number == world).select("case_key")
        parts = {name: getattr(prepared, name).join(mine, on="case_key", how="semi") for name in FRAMES}
        yield replace(prepared, **parts), truth.join(mine, on="case_key", how="semi")


def judged(prepared: Prepared, truth: pl.DataFrame, months: int) -> dict[str, float]:
    """Everything of one world that is averaged afterwards."""
    found = applicants(prepared, months)
    mine = pl.DataFrame({"case_key": found.keys}).join(truth, on="case_key", maintain_order="left")
    given = study(found)
    true = mine[f"p_redefault_{months}"].to_numpy()
    happened = mine[f"y_redefault_{months}"].cast(pl.Float64).to_numpy()
    known = replace(given, propensity=trimmed(mine["p_success"].to_numpy().astype(np.float64), LEAST_PROPENSITY))
    seen = replace(known, label=happened, weight=known.granted.astype(np.float64))
    estimates = {
        "naive": naive(given),
        "inverse_propensity": inverse_propensity(given),
        "doubly_robust": doubly_robust(given),
        "true_propensity": inverse_propensity(known),
        "true_label": inverse_propensity(seen),
    }
    bounds = {
        "stated": stated_bounds(given, STATED),
        "one_sided": stated_bounds(given, ONE_SIDED),
        "no_assumption": no_assumption_bounds(given),
    }
    mean = float(true.mean())
    row = {
        "applicants": float(len(true)),
        "granted": float(given.granted.mean()),
        "truth": mean,
        "truth_of_granted": float(true[given.granted].mean()),
        "effective_share": overlap(given).effective_share,
        "below_10": overlap(given).below[0.10],
        "implied_odds_ratio": implied_odds_ratio(given, mean),
    }
    for name, one in estimates.items():
        row |= {f"{name}": one.value - mean, f"{name}_covers": float(one.low <= mean <= one.high)}
    for name, pair in bounds.items():
        row |= {f"{name}_width": _width(name, pair), f"{name}_contains": float(pair.contain(mean))}
    return row


def implied_odds_ratio(given: Study, mean: float) -> float:
    """The odds ratio at which the doubly robust estimate would be the truth: what the assumption must reach."""
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        if doubly_robust(given, middle).value < mean:
            low = middle
        else:
            high = middle
    return float(np.sqrt(low * high))


def _width(name: str, pair: Bounds) -> float:
    # Sampling error widens ours, not those without assumptions: the comparison is hard on ours.
    return pair.high - pair.low if name == "no_assumption" else pair.width


def told(strength: float, insight: float, rows: list[dict[str, float]]) -> str:
    """One setting as lines of text."""
    frame = pl.DataFrame(rows)
    mean = {name: float(frame[name].to_numpy().mean()) for name in frame.columns}
    lines = [
        f"strength {strength:g}, insight {insight:g}: {len(rows)} worlds of {mean['applicants']:.0f} applicants, "
        f"{mean['granted']:.0%} granted; truth {mean['truth']:.4f}, of the granted {mean['truth_of_granted']:.4f}; "
        f"effective share {mean['effective_share']:.2f}, propensity below 0.1: {mean['below_10']:.0%}; "
        f"implied odds ratio {float(frame['implied_odds_ratio'].to_numpy().mean()):.2f}"
    ]
    for name in ESTIMATES:
        spread = float(frame[name].to_numpy().std(ddof=1))
        error = spread / np.sqrt(len(rows))
        lines.append(f"  {name:20} bias {mean[name]:+.4f} ± {error:.4f}  covers {mean[f'{name}_covers']:.0%}")
    for name in BOUNDS:
        ratio = mean[f"{name}_width"] / mean["no_assumption_width"]
        lines.append(
            f"  {name:20} width {mean[f'{name}_width']:.3f} ({ratio:.2f} of no assumption)  "
            f"contains {mean[f'{name}_contains']:.0%}"
        )
    return "\n".join(lines)


def main() -> None:
    """Print one paragraph per setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--debtors", type=int, default=2_500)
    parser.add_argument("--months", type=int, default=12, choices=(6, 12))
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--settings", nargs="+", default=["0,0", "1,0", "3,0", "1,1"])
    asked = parser.parse_args()
    for setting in asked.settings:
        strength, insight = (float(part) for part in setting.split(","))
        with tempfile.TemporaryDirectory() as folder:
            made = worlds(
                Path(folder) / "world", strength, insight, count=asked.worlds, debtors=asked.debtors, seed=asked.seed
            )
            rows = [judged(*one, asked.months) for one in made]
        print(told(strength, insight, rows), flush=True)


if __name__ == "__main__":
    main()
