"""Contributions in points of the public card (换算分): as many points as move the odds alike.

The card has one stated slope: a point moves ln(odds of no re-default) by `log_odds_per_point` (`models.scorecard`).
A contribution to a margin of re-default moves ln(odds of re-default), the same odds turned round. So

    points = -(log-odds of re-default) / (log-odds per point)

positive when it speaks for the debtor, as on the card. It is one division by one number, so what adds up in log-odds
adds up in points: indicators to their family, families to their dimension, dimensions to minus (margin - base) over
the slope. The margin is the one before calibration, and the figure is for comparison: it is never added to the score.
Whoever has the record and the card it names can reckon it again. For repair success, another outcome, there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from explain.words import vocabulary
from models.scorecard import Scorecard

RISKS: Final = frozenset({"redefault_6", "redefault_7_12", "redefault_12"})


@dataclass(frozen=True)
class CardScale:
    """What one point of the card is in log-odds, and how many double the odds."""

    log_odds_per_point: float
    points_to_double: float

    def points(self, outcome: str, log_odds: float) -> float | None:
        """A contribution to the log-odds of `outcome` in points; None where the outcome is not re-default."""
        return 0.0 - log_odds / self.log_odds_per_point if outcome in RISKS else None  # 0.0 - : no negative zero

    def meaning(self) -> tuple[str, str]:
        """What such points mean, in Chinese and in English, with the figures to reckon them again."""
        told = {"point": f"{self.log_odds_per_point:.6g}", "double": f"{self.points_to_double:.1f}"}
        said = vocabulary()["converted"]
        return said["zh"].format(**told), said["en"].format(**told)


def card_scale(card: Scorecard | None) -> CardScale | None:
    """The scale of a bundle's card; None without a card, or where the card is made for another outcome."""
    if card is None or card.outcome not in RISKS:
        return None
    return CardScale(card.odds.slope, card.odds.points_to_double)
