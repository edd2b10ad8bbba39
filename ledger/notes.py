"""A checkpoint: the size and root of the tree, signed, in the C2SP `tlog-checkpoint` form.

    repair-risk/ledger/sha256
    57
    <base64 of the root>

    — repair-risk/ledger/sha256 <base64 of 4 bytes of key id and 64 bytes of Ed25519 signature>

The signature covers the three lines with their newlines (C2SP `signed-note`). The origin names the
tree's hash, so that the signature covers that too. Any C2SP client can check such a note.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.merkle import HASH_BYTES, Algorithm, as_algorithm

_ORIGIN = "repair-risk/ledger/"
_ED25519 = b"\x01"
_NOTE = re.compile(
    rf"(?P<text>(?P<origin>{_ORIGIN}[a-z0-9]+)\n(?P<size>0|[1-9][0-9]{{0,17}})\n(?P<root>[A-Za-z0-9+/]{{43}}=)\n)"
    rf"\n— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]+=*)\n"
)


class NoteError(ValueError):
    """The text is not a checkpoint, or not one signed by the expected key."""


@dataclass(frozen=True)
class Checkpoint:
    """What a signed note says: the tree of `size` leaves under `algorithm` had this `root`."""

    algorithm: Algorithm
    size: int
    root: bytes
    note: str


def origin_of(algorithm: Algorithm) -> str:
    """First line of every note, and the name of the key that signs it."""
    return _ORIGIN + algorithm


def sign(algorithm: Algorithm, size: int, root: bytes, key: Ed25519PrivateKey) -> Checkpoint:
    """A signed checkpoint of the tree of `size` leaves."""
    origin = origin_of(algorithm)
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = _key_id(origin, key.public_key()) + key.sign(text.encode())
    return Checkpoint(algorithm, size, root, f"{text}\n— {origin} {base64.b64encode(signature).decode()}\n")


def read(note: str) -> Checkpoint:
    """What a note says, its signature not yet checked; NoteError when it is not a checkpoint."""
    match = _NOTE.fullmatch(note)
    if match is None or match["name"] != match["origin"]:
        raise NoteError("the text is not a checkpoint of this kind of ledger")
    try:
        algorithm = as_algorithm(match["origin"].removeprefix(_ORIGIN))
        root = base64.b64decode(match["root"], validate=True)
    except ValueError as error:
        raise NoteError(str(error)) from error
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != match["root"]:
        raise NoteError("the root is not a hash of 32 bytes")
    return Checkpoint(algorithm, int(match["size"]), root, note)


def open_note(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """What a note says, once its signature by `key` is proven; NoteError otherwise."""
    checkpoint = read(note)
    text, _, line = note.partition("\n\n")
    origin = origin_of(checkpoint.algorithm)
    encoded = line.rsplit(" ", 1)[1].strip()
    try:
        signature = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError("the signature is not base64") from error
    if base64.b64encode(signature).decode() != encoded:
        raise NoteError("the signature is not written in its one canonical form")
    if signature[:4] != _key_id(origin, key):
        raise NoteError("the note is signed with another key")
    try:
        key.verify(signature[4:], f"{text}\n".encode())
    except InvalidSignature as error:
        raise NoteError("the signature does not fit the note") from error
    return checkpoint


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]
