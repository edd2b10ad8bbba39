"""Corrupted model files: none unsigned is accepted, and what a trusted signer spoils is refused or proved sound.

    python -m benchmarks.corrupt_bundles            1,000 files
    python -m benchmarks.corrupt_bundles 100000     as in `docs/benchmarks.md`

Each round spoils one file of a sound bundle (`benchmarks.corruptions`) and loads it twice.

*As it is*: hashes and signature are the sound bundle's. Every such file must be refused.

*Signed anew*: hashes, id and signature are made right again, as a malicious but trusted signer would, so that the
structure check alone stands between the file and LightGBM. A file is *accepted* when the check finds no fault. That is
lawful only for a file that is in fact another sound model (a leaf value or a metric nudged, say), so each accepted
file is proved: LightGBM, in the trial process, must read exactly the trees that the check read (features, thresholds,
kinds of missing, children, leaf values, compared with its own dump), every margin and contribution must be finite and
add up, no sampled step along a declared direction may lower (or raise) a margin, and the bundle must score cases of a
place and a later day to probabilities within 0 and 1 that rise with the margin and lie within their intervals. An
accepted file that fails its proof is *illegal*. Rounds run in processes with a time limit; one that dies or does not
end is run file by file and counted as crash or hang.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import lightgbm as lgb
import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.corruptions import corrupt_json, corrupt_model
from models import bundle_check
from models.bundle import Bundle, load_bundle
from models.bundle_check import read_checked
from models.bundle_files import MANIFEST, MODELS, SIGNATURE, json_bytes, make_manifest, sign
from models.faults import BundleFault, ModelFault
from models.local import Place
from models.monotone import check_monotone
from models.params import BoosterParams, CardParams, FitParams, SplitParams
from models.predict import intervals, local_shifts, margins, probabilities
from models.spec import IndicatorSpec
from models.train import train
from models.tree_check import Tree, parse_model
from records.clock import SHANGHAI

CHUNK = 500  # rounds per process
# Seconds of processor time per process, and for one file alone: a loop is a loop, however busy the machine is. The
# clock on the wall only ends what waits for nothing.
LIMIT, ALONE = 300, 60
WALL = 12.0  # times as long
KEY = bytes(range(32))  # of nobody: it only makes the bundles of this benchmark
PLACE = Place("220102", "C", date(2024, 3, 1))  # of the cases that accepted bundles are tried on
SPECS = (
    IndicatorSpec("debt", "债务", "debt", "ability", -1, 1),
    IndicatorSpec("income", "收入", "income", "ability", 1, -1),
    IndicatorSpec("paid", "已还", "paid", "willingness", 1, -1),
    IndicatorSpec("suits", "涉诉", "suits", "willingness", -1, 1),
    IndicatorSpec("jobs", "稳岗", "jobs", "impact", 1, 0),
    IndicatorSpec("consent", "同意", "consent", "impact", 1, -1),
)


def sound_bundle(folder: Path) -> dict[str, bytes]:
    """A small bundle with everything in it: three margins, a card, missing values, places and years. Its files by
    name."""
    rng = np.random.default_rng(4)
    n = 1200
    X = pd.DataFrame(  # noqa: N806
        rng.normal(size=(n, len(SPECS))), columns=[s.id for s in SPECS], index=[f"r{i:04d}" for i in range(n)]
    )
    good = X["paid"] + X["consent"] - X["debt"] - X["suits"]
    labels = pd.DataFrame({"success": rng.random(n) < 1 / (1 + np.exp(-good))}, index=X.index).astype(float)
    labels["redefault_6"] = (rng.random(n) < 1 / (1 + np.exp(1 + good))).astype(float)
    labels["redefault_12"] = np.maximum(labels["redefault_6"], rng.random(n) < 1 / (1 + np.exp(1.5 + good)))
    X[rng.random(X.shape) < 0.1] = np.nan
    params = FitParams(
        profile="table",
        split=SplitParams(mode="cross_fit"),
        booster=BoosterParams(rounds=6, learning_rate=0.3, num_leaves=6, max_depth=3, min_data_in_leaf=20),
        card=CardParams(max_bins=4, min_per_dimension=1),
    )
    as_of = datetime(2020, 1, 1, tzinfo=SHANGHAI)
    key = Ed25519PrivateKey.from_private_bytes(KEY)
    bundle = train(X, labels, SPECS, params, out=folder, key=key, as_of=as_of)
    files = placed({path.name: path.read_bytes() for path in bundle.path.iterdir()})
    for name, raw in (files | resigned(files, key)).items():
        (bundle.path / name).write_bytes(raw)
    return {path.name: path.read_bytes() for path in bundle.path.iterdir()}


def placed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with what a table without places and days lacks: shifts, a trend, and what drifts."""
    calibrators, intervals = (json.loads(files[name]) for name in ("calibrators.json", "intervals.json"))
    shifts = {"regions": {PLACE.region: 0.2}, "industries": {"C": -0.1}, "cells": {PLACE.cell: 0.05}}
    trend = {"trend": 0.2, "trend_error": 0.03, "trend_from": "2019-01-01", "trend_until": "2023-01-01"}
    for one in calibrators["calibrators"].values():
        one["local"] |= {**shifts, **trend}
    for one in intervals.values():
        one["drift"] = {"since": "2020-01-01", "level": 0.05, "trend": 0.03}
    return {**files, "calibrators.json": json_bytes(calibrators), "intervals.json": json_bytes(intervals)}


