# ruff: noqa: N806  (X, y as the field writes them)
from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle import Bundle, load_bundle, write_bundle
from models.bundle_check import read_checked
from models.bundle_files import MANIFEST, SIGNATURE, make_manifest, sign
from models.faults import BundleFault, TreeFault
from models.fitted import FittedModels
from models.install import install_bundle
from models.predict import margins, probabilities
from models.tree_check import parse_model


@pytest.fixture
def copy(bundle: Bundle, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(bundle.path, folder)
    return folder


def resign(folder: Path, key: Ed25519PrivateKey) -> None:
    """Make the folder's hashes, id and signature right for what is in it: the work of a trusted but careless hand."""
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name not in (MANIFEST, SIGNATURE)}
    manifest = make_manifest(files)
    (folder / MANIFEST).write_bytes(manifest)
    (folder / SIGNATURE).write_bytes(sign(manifest, key))


def edit(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    path = folder / name
    content = json.loads(path.read_text())
    path.write_text(json.dumps(change(content) or content))


def faults_of(folder: Path, key: Ed25519PrivateKey) -> tuple[str, ...]:
    with pytest.raises(BundleFault) as caught:
        load_bundle(folder, [key.public_key()])
    return caught.value.faults


def test_saved_and_loaded_models_give_the_same_bits(
    bundle: Bundle, fitted: FittedModels, key: Ed25519PrivateKey, world: Any
) -> None:
    loaded = load_bundle(bundle.path, [Ed25519PrivateKey.generate().public_key(), key.public_key()])
    assert loaded == bundle
    assert re.fullmatch(r"[0-9a-f]{16}", loaded.id)
    values = world.X[list(fitted.indicator_ids)].to_numpy()
    found = margins(loaded, world.X)
    for outcome, text in fitted.texts.items():
        before = lgb.Booster(model_str=text).predict(values, raw_score=True)
        assert np.array_equal(before, found[outcome])
        assert np.array_equal(fitted.calibrators[outcome].apply(before), loaded.calibrators[outcome].apply(before))
    assert fitted.scorecard is not None
    assert loaded.scorecard == fitted.scorecard
    assert np.array_equal(loaded.scorecard.points(world.X), fitted.scorecard.points(world.X))
    assert loaded.reference == fitted.reference
    assert loaded.metrics == json.loads(json.dumps(fitted.metrics))
    assert loaded.training["plan"]["mode"] == "periods"


def test_only_plain_files_no_pickle_no_clock(bundle: Bundle) -> None:
    assert {path.name for path in bundle.path.iterdir()} == {
        "model_success.txt", "model_redefault_6.txt", "model_redefault_7_12.txt", "scorecard.json", "calibrators.json",
        "catalogue.json", "intervals.json", "reference.json", "params.json", "metrics.json", "training.json",
        "manifest.json", "signature.json",
    }  # fmt: skip
    for path in bundle.path.iterdir():
        path.read_text(encoding="utf-8")
    assert set(bundle.manifest) == {"format", "id", "files"}


def test_writing_again_is_allowed_only_for_the_same_bundle(
    bundle: Bundle, fitted: FittedModels, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    assert write_bundle(fitted, bundle.path, key).id == bundle.id
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(BundleFault, match="is not empty and holds something else"):
        write_bundle(fitted, tmp_path, key)
    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_an_unknown_key_or_an_altered_manifest_is_not_trusted(copy: Path, key: Ed25519PrivateKey) -> None:
    stranger = Ed25519PrivateKey.generate()
    message = "signature.json: not a signature of manifest.json by a trusted key"
    assert faults_of(copy, stranger) == (message,)
    with pytest.raises(BundleFault, match="by a trusted key"):
        load_bundle(copy, [])
    resign(copy, stranger)
    assert faults_of(copy, key) == (message,)
    resign(copy, key)
    assert load_bundle(copy, [key.public_key()]).scorecard is not None
    edit(copy, MANIFEST, lambda content: content | {"id": "0" * 16})
    assert faults_of(copy, key) == (message, "manifest.json: the id does not follow from the files")


def test_every_fault_is_reported_at_once(copy: Path, key: Ed25519PrivateKey) -> None:
    (copy / "scorecard.json").unlink()
    (copy / "extra.pkl").write_bytes(b"\x80\x04")
    (copy / "nested").mkdir()
    (copy / "metrics.json").write_text('{"a": NaN, "a": 1}')
    model = copy / "model_success.txt"
    model.write_text(model.read_text().replace("num_cat=0", "num_cat=1", 1))
    found = "\n".join(faults_of(copy, key))
    for message in (
        "scorecard.json: missing",
        "extra.pkl: not in the manifest",
        "nested: not a plain file",
        "metrics.json: altered, its hash is not the manifest's",
        "metrics.json/a",
        "model_success.txt: altered",
        "model_success.txt: Tree=0/num_cat: must be 0",
    ):
        assert message in found


def test_links_are_not_followed_and_nothing_is_not_a_bundle(copy: Path, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    target = copy / "metrics.json"
    aside = tmp_path / "elsewhere.json"
    target.rename(aside)
    target.symlink_to(aside)
    assert faults_of(copy, key)[0] == "metrics.json: not a plain file"
    assert "is not a folder" in faults_of(tmp_path / "nothing", key)[0]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("calibrators.json", lambda c: c["calibrators"].pop("success"), "one calibrator per model file"),
        ("calibrators.json", lambda c: c["calibrators"]["success"].update(slope=-1.0), "slope must be above zero"),
        ("calibrators.json", lambda c: c.update(horizon={}), "horizon is not the one"),
        ("calibrators.json", lambda c: c.update(calibrators=3), "not of the expected shape"),
        ("catalogue.json", lambda c: c["indicators"][0].update(success=-1), "directions are not the catalogue's"),
        ("catalogue.json", lambda c: c["indicators"][0].update(redefault=7), "must be -1, 0 or 1"),
        ("catalogue.json", lambda c: c["indicators"][0].pop("id"), "not of the expected shape"),
        ("catalogue.json", lambda c: c["indicators"].reverse(), "not the indicators of this bundle in their order"),
        ("intervals.json", lambda c: c.pop("redefault_12"), "'redefault_12' needs intervals, or why they are absent"),
        ("intervals.json", lambda c: c.update(redefault_24=c["success"]), "unknown probabilities redefault_24"),
        ("intervals.json", lambda c: c["success"]["low"].reverse(), "low and high must not fall"),
        ("intervals.json", lambda c: c["success"]["knots"].pop(), "must be of one length"),
        ("intervals.json", lambda c: c["success"]["high"].__setitem__(-1, 1.5), "within 0 and 1"),
        ("intervals.json", lambda c: c["success"].update(level=90.0), "level must be above 0.5 and below 1"),
        ("intervals.json", lambda c: c["success"]["events"].__setitem__(0, 10**9), "events must be among the cases"),
        ("intervals.json", lambda c: c["success"].update(pickle="x"), "intervals.json/pickle"),
        ("intervals.json", lambda c: c.update(success=3), "intervals.json/: "),
        ("scorecard.json", lambda c: c["odds"].update(slope=0), "more points must mean better odds"),
        ("scorecard.json", lambda c: c["indicators"][0].update(id="petitions"), "not scored by the catalogue"),
        ("scorecard.json", lambda c: c.update(surprise=1), "scorecard.json/surprise"),
        ("reference.json", lambda c: c["indicators"].pop("income"), "not those the catalogue scores"),
        ("training.json", lambda c: c.pop("absent"), "must name what is absent and why"),
    ],
)
def test_contents_that_do_not_fit_are_refused_even_when_signed(
    copy: Path, key: Ed25519PrivateKey, name: str, change: Callable[[Any], Any], message: str
) -> None:
    def changed(content: Any) -> Any:
        change(content)
        return content

    edit(copy, name, changed)
    resign(copy, key)
    assert message in "\n".join(faults_of(copy, key))


def test_a_leaf_that_turns_a_direction_round_is_refused_even_when_signed(copy: Path, key: Ed25519PrivateKey) -> None:
    model = copy / "model_success.txt"
    text = model.read_text()
    found = re.search(r"(?m)^leaf_value=(.*)$", text)
    assert found is not None
    turned = text.replace(found[1], " ".join(reversed(found[1].split(" "))), 1)
    assert len(turned) == len(text)
    model.write_text(turned)
    resign(copy, key)
    assert "moves against its direction" in "\n".join(faults_of(copy, key))


def structural(text: str, rng: random.Random) -> str:
    """Damage that certainly breaks the structure: a child, a feature, a count, a size or a whole line."""
    lines = text.split("\n")
    key = rng.choice(
        ["left_child", "right_child", "split_feature", "leaf_count", "internal_count", "tree_sizes", "num_leaves",
         "decision_type", "delete", "double"]
    )  # fmt: skip
    inside = [i for i, line in enumerate(lines) if "=" in line and not line.startswith(("feature_names", "Tree"))]
    if key == "delete":
        del lines[rng.choice(inside)]
    elif key == "double":
        at = rng.choice(inside)
        lines.insert(at, lines[at])
    else:
        at = rng.choice([i for i, line in enumerate(lines) if line.startswith(key + "=")])
        values = lines[at].split("=")[1].split(" ")
        place = rng.randrange(len(values))
        old = int(values[place])
        choices = [old + 1, old - 1, old + 1000, -old - 7, 2**31 - 1]
        if key in ("split_feature", "decision_type"):
            choices = [old + 1000, -1 - old, 77]  # neighbours may be lawful features or kinds
        values[place] = str(rng.choice([value for value in choices if value != old]))
        lines[at] = key + "=" + " ".join(values)
    damaged = "\n".join(lines)
    if key != "tree_sizes":
        body = damaged.split("\n\n", 1)[1].split("end of trees", 1)[0]
        sizes = [str(len(block)) for block in re.split(r"(?m)^(?=Tree=\d+$)", body)[1:]]
        damaged = re.sub(r"(?m)^tree_sizes=.*$", "tree_sizes=" + " ".join(sizes), damaged)
    return damaged


def test_hundreds_of_broken_trees_are_all_refused(fitted: FittedModels) -> None:
    rng = random.Random(11)  # noqa: S311
    text = fitted.texts["redefault_6"]
    accepted = []
    for number in range(300):
        damaged = structural(text, rng)
        assert damaged != text
        try:
            parse_model(damaged.encode())
        except TreeFault:
            continue
        accepted.append(number)
    assert accepted == []
    assert parse_model(text.encode()).trees


_LOADS = """
import sys, numpy, lightgbm
rows = numpy.vstack([numpy.zeros(10), numpy.full(10, numpy.nan), numpy.arange(10.0), -numpy.arange(10.0)])
for text in sys.stdin.read().split("\\0"):
    booster = lightgbm.Booster(model_str=text)
    assert numpy.isfinite(booster.predict(rows, raw_score=True)).all()
    assert numpy.isfinite(booster.predict(rows, pred_contrib=True)).all()
"""


def test_flipped_bytes_are_refused_or_harmless(fitted: FittedModels) -> None:
    """A flip inside a number may leave a lawful model; whatever is let through must load and score without harm."""
    rng = random.Random(5)  # noqa: S311
    raw = fitted.texts["redefault_6"].encode()
    let_through: list[bytes] = []
    for _ in range(300):
        damaged = bytearray(raw)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            parse_model(bytes(damaged), fitted.indicator_ids)
        except TreeFault:
            continue
        let_through.append(bytes(damaged))
    assert len(let_through) < 200
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _LOADS], input=b"\0".join(let_through), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]


