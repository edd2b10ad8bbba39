"""One lock per home around what must not happen twice at once: judging with approving, numbering with keeping.

It is apart from the ledger's writer lock: a running service holds that one as long as it lives, and must not keep
people from approving meanwhile.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.home import Home


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Hold the home's lock; waits while another holds it. The operating system gives it up when the process dies.

    It is not to be taken twice by one caller: the second would wait for the first for ever.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
