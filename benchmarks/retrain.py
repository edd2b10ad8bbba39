"""Training again: same data and seed give the same bundle; one, two or eight threads give the same trees.

python -m benchmarks.retrain DIR FEATURES     a dataset and its indicators (`repair-risk features DIR --out FEATURES`)
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from models.bundle_files import id_of, json_bytes, json_files
from models.fitted import FittedModels
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import load
from pipeline.train import fit, settings, with_shares
from records.dataset import Dataset


def trees(fitted: FittedModels) -> Mapping[str, str]:
    """Outcome -> hash of its trees, without the parameters that LightGBM writes below them."""
    return {name: _hash(text.partition("\nparameters:\n")[0].encode()) for name, text in fitted.texts.items()}


def bundle_id(fitted: FittedModels) -> str:
    """The id its bundle would have."""
    files = {name: json_bytes(content) for name, content in json_files(fitted).items()}
    files |= {f"model_{outcome}.txt": text.encode("ascii") for outcome, text in fitted.texts.items()}
    return id_of({name: _hash(raw) for name, raw in files.items()})


def main() -> int:
    """Train five times and compare; status 1 when anything differs that must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("features", type=Path)
    asked = parser.parse_args()
    dataset, policy = Dataset.open(asked.directory), rules_in_force(Home.from_environment())
    prepared = load(asked.features, dataset, policy)
    until = dataset.info.observed_until
    params = with_shares(settings(prepared.profile.name, None, None), policy, until)
    found = []
    for threads in (1, 1, 2, 8, 8):
        begun = time.perf_counter()
        fitted = fit(prepared, replace(params, booster=replace(params.booster, num_threads=threads)), until)
        found.append((threads, bundle_id(fitted), trees(fitted), fitted.scorecard))
        print(f"{threads} thread(s): bundle {found[-1][1]}, {time.perf_counter() - begun:.0f} s", flush=True)
    again = found[0][1] == found[1][1] and found[3][1] == found[4][1]
    alike = all(one[2:] == found[0][2:] for one in found)
    print(f"same data and seed, same bundle: {again}; same trees and card with 1, 2 and 8 threads: {alike}")
    return int(not (again and alike))


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
