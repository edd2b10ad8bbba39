"""Whether explanations add up, at length: real rows of a synthetic world, the public listings, the Taiwan credit cards.

    python -m benchmarks.additivity BUNDLE (--world DIR | --features DIR [DIR …]) [--rows 1000000] [--shap 10000]
        [--ccf2017 BUNDLE DIR] [--taiwan data.parquet]

Every row is explained for every margin of the bundle. With --world every application is assessed on its own day and
then month by month, as a monthly re-score would, until there are enough; with --features, what was computed before.
Printed: the largest |base + sum of contributions - margin|, in units of max(1, |margin|), with the sum correctly
rounded, which must not exceed 1e-9; and the largest difference from `shap.TreeExplainer` on the first rows. Where DIRs
hold fewer rows than asked, that is said and all of them are taken.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import polars as pl
import shap

from explain.additivity import TOLERANCE
from explain.contributions import Explainable, contributions
from features.as_of import known
from features.engine import evaluate
from features.profiles import PROFILES
from models.fit import fit_models
from models.fitted import FittedModels
from models.params import FitParams
from models.spec import IndicatorSpec
from pipeline.bundles import install
from pipeline.context import bare_cohort, locate, with_parameters
from pipeline.home import Home
from policy.parameters import load as load_policy
from records.dataset import Dataset
from records.tables import CASE_TABLES

CHUNK = 50_000
AGREE = 1e-9
PROTECTED = ("SEX", "EDUCATION", "MARRIAGE", "AGE")  # audit only, as the note beside the data says
TAIWAN = "default_payment_next_month"


def check(name: str, bundle: Explainable, frame: pd.DataFrame, compared: int) -> None:
    """Explain every row of `frame` and hold the sums, and the first rows' values, against their sources."""
    begun = time.perf_counter()
    worst = dict.fromkeys(bundle.boosters, 0.0)
    size = dict.fromkeys(bundle.boosters, 0.0)
    for first in range(0, len(frame), CHUNK):
        part = frame.iloc[first : first + CHUNK]
        for outcome, found in contributions(bundle, part).items():  # refuses by itself what does not add up
            rows = np.column_stack([np.full(len(part), found.base), found.values]).tolist()
            sums = np.array([math.fsum(row) for row in rows])
            apart = np.abs(found.margin - sums) / np.maximum(1.0, np.abs(found.margin))
            worst[outcome] = max(worst[outcome], float(apart.max()))
            size[outcome] = max(size[outcome], float(np.abs(found.margin).max()))
    seconds = time.perf_counter() - begun
    print(f"\n{name}: {len(frame):,} rows x {len(bundle.boosters)} margins in {seconds:.0f} s")
    some = frame.iloc[:compared]
    ours = contributions(bundle, some)
    for outcome, booster in bundle.boosters.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer = np.asarray(shap.TreeExplainer(booster).shap_values(some.to_numpy(dtype=np.float64)))
        apart_shap = float(np.abs(peer - ours[outcome].values).max())
        print(
            f"  {outcome:15s} largest residual {worst[outcome]:.1e} of max(1, |margin|) (largest margin "
            f"{size[outcome]:.2f}); from shap on {len(some):,} rows {apart_shap:.1e}"
        )
        if worst[outcome] > TOLERANCE or apart_shap > AGREE:
            raise SystemExit(f"{name}, {outcome}: does not hold")


