"""The model bundle: a folder of plain files, hashed, signed, and checked whole before anything of it is used.

    model_<outcome>.txt   LightGBM text           reference.json   reference population and limits
    calibrators.json      margin -> probability   metrics.json     figures
    intervals.json        intervals of like cases params.json      parameters
    scorecard.json        points table, if any    training.json    fingerprint of the data, split, seed, what is absent
    catalogue.json        indicators, their hash  manifest.json    {format, id, files: {name: SHA-256}}
    signature.json        Ed25519 over the bytes of manifest.json

The id is the start of SHA-256 over the canonical (RFC 8785) `files` map: the same training gives the same id, and no
clock or key enters it. Loading checks, and reports all at once: the signature by a trusted key, every hash, files that
are missing or unknown, every JSON file's shape, the structure of every tree (`models.tree_check`) and its directions
(`models.monotone`). Only then does LightGBM see the text. There is no pickle anywhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm as lgb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.bundle_check import CheckedFiles, read_checked
from models.bundle_files import MANIFEST, MODELS, SIGNATURE, json_bytes, json_files, make_manifest, sign
from models.calibration import Calibrator
from models.faults import BundleFault
from models.fitted import FittedModels
from models.intervals import IntervalTable
from models.reference import ReferencePopulation
from models.scorecard import Scorecard
from models.spec import IndicatorSpec


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle, checked. `boosters`, `calibrators`: per fitted outcome; `intervals`: per head probability;
    `absent`: part -> why it is missing."""

    id: str
    path: Path
    profile: str
    indicator_ids: tuple[str, ...]
    specs: tuple[IndicatorSpec, ...]
    catalogue_hash: str
    boosters: Mapping[str, lgb.Booster] = field(compare=False, repr=False)
    scorecard: Scorecard | None = field(repr=False)
    calibrators: Mapping[str, Calibrator] = field(repr=False)
    intervals: Mapping[str, IntervalTable] = field(repr=False)
    horizon: Mapping[str, str] = field(repr=False)
    reference: ReferencePopulation = field(repr=False)
    metrics: Mapping[str, Any] = field(repr=False)
    params: Mapping[str, Any] = field(repr=False)
    training: Mapping[str, Any] = field(repr=False)
    absent: Mapping[str, str]
    manifest: Mapping[str, Any] = field(repr=False)


def write_bundle(fitted: FittedModels, out: Path, signing_key: Ed25519PrivateKey) -> Bundle:
    """Write `fitted` to the folder `out` (made whole or not at all) and load it back.

    A folder that already holds this very bundle is left as it is; any other non-empty folder is a BundleFault.
    """
    files = {name: json_bytes(content) for name, content in json_files(fitted).items()}
    files |= {f"model_{outcome}.txt": text.encode("ascii") for outcome, text in fitted.texts.items()}
    public = signing_key.public_key()
    manifest = make_manifest(files)
    if out.exists() and any(out.iterdir()):
        existing = out / MANIFEST
        if existing.is_file() and existing.read_bytes() == manifest:
            return load_bundle(out, [public])
        raise BundleFault([f"{out.name} is not empty and holds something else; name a new folder"])
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.parent / f".{out.name}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for name, raw in {**files, MANIFEST: manifest, SIGNATURE: sign(manifest, signing_key)}.items():
        (aside / name).write_bytes(raw)
    if out.exists():
        out.rmdir()
    aside.rename(out)
    return load_bundle(out, [public])


def load_bundle(path: Path, trusted: Sequence[Ed25519PublicKey]) -> Bundle:
    """Check the folder whole and load it. BundleFault lists every fault found; LightGBM sees only a faultless text."""
    return _open(read_checked(path, trusted), path)


def _open(checked: CheckedFiles, path: Path) -> Bundle:
    boosters, faults = {}, []
    for name, outcome in MODELS.items():
        if name in checked.raw:
            try:
                boosters[outcome] = lgb.Booster(model_str=checked.raw[name].decode("ascii"))
            except (lgb.basic.LightGBMError, ValueError) as error:
                faults.append(f"{name}: LightGBM refuses it: {error}")
    if faults:
        raise BundleFault(faults)
    return Bundle(
        id=checked.manifest["id"],
        path=path,
        profile=checked.catalogue["profile"],
        indicator_ids=tuple(spec.id for spec in checked.specs if spec.scored),
        specs=checked.specs,
        catalogue_hash=checked.catalogue["hash"],
        boosters=boosters,
        scorecard=checked.scorecard,
        calibrators=checked.calibrators,
        intervals=checked.intervals,
        horizon=checked.horizon,
        reference=checked.reference,
        metrics=checked.plain["metrics.json"],
        params=checked.plain["params.json"],
        training=checked.plain["training.json"],
        absent=checked.plain["training.json"]["absent"],
        manifest=checked.manifest,
    )
