"""Whether some bytes carry an Ed25519 signature by a trusted key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.keys import key_id
from records.faults import CaseFaults
from records.strict_json import loads

_MAX_BYTES = 4096


def signed_by_trusted(message: bytes, signature: Mapping[str, Any], trusted: Sequence[Ed25519PublicKey]) -> bool:
    """`signature`: algorithm, key and signature as `bundle_files.sign` writes them; False for anything else."""
    if signature.get("algorithm") != "Ed25519" or not isinstance(signature.get("signature"), str):
        return False
    try:
        value = base64.b64decode(signature["signature"], validate=True)
    except (binascii.Error, ValueError):
        return False
    for key in trusted:
        try:
            key.verify(value, message)
        except InvalidSignature:
            continue
        return signature.get("key") == key_id(key)
    return False


def is_signed(message: bytes, signature: bytes, trusted: Sequence[Ed25519PublicKey]) -> bool:
    """The same for the bytes of a signature file."""
    try:
        content = loads(signature, _MAX_BYTES)
    except CaseFaults:
        return False
    return isinstance(content, dict) and signed_by_trusted(message, content, trusted)
