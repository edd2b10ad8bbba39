"""An acknowledged record is never lost, and after a failed write nothing more is acknowledged."""

# ruff: noqa: S603  (the program run is this file's own text)

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import LedgerStoppedError
from ledger.keys import load_or_create
from ledger.store import Ledger
from ledger.verify import verify

APPENDER = """
import sys
from pathlib import Path
from ledger.keys import load_or_create
from ledger.store import Ledger
folder, start = Path(sys.argv[1]), int(sys.argv[2])
ledger = Ledger.open(folder / "ledger.db", folder / "checkpoints.log", load_or_create(folder).private)
for number in range(start, start + 100_000):
    entry = ledger.append([{"n": number, "text": "x" * 500}])[0]
    sys.stdout.write(entry.score_id + "\\n")
    sys.stdout.flush()
"""
SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from ledger.errors import LedgerStoppedError
from ledger.keys import load_or_create
from ledger.store import Ledger
folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger.open(folder / "ledger.db", folder / "checkpoints.log", load_or_create(folder).private)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    for number in range(2000):
        sys.stdout.write(ledger.append([{"n": number, "text": "x" * 3000}])[0].score_id + "\\n")
except LedgerStoppedError as stopped:
    sys.stderr.write(f"stopped: {stopped}")
try:
    ledger.append([{"one": "more"}])
except LedgerStoppedError as stopped:
    sys.stderr.write(f"still: {stopped}")
"""


def acknowledged_are_there(folder: Path, acknowledged: list[str]) -> int:
    """Verify, reopen, and find every acknowledged record; the ledger's size."""
    keys = load_or_create(folder)
    assert verify(folder / "ledger.db", folder / "checkpoints.log", keys.public).ok
    with Ledger.open(folder / "ledger.db", folder / "checkpoints.log", keys.private) as ledger:
        recorded = {entry.score_id for entry in ledger.entries()}
        assert set(acknowledged) <= recorded
        return ledger.size


@pytest.mark.slow
def test_killed_again_and_again_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for round_ in range(3):
        command = [sys.executable, "-c", APPENDER, str(tmp_path), str(round_ * 100_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged += [process.stdout.readline().strip() for _ in range(20 + 13 * round_)]
            process.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
        assert acknowledged_are_there(tmp_path, acknowledged) >= len(acknowledged)
    assert len(set(acknowledged)) == len(acknowledged) >= 99


@pytest.mark.slow
def test_a_full_disk_stops_the_ledger_and_loses_nothing(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SMALL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "stopped: the ledger stopped after a failed write" in run.stderr
    assert "still: the ledger stopped after a failed write" in run.stderr
    acknowledged = run.stdout.split()
    assert 20 < len(acknowledged) < 2000
    assert acknowledged_are_there(tmp_path, acknowledged) >= len(acknowledged)


def test_a_failed_sync_of_the_checkpoint_file_stops_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = load_or_create(tmp_path)
    failing = False
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if failing:
            raise OSError(errno.EIO, "Input/output error")
        real(descriptor)

    monkeypatch.setattr("ledger.checkpoints.os.fsync", fsync)
    ledger = Ledger.open(tmp_path / "ledger.db", tmp_path / "checkpoints.log", keys.private)
    first = ledger.append([{"n": 1}])[0]
    assert ledger.failure is None
    failing = True
    with pytest.raises(LedgerStoppedError, match=r"stopped after a failed write \(OSError: .*Input/output error"):
        ledger.append([{"n": 2}])
    failing = False  # a sync that works again proves nothing about the one that failed
    with pytest.raises(LedgerStoppedError, match="Make sure that the disk is sound"):
        ledger.append([{"n": 3}])
    assert ledger.failure is not None
    found = ledger.get(first.score_id)
    assert found == first  # what was acknowledged can still be read
    ledger.close()
    assert acknowledged_are_there(tmp_path, [first.score_id]) == 2
