"""The ledger: append-only, tamper-evident, and durable before it answers.

    with Ledger.open(home / "ledger.db", home / "checkpoints.log", keys.private) as ledger:
        entry = ledger.append([record])[0]        # on the disk when this returns
        ledger.get(entry.score_id).record == record

Recording the same record again changes nothing and gives the entry there is. `verify` in
`ledger.verify` proves the whole from outside, with the public key alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import rows, schema
from ledger.checkpoints import CheckpointFiles, Registered, sync_folder
from ledger.envelope import Prepared, prepare
from ledger.errors import LedgerError, LedgerStoppedError, UnrecordableError
from ledger.lock import WriterLock
from ledger.merkle import Algorithm, Frontier, TreeHash
from ledger.notes import Checkpoint, NoteError, open_note, read, sign
from ledger.rows import Entry
from ledger.writer import Writer
from records.clock import SHANGHAI


def court_time() -> datetime:
    """Now, on court clocks."""
    return datetime.now(SHANGHAI)


class Ledger:
    """An open ledger; safe to use from many threads. Made by `Ledger.open`."""

    def __init__(
        self, readers: sa.Engine, tree: TreeHash, writer: Writer | None, release: Sequence[Callable[[], None]]
    ) -> None:
        self._readers, self._tree, self._writer, self._release = readers, tree, writer, release

    @classmethod
    def open(
        cls,
        path: Path,
        checkpoints: Path,
        signing_key: Ed25519PrivateKey | None = None,
        *,
        read_only: bool = False,
        algorithm: Algorithm = "sha256",
        lock_timeout: float = 5.0,
        clock: Callable[[], datetime] = court_time,
    ) -> Ledger:
        """Open the ledger in SQLite file `path`, made on first use, with its checkpoint file.

        `algorithm` counts for a new ledger only; an old one keeps its own. `lock_timeout` is how
        many seconds to wait for another writing process. Raises LedgerLockedError when it is still
        there, and LedgerError when the database, its last checkpoint, the checkpoint file and the
        key do not belong together (the text says what to do).
        """
        if read_only:
            return cls._open_to_read(path)
        if signing_key is None:
            raise LedgerError("recording needs the ledger's signing key: open with read_only=True to read")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(path, lock_timeout)
        release: list[Callable[[], None]] = [lock.release]
        try:
            engine = schema.writer_engine(path)
            release.insert(0, engine.dispose)
            schema.migrate(engine)
            sync_folder(path.parent)
            files = CheckpointFiles(checkpoints)
            release.insert(0, files.close)
            frontier, checkpoint = _resume(engine, files, signing_key, algorithm)
            writer = Writer(engine, files, key=signing_key, frontier=frontier, checkpoint=checkpoint, clock=clock)
        except sa.exc.DatabaseError as error:
            _run_all(release)
            raise LedgerError(f"{path} cannot be read as a ledger ({error.orig}). Run verify.") from error
        except BaseException:
            _run_all(release)
            raise
        readers = schema.reader_engine(path)
        # Readers go first, so that the writer is the last to close and folds the log into the file.
        return cls(readers, frontier.tree, writer, [readers.dispose, writer.close, *release])

    @classmethod
    def _open_to_read(cls, path: Path) -> Ledger:
        readers = schema.reader_engine(path)
        try:
            schema.require_current(readers)
            with readers.connect() as connection:
                last = rows.last_checkpoints(connection)
            tree = TreeHash(read(last[0][2]).algorithm) if last else TreeHash()
        except (sa.exc.DatabaseError, NoteError) as error:
            readers.dispose()
            reason = error.orig if isinstance(error, sa.exc.DatabaseError) else error
            raise LedgerError(f"{path} cannot be read as a ledger ({reason}). Run verify.") from error
        except LedgerError:
            readers.dispose()
            raise
        return cls(readers, tree, None, [readers.dispose])

    def append(self, contents: Sequence[Mapping[str, object] | bytes], kind: str = "score") -> list[Entry]:
        """Record every record of `contents`, all or none, and return their entries in order.

        A record is JSON values, or its canonical bytes where they are at hand (a third of the time).
        On return they are on the disk, and so is a signed checkpoint that covers them. A record
        already there gives its existing entry. Raises UnrecordableError listing every record that JSON
        cannot carry (then nothing is recorded) and LedgerStoppedError when a write failed.
        """
        if self._writer is None:
            raise LedgerError("the ledger is open for reading only")
        prepared = _prepare_all(contents, kind)
        return self._writer.submit(prepared).result() if prepared else []

    def get(self, score_id: str) -> Entry | None:
        """The entry of this name, or None; LedgerError when it is not as it was recorded."""
        with self._readers.connect() as connection:
            return rows.by_score_id(connection, [score_id], self._tree).get(score_id)

    def recent(self, limit: int, kind: str = "score", before: int | None = None) -> list[Entry]:
        """The newest `limit` entries of a kind, newest first; `before` a seq to page further back."""
        with self._readers.connect() as connection:
            return rows.newest(connection, kind, limit, before, self._tree)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Every entry after seq `after`, in order, in bounded memory."""
        while True:
            with self._readers.connect() as connection:
                part = rows.after(connection, after, self._tree)
            if not part:
                return
            yield from part
            after = part[-1].seq

    @property
    def size(self) -> int:
        """Number of recorded entries."""
        return self.checkpoint.size

    @property
    def checkpoint(self) -> Checkpoint:
        """The newest signed checkpoint."""
        if self._writer is not None:
            return self._writer.checkpoint
        with self._readers.connect() as connection:
            last = rows.last_checkpoints(connection)
        if not last:
            raise LedgerError("the ledger has no checkpoint: open it once for writing")
        try:
            return read(last[0][2])
        except NoteError as error:
            raise LedgerError(f"the newest checkpoint is damaged: {error}. Run verify.") from error

    @property
    def failure(self) -> str | None:
        """Why the ledger stopped recording, or None while it records."""
        return None if self._writer is None else self._writer.failure

    def close(self) -> None:
        """Finish what is queued and let go of every file."""
        _run_all(self._release)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def _run_all(actions: Sequence[Callable[[], None]]) -> None:
    for action in actions:
        action()


