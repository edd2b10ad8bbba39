"""The bundle that made a record, asked again about that record. It scores nothing and records nothing."""

from __future__ import annotations

from dataclasses import dataclass

from explain.card_scale import CardScale, card_scale
from explain.together import Together, together
from models.bundle import Bundle
from pipeline.catalogues import describe_all
from pipeline.work import Record


@dataclass(frozen=True)
class Maker:
    """`bundle` must be the one the records name that it is asked about."""

    bundle: Bundle

    @property
    def scale(self) -> CardScale | None:
        """What a point of its card is in log-odds; None where it has no card of re-default."""
        return card_scale(self.bundle.scorecard)

    def together(self, record: Record) -> dict[str, tuple[Together, ...]]:
        """Which indicators act together in a record, by outcome; empty where no model was asked.

        Raises AdditivityError when the pairs do not add up to what is recorded.
        """
        return together(self.bundle, record, describe_all(), self.scale)
