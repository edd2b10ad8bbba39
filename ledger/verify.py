"""Offline proof that a ledger is exactly what was signed: needs the files and the public key, nothing else.

Every leaf is computed again from the record's bytes, every name from the record, every root from the
leaves. `PRAGMA integrity_check` alone would not do: it knows nothing of contents. Changed, deleted,
inserted, moved and cut-off records are named, and so is a history that somebody wrote anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.envelope import EnvelopeError, unseal
from ledger.history import SignedHistory, newest_size, read_history
from ledger.merkle import Frontier
from ledger.report import Finding, VerifyReport, gathered, plain
from ledger.verify_store import database_faults, stored_faults

_Row = tuple[object, object, object, object, object]
_ENTRY = "SELECT seq, kind, score_id, content, leaf_hash FROM ledger_entries"


def verify(ledger: Path, checkpoints: Path, public_key: Ed25519PublicKey) -> VerifyReport:
    """Compare the database `ledger` with the signed notes in the file `checkpoints`.

    Never raises for what the files hold: a damaged or missing file is a fault in the report. May run
    beside a service that is recording.
    """
    at_least = newest_size(checkpoints)  # before the snapshot, which must hold no less
    try:
        with closing(_connect(ledger)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes the snapshot
            check = _Check(connection, read_history(checkpoints, public_key), public_key, at_least)
            check.run()
    except sqlite3.DatabaseError as error:
        history = read_history(checkpoints, public_key)
        unreadable = _unreadable(history, error) if ledger.is_file() else _missing(history, ledger)
        return VerifyReport(0, len(history.signed), history.size, (*unreadable, *history.faults), ())
    return check.report()


def _connect(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=10)
    # Text that is not UTF-8 must reach the comparison, not end the reading.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def _unreadable(history: SignedHistory, error: sqlite3.DatabaseError) -> tuple[Finding, ...]:
    detail = f"the database cannot be read ({plain(error)}); all signed records are affected"
    return (Finding("unreadable", detail, 1, history.size, history.name_of(1)),)


def _missing(history: SignedHistory, ledger: Path) -> tuple[Finding, ...]:
    return (Finding("deleted", f"there is no database at {ledger}", 1, history.size, history.name_of(1)),)


class _Check:
    """One verification, on one snapshot of the database."""

    def __init__(
        self, connection: sqlite3.Connection, history: SignedHistory, key: Ed25519PublicKey, at_least: int
    ) -> None:
        self._connection, self._history, self._key, self._at_least = connection, history, key, at_least
        self._frontier = Frontier(history.tree)
        self._faults: list[Finding] = []
        self._warnings: list[str] = []
        self._foreign: list[tuple[int, bytes, str | None]] = []  # leaf is not the one signed for the place
        self._beyond: list[tuple[int, bytes, str | None]] = []  # places the register does not reach
        self._unread: set[int] = set()
        self._seen: set[int] = set()  # seqs of proven leaves that stand at their place
        self._last_seq = 0
        self._sound_to = 0  # newest checkpoint whose root the entries reproduce
        self._altered_from: int | None = None  # first checkpoint whose root they do not

    def report(self) -> VerifyReport:
        """The outcome, after `run`."""
        history = self._history
        faults = gathered([*self._faults, *history.faults])
        warnings = (*history.warnings, *self._warnings)
        return VerifyReport(self._frontier.size, len(history.signed), history.size, faults, warnings)

    def run(self) -> None:
        """Database, entries, checkpoints, in this order."""
        self._faults += database_faults(self._connection)
        for row in self._rows():
            self._check_entry(row)
        self._place_foreign()
        self._check_ends()
        faults, warnings = stored_faults(self._connection, self._history, self._key, self._frontier, self._last_seq)
        self._faults += faults
        self._warnings += warnings

    def _rows(self) -> Iterator[_Row]:
        """Every entry that can be read, in order of seq; those that cannot be are named."""
        try:
            yield from self._connection.execute(f"{_ENTRY} ORDER BY seq")
        except sqlite3.DatabaseError:
            pass
        else:
            return
        for seq in range(self._last_seq + 1, max(self._history.size or 0, self._at_least) + 1):
            try:
                yield from self._connection.execute(f"{_ENTRY} WHERE seq = ?", (seq,))
            except sqlite3.DatabaseError as error:
                self._unread.add(seq)
                name = self._history.name_of(seq)
                self._faults.append(
                    Finding("unreadable", f"the database cannot give it ({plain(error)})", seq, seq, name)
                )

    def _check_entry(self, row: _Row) -> None:
        seq, kind, score_id, content, leaf_hash = row
        name = score_id if isinstance(score_id, str) and score_id.isascii() else None
        if not isinstance(seq, int) or seq <= self._last_seq:
            self._faults.append(Finding("edited", "its number is out of order", self._last_seq + 1, None, name))
            return
        if not self._history.proven and seq > self._last_seq + 1:
            gap = (self._last_seq + 1, seq - 1)
            self._faults.append(Finding("deleted", "missing from the sequence", *gap))
        self._last_seq = seq
        if not isinstance(content, bytes):
            content = b""
        leaf = self._frontier.tree.leaf(content)
        self._frontier.append(leaf)
        recorded = self._history.proven[seq - 1] if seq <= len(self._history.proven) else None
        if recorded is not None and recorded.leaf_hash != leaf:
            self._foreign.append((seq, leaf, name))
        else:
            if recorded is not None:
                self._seen.add(seq)
            elif self._history.proven:
                self._beyond.append((seq, leaf, name))
            self._check_columns(seq, kind, score_id, content, leaf_hash == leaf)
        checkpoint = self._history.signed.get(self._frontier.size)
        if checkpoint is not None:
            if self._frontier.root() == checkpoint.root and self._last_seq == self._frontier.size:
                self._sound_to = checkpoint.size
            elif self._altered_from is None:
                self._altered_from = checkpoint.size

    def _check_columns(self, seq: int, kind: object, score_id: object, content: bytes, leaf_fits: bool) -> None:
        name = self._history.name_of(seq) or (plain(score_id) if isinstance(score_id, str) else None)
        try:
            opened = unseal(content)
        except EnvelopeError as error:
            self._faults.append(Finding("edited", str(error), seq, seq, name))
            return
        wrong = [
            column
            for column, fits in (
                ("its leaf hash", leaf_fits),
                ("its name", score_id == opened.score_id),
                ("its kind", kind == opened.kind),
            )
            if not fits
        ]
        if wrong:
            self._faults.append(Finding("edited", f"{' and '.join(wrong)} does not fit its content", seq, seq, name))

    def _place_foreign(self) -> None:
        """Say of every row that is not at its signed place what happened, and of every signed leaf where it went."""
        history = self._history
        suspect = self._foreign + self._beyond
        recorded_at = {
            entry.leaf_hash: entry.seq for entry in history.proven if suspect and entry.seq not in self._seen
        }
        suspect = self._foreign + [row for row in self._beyond if row[1] in recorded_at]
        elsewhere = {recorded_at[leaf] for _, leaf, _ in suspect if leaf in recorded_at}
        edited = set()
        for seq, leaf, name in suspect:
            was, signed_name = recorded_at.get(leaf), history.name_of(seq)
            if was is not None:
                detail = f"it was recorded as number {was}"
                self._faults.append(Finding("moved", detail, seq, seq, name, seq - was))
            elif seq in elsewhere:
                detail = "it was never recorded by the ledger"
                self._faults.append(Finding("inserted", detail, seq, seq, name))
            else:
                edited.add(seq)
                detail = "its content is not what was signed"
                self._faults.append(Finding("edited", detail, seq, seq, signed_name))
        snapshot_end = max(self._last_seq, self._at_least)  # what a running service adds later is not missing
        accounted = self._seen | elsewhere | edited | self._unread
        for entry in history.proven[:snapshot_end]:
            if entry.seq not in accounted:
                detail = "it was signed and is no longer in the database"
                self._faults.append(Finding("deleted", detail, entry.seq, entry.seq, entry.score_id))

    def _check_ends(self) -> None:
        """What the entries' roots say where the register cannot, and both ends of the two files."""
        signed = self._history.size
        if signed is None:
            return
        if self._altered_from is not None and self._altered_from > len(self._history.proven):
            detail = f"their root differs from the checkpoint signed at {self._altered_from} records"
            self._faults.append(Finding("altered_between", detail, self._sound_to + 1, self._altered_from))
        must = min(signed, self._at_least)
        if self._last_seq < must and len(self._history.proven) < must:
            start = max(self._last_seq, len(self._history.proven)) + 1
            self._faults.append(Finding("deleted", "signed and cut off the end", start, must))
