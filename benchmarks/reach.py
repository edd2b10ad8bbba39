"""How near the models come to what observation allows, on a synthetic world where both are known.

    python -m benchmarks.reach BUNDLE WORLD --features DIR --truth DIR
    python -m benchmarks.reach … --outcomes redefault_12

On the very same test cases, out of time: the true probabilities, a challenger nobody could train outside a synthetic
world, ours and the points card. The challenger learns, without directions and with area, trade and year as plain
columns, from every discretionary applicant of the world whose debtor is in no test, granted or not, from whatever
year, with the true probability as its label: more than any number of drawn labels of as many cases could tell it. A
second challenger learns from `TIMES` times as many drawn labels as ours learns from; where the world has not so many
cases, a case comes again with another label drawn. Beside each AUC on the labels stands the one over all labels that
the true probabilities could have drawn. Then how honest the probabilities are, held against the true ones: mean
absolute difference over tenths of the cases, overall and in every region of 500 cases, and the slope of the true
log-odds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl

from models.auc import auc_interval, paired_difference
from models.metrics import logistic_line
from pipeline.evaluate import open_evaluated
from pipeline.sections.evaluated import HEADS, Evaluated
from pipeline.sections.refits import LEARNT

SETTINGS: dict[str, Any] = {
    "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 100, "lambda_l2": 5.0, "feature_fraction": 0.5,
    "num_threads": 2, "verbosity": -1, "deterministic": True, "force_row_wise": True, "seed": 1,
}  # fmt: skip
ROUNDS = 400
TIMES = 10
REGION_CASES = 500


def main() -> None:
    """Print AUC with intervals and paired differences for every outcome."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("world", type=Path)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--outcomes", nargs="+", choices=HEADS, default=HEADS)
    asked = parser.parse_args()
    given = open_evaluated(asked.bundle, asked.world, asked.features, asked.truth, None)
    tested = {debtor for outcome in HEADS for debtor in given.held_out(outcome).debtors.tolist()}
    for outcome in asked.outcomes:
        started = time.perf_counter()
        for line in (*beside(given, outcome, tested), *honesty(given, outcome)):
            print(line, flush=True)
        print(f"  ({time.perf_counter() - started:.0f} s)")


def beside(given: Evaluated, outcome: str, tested: set[str]) -> list[str]:
    """The lines of one outcome."""
    assert given.truth is not None
    held = given.held_out(outcome)
    assert held.true is not None
    assert held.p is not None
    debtors = given.prepared.cohort["debtor_id"].to_numpy()
    true = given.truth.reindex(given.frames.X.index)
    free = np.array([one not in tested for one in debtors]) & true["success"].notna().to_numpy()
    columns = observed(given)
    soft = np.asarray(true[outcome], dtype=np.float64)[free]
    fitted = given.frames.splits
    own = int(((fitted["outcome"] == outcome) & fitted["split"].isin(LEARNT)).sum())
    some, drawn = labels_of(np.flatnonzero(free), np.asarray(true[outcome], dtype=np.float64), TIMES * own)
    scores = {
        "true probability": held.true,
        f"challenger, true labels, {free.sum():,} cases": challenger(columns, free, soft, "cross_entropy")[held.rows],
        f"challenger, {len(some):,} drawn labels, {len(some) / own:.1f} times ours": challenger(
            columns, some, drawn, "binary"
        )[held.rows],
        f"ours, {own:,} cases": held.p,
    }
    card = given.bundle.scorecard
    if card is not None and outcome != "success":
        scores["points card"] = -card.total(card.points(given.frames.X.iloc[held.rows]))
    lines = [f"{outcome}: {len(held.y):,} test cases, {int(held.y.sum()):,} events"]
    for name, score in scores.items():
        found, gap = auc_interval(held.y, score), paired_difference(held.y, score, held.p)
        lines.append(
            f"  {name}: AUC {found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"
            f", minus ours {gap.difference:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"
            f"; over all labels {expected_auc(score, held.true):.4f}"
            f" ({expected_auc(score, held.true) - expected_auc(held.p, held.true):+.4f})"
        )
    return lines


def labels_of(rows: np.ndarray, true: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """`number` cases among `rows`, with labels drawn from their true probabilities: each case once, then, while more
    are asked for, once more with a label of its own."""
    chance = np.random.default_rng(5)
    rounds = -(-number // len(rows))
    some = np.sort(np.concatenate([chance.permutation(rows) for _ in range(rounds)])[:number])
    return some, (chance.random(number) < true[some]).astype(np.float64)


def expected_auc(score: np.ndarray, true: np.ndarray) -> float:
    """AUC without the luck of one draw of labels: every pair of cases counts as often as its first has the event and
    its second has not. Scores and true probabilities (n,); ties are broken by order."""
    order = np.argsort(score, kind="stable")
    event, none = true[order], 1.0 - true[order]
    return float(event @ (np.cumsum(none) - none / 2) / (event.sum() * none.sum()))


def honesty(given: Evaluated, outcome: str) -> list[str]:
    """Probabilities of the test cases against the true ones."""
    held = given.held_out(outcome)
    assert held.true is not None
    assert held.p is not None
    p, true = held.p, held.true
    slope, intercept = logistic_line(np.log(p / (1 - p)), true)
    regions = given.groups(held.keys)["region_code"].to_numpy()
    found = {
        name: (int((regions == name).sum()), apart(p[regions == name], true[regions == name]))
        for name in sorted(set(regions))
        if (regions == name).sum() >= REGION_CASES
    }
    whole = (
        f"  against the true probabilities: {apart(p, true):.4f} by tenths, mean {p.mean():.4f} for {true.mean():.4f}, "
        f"slope {slope:.3f}, intercept {intercept:+.3f}"
    )
    if not found:
        return [whole, f"  no region has {REGION_CASES} cases"]
    worst = max(found, key=lambda name: found[name][1])
    return [
        whole,
        f"  {len(found)} regions of {REGION_CASES} cases or more: farthest {worst} with {found[worst][1]:.4f} "
        f"({found[worst][0]:,} cases); all: {', '.join(f'{name} {gap:.4f}' for name, (_, gap) in found.items())}",
    ]


def apart(p: np.ndarray, true: np.ndarray) -> float:
    """Mean absolute difference of mean p and mean truth over ten bins of equal count by p."""
    parts = np.array_split(np.argsort(p, kind="stable"), 10)
    return float(np.mean([abs(p[part].mean() - true[part].mean()) for part in parts]))


def observed(given: Evaluated) -> np.ndarray:
    """All that can be observed of a case (n, k): every indicator, and area, trade, kind of subject and year."""
    cohort = given.prepared.cohort
    place = cohort.select(
        *(pl.col(name).fill_null("").rank("dense").cast(pl.Float64) for name in ("region_code", "industry_section")),
        pl.col("subject_type").fill_null("").rank("dense").cast(pl.Float64),
        (pl.col("as_of").dt.year() + pl.col("as_of").dt.ordinal_day() / 366).alias("year"),
    )
    values = given.frames.X[list(given.bundle.indicator_ids)].to_numpy(dtype=np.float64)
    return np.hstack([values, place.to_numpy()])


def challenger(columns: np.ndarray, rows: np.ndarray, label: np.ndarray, objective: str) -> np.ndarray:
    """Raw scores of all cases (n,) by an unconstrained LightGBM fitted on `rows` (n,)."""
    data = lgb.Dataset(columns[rows], label)
    return np.asarray(lgb.train({**SETTINGS, "objective": objective}, data, ROUNDS).predict(columns, raw_score=True))


if __name__ == "__main__":
    main()
