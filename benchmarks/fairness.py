"""How often the fairness checks cry out: on clean worlds, on a label biased against women, on a planted proxy of sex.

    python -m benchmarks.fairness [--worlds 20] [--debtors 6000] [--seed 900]

Every world is made, read and modelled by the real path. The biased label turns `BIAS` of women's grants into
refusals, in training and test alike; the proxy replaces one indicator by itself plus a trace of sex.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from data_synth.params import WorldParams
from data_synth.world import generate
from models.bundle import load_bundle, write_bundle
from models.keys import load_or_create_signing_key
from models.params import FitParams
from models.predict import margins, probabilities
from pipeline.context import shifts_of
from pipeline.prepare import prepare
from pipeline.sections.evaluated import Evaluated
from pipeline.sections.fairness import attributes, fairness, read_audit
from pipeline.sections.settings import EvaluationParams
from pipeline.train import fit, frames
from policy.parameters import load
from records.dataset import Dataset

BIAS = 0.30
PROXY = "material_completeness"
TRACE = 1.0  # standard deviations that sex adds to the planted indicator


def main() -> None:
    """Print, per kind of world, in how many each check fired."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--debtors", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=900)
    asked = parser.parse_args()
    fired: Counter[tuple[str, str]] = Counter()
    started = time.perf_counter()
    for number in range(asked.worlds):
        with tempfile.TemporaryDirectory() as folder:
            given = modelled(Path(folder), asked.debtors, asked.seed + number)
            count(fired, "clean", fairness(given).metrics["fairness"])
            count(fired, "planted proxy", fairness(with_proxy(given)).metrics["fairness"])
            biased = modelled(Path(folder) / "biased", asked.debtors, asked.seed + number, bias=BIAS)
            count(fired, "biased label", fairness(biased).metrics["fairness"])
    print(f"{asked.worlds} worlds of {asked.debtors:,} debtors, {time.perf_counter() - started:.0f} s")
    for kind, check in sorted(fired):
        print(f"  {kind}: {check} in {fired[kind, check]} of {asked.worlds}")


def count(fired: Counter[tuple[str, str]], kind: str, metrics: dict[str, Any]) -> None:
    """Which checks fired in one world, and whether any did."""
    cried = {
        f"gap in success by {name}" for name, verdict in metrics["success"]["verdicts"].items() if verdict == "gap"
    }
    found = {f"proxy of {name}" for name, verdict in metrics["proxies"].items() if verdict == "proxy"}
    fired.update((kind, check) for check in cried | found)
    fired[kind, "any gap"] += bool(cried)
    fired[kind, "any proxy"] += bool(found)


def modelled(folder: Path, debtors: int, seed: int, *, bias: float = 0.0) -> Evaluated:
    """A world of its own, its bundle, and the probabilities of all cases."""
    generate(folder / "world", debtors, seed, buckets=1, params=WorldParams())
    dataset, policy = Dataset.open(folder / "world"), load()
    prepared = prepare(dataset, policy)
    audit = read_audit([dataset.read_bucket(n, ("debtor_audit",))["debtor_audit"] for n in dataset.bucket_numbers()])
    if bias:
        assert audit is not None
        prepared = replace(prepared, labels=biased_labels(prepared, audit, bias, seed))
    params = FitParams.of_profile("applications")
    params = replace(params, required=("success",))
    until = dataset.info.observed_until
    key = load_or_create_signing_key(folder / "keys")
    bundle = write_bundle(fit(prepared, params, until), folder / "bundle", key)
    data = frames(prepared, params, until)
    raw = margins(bundle, data.X)
    rows = prepared.cohort.select("region_code", "industry_section", "as_of").to_dicts()
    return Evaluated(
        bundle=load_bundle(folder / "bundle", [key.public_key()]),
        prepared=prepared,
        frames=data,
        params=params,
        settings=EvaluationParams(),
        policy=policy,
        margins=raw,
        probabilities=probabilities(bundle, raw, shifts_of(bundle, rows, policy)),
        truth=None,
        audit=audit,
    )


def biased_labels(prepared: Any, audit: pd.DataFrame, bias: float, seed: int) -> Any:
    """Labels in which some of the women's grants are refusals."""
    labels = prepared.labels.to_pandas()
    debtor = prepared.cohort.select("case_key", "debtor_id").to_pandas().set_index("case_key")["debtor_id"]
    sex = debtor.loc[labels["case_key"]].map(audit["sex"]).to_numpy()
    turned = (np.random.default_rng(seed).random(len(labels)) < bias) & (sex == "female")
    granted = (labels["outcome"] == "repair_success") & (labels["label"] == 1)
    return prepared.labels.with_columns(
        label=pl.when(pl.Series((granted & turned).to_numpy())).then(0).otherwise(pl.col("label")).cast(pl.Int8)
    )


def with_proxy(given: Evaluated) -> Evaluated:
    """The same evaluation with a trace of sex in one indicator."""
    X = given.frames.X.copy()  # noqa: N806
    male = (attributes(given, X.index)["sex"] == "male").to_numpy()
    X[PROXY] = X[PROXY].fillna(X[PROXY].mean()) + TRACE * X[PROXY].std() * male
    return replace(given, frames=replace(given.frames, X=X))


if __name__ == "__main__":
    main()
