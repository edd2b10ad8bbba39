"""What models needs to know of an indicator, and the names of the three fitted outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

# Three margins: the decision, the first half year, and months 7-12 of those still clean at six months.
OUTCOMES: Final = ("success", "redefault_6", "redefault_7_12")
# The label of the points card; its probability comes from the last two margins (`models.horizons`).
CARD_OUTCOME: Final = "redefault_12"
DIMENSIONS: Final = ("ability", "willingness", "impact")


class Named(Protocol):
    """What anybody who reads an indicator needs of `features.indicator.Indicator`."""

    @property
    def id(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def scored(self) -> bool: ...


class Described(Named, Protocol):
    """The part that models read; any object of this shape will do."""

    @property
    def minimum(self) -> float | None: ...
    @property
    def success(self) -> int: ...
    @property
    def redefault(self) -> int: ...


@dataclass(frozen=True)
class IndicatorSpec:
    """One indicator as the models see it.

    `success` and `redefault` are the declared directions (-1, 0, 1): how the probability of a granted repair and
    of a new default move when the value grows. They become monotone constraints.
    """

    id: str
    zh: str
    en: str
    dimension: str
    success: int
    redefault: int
    scored: bool = True
    minimum: float | None = None
    maximum: float | None = None

    def direction(self, outcome: str) -> int:
        """Direction (-1, 0, 1) of `outcome`, one of `OUTCOMES`, in this indicator."""
        return self.success if outcome == "success" else self.redefault


def as_specs(catalogue: Sequence[Described]) -> tuple[IndicatorSpec, ...]:
    """Copy the catalogue's entries, in order, into plain `IndicatorSpec`s."""
    return tuple(
        IndicatorSpec(
            item.id,
            item.zh,
            item.en,
            str(item.dimension),
            int(item.success),
            int(item.redefault),
            bool(item.scored),
            None if item.minimum is None else float(item.minimum),
            None if item.maximum is None else float(item.maximum),
        )
        for item in catalogue
    )
