"""What the service needs from the scoring side. It knows no model: it asks, records, and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from explain.card_scale import CardScale
from explain.case_rows import KnownCase
from explain.phrases import Words
from explain.recourse import Record, Rescore
from explain.together import Together
from records.case import Case


class CaseScorer(Protocol):
    """One bundle under one policy. The same case gives the same record, to the bit."""

    def score_case(self, case: Case) -> Mapping[str, Any]:
        """The score record of one case; nothing is stored yet. CaseFaults when the case cannot be scored as it is."""
        ...

    def suppose(self, case: Case) -> tuple[KnownCase, Record, Rescore]:
        """The rows known of the case, its record, and how to score them when they are otherwise; nothing is stored.
        CaseFaults as `score_case`."""
        ...

    def firm(self, record: Record) -> tuple[Words, ...]:
        """How firm a record's reasons are, in words; nothing where another model made it or nothing is ranked."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """What answers: `bundle`, `profile`, `policy`, and under `indicators` each id's description
        (`features.indicator.describe`: zh, en, dimension, unit, maximum, …)."""
        ...


class Maker(Protocol):
    """The bundle that made a record, asked again about it. Nothing is recorded."""

    @property
    def scale(self) -> CardScale | None:
        """What a point of its card is in log-odds; None where it has no card of re-default."""
        ...

    def together(self, record: Record) -> Mapping[str, tuple[Together, ...]]:
        """Which indicators act together, by outcome; empty where no model was asked."""
        ...


class Scorer(Protocol):
    """Where the scorer comes from. Asked for every request, so that a promotion takes effect at once."""

    def current(self) -> CaseScorer:
        """The scorer that answers now; any exception means that none can."""
        ...

    def maker(self, record: Record) -> Maker:
        """What made a record, whether or not it answers still; any exception means that it is not to be had."""
        ...
