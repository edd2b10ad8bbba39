"""One function over the buckets of a dataset: here, one after another, or on a Dask cluster.

    for part in over_buckets(partial(measure, path, policy), dataset.bucket_numbers(), cluster="tcp://host:8786"):
        ...

Buckets are self-contained, so the very same function runs in both places and results come in bucket
order: a cluster changes nothing but the time. A worker that dies has its buckets done again by
others. A worker whose code is not this code is refused, for it might give other bits.

Dask is the optional extra `cluster`; nothing here imports it until an address is given. Workers need the
dataset under the same path (`dask worker tcp://… --nthreads 1`, with POLARS_MAX_THREADS set to the cores
each may use).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import polars as pl

from features.indicator import catalogue_hash
from features.profiles import PROFILES
from pipeline.refusals import InputRefused, IntegrityRefused

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")
CONNECT_SECONDS = 20
AHEAD = 2  # tasks waiting per worker thread: enough to keep it busy, few enough to bound what lies in memory


def over_buckets(
    function: Callable[[int], Result], buckets: Sequence[int], cluster: str | None = None
) -> Iterator[Result]:
    """`function(bucket)` of every bucket, in the order of `buckets`.

    With `cluster`, the address of a Dask scheduler, the calls run there; `function` must then be importable by the
    workers (or a `functools.partial` of such), and so must be what it returns. What a call raises is
    raised here. Raises InputRefused when Dask is not installed or no scheduler answers, IntegrityRefused when a
    worker runs other code.
    """
    if cluster is None:
        yield from map(function, buckets)
        return
    with _connected(cluster) as client:
        yield from _ordered(client, Guarded(function, fingerprint()), buckets)


@dataclass(frozen=True)
class Guarded(Generic[Result]):
    """A call that refuses to run under other code than the one that asked for it."""

    function: Callable[[int], Result]
    expected: str

    def __call__(self, bucket: int) -> Result:
        if (own := fingerprint()) != self.expected:
            raise IntegrityRefused(
                f"a worker of the cluster runs other code ({own[:60]}) than this process ({self.expected[:60]}): "
                "install the same release on all of them"
            )
        return self.function(bucket)


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """What decides the bits of a bucket: the release of Polars and every indicator's definition."""
    hashes = [
        catalogue_hash((*profile.catalogue, *profile.facts, *profile.monitoring))[:16] for profile in PROFILES.values()
    ]
    return " ".join([f"polars {pl.__version__}", *hashes])


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ModuleNotFoundError as fault:
        raise InputRefused("a cluster needs Dask: install the extra `cluster` (dask, distributed)") from fault
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as fault:
        raise InputRefused(f"no Dask scheduler answers at {address}: {fault}") from fault
    try:
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _ordered(client: Client, call: Callable[[int], Result], buckets: Sequence[int]) -> Iterator[Result]:
    """Results in order, with a bounded number of calls under way."""
    waiting: deque[Any] = deque()
    left = iter(buckets)
    threads: dict[str, int] = client.nthreads()  # type: ignore[no-untyped-call]
    most = max(1, sum(threads.values())) * AHEAD
    try:
        while True:
            for bucket in left:
                # The function is no cache key: buckets are done each time they are asked for.
                waiting.append(client.submit(call, bucket, pure=False, retries=0))
                if len(waiting) >= most:
                    break
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