def test_signed_bundles_with_broken_trees_do_not_load(copy: Path, key: Ed25519PrivateKey, fitted: FittedModels) -> None:
    rng = random.Random(3)  # noqa: S311
    text = fitted.texts["success"]
    for _ in range(12):
        (copy / "model_success.txt").write_text(structural(text, rng))
        resign(copy, key)
        assert all(fault.startswith("model_success.txt: ") for fault in faults_of(copy, key))
    (copy / "model_success.txt").write_text(text)
    resign(copy, key)
    assert load_bundle(copy, [key.public_key()]).boosters["success"].num_trees() == fitted.params.booster.rounds


def test_installing_copies_checks_and_tries_out(
    bundle: Bundle, copy: Path, key: Ed25519PrivateKey, world: Any, tmp_path: Path
) -> None:
    trusted = [key.public_key()]
    installed = install_bundle(bundle.path, tmp_path / "home", trusted)
    assert installed.path == tmp_path / "home" / bundle.id
    assert install_bundle(bundle.path, tmp_path / "home", trusted) == installed
    assert [path.name for path in (tmp_path / "home").iterdir()] == [bundle.id]
    X = world.X.iloc[:50]
    before, after = (probabilities(b, margins(b, X)) for b in (bundle, installed))
    assert all(np.array_equal(before[k], after[k]) for k in before)  # type: ignore[arg-type]
    (copy / "metrics.json").write_text("{}")
    with pytest.raises(BundleFault, match=r"metrics\.json: altered"):
        install_bundle(copy, tmp_path / "other", trusted)
    assert not (tmp_path / "other").exists()


def test_a_trial_that_takes_too_long_leaves_nothing_behind(
    bundle: Bundle, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    with pytest.raises(BundleFault, match=r"did not load within 0\.01 seconds"):
        install_bundle(bundle.path, tmp_path, [key.public_key()], time_limit=0.01)
    assert list(tmp_path.iterdir()) == []


def test_checking_never_gives_the_text_to_lightgbm(
    copy: Path, key: Ed25519PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("LightGBM saw the text")

    monkeypatch.setattr(lgb, "Booster", never)
    assert read_checked(copy, [key.public_key()]).specs
    (copy / "model_success.txt").write_text("tree\n")
    resign(copy, key)
    assert "cut short" in "\n".join(faults_of(copy, key))
