"""Exact contributions, raced: our engine, `shap.TreeExplainer`, LightGBM's `pred_contrib`.

    python -m benchmarks.explain [--rows 100000] [--slow-rows 2000] [--rounds 5]

The model: 300 trees of 31 leaves, depth 6, 60 columns of which 20 monotone, 14 %
missing. Contenders take turns within each round and the median counts, because such machines are noisy: read the
ratios, not the rates. The slow contenders are timed on fewer rows (their time is proportional to them). Before any
race, all three must agree within 1e-12 on 10,000 rows.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import lightgbm as lgb
import numpy as np
import shap

from explain.engine import TreeShap
from explain.trees import plain_trees

COLUMNS, MONOTONE = 60, 20
AGREE = 1e-12
CALLS = 20
Race = Mapping[str, tuple[int, Callable[[], object]]]  # contender -> rows it does, and how


def rows(count: int, seed: int) -> np.ndarray:
    """Half of the columns continuous, half with ties, 14 % missing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, COLUMNS))
    values[:, COLUMNS // 2 :] = np.round(values[:, COLUMNS // 2 :] * 2)
    values[rng.random(values.shape) < 0.14] = np.nan
    return values


def model() -> lgb.Booster:
    """That model, read back from its text as the pipeline does."""
    values = rows(20_000, 0)
    known = np.nan_to_num(values)
    risk = known[:, :MONOTONE].sum(axis=1) * 0.4 + known[:, 3] * known[:, 4] + known[:, 35] * known[:, 10]
    label = (risk + np.random.default_rng(1).normal(size=len(values)) > 0).astype(int)
    params = {
        "objective": "binary",
        "num_leaves": 31,
        "max_depth": 6,
        "learning_rate": 0.05,
        "feature_fraction": 0.8,
        "monotone_constraints": [1] * MONOTONE + [0] * (COLUMNS - MONOTONE),
        "seed": 1,
        "verbose": -1,
    }
    return lgb.Booster(model_str=lgb.train(params, lgb.Dataset(values, label), 300).model_to_string())


def agree(booster: lgb.Booster, engine: TreeShap, count: int = 10_000) -> None:
    """Stop unless the three say the same of `count` rows."""
    values = rows(count, 2)
    ours = engine.values(values)
    native = np.asarray(booster.predict(values, pred_contrib=True))
    plain = shap.TreeExplainer({"trees": plain_trees(booster)}, feature_perturbation="tree_path_dependent")
    apart = {
        "pred_contrib": np.abs(ours - native[:, :-1]).max(),
        "shap's own engine": np.abs(ours - plain.shap_values(values, check_additivity=False)).max(),
        "additivity": np.abs(engine.base + ours.sum(axis=1) - booster.predict(values, raw_score=True)).max(),
    }
    for name, difference in apart.items():
        print(f"largest difference to {name} on {count:,} rows: {difference:.1e}")
        if not difference <= AGREE:
            raise SystemExit(f"{name} differs by more than {AGREE}: nothing to race")


def race(title: str, contenders: Race, rounds: int) -> None:
    """Time every contender once a round, and print medians and ratios to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, (count, run) in contenders.items():
            begun = time.perf_counter()
            run()
            seconds[name].append((time.perf_counter() - begun) / count)
    per_row = {name: statistics.median(found) for name, found in seconds.items()}
    ours = next(iter(per_row.values()))
    print(f"\n{title} (median of {rounds})")
    for name, found in per_row.items():
        print(f"  {name:34s} {1 / found:12,.0f} rows/s {found * 1e6:10.1f} µs a row   ours is {found / ours:6.1f} ×")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--slow-rows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    booster = model()
    begun = time.perf_counter()
    engine = TreeShap(booster)
    print(f"engine made in {time.perf_counter() - begun:.2f} s (with compilation where none was kept)")
    agree(booster, engine)
    explainer = shap.TreeExplainer(booster)  # handed a Booster, it calls pred_contrib
    plain = shap.TreeExplainer({"trees": plain_trees(booster)}, feature_perturbation="tree_path_dependent")
    many, some = rows(asked.rows, 3), rows(asked.slow_rows, 4)
    for threads in (1, 2):

        def native(values: np.ndarray, threads: int = threads) -> object:
            return booster.predict(values, pred_contrib=True, num_threads=threads)

        batch: dict[str, tuple[int, Callable[[], object]]] = {
            "this engine": (len(many), lambda threads=threads: engine.values(many, threads)),  # type: ignore[misc]
            "LightGBM pred_contrib": (len(some), lambda: native(some)),
        }
        if threads == 1:
            batch["shap.TreeExplainer, plain trees"] = (
                len(some),
                lambda: plain.shap_values(some, check_additivity=False),
            )
        race(f"batch, {threads} thread(s)", batch, asked.rounds)
    race(
        "batch, all threads (TreeExplainer lets LightGBM choose)",
        {
            "this engine": (len(many), lambda: engine.values(many)),
            "shap.TreeExplainer(booster)": (len(some), lambda: explainer.shap_values(some, check_additivity=False)),
        },
        asked.rounds,
    )
    alone = list(rows(CALLS, 5)[:, np.newaxis])

    def one_by_one(explain: Callable[[np.ndarray], object]) -> tuple[int, Callable[[], object]]:
        return CALLS, lambda: [explain(row) for row in alone]

    race(
        f"one row a call, one thread, {CALLS} different rows in turn",
        {
            "this engine": one_by_one(engine.values),
            "LightGBM pred_contrib": one_by_one(
                lambda row: booster.predict(row, pred_contrib=True, num_threads=1),
            ),
            "shap.TreeExplainer, plain trees": one_by_one(lambda row: plain.shap_values(row, check_additivity=False)),
            "shap.TreeExplainer(booster)": one_by_one(lambda row: explainer.shap_values(row, check_additivity=False)),
        },
        5 * asked.rounds,
    )


if __name__ == "__main__":
    main()
