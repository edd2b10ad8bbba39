"""Ed25519 keys that sign bundles, and those whose signature is trusted.

A key folder holds `signing.pem` (private, readable by its owner only) and `trusted/*.pem` (public keys).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from models.faults import BundleFault
from records.files import write_new


def key_id(key: Ed25519PublicKey) -> str:
    """First 16 hex digits of SHA-256 of the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def load_or_create_signing_key(folder: Path) -> Ed25519PrivateKey:
    """The folder's signing key; the first call makes a pair and trusts its public half. BundleFault if unreadable."""
    path = folder / "signing.pem"
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        write_new(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise BundleFault([f"{path.name} is not a private key: {error}"]) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleFault([f"{path.name} is not an Ed25519 key"])
    if path.stat().st_mode & 0o077:
        raise BundleFault([f"others may read the private key {path.name}: run chmod 600 on it"])
    trust(folder, key.public_key())
    return key


def trust(folder: Path, key: Ed25519PublicKey) -> Path:
    """Add a public key to the folder's trusted ones; the path of its file."""
    path = folder / "trusted" / f"{key_id(key)}.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def trusted_keys(folder: Path) -> tuple[Ed25519PublicKey, ...]:
    """Every public key in `folder/trusted`, by file name. BundleFault lists every file that is not such a key."""
    keys, faults = [], []
    for path in sorted((folder / "trusted").glob("*.pem")):
        try:
            key = load_pem_public_key(path.read_bytes())
        except ValueError:
            key = None
        if isinstance(key, Ed25519PublicKey):
            keys.append(key)
        else:
            faults.append(f"trusted/{path.name} is not an Ed25519 public key")
    if faults:
        raise BundleFault(faults)
    return tuple(keys)
