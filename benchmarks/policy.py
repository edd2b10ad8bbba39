"""Decision tables on many random inputs: are they total, are they monotone, how fast are they?

    python -m benchmarks.policy totality 100000     every table answers once, with a trace
    python -m benchmarks.policy monotone 100000     better facts never worsen the suggestion
    python -m benchmarks.policy rate 1000000        cases a second, on `--processes` cores

The tests run the same checks on fewer inputs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.policy_trials import EXCEPTIONS, days_of, draw, generator, monotone, totality
from policy.parameters import Policy, load
from policy.suggest import suggest


def rate(share: tuple[int, int]) -> Counter[str]:
    """Suggest `count` random cases and count the routes; drawn beforehand, so that the rules alone are timed."""
    count, seed = share
    policy = load()
    rng, days = generator(seed), days_of(policy)
    inputs = [draw(rng, days) for _ in range(min(count, 20_000))]
    return Counter(suggest(*inputs[place % len(inputs)], policy).route for place in range(count))


def main() -> None:
    """Command line: see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["totality", "monotone", "rate"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--processes", type=int, default=2, help="for rate")
    told = parser.parse_args()
    began = time.perf_counter()
    if told.what == "rate":
        shares = [(told.count // told.processes, told.seed + place) for place in range(told.processes)]
        with multiprocessing.Pool(told.processes) as pool:
            routes: Counter[str] = sum(pool.map(rate, shares), Counter())
        seconds = time.perf_counter() - began
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = spent.ru_utime + spent.ru_stime
        speed = f"{routes.total() / seconds:,.0f} a second"
        print(f"{routes.total()} cases in {seconds:.1f} s on {told.processes} processes: {speed}")
        print(f"  processor time {busy:.1f} s, {routes.total() / busy:,.0f} a second of one core; {dict(routes)}")
        return
    policy = load()
    check: Callable[[int, int, Policy], Counter[Any]] = totality if told.what == "totality" else monotone
    found = check(told.count, told.seed, policy)
    seconds = time.perf_counter() - began
    print(f"{told.what}: {told.count} inputs in {seconds:.1f} s, rules {policy.hash[:16]}, seed {told.seed}")
    for place, times in sorted(found.items()):
        print(f"  {place}: {times}. {EXCEPTIONS.get(place, 'NOT EXPLAINED')}")
    print("  nothing else" if found else "  no fault")


if __name__ == "__main__":
    main()
