"""How likely a re-default is to stand in the records, not only to happen: what the labels of granted cases can tell.

Of what happens within the window, two things are kept back or moved (`data_synth.outcome`): a relisting that the
creditor is barred from asking for is recorded only when the bar ends, thus in the seventh month; and what no register
of the courts shows comes to light by chance, more seldom once nobody watches. Exact, given the case's own causes,
ground of deletion, months of observation and watchfulness; competing exits aside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_synth.rng import Floats, Ints

HALF_YEAR = 6


@dataclass(frozen=True)
class Watch:
    """What decides on the record, per case (n,): `relisting`: share of re-defaults that are relistings the creditor may
    be barred from; `outside`: share that no register shows; `seen_watched`, `seen_later`: chance that such a one is
    noticed while the repair is observed, and after; `months` of observation."""

    relisting: Floats
    outside: Floats
    seen_watched: Floats
    seen_later: Floats
    months: Ints


def recorded_within(hazard: Floats, months: int, watch: Watch) -> Floats:
    """Probability (n,) of a recorded re-default in the first `months`, 6 or 12, from the cumulative hazard (n, 24) at
    the end of each month."""
    happened = np.column_stack([np.zeros(len(hazard)), -np.expm1(-hazard)])
    whole = happened[:, months]
    watched = happened[np.arange(len(hazard)), np.minimum(watch.months, months)]
    barred = watch.relisting if months <= HALF_YEAR else 0.0 * watch.relisting
    noticed = watch.seen_watched * watched + watch.seen_later * (whole - watched)
    return np.asarray((1.0 - watch.outside - barred) * whole + watch.outside * noticed, dtype=np.float64)
