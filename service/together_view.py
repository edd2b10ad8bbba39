"""Pairs of indicators that act together, as the reviewer reads them."""

from __future__ import annotations

from dataclasses import dataclass

from explain.figures import converted, log_odds, signed
from explain.phrases import direction_of
from explain.schema import ScoreRecord
from explain.together import Together
from service.together import Pairs
from service.view import Names, Said
from service.words import EN, OUTCOMES


@dataclass(frozen=True)
class PairView:
    """One pair: its indicators with their values, the effect, and the sentence."""

    indicators: tuple[tuple[Said, str, str], ...]  # name, value, anchor on the score's page
    favourable: bool
    effect: str
    converted: str
    text: Said


@dataclass(frozen=True)
class OutcomePairs:
    """The pairs of one outcome."""

    outcome: Said
    points: bool
    pairs: tuple[PairView, ...]


@dataclass(frozen=True)
class TogetherPage:
    """Everything the template needs."""

    outcomes: tuple[OutcomePairs, ...]
    meaning: Said | None


def together_page(pairs: Pairs, record: ScoreRecord, names: Names) -> TogetherPage:
    """The page of one record's pairs."""
    values = {fact.id: fact.value for fact in record.indicators}

    def view(outcome: str, pair: Together) -> PairView:
        return PairView(
            indicators=tuple(
                (names.of(id_), names.figure(id_, values.get(id_)), f"i-{id_}") for id_ in (pair.first, pair.second)
            ),
            favourable=direction_of(outcome, pair.effect) == "favourable",
            effect=signed(log_odds(pair.effect)),
            converted="" if pair.converted is None else signed(converted(pair.converted)),
            text=Said(pair.zh, pair.en),
        )

    return TogetherPage(
        outcomes=tuple(
            OutcomePairs(
                Said(OUTCOMES[outcome], EN[outcome]),
                any(pair.converted is not None for pair in found),
                tuple(view(outcome, pair) for pair in found),
            )
            for outcome, found in pairs.found.items()
        ),
        meaning=None if pairs.scale is None else Said(*pairs.scale.meaning()),
    )
