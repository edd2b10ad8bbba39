"""The parts of a verification that look at the database itself: its soundness, its objects, its checkpoints."""

from __future__ import annotations

import sqlite3

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.history import SignedHistory
from ledger.merkle import Frontier
from ledger.notes import Checkpoint, NoteError, open_note
from ledger.report import Finding, plain
from ledger.schema import expected_objects, head


def database_faults(connection: sqlite3.Connection) -> list[Finding]:
    """What SQLite finds damaged, and tables, indexes and triggers that are not as the ledger makes them."""
    faults: list[Finding] = []
    try:
        for (text,) in connection.execute("PRAGMA integrity_check"):
            if text != "ok":
                faults.append(Finding("database", f"SQLite reports: {plain(text)}"))
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
        differing = {tuple(row) for row in rows} ^ expected_objects()
        for kind, name in sorted({(plain(row[0]), plain(row[1])) for row in differing}):
            faults.append(Finding("database", f"the {kind} {name} is not as the ledger makes it"))
        if list(connection.execute("SELECT version_num FROM alembic_version")) != [(head(),)]:
            faults.append(Finding("database", "the version of the schema is not the one this program writes"))
    except sqlite3.DatabaseError as error:
        faults.append(Finding("database", f"SQLite reports: {plain(error)}"))
    return faults


def stored_faults(
    connection: sqlite3.Connection, history: SignedHistory, key: Ed25519PublicKey, frontier: Frontier, last_seq: int
) -> tuple[list[Finding], list[str]]:
    """Compare the checkpoints kept in the database with the file's and with the entries' `frontier`.

    Returns faults and warnings.
    """
    faults: list[Finding] = []
    stored: dict[int, str] = {}
    try:
        for size, peaks, note in connection.execute("SELECT size, frontier, note FROM ledger_checkpoints"):
            if not (isinstance(size, int) and isinstance(note, str) and _fits(size, peaks, note, history, key)):
                faults.append(Finding("checkpoint", f"the database's checkpoint at {plain(size)} records was changed"))
            if isinstance(size, int):
                stored[size] = str(note)
    except sqlite3.DatabaseError as error:
        faults.append(Finding("checkpoint", f"the database's checkpoints cannot be read ({plain(error)})"))
    for size in history.signed:
        if size not in stored and size <= last_seq:
            faults.append(Finding("checkpoint", f"the database's checkpoint at {size} records is missing"))
    ahead, warnings = _ahead(stored, history, key, frontier, last_seq)
    return faults + ahead, warnings


def _fits(size: int, peaks: object, note: str, history: SignedHistory, key: Ed25519PublicKey) -> bool:
    """Whether a stored checkpoint is the signed one, and its frontier leads to its root."""
    known = history.signed.get(size)
    if known is not None and known.note != note:
        return False
    checkpoint = known or _opened(note, key)
    if checkpoint is None or checkpoint.size != size or not isinstance(peaks, bytes):
        return False
    try:
        return Frontier.from_bytes(history.tree, size, peaks).root() == checkpoint.root
    except ValueError:
        return False


def _ahead(
    stored: dict[int, str], history: SignedHistory, key: Ed25519PublicKey, frontier: Frontier, last_seq: int
) -> tuple[list[Finding], list[str]]:
    """Checkpoints of the database that the file lacks: one after a crash, never more."""
    faults: list[Finding] = []
    warnings: list[str] = []
    signed = -1 if history.size is None else history.size
    newer = sorted(size for size in stored if size not in history.signed)
    crash = False
    if len(newer) == 1 and newer[0] > signed:
        checkpoint = _opened(stored[newer[0]], key)
        crash = (
            checkpoint is not None
            and checkpoint.size == frontier.size == last_seq
            and checkpoint.root == frontier.root()
            and checkpoint.note.startswith(history.torn)
        )
    if crash:
        warnings.append("the checkpoint file lacks the newest checkpoint, as after a crash: the next start adds it")
    elif newer:
        named = ", ".join(map(str, newer[:10])) + (" …" if len(newer) > 10 else "")
        detail = f"the checkpoint file lacks what the database has signed at {named} records"
        faults.append(Finding("checkpoint", detail))
    if history.torn and not crash:
        faults.append(Finding("checkpoint", "the checkpoint file ends with a text that is no checkpoint"))
    covered = max(newer[0] if crash else signed, 0)
    if last_seq > covered:
        faults.append(Finding("unsigned", "not covered by any signed checkpoint", covered + 1, last_seq))
    return faults, warnings


def _opened(note: str, key: Ed25519PublicKey) -> Checkpoint | None:
    try:
        return open_note(note, key)
    except NoteError:
        return None
