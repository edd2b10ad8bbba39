"""An explanation that does not add up is not an answer: the one tolerance, and the error that says where.

SHAP adds up in log-odds: base + contributions = margin. The residual is what is missing; it is
computed with `math.fsum`, whose result does not depend on the order of the terms, so that anybody
recomputes the recorded bits from the recorded numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TOLERANCE = 1e-9  # of max(1, |margin|); what is found lies some 1e-15 off (docs/benchmarks.md, `benchmarks.additivity`)


@dataclass(frozen=True)
class Offence:
    """One explanation that does not add up: whose, of which outcome, and by how much (log-odds)."""

    case_key: str
    outcome: str
    residual: float


class AdditivityError(Exception):
    """Explanations that do not add up to their margins. `offences` holds every one of them."""

    def __init__(self, offences: Sequence[Offence]) -> None:
        self.offences = tuple(offences)
        lines = "; ".join(f"{o.case_key} ({o.outcome}: residual {o.residual!r})" for o in self.offences)
        super().__init__(
            f"{len(self.offences)} explanation(s) do not add up to the margin within {TOLERANCE} of "
            f"max(1, |margin|), nothing may be recorded for: {lines}. "
            "The trees explained are not the trees that predicted: install the bundle again and verify it."
        )


def residual(base: float, contributions: Iterable[float], margin: float) -> float:
    """Margin minus the correctly rounded sum of base and contributions, all in log-odds."""
    return margin - math.fsum((base, *contributions))


def adds_up(difference: float, margin: float) -> bool:
    """Whether a residual is within tolerance. False for NaN and infinities."""
    return abs(difference) <= TOLERANCE * max(1.0, abs(margin))
