"""Which indicators act together in one recorded case: the strongest pairs of each margin, in figures and in words.

Computed from the record's own indicators and contributions by the bundle that made it; never part of a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explain.card_scale import CardScale
from explain.contributions import Explainable
from explain.interactions import Pair, blended, interactions, strongest
from explain.phrases import together_said
from explain.record import ModelTerms

Record = Mapping[str, Any]
Descriptions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Together:
    """Two indicators, what they add to a margin beyond each alone (log-odds of the outcome), the same in converted
    points (None where the outcome has none), and both in words."""

    first: str
    second: str
    effect: float
    converted: float | None
    zh: str
    en: str


def together(
    bundle: Explainable, record: Record, describe: Descriptions, scale: CardScale | None = None
) -> dict[str, tuple[Together, ...]]:
    """The strongest pairs by outcome, re-default within twelve months first where both margins exist; empty where no
    model was asked.

    `bundle` is the one the record names, `scale` that of its card. Raises AdditivityError when the pairs do not add
    up to the recorded contributions: then it is another bundle, or the record was altered.
    """
    models = {outcome: model for outcome, model in record["models"].items() if model}
    values = {item["id"]: item["value"] for item in record["indicators"]}
    terms = {outcome: _terms(model) for outcome, model in models.items()}
    ids, case = bundle.indicator_ids, record["case"]["case_key"]
    found = {outcome: interactions(bundle.boosters[outcome], ids, values, terms[outcome], case) for outcome in terms}
    if {"redefault_6", "redefault_7_12"} <= found.keys():
        found = {"redefault_12": blended(found, terms), **found}

    def told(outcome: str, pair: Pair) -> Together:
        said = together_said(_named(pair.first, describe), _named(pair.second, describe), outcome, pair.effect, scale)
        points = None if scale is None else scale.points(outcome, pair.effect)
        return Together(pair.first, pair.second, pair.effect, points, said.zh, said.en)

    return {outcome: tuple(told(outcome, pair) for pair in strongest(ids, matrix)) for outcome, matrix in found.items()}


def _terms(model: Mapping[str, Any]) -> ModelTerms:
    return ModelTerms(
        model["base"], model["contributions"], model["margin"], model["calibration"], model["probability"]
    )


def _named(id_: str, describe: Descriptions) -> tuple[str, str]:
    told = describe.get(id_, {})
    return str(told.get("zh", id_)), str(told.get("en", id_))