def monthly(world: Path, ids: tuple[str, ...], rows: int) -> pd.DataFrame:
    """At least `rows` rows of indicators in the model's columns: every application, day by day a month apart."""
    dataset, policy = Dataset.open(world), load_policy()
    profile = PROFILES[dataset.info.profile]
    buckets = dataset.bucket_numbers()
    parts: list[pl.DataFrame] = []
    for bucket in buckets:
        tables = dataset.read_bucket(bucket, CASE_TABLES)
        first = profile.cohort_fn(tables).select("debtor_id", "application_id", "as_of")
        months = -(-rows // (len(buckets) * max(first.height, 1)))
        later = pl.concat(first.with_columns(pl.col("as_of").dt.offset_by(f"{month}mo")) for month in range(months))
        cohort = with_parameters(locate(tables, bare_cohort(later)), policy)
        parts.append(evaluate(known(tables, cohort), cohort, profile.catalogue))
    frame = pl.concat(parts).head(rows).select("case_key", *ids)
    return frame.to_pandas().set_index("case_key").astype("float64")


def indicators(folders: list[Path], ids: tuple[str, ...], rows: int) -> pd.DataFrame:
    """The first `rows` rows of indicators already computed, in the model's columns."""
    frame = pl.concat(
        [pl.read_parquet(folder / "indicators.parquet", columns=["case_key", *ids]) for folder in folders]
    )
    if frame.height < rows:
        print(f"{frame.height:,} rows are there, fewer than the {rows:,} asked for")
    return frame.head(rows).to_pandas().set_index("case_key").astype("float64")


class _Fitted:
    """Models fitted here, as far as they are explained."""

    def __init__(self, fitted: FittedModels) -> None:
        self.boosters = {outcome: lgb.Booster(model_str=text) for outcome, text in fitted.texts.items()}
        self.indicator_ids = tuple(spec.id for spec in fitted.specs if spec.scored)


def taiwan(path: Path) -> tuple[Explainable, pd.DataFrame]:
    """Credit card clients of Taiwan under a declared catalogue; the protected columns are no indicators.

    Arrears may only raise the risk, limit and payments only lower it; bills have no direction. The clients have one
    outcome, next month's default: it stands for both half years here, its absence for the third margin.
    """
    table = pl.read_parquet(path).to_pandas()
    ids = [name for name in table.columns if name not in {*PROTECTED, "ID", TAIWAN}]
    risk = {name: 1 if name.startswith("PAY_") and "AMT" not in name else -1 for name in ids}
    risk |= {name: 0 for name in ids if name.startswith("BILL")}
    catalogue = [IndicatorSpec(name, name, name, "ability", -risk[name], risk[name]) for name in ids]
    keys = [f"T{number:05d}" for number in table["ID"]]
    frame = table[ids].astype("float64").set_axis(keys)
    outcomes = {"success": 1 - table[TAIWAN], "redefault_6": table[TAIWAN], "redefault_7_12": table[TAIWAN]}
    long = pd.concat(
        pd.DataFrame({"case_key": keys, "outcome": name, "label": values.to_numpy(), "status": "observed"})
        for name, values in outcomes.items()
    )
    held = (table["ID"] % 5).to_numpy()
    split = np.where(held == 0, "test", np.where(held == 1, "calibrate", "fit"))
    cases = pd.DataFrame({"case_key": keys, "debtor_id": keys, "as_of": pd.Timestamp("2005-10-01", tz="Asia/Shanghai")})
    splits = pd.concat(cases.assign(outcome=name, split=split) for name in outcomes)
    params = FitParams.from_mapping("applications", {"required": ["redefault_6"], "card": {"shares": None}})
    fitted = fit_models(
        frame, long, splits, catalogue, "applications", catalogue_hash="taiwan", params=params, training={}
    )
    return _Fitted(fitted), frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--features", type=Path, nargs="+")
    source.add_argument("--world", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shap", type=int, default=10_000)
    parser.add_argument("--ccf2017", nargs=2, metavar=("BUNDLE", "DIR"))
    parser.add_argument("--taiwan", type=Path)
    asked = parser.parse_args()
    home = Home.from_environment()
    bundle = install(home, asked.bundle)
    ids, rows = bundle.indicator_ids, asked.rows
    frame = indicators(asked.features, ids, rows) if asked.features else monthly(asked.world, ids, rows)
    check("synthetic world", bundle, frame, asked.shap)
    if asked.ccf2017:
        listed = install(home, asked.ccf2017[0])
        check("ccf2017", listed, indicators([Path(asked.ccf2017[1])], listed.indicator_ids, asked.rows), asked.shap)
    if asked.taiwan:
        check("Taiwan", *taiwan(asked.taiwan), asked.shap)


if __name__ == "__main__":
    main()
