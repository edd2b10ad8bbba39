"""The ledger's Ed25519 pair: the private key signs checkpoints, the public key lets anyone verify.

Files in the key folder: `ledger_ed25519.pem` (PKCS 8, readable by its owner only) and
`ledger_ed25519.pub` (SubjectPublicKeyInfo). Keep the private key away from whoever administers the
database: a tamperer who holds it can sign a new history, and only a copy of `checkpoints.log` kept
elsewhere then shows the fraud.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from records.files import write_new

PRIVATE_NAME = "ledger_ed25519.pem"
PUBLIC_NAME = "ledger_ed25519.pub"


class KeyFileError(Exception):
    """The key folder is not in a state the ledger may work with; the text says what to do."""


@dataclass(frozen=True)
class LedgerKeys:
    """The signing pair of one ledger."""

    private: Ed25519PrivateKey
    public: Ed25519PublicKey


def load_or_create(folder: Path) -> LedgerKeys:
    """The pair in `folder`, made on first use.

    Raises KeyFileError when a file is unreadable, when others may read the private key, when the two
    files do not belong together, or when only the public key is left (a new private key would
    silently start another history).
    """
    private_path, public_path = folder / PRIVATE_NAME, folder / PUBLIC_NAME
    if not private_path.exists():
        if public_path.exists():
            raise KeyFileError(f"{private_path} is missing beside its public key: restore it from your safe copy")
        _create(private_path)
    private = _load_private(private_path)
    public = private.public_key()
    if not public_path.exists():
        write_new(public_path, _public_pem(public), 0o644)
    elif load_public(public_path).public_bytes_raw() != public.public_bytes_raw():
        raise KeyFileError(f"{public_path} does not belong to {private_path}: restore the pair that signed the ledger")
    return LedgerKeys(private, public)


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key in file `path`, or in folder `path` under its usual name; KeyFileError when there is none."""
    file = path / PUBLIC_NAME if path.is_dir() else path
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{file} is no readable public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{file} is not an Ed25519 public key")
    return key


def _create(private_path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_new(private_path, pem, 0o600)


def _load_private(path: Path) -> Ed25519PrivateKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(f"others may read the private key {path} (mode {mode:o}): run chmod 600 on it")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(f"{path} is no readable private key without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 private key")
    return key


def _public_pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
