"""A few dozen rounds of `benchmarks.corrupt_bundles`, which runs a hundred thousand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.corrupt_bundles import KEY, proof, resigned, rounds, sound_bundle, spoilt
from benchmarks.corruptions import corrupt_model, resized


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("corrupt")
    sound_bundle(place / "sound")
    return place


def test_spoilt_files_are_refused_or_proved_sound(folder: Path) -> None:
    found = rounds(folder, 0, 80)
    assert found["files"] == found["unsigned refused"] == 80
    assert found["unsigned accepted"] == 0
    assert found["signed refused"] > 40
    assert found["illegal"] == 0


def test_a_round_is_repeatable_and_always_spoils(folder: Path) -> None:
    sound = {path.name: path.read_bytes() for path in (folder / "sound").iterdir()}
    drawn = [spoilt(sound, number) for number in range(60)]
    assert drawn == [spoilt(sound, number) for number in range(60)]
    assert all(raw != sound[name] for name, raw in drawn)
    assert len({name for name, _ in drawn}) >= 6


def test_the_proof_sees_a_model_that_falls_where_it_should_rise(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the check blind to directions, the proof would not be: nothing rests on one of them alone."""
    sound = {path.name: path.read_bytes() for path in (folder / "sound").iterdir()}
    key = Ed25519PrivateKey.from_private_bytes(KEY)
    text = sound["model_redefault_6.txt"].decode()
    values = next(line for line in text.split("\n") if line.startswith("leaf_value="))
    turned = " ".join(
        part.removeprefix("-") if part.startswith("-") else f"-{part}" for part in values.partition("=")[2].split(" ")
    )
    spoiled = text.replace(values.partition("=")[2], turned, 1)
    files = {**sound, "model_redefault_6.txt": resized(spoiled.encode())}
    for name, raw in (files | resigned(files, key)).items():
        (tmp_path / name).write_bytes(raw)
    monkeypatch.setattr("models.bundle_check.check_monotone", lambda *_: None)
    assert any("moves against the direction" in fault for fault in proof(tmp_path, key))


def test_a_text_without_an_entry_or_without_anything_can_be_spoilt_too() -> None:
    for raw in (b"", b"tree\n\n", b"=", b"Tree=0\nleaf_value=1 2\n"):
        made = {corrupt_model(raw, random.Random(seed)) for seed in range(200)}  # noqa: S311 - reproducible on purpose
        assert len(made) > 20
