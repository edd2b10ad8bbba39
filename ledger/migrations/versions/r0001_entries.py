"""Entries and checkpoints, append-only.

The triggers make an honest program unable to change what is recorded, REPLACE included (which would
delete the older row without asking a DELETE trigger). They do not stop an administrator: that is
what the signed checkpoints are for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables and the triggers that guard them."""
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("score_id", sa.Text, nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("length(leaf_hash) = 32"),
        sa.CheckConstraint("length(score_id) = 32"),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    for table in ("ledger_entries", "ledger_checkpoints"):
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
    op.execute(
        "CREATE TRIGGER ledger_entries_in_order BEFORE INSERT ON ledger_entries "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entries) "
        "OR EXISTS (SELECT 1 FROM ledger_entries WHERE score_id = NEW.score_id) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_checkpoints_in_order BEFORE INSERT ON ledger_checkpoints "
        "WHEN NEW.size <= (SELECT max(size) FROM ledger_checkpoints) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )


def downgrade() -> None:
    """Refused: going back would mean dropping records."""
    raise RuntimeError("the ledger is append-only: its first schema is never undone")