def _prepare_all(contents: Sequence[Mapping[str, object] | bytes], kind: str) -> list[Prepared]:
    prepared: list[Prepared] = []
    faults: list[str] = []
    for index, content in enumerate(contents):
        try:
            prepared.append(prepare(content, kind))
        except (ValueError, TypeError, RecursionError) as error:
            faults.append(f"record {index} of {len(contents)}: {error}")
    if faults:
        raise UnrecordableError("nothing was recorded:\n" + "\n".join(faults))
    return prepared


def _resume(
    engine: sa.Engine, files: CheckpointFiles, key: Ed25519PrivateKey, algorithm: Algorithm
) -> tuple[Frontier, Checkpoint]:
    """Where the ledger goes on: its last checkpoint proven by key, frontier, entries and file."""
    with schema.write_transaction(engine) as connection:
        size = rows.last_seq(connection)
        last = rows.last_checkpoints(connection)
        if not last and size == 0:
            first = sign(algorithm, 0, TreeHash(algorithm).empty(), key)
            last = [(0, b"", first.note)]
            values = {"size": 0, "frontier": b"", "note": first.note}
            connection.execute(sa.insert(schema.CHECKPOINTS), values)
    if not last:
        raise LedgerError(f"the ledger has {size} records and no checkpoint: restore it from your safe copy")
    covered, peaks, note = last[0]
    try:
        checkpoint = open_note(note, key.public_key())
        frontier = Frontier.from_bytes(TreeHash(checkpoint.algorithm), covered, peaks)
    except (NoteError, ValueError, TypeError) as error:
        raise LedgerError(f"the ledger's newest checkpoint cannot be trusted: {error}. Run verify.") from error
    if not checkpoint.size == covered == size or frontier.root() != checkpoint.root:
        raise LedgerError(
            f"the ledger has {size} records but its newest checkpoint covers {checkpoint.size} others. Run verify."
        )
    files.resume(last[1][2] if len(last) > 1 else None, note)
    registered = files.registered(size)
    if registered < size:
        with engine.connect() as connection:
            files.register(Registered(*leaf) for leaf in rows.leaf_hashes(connection, registered))
    return frontier, checkpoint


__all__ = ["Entry", "Ledger", "LedgerError", "LedgerStoppedError", "UnrecordableError", "court_time"]
