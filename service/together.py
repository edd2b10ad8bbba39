"""Which indicators act together in one recorded score: asked for on demand, answered beside it, never recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from fastapi import APIRouter

from explain.additivity import AdditivityError
from explain.card_scale import CardScale
from explain.together import Together
from ledger.rows import Entry
from ledger.store import Ledger
from service.answers import InteractionsAnswer, Pair
from service.api import find, problem_responses, whole
from service.ports import Scorer
from service.problems import Problem


@dataclass(frozen=True)
class Pairs:
    """The strongest pairs by outcome, and the scale of the record's own card."""

    found: Mapping[str, tuple[Together, ...]]
    scale: CardScale | None


def pairs_of(scorer: Scorer, entry: Entry) -> Pairs:
    """The pairs of one recorded score, by the model that made it. Problem where no model did, where it is gone, or
    where the pairs do not add up to what is recorded."""
    if not whole(entry).models.by_outcome():
        raise Problem(404, "no-model-asked", "No model was asked for this score, so nothing acts together in one.")
    try:
        maker = scorer.maker(entry.record)
    except Exception as error:
        raise Problem(503, "maker-gone", "The model that made this score cannot be loaded here.") from error
    try:
        return Pairs(maker.together(entry.record), maker.scale)
    except AdditivityError as error:
        detail = "The pairs do not add up to the recorded contributions, so they are not shown."
        raise Problem(500, "does-not-add-up", detail) from error


def together_router(scorer: Scorer, ledger: Ledger, *, pool: ThreadPoolExecutor) -> APIRouter:
    """`GET /v1/scores/{id}/interactions`."""
    router = APIRouter()

    @router.get(
        "/v1/scores/{score_id}/interactions",
        summary="Which indicators act together in a recorded score",
        description="Exact SHAP interaction values from the recorded indicators, by the model that made the score: "
        "what two indicators add beyond each alone, strongest first. They are no score and nothing is recorded.",
        responses=problem_responses(
            (404, "not recorded, or no model was asked for this score"),
            (500, "the pairs do not add up to what is recorded, or an unforeseen error"),
            (501, "recorded in a form this version does not know"),
            (503, "the model that made the score is gone"),
        ),
    )
    async def get_interactions(score_id: str) -> InteractionsAnswer:
        return await asyncio.get_running_loop().run_in_executor(pool, answer, score_id)

    def answer(score_id: str) -> InteractionsAnswer:
        entry = find(ledger, score_id)
        pairs = pairs_of(scorer, entry)
        return InteractionsAnswer(
            score_id=entry.score_id,
            recorded=False,
            log_odds_per_point=None if pairs.scale is None else pairs.scale.log_odds_per_point,
            interactions={outcome: [Pair(**asdict(pair)) for pair in found] for outcome, found in pairs.found.items()},
        )

    return router
