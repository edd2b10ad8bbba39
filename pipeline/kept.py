"""Evaluations kept at home: numbered per bundle, chained, signed by the home's key; altered or lost ones are noticed.

    evaluations/<bundle>/0001.json   {content, signature}; content names the hash of the one before

Approvals rest on them, so a figure changed by hand must not pass for one that was measured. Removing the newest file
is the one change that leaves no trace here; approvals and the model card name the number they rest on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.bundle_files import sign
from models.keys import load_or_create_signing_key, trusted_keys
from models.signatures import is_signed
from pipeline.files import read_kept, write_json
from pipeline.home import Home
from pipeline.home_lock import alone
from pipeline.refusals import InputRefused, IntegrityRefused

# What may differ between two evaluations that say the same.
_OCCASION = ("number", "previous", "evaluated_at")


def keep(home: Home, bundle_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Sign `content` as the next evaluation of the bundle; returns it with its `number` and the hash before it.

    One at a time in a home, and never over an evaluation that is there: InputRefused when its file came meanwhile.
    """
    with alone(home):
        return _keep(home, bundle_id, content)


def _keep(home: Home, bundle_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    earlier = kept(home, bundle_id)
    previous = digest(earlier[-1]) if earlier else None
    whole = plain({**content, "kind": "evaluation", "number": len(earlier) + 1, "previous": previous})
    signature = sign(rfc8785.dumps(whole), load_or_create_signing_key(home.keys))
    path = _folder(home, bundle_id) / f"{whole['number']:04d}.json"
    try:
        write_json(path, {"content": whole, "signature": signature.decode()}, new=True)
    except FileExistsError:
        raise InputRefused(f"{path} was written meanwhile, and stays as it is: evaluate again") from None
    return dict(whole)


def kept(home: Home, bundle_id: str) -> list[dict[str, Any]]:
    """All evaluations of the bundle, oldest first. IntegrityRefused when one is altered, unsigned or lost between."""
    trusted = trusted_keys(home.keys)
    found: list[dict[str, Any]] = []
    for place, path in enumerate(sorted(_folder(home, bundle_id).glob("*.json")), start=1):
        content = _signed_content(path, trusted)
        previous = digest(found[-1]) if found else None
        expected = (f"{place:04d}", place, previous, bundle_id)
        if (path.stem, content["number"], content["previous"], content["bundle"]) != expected:
            raise IntegrityRefused(f"{path} is not evaluation {place} of bundle {bundle_id}: one before it was changed")
        found.append(content)
    return found


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical content."""
    return hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()


def figures_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over what the evaluation found, whenever it was made."""
    return digest({key: value for key, value in content.items() if key not in _OCCASION})


def plain(value: Any) -> Any:
    """`value` with tuples as lists and numbers that JSON cannot say (NaN, infinities) as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _folder(home: Home, bundle_id: str) -> Path:
    return home.root / "evaluations" / bundle_id


def _signed_content(path: Path, trusted: tuple[Ed25519PublicKey, ...]) -> dict[str, Any]:
    whole = read_kept(path)
    try:
        content, signature = whole["content"], whole["signature"]
        sound = content["kind"] == "evaluation" and is_signed(rfc8785.dumps(content), signature.encode(), trusted)
    except (KeyError, TypeError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise IntegrityRefused(f"{path} was altered, or is not signed by a key this home trusts: evaluate again")
    return dict(content)
