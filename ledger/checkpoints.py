"""The two files kept apart from the database: the signed checkpoints and the register of leaves.

`checkpoints.log` holds one signed note per commit, each followed by an empty line, and is synced
before a record is acknowledged. Whoever keeps a copy of it elsewhere can prove any later change.
Beside it lies the register `checkpoints.log.leaves`, one line `seq score_id leaf_hash` per record.
It is not trusted, it is proven: its leaf hashes must lead to the signed roots. With it the verifier
names the very records that were changed, even if somebody rewrote the whole database with care.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from ledger.errors import LedgerError
from ledger.merkle import HASH_BYTES

_SIGNATURE_START = "— "
_LONGEST_LINE = 256


@dataclass(frozen=True)
class Registered:
    """One line of the register."""

    seq: int
    score_id: str
    leaf_hash: bytes

    def line(self) -> bytes:
        """The line as it stands in the file."""
        return f"{self.seq} {self.score_id} {self.leaf_hash.hex()}\n".encode()

    @classmethod
    def parse(cls, line: bytes) -> Registered:
        """Inverse of `line`; ValueError for anything else."""
        seq, score_id, leaf_hash = line.decode("ascii").split(" ")
        registered = cls(int(seq), score_id, bytes.fromhex(leaf_hash))
        if registered.line() != line or len(registered.leaf_hash) != HASH_BYTES:
            raise ValueError("not a line of the register")
        return registered


def register_path(log: Path) -> Path:
    """The register that belongs to a checkpoint file."""
    return log.with_name(f"{log.name}.leaves")


def read_notes(log: Path) -> Iterator[str]:
    """Every block of the checkpoint file, in order, as text; the last one may be torn.

    A block ends with its signature line, so that one damaged note does not hide the next.
    """
    block: list[str] = []
    with log.open(encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
        for line in stream:
            if not block and line == "\n":
                continue
            block.append(line)
            if line.startswith(_SIGNATURE_START):
                yield "".join(block)
                block = []
    if block:
        yield "".join(block)


def read_register(log: Path) -> Iterator[Registered]:
    """The register's lines in order, as far as they are whole and numbered 1, 2, 3, …"""
    try:
        stream = register_path(log).open("rb")
    except FileNotFoundError:
        return
    with stream:
        for seq, line in enumerate(stream, start=1):
            try:
                registered = Registered.parse(line)
            except ValueError:
                return
            if registered.seq != seq:
                return
            yield registered


class CheckpointFiles:
    """The writer's hold on both files. Any OSError of a write or sync is the caller's signal to stop."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._notes = _open_appending(log)
        self._register = _open_appending(register_path(log))

    def close(self) -> None:
        """Let go of both files."""
        self._notes.close()
        self._register.close()

    def append(self, note: str, registered: Iterable[Registered]) -> None:
        """Add a checkpoint and the leaves it newly covers; the checkpoint is on the disk on return.

        The register is not synced: the next start completes it from the database.
        """
        _write_all(self._register, b"".join(entry.line() for entry in registered))
        self._write_synced(_block(note))

    def resume(self, previous: str | None, last: str) -> None:
        """Make the file end with `last`, the database's newest note.

        A crash between the database's commit and the file leaves the file one note short, or with
        the beginning of that note; it is completed. `previous` is the note before. LedgerError for
        any other difference: then one of the two is not what this ledger wrote.
        """
        expected, before = _block(last), _block(previous) if previous else b""
        tail = _tail(self._notes, len(before) + len(expected))
        if tail.endswith(expected):
            return
        for kept in range(len(expected) - 1, -1, -1):
            wanted = before + expected[:kept]
            if tail.endswith(wanted) if previous else tail == wanted:
                self._write_synced(expected[kept:])
                return
        raise LedgerError(
            f"{self.log} does not end with the checkpoint the database ends with: one of them was cut, replaced or "
            "belongs to another ledger. Run verify, and restore the one that is wrong before recording anything."
        )

    def registered(self, size: int) -> int:
        """How many of the ledger's `size` leaves the register holds, a torn last line cut off first."""
        tail = _tail(self._register, 2 * _LONGEST_LINE)
        whole, newline, torn = tail.rpartition(b"\n")
        if torn:
            self._register.truncate(self._register.seek(0, os.SEEK_END) - len(torn))
        if not whole:
            return 0
        try:
            return min(Registered.parse(whole.rpartition(b"\n")[2] + newline).seq, size)
        except ValueError:
            return size  # damaged, not short: left as it is for the verifier to see

    def register(self, entries: Iterable[Registered]) -> None:
        """Add leaves the register lacks, in order."""
        for entry in entries:
            _write_all(self._register, entry.line())

    def _write_synced(self, data: bytes) -> None:
        _write_all(self._notes, data)
        os.fsync(self._notes.fileno())


def _write_all(stream: FileIO, data: bytes) -> None:
    # Unbuffered on purpose: after an error nothing may be written later, not even by closing the file.
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _tail(stream: FileIO, length: int) -> bytes:
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(end - length, 0))
    return stream.read()


def _block(note: str) -> bytes:
    return f"{note}\n".encode()


def _open_appending(path: Path) -> FileIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = FileIO(path, "a+b")
    sync_folder(path.parent)
    return stream


def sync_folder(folder: Path) -> None:
    """Make the names of newly made files in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
