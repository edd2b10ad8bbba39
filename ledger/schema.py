"""Tables of the ledger and how its database is opened: every durability setting stands here.

SQLite runs with a write-ahead log and `synchronous=FULL`: a commit returns after its log is synced.
The file has one writing process (a lock elsewhere sees to it) and any number of readers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from ledger.errors import LedgerError

METADATA = sa.MetaData()
ENTRIES = sa.Table(
    "ledger_entries",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("score_id", sa.Text, nullable=False, unique=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
)
CHECKPOINTS = sa.Table(
    "ledger_checkpoints",
    METADATA,
    sa.Column("size", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("frontier", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10


def writer_engine(path: Path) -> sa.Engine:
    """Engine of the one writer, its file made if need be; LedgerError when durability cannot be had."""
    engine = _engine(f"file:{quote(str(path))}?mode=rwc&uri=true")
    sa.event.listen(engine, "connect", _make_durable)
    return engine


def reader_engine(path: Path) -> sa.Engine:
    """Engine that can only read; LedgerError when there is no such file."""
    if not path.is_file():
        raise LedgerError(f"there is no ledger at {path}")
    engine = _engine(f"file:{quote(str(path))}?mode=ro&uri=true")
    sa.event.listen(engine, "connect", _make_read_only)
    return engine


def _engine(database: str) -> sa.Engine:
    engine = sa.create_engine(f"sqlite+pysqlite:///{database}", connect_args={"timeout": _BUSY_SECONDS})
    sa.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    # The driver's own transaction control is off (isolation_level None), so that reads share one
    # snapshot and schema changes are part of their transaction.
    immediate = connection.get_execution_options().get("ledger_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _pragma(connection: DBAPIConnection, text: str) -> object:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA {text}")
        row = cursor.fetchone()
        return row[0] if row else None
    finally:
        cursor.close()


def _make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    _pragma(connection, "trusted_schema=OFF")
    _pragma(connection, "cell_size_check=ON")
    _pragma(connection, "synchronous=FULL")
    mode, synchronous = _pragma(connection, "journal_mode=WAL"), _pragma(connection, "synchronous")
    if mode != "wal" or synchronous != 2:
        raise LedgerError(
            f"SQLite runs here with journal_mode={mode}, synchronous={synchronous}: a recorded score could be lost. "
            "Put the ledger on a local disk."
        )


def _make_read_only(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    _pragma(connection, "trusted_schema=OFF")
    _pragma(connection, "cell_size_check=ON")
    _pragma(connection, "query_only=ON")


@contextmanager
def write_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that holds the write lock from its first statement; durable when it ends."""
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        yield connection


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Revision of the schema this code is written for."""
    revision = ScriptDirectory.from_config(_config(None)).get_current_head()
    if revision is None:
        raise LedgerError("the ledger's migrations are missing from the installation: install it again")
    return revision


def migrate(engine: sa.Engine) -> None:
    """Bring the database to this code's schema; LedgerError when a newer program has written it."""
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    with write_transaction(engine) as connection:
        _refuse_unknown(connection)
        command.upgrade(_config(connection), "head")


def require_current(engine: sa.Engine) -> None:
    """LedgerError unless the database has this code's schema."""
    with engine.connect() as connection:
        revision = _refuse_unknown(connection)
    if revision != head():
        raise LedgerError("the ledger has an older schema: open it once for writing, which brings it up to date")


def _refuse_unknown(connection: sa.Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}
    if revision is not None and revision not in known:
        raise LedgerError(f"the ledger has schema {revision}, which this program does not know: use a newer program")
    return revision


@cache
def expected_objects() -> frozenset[tuple[str, str, str, str | None]]:
    """Every table, index and trigger a sound ledger has: (type, name, table, SQL text)."""
    engine = sa.create_engine("sqlite+pysqlite://", poolclass=StaticPool)
    try:
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", _begin)
        migrate(engine)
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master")
            return frozenset((row[0], row[1], row[2], row[3]) for row in rows)
    finally:
        engine.dispose()