def resigned(files: Mapping[str, bytes], key: Ed25519PrivateKey) -> dict[str, bytes]:
    """Manifest and signature that fit the files."""
    manifest = make_manifest({name: raw for name, raw in files.items() if name not in (MANIFEST, SIGNATURE)})
    return {MANIFEST: manifest, SIGNATURE: sign(manifest, key)}


def spoilt(sound: Mapping[str, bytes], number: int) -> tuple[str, bytes]:
    """The file of round `number` and its spoilt bytes, never the sound ones."""
    chance = random.Random(f"corrupt/{number}")  # noqa: S311 - reproducible on purpose, guards no secret
    texts = sorted(name for name in sound if name in MODELS)
    plain = sorted(set(sound) - set(texts) - {MANIFEST, SIGNATURE})
    while True:
        name = chance.choice(texts) if chance.random() < 0.75 else chance.choice(plain)
        raw = (corrupt_model if name in texts else corrupt_json)(sound[name], chance)
        if raw != sound[name]:
            return name, raw


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with its last answers and refusals kept by arguments: it is pure, and most files stay as they were."""

    @lru_cache(maxsize=8)
    def answer(*given: Any) -> tuple[Any, ModelFault | None]:
        try:
            return function(*given), None
        except ModelFault as fault:
            return None, fault

    def again(*given: Any) -> Any:
        value, fault = answer(*(tuple(one) if isinstance(one, list) else one for one in given))
        if fault is not None:
            raise fault
        return value

    return again


def rounds(folder: Path, first: int, count: int) -> Counter[str]:
    """Rounds first .. first + count - 1 on the sound bundle in `folder`: what became of each file."""
    sound = {path.name: path.read_bytes() for path in (folder / "sound").iterdir()}
    key = Ed25519PrivateKey.from_private_bytes(KEY)
    trusted = [key.public_key()]
    found: Counter[str] = Counter()
    quick = (
        patch.object(bundle_check, "parse_model", remembered(parse_model)),
        patch.object(bundle_check, "check_monotone", remembered(check_monotone)),
    )
    with tempfile.TemporaryDirectory(dir=folder) as place, quick[0], quick[1]:
        work = Path(place)
        for name, raw in sound.items():
            (work / name).write_bytes(raw)
        for number in range(first, first + count):
            name, raw = spoilt(sound, number)
            (work / name).write_bytes(raw)
            found["files"] += 1
            found[f"of {name}"] += 1
            try:
                read_checked(work, trusted)
                found["unsigned accepted"] += 1
            except BundleFault:
                found["unsigned refused"] += 1
            for one, content in resigned({**sound, name: raw}, key).items():
                (work / one).write_bytes(content)
            try:
                read_checked(work, trusted)
            except BundleFault:
                found["signed refused"] += 1
            else:
                found[f"signed accepted, {'model' if name in MODELS else name}"] += 1
                for fault in proof(work, key):
                    found["illegal"] += 1
                    print(f"round {number}, {name}: {fault}", file=sys.stderr)
            for one in (name, MANIFEST, SIGNATURE):
                (work / one).write_bytes(sound[one])
    return found


def proof(work: Path, key: Ed25519PrivateKey) -> Iterator[str]:
    """What is wrong with an accepted bundle, seen through LightGBM itself; nothing when it is sound."""
    bundle = load_bundle(work, [key.public_key()])
    rows = _probes(work)
    for name, outcome in MODELS.items():
        if outcome in bundle.boosters:
            yield from (
                f"{name}: {fault}" for fault in _margin_faults(bundle, outcome, (work / name).read_bytes(), rows)
            )
        else:
            yield f"{name} is gone and nobody minded"
    frame = pd.DataFrame(rows, columns=list(bundle.indicator_ids))
    raw = margins(bundle, frame)
    ruled = dict.fromkeys(raw, 0.0)
    shown = probabilities(bundle, raw, local_shifts(bundle, [PLACE] * len(rows), [ruled] * len(rows)))
    for outcome, p in shown.items():
        if p is not None and not ((p >= 0) & (p <= 1)).all():
            yield f"probability of {outcome} is not within 0 and 1"
        elif p is not None:
            if outcome in raw and (np.diff(p[np.argsort(raw[outcome], kind="stable")]) < 0).any():
                yield f"probability of {outcome} falls while the margin rises"
            around = intervals(bundle, {outcome: p}, [PLACE.on] * len(p)).get(outcome, ())
            if not all(0 <= one.low <= value <= one.high <= 1 for one, value in zip(around, p, strict=False)):
                yield f"an interval of {outcome} does not hold its probability"
    if bundle.scorecard is not None:
        total = bundle.scorecard.total(bundle.scorecard.points(frame))
        if not np.isfinite(bundle.scorecard.probability(total)).all():
            yield "the card gives no probability"


def _margin_faults(bundle: Bundle, outcome: str, text: bytes, rows: np.ndarray) -> Iterator[str]:
    """One model: read alike by LightGBM and the check, finite, additive, monotone on the probes."""
    booster = bundle.boosters[outcome]
    dumped = [_flat(one["tree_structure"]) for one in booster.dump_model()["tree_info"]]
    if dumped != [_walk(tree) for tree in parse_model(text, bundle.indicator_ids).trees]:
        yield "LightGBM reads other trees than the check"
    margin = booster.predict(rows, raw_score=True, num_threads=1)
    shares = booster.predict(rows, pred_contrib=True, num_threads=1)
    if not (np.isfinite(margin).all() and np.isfinite(shares).all()):
        yield "a margin or contribution is not finite"
    elif np.max(np.abs(shares.sum(axis=1) - margin) / np.maximum(1, np.abs(margin))) > 1e-9:
        yield "contributions do not add up to the margin"
    for column, spec in enumerate(spec for spec in bundle.specs if spec.scored):
        direction, known = spec.direction(outcome), ~np.isnan(rows[:, column])
        more = rows.copy()
        more[:, column] += np.linspace(0.01, 3, len(rows))
        moved = booster.predict(more, raw_score=True, num_threads=1) - margin
        if (direction * moved[known] < -1e-12).any():
            yield f"moves against the direction of {spec.id}"


def _probes(work: Path) -> np.ndarray:
    """Rows to try a model on: spread out, at and beside its own thresholds, with missing values."""
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(60, len(SPECS))) * 2
    rows[rng.random(rows.shape) < 0.15] = np.nan
    cuts = [cut for name in MODELS for tree in parse_model((work / name).read_bytes()).trees for cut in tree.threshold]
    small = [cut for cut in cuts if abs(cut) < 1e300] or [0.0]
    for row in range(30):
        rows[row, rng.integers(len(SPECS))] = np.nextafter(rng.choice(small), rng.choice([-np.inf, np.inf]))
    return np.vstack([rows, np.zeros(len(SPECS)), np.full(len(SPECS), np.nan), np.full(len(SPECS), 1e300)])


def _flat(node: Mapping[str, Any]) -> Any:
    """A tree of LightGBM's dump: (feature, threshold, missing kind, missing left, left, right) or a leaf's value."""
    if "leaf_value" in node and "split_feature" not in node:
        return float(node["leaf_value"])
    kind, left = node["missing_type"] == "NaN", bool(node["default_left"])
    parts = _flat(node["left_child"]), _flat(node["right_child"])
    return (int(node["split_feature"]), float(node["threshold"]), kind, left, *parts)


def _walk(tree: Tree, node: int = 0) -> Any:
    """The same of a tree as the check read it."""
    if not tree.feature or node < 0:
        return tree.leaf_value[~node if node < 0 else 0]
    kind, left = tree.nan_is_missing[node], tree.missing_left[node]
    parts = _walk(tree, tree.left[node]), _walk(tree, tree.right[node])
    return (tree.feature[node], tree.threshold[node], kind, left, *parts)


def in_process(folder: Path, first: int, count: int, limit: int) -> Counter[str]:
    """`rounds` in a process of its own; a death or a standstill is looked into file by file, then counted."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.corrupt_bundles",
        "--folder",
        str(folder),
        "--rounds",
        f"{first}:{count}:{limit}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WALL * limit, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        status = "hangs"
    else:
        sys.stderr.write(done.stderr.decode(errors="replace") if done.returncode == 0 else "")
        if done.returncode == 0:
            return Counter(json.loads(done.stdout.splitlines()[-1]))  # LightGBM may have talked before it
        status = "hangs" if done.returncode == -signal.SIGXCPU else "crashes"
    if count == 1:
        said = "" if status == "hangs" else f": {done.stderr.decode(errors='replace').strip()[-300:]}"
        print(f"round {first} {status}{said}", file=sys.stderr)
        return Counter({"files": 1, status: 1})
    return sum((in_process(folder, one, 1, ALONE) for one in range(first, first + count)), Counter())


