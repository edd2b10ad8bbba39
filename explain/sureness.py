"""How sure a probability is, in words: what an interval of like cases says, and what it does not say.

The text of a record, the reviewer's page and the assessment report all say it through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from explain.schema import Interval, ScoreRecord
from explain.words import vocabulary

_TOLD_YEARS: Final = 0.05  # fewer round to none


class Sure(NamedTuple):
    """The interval of one probability: its ends as figures, and the sentence in Chinese and English."""

    outcome: str
    low: float
    high: float
    span: str
    zh: str
    en: str


def sure(record: ScoreRecord) -> Iterator[Sure]:
    """Every interval of the record, in words."""
    told = vocabulary()["intervals"]
    for outcome in ("success", "redefault_6", "redefault_12"):
        found: Interval | None = getattr(record.intervals, outcome)
        if found is None:
            continue
        figures = {
            "cases": f"{found.cases:,}",
            "events": f"{found.events:,}",
            "level": f"{found.level:.0%}",
            "low": f"{found.low:.1%}",
            "high": f"{found.high:.1%}",
            "like_from": f"{found.like_from:.1%}",
            "like_to": f"{found.like_to:.1%}",
        }
        event = told["events"][outcome]
        later = {"zh": "", "en": ""}
        if found.years is not None and found.years >= _TOLD_YEARS:
            later = {"zh": told["later"]["zh"], "en": " " + told["later"]["en"]}
            figures["years"] = f"{found.years:.1f}"
        yield Sure(
            outcome,
            found.low,
            found.high,
            f"{found.low:.1%}–{found.high:.1%}",
            (told["like"]["zh"] + later["zh"]).format(event=event["zh"], **figures),
            (told["like"]["en"] + later["en"]).format(event=event["en"], **figures),
        )


def meaning() -> tuple[str, str]:
    """What an interval means and does not mean, in Chinese and in English."""
    said = vocabulary()["intervals"]["means"]
    return said["zh"], said["en"]
