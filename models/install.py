"""Taking a bundle into the home folder: check it, try it in a process of its own, then put it in place whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.bundle import Bundle, load_bundle
from models.bundle_check import read_checked
from models.faults import BundleFault

TIME_LIMIT: Final = 60.0
# Loads each model and scores a case of zeros and one of missing values. A crash or a hang stays in this process.
_TRIAL: Final = """
import math, sys
import lightgbm, numpy
for path in sys.argv[1:]:
    with open(path, encoding="ascii") as file:
        booster = lightgbm.Booster(model_str=file.read())
    rows = numpy.zeros((2, booster.num_feature()))
    rows[1] = math.nan
    margins = booster.predict(rows, raw_score=True, num_threads=1)
    contributions = booster.predict(rows, pred_contrib=True, num_threads=1)
    if not (numpy.isfinite(margins).all() and numpy.isfinite(contributions).all()):
        sys.exit("not finite")
"""


def install_bundle(
    source: Path, bundles: Path, trusted: Sequence[Ed25519PublicKey], time_limit: float = TIME_LIMIT
) -> Bundle:
    """Copy the bundle at `source` to `bundles/<id>` and load it from there.

    Only bytes that were checked are copied. A bundle that is already there is checked and used. Raises BundleFault
    with every fault, or when the trial takes longer than `time_limit` seconds or fails.
    """
    checked = read_checked(source, trusted)
    target = bundles / str(checked.manifest["id"])
    if not target.exists():
        bundles.mkdir(parents=True, exist_ok=True)
        aside = bundles / f".{target.name}.{os.getpid()}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            for name, raw in checked.raw.items():
                (aside / name).write_bytes(raw)
            _try_out(sorted(aside.glob("model_*.txt")), time_limit)
            try:
                aside.rename(target)
            except OSError:
                if not target.exists():  # otherwise another process has put the same bundle there
                    raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return load_bundle(target, trusted)


def _try_out(models: Sequence[Path], time_limit: float) -> None:
    command = [sys.executable, "-c", _TRIAL, *map(str, models)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=time_limit, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise BundleFault([f"the models did not load within {time_limit:g} seconds"]) from None
    if done.returncode != 0:
        raise BundleFault([f"the models could not be loaded in trial (status {done.returncode})"])
