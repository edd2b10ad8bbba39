"""The one thread that writes: it gathers what many threads append and commits it together.

An `append` returns after its commit is synced to the database and its signed checkpoint to the file
apart. While one group is being synced the next one gathers, so that many clients share each sync.
After any error of a write or sync nothing is known about what reached the disk (PostgreSQL's fsync
lesson of 2018): the writer stops for good and says so to everyone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import rows
from ledger.checkpoints import CheckpointFiles, Registered
from ledger.envelope import Prepared, seal, unseal
from ledger.errors import LedgerStoppedError
from ledger.merkle import Frontier
from ledger.notes import Checkpoint, sign
from ledger.rows import Entry
from ledger.schema import CHECKPOINTS, ENTRIES, write_transaction

_RECORDS_PER_COMMIT = 10_000


@dataclass(frozen=True)
class _Job:
    records: Sequence[Prepared]
    done: Future[list[Entry]]


class Writer:
    """Owner of the tree's frontier. `checkpoint` and `failure` may be read from any thread."""

    def __init__(
        self,
        engine: sa.Engine,
        files: CheckpointFiles,
        *,
        key: Ed25519PrivateKey,
        frontier: Frontier,
        checkpoint: Checkpoint,
        clock: Callable[[], datetime],
    ) -> None:
        self.checkpoint = checkpoint
        self.failure: str | None = None
        self._engine, self._files, self._key, self._frontier, self._clock = engine, files, key, frontier, clock
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, records: Sequence[Prepared]) -> Future[list[Entry]]:
        """Queue records; the future resolves once they are durable. LedgerStoppedError when closed or failed."""
        with self._gate:
            if self._closed:
                raise LedgerStoppedError("the ledger is closed: nothing more is recorded")
            if self.failure is not None:
                raise LedgerStoppedError(self.failure)
            done: Future[list[Entry]] = Future()
            self._jobs.put(_Job(records, done))
            return done

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            jobs, closing = self._gather()
            if not jobs:
                continue
            if self.failure is None:
                try:
                    answers = self._commit(jobs)
                except Exception as error:  # whatever it is, what reached the disk is unknown
                    self._fail(error)
                else:
                    for job, answer in zip(jobs, answers, strict=True):
                        job.done.set_result(answer)
                    continue
            for job in jobs:
                job.done.set_exception(LedgerStoppedError(self.failure))

    def _gather(self) -> tuple[list[_Job], bool]:
        job = self._jobs.get()
        jobs: list[_Job] = []
        waiting = 0
        while job is not None:
            jobs.append(job)
            waiting += len(job.records)
            if waiting >= _RECORDS_PER_COMMIT:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _fail(self, error: Exception) -> None:
        with self._gate:
            self.failure = (
                f"the ledger stopped after a failed write ({type(error).__name__}: {error}). Nothing is recorded any "
                "more. Make sure that the disk is sound and has room, run verify, and start again."
            )

    def _commit(self, jobs: Sequence[_Job]) -> list[list[Entry]]:
        tree = self._frontier.tree
        wanted = {record.score_id: record for job in jobs for record in job.records}
        frontier = self._frontier.copy()
        moment = self._clock()
        with write_transaction(self._engine) as connection:
            known = rows.by_score_id(connection, list(wanted), tree)
            added: dict[str, Entry] = {}
            for record in wanted.values():
                if record.score_id not in known:
                    added[record.score_id] = entry = _entry(record, frontier, moment)
                    frontier.append(entry.leaf_hash)
            if added:
                checkpoint = sign(tree.algorithm, frontier.size, frontier.root(), self._key)
                connection.execute(sa.insert(ENTRIES), [_row(entry) for entry in added.values()])
                values = {"size": frontier.size, "frontier": frontier.to_bytes(), "note": checkpoint.note}
                connection.execute(sa.insert(CHECKPOINTS), values)
        if added:
            registered = (Registered(entry.seq, entry.score_id, entry.leaf_hash) for entry in added.values())
            self._files.append(checkpoint.note, registered)
            self._frontier, self.checkpoint = frontier, checkpoint
        return _answers(jobs, known, added)


def _entry(record: Prepared, frontier: Frontier, moment: datetime) -> Entry:
    content = seal(record, moment)
    recorded_at = unseal(content).recorded_at
    leaf_hash = frontier.tree.leaf(content)
    return Entry(frontier.size + 1, record.kind, record.score_id, recorded_at, leaf_hash, content)


def _row(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "score_id": entry.score_id,
        "content": entry.content,
        "leaf_hash": entry.leaf_hash,
    }


def _answers(jobs: Sequence[_Job], known: dict[str, Entry], added: dict[str, Entry]) -> list[list[Entry]]:
    """Each job's entries in its own order; `created` only for the first who asked."""
    fresh = set(added)
    answers: list[list[Entry]] = []
    for job in jobs:
        answer: list[Entry] = []
        for record in job.records:
            if record.score_id in fresh:
                fresh.discard(record.score_id)
                answer.append(replace(added[record.score_id], created=True))
            else:
                answer.append(known.get(record.score_id) or added[record.score_id])
        answers.append(answer)
    return answers
