"""Reading entries out of the database, each proven against its own name and leaf as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ledger.envelope import EnvelopeError, unseal
from ledger.errors import LedgerError
from ledger.merkle import TreeHash
from ledger.schema import CHECKPOINTS, ENTRIES

_AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """One recorded record.

    `seq` counts from 1 and is the leaf's index plus one; `content` is the leaf's bytes; `created` is
    true in the answer to the very `append` that recorded it.
    """

    seq: int
    kind: str
    score_id: str
    recorded_at: str
    leaf_hash: bytes
    content: bytes = field(repr=False)
    created: bool = field(default=False, compare=False)

    @property
    def record(self) -> dict[str, Any]:
        """The record as Python values (a new copy each time)."""
        return unseal(self.content).parsed()

    @property
    def record_bytes(self) -> bytes:
        """The record's canonical bytes, as recorded."""
        return unseal(self.content).record


def entry_of(row: sa.Row[int, str, str, bytes, bytes], tree: TreeHash) -> Entry:
    """An entry out of its row; LedgerError naming the record when the row contradicts itself."""
    seq, kind, score_id, content, leaf_hash = row
    try:
        opened = unseal(content)
    except (EnvelopeError, TypeError) as error:
        raise LedgerError(f"record {seq} ({score_id}) is damaged: {error}. Run verify.") from error
    if (opened.kind, opened.score_id) != (kind, score_id) or tree.leaf(content) != leaf_hash:
        raise LedgerError(f"record {seq} ({score_id}) is not as it was recorded. Run verify.")
    return Entry(seq, kind, score_id, opened.recorded_at, leaf_hash, content)


def by_score_id(connection: sa.Connection, score_ids: Sequence[str], tree: TreeHash) -> dict[str, Entry]:
    """Entries that exist among `score_ids`."""
    found: dict[str, Entry] = {}
    for start in range(0, len(score_ids), _AT_ONCE):
        some = score_ids[start : start + _AT_ONCE]
        for row in connection.execute(sa.select(ENTRIES).where(ENTRIES.c.score_id.in_(some))):
            entry = entry_of(row, tree)
            found[entry.score_id] = entry
    return found


def after(connection: sa.Connection, seq: int, tree: TreeHash, limit: int = _AT_ONCE) -> list[Entry]:
    """The next `limit` entries after `seq`, in order."""
    query = sa.select(ENTRIES).where(ENTRIES.c.seq > seq).order_by(ENTRIES.c.seq).limit(limit)
    return [entry_of(row, tree) for row in connection.execute(query)]


def newest(connection: sa.Connection, kind: str, limit: int, before: int | None, tree: TreeHash) -> list[Entry]:
    """The last `limit` entries of one kind, newest first, those before seq `before` only."""
    query = sa.select(ENTRIES).where(ENTRIES.c.kind == kind).order_by(ENTRIES.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(ENTRIES.c.seq < before)
    return [entry_of(row, tree) for row in connection.execute(query)]


def leaf_hashes(connection: sa.Connection, seq: int) -> Iterator[tuple[int, str, bytes]]:
    """(seq, score_id, leaf_hash) of every entry after `seq`, in order, without reading contents."""
    query = sa.select(ENTRIES.c.seq, ENTRIES.c.score_id, ENTRIES.c.leaf_hash).where(ENTRIES.c.seq > seq)
    for row in connection.execute(query.order_by(ENTRIES.c.seq)).yield_per(_AT_ONCE):
        yield row[0], row[1], row[2]


def last_checkpoints(connection: sa.Connection) -> list[tuple[int, bytes, str]]:
    """The newest checkpoint's (size, frontier, note) and the one before, newest first."""
    query = sa.select(CHECKPOINTS).order_by(CHECKPOINTS.c.size.desc()).limit(2)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def last_seq(connection: sa.Connection) -> int:
    """Number of the newest entry, 0 in an empty ledger."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(ENTRIES.c.seq), 0))).scalar_one())
