"""Names and bytes of a bundle's files: what is written, hashed and signed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.fitted import FittedModels
from models.horizons import HORIZON
from models.keys import key_id
from models.spec import OUTCOMES

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
CARD: Final = "scorecard.json"
ALWAYS: Final = (
    "calibrators.json", "catalogue.json", "intervals.json", "metrics.json", "params.json", "reference.json",
    "training.json",
)  # fmt: skip
MODELS: Final = {f"model_{outcome}.txt": outcome for outcome in OUTCOMES}


def make_manifest(files: Mapping[str, bytes]) -> bytes:
    """Canonical manifest of the files' bytes, with the id that follows from them."""
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
    return rfc8785.dumps({"format": FORMAT, "id": id_of(hashes), "files": hashes})


def sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Contents of `signature.json` for these manifest bytes."""
    content = {
        "algorithm": "Ed25519",
        "key": key_id(key.public_key()),
        "signature": base64.b64encode(key.sign(manifest)).decode("ascii"),
    }
    return json_bytes(content)


def json_files(fitted: FittedModels) -> dict[str, Any]:
    """Contents of every JSON file but manifest and signature."""
    content: dict[str, Any] = {
        "calibrators.json": {
            "horizon": dict(HORIZON),
            "calibrators": {name: item.to_json() for name, item in fitted.calibrators.items()},
        },
        "catalogue.json": {
            "profile": fitted.profile,
            "hash": fitted.catalogue_hash,
            "indicators": [asdict(spec) for spec in fitted.specs],
        },
        "intervals.json": {name: item.to_json() for name, item in fitted.intervals.items()},
        "metrics.json": dict(fitted.metrics),
        "params.json": fitted.params.to_json(),
        "reference.json": fitted.reference.to_json(),
        "training.json": {**fitted.training, "absent": dict(fitted.absent)},
    }
    if fitted.scorecard is not None:
        content[CARD] = fitted.scorecard.to_json()
    return content


def id_of(hashes: Mapping[str, str]) -> str:
    """The bundle id that follows from file name -> SHA-256."""
    return hashlib.sha256(rfc8785.dumps(dict(hashes))).hexdigest()[:16]


def json_bytes(content: Any) -> bytes:
    """Readable and repeatable: sorted keys, shortest exact floats, no NaN."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
