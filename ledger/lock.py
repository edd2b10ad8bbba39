"""The lock that makes one process the ledger's only writer."""

from __future__ import annotations

import fcntl
import os
import time
from io import FileIO
from pathlib import Path

from ledger.errors import LedgerLockedError

_RETRY_SECONDS = 0.05


class WriterLock:
    """An exclusive lock on `<ledger>.lock`, held until `release` or the process's end.

    The operating system gives it up when the process dies, so a crash leaves nothing to clean.
    Waits up to `timeout` seconds, then raises LedgerLockedError naming the process that holds it.
    """

    def __init__(self, ledger: Path, timeout: float) -> None:
        path = ledger.with_name(f"{ledger.name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = FileIO(path, "a+")
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = self._holder()
                    self._file.close()
                    raise LedgerLockedError(
                        f"{ledger} is being written by process {holder}: stop that one, or send it your records"
                    ) from None
            time.sleep(_RETRY_SECONDS)
        self._file.truncate(0)
        self._file.write(str(os.getpid()).encode())

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read(20).decode("ascii", "replace").strip() or "unknown"

    def release(self) -> None:
        """Let another process write."""
        self._file.close()
