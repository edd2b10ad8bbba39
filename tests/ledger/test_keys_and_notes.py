"""Keys are made once and guarded; a note can be checked by anyone who holds the public key."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.keys import PRIVATE_NAME, PUBLIC_NAME, KeyFileError, load_or_create, load_public
from ledger.notes import NoteError, open_note, read, sign

ROOT = bytes(range(32))


def test_the_pair_is_made_once_and_only_its_owner_reads_the_private_key(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "keys")
    again = load_or_create(tmp_path / "keys")
    assert first.private.private_bytes_raw() == again.private.private_bytes_raw()
    assert (tmp_path / "keys" / PRIVATE_NAME).stat().st_mode & 0o777 == 0o600
    assert load_public(tmp_path / "keys").public_bytes_raw() == first.public.public_bytes_raw()
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [PRIVATE_NAME, PUBLIC_NAME]


def test_a_lost_public_key_is_written_again_from_the_private_one(tmp_path: Path) -> None:
    keys = load_or_create(tmp_path)
    (tmp_path / PUBLIC_NAME).unlink()
    assert load_or_create(tmp_path).public.public_bytes_raw() == keys.public.public_bytes_raw()
    assert load_public(tmp_path / PUBLIC_NAME).public_bytes_raw() == keys.public.public_bytes_raw()


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    (tmp_path / PRIVATE_NAME).chmod(0o640)
    with pytest.raises(KeyFileError, match=r"others may read .* \(mode 640\): run chmod 600"):
        load_or_create(tmp_path)


def test_a_missing_foreign_or_broken_key_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path / "one")
    load_or_create(tmp_path / "two")
    (tmp_path / "one" / PUBLIC_NAME).write_bytes((tmp_path / "two" / PUBLIC_NAME).read_bytes())
    with pytest.raises(KeyFileError, match="does not belong to"):
        load_or_create(tmp_path / "one")
    (tmp_path / "two" / PRIVATE_NAME).write_text("no key")
    with pytest.raises(KeyFileError, match="no readable private key"):
        load_or_create(tmp_path / "two")
    (tmp_path / "two" / PRIVATE_NAME).unlink()
    with pytest.raises(KeyFileError, match="is missing beside its public key"):
        load_or_create(tmp_path / "two")
    with pytest.raises(KeyFileError, match="is no readable public key"):
        load_public(tmp_path / "three")


def test_a_note_is_what_c2sp_says() -> None:
    key = Ed25519PrivateKey.generate()
    checkpoint = sign("sha256", 57, ROOT, key)
    text, _, line = checkpoint.note.partition("\n\n")
    assert text == f"repair-risk/ledger/sha256\n57\n{base64.b64encode(ROOT).decode()}"
    dash, name, signature = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", "repair-risk/ledger/sha256")
    raw = base64.b64decode(signature)
    public = key.public_key().public_bytes_raw()
    assert raw[:4] == hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    key.public_key().verify(raw[4:], f"{text}\n".encode())
    assert open_note(checkpoint.note, key.public_key()) == read(checkpoint.note) == checkpoint


def test_a_changed_or_foreign_note_is_refused() -> None:
    key = Ed25519PrivateKey.generate()
    note = sign("sm3", 57, ROOT, key).note
    assert open_note(note, key.public_key()).algorithm == "sm3"
    with pytest.raises(NoteError, match="does not fit"):
        open_note(note.replace("\n57\n", "\n58\n"), key.public_key())
    with pytest.raises(NoteError, match="another key"):
        open_note(note, Ed25519PrivateKey.generate().public_key())
    with pytest.raises(NoteError, match="not a checkpoint"):
        open_note(note.replace("\n57\n", "\n057\n"), key.public_key())
    with pytest.raises(NoteError, match="unknown tree hash"):
        read(note.replace("/sm3", "/md5"))
    with pytest.raises(NoteError, match="not a checkpoint"):
        read(note + "\n")


def test_every_single_changed_byte_of_a_note_is_refused() -> None:
    key = Ed25519PrivateKey.generate()
    data = sign("sha256", 57, ROOT, key).note.encode()
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(NoteError):
                open_note(changed.decode("utf-8", "surrogateescape"), key.public_key())
