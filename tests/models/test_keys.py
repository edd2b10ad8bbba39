from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.faults import BundleFault
from models.keys import key_id, load_or_create_signing_key, trust, trusted_keys


def test_the_first_call_makes_a_pair_and_later_calls_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = load_or_create_signing_key(folder)
    again = load_or_create_signing_key(folder)
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert stat.S_IMODE((folder / "signing.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["signing.pem", "trusted"]
    assert [key_id(key) for key in trusted_keys(folder)] == [key_id(first.public_key())]


def test_other_keys_can_be_trusted_and_rubbish_is_named(tmp_path: Path) -> None:
    assert trusted_keys(tmp_path) == ()
    other = Ed25519PrivateKey.generate().public_key()
    trust(tmp_path, other)
    trust(tmp_path, other)
    assert len(trusted_keys(tmp_path)) == 1
    for name in ("a.pem", "b.pem"):
        (tmp_path / "trusted" / name).write_text("nothing")
    with pytest.raises(BundleFault) as caught:
        trusted_keys(tmp_path)
    assert caught.value.faults == (
        "trusted/a.pem is not an Ed25519 public key",
        "trusted/b.pem is not an Ed25519 public key",
    )
    (tmp_path / "signing.pem").write_text("nothing")
    with pytest.raises(BundleFault, match=r"signing\.pem is not a private key"):
        load_or_create_signing_key(tmp_path)


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create_signing_key(tmp_path)
    path = tmp_path / "signing.pem"
    path.chmod(0o640)
    with pytest.raises(BundleFault, match="others may read the private key"):
        load_or_create_signing_key(tmp_path)
    path.chmod(0o600)
    load_or_create_signing_key(tmp_path)
