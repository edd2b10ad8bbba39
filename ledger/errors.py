"""What can be wrong with a ledger as a whole. Every text says what to do."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger cannot be opened, read or appended to in the state it is in."""


class LedgerLockedError(LedgerError):
    """Another process is the ledger's writer."""


class LedgerStoppedError(LedgerError):
    """A write or sync failed, or the ledger is closed: nothing more is appended."""


class UnrecordableError(LedgerError):
    """Records handed to `append` that JSON cannot carry exactly; the text lists all of them."""