def main() -> int:
    """Run the rounds and print the account; status 1 when anything was let through that must not be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=1_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rounds:
        first, count, limit = map(int, asked.rounds.split(":"))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        print(json.dumps(rounds(asked.folder, first, count)))
        return 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sound_bundle(folder / "sound")
        parts = [(start, min(CHUNK, asked.count - start)) for start in range(0, asked.count, CHUNK)]
        with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
            found = sum(pool.map(lambda part: in_process(folder, *part, LIMIT), parts), Counter())
    accepted = sum(count for name, count in found.items() if name.startswith("signed accepted"))
    print(f"{found['files']:,} corrupted files in {time.perf_counter() - begun:.0f} s (LightGBM {lgb.__version__})")
    print(f"  as they are:  {found['unsigned refused']:,} refused, {found['unsigned accepted']:,} accepted")
    print(f"  signed anew:  {found['signed refused']:,} refused, {accepted:,} accepted as other sound bundles:")
    for name, count in sorted(found.items()):
        if name.startswith("signed accepted"):
            print(f"    {count:>7,}  {name.removeprefix('signed accepted, ')} of {_total(found, name):,}")
    print(f"  illegal {found['illegal']:,}, hangs {found['hangs']:,}, crashes {found['crashes']:,}")
    return int(bool(found["unsigned accepted"] or found["illegal"] or found["hangs"] or found["crashes"]))


def _total(found: Counter[str], accepted: str) -> int:
    name = accepted.removeprefix("signed accepted, ")
    return found[f"of {name}"] if name != "model" else sum(found[f"of {one}"] for one in MODELS)


if __name__ == "__main__":
    raise SystemExit(main())
