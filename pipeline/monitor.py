"""Monthly re-scoring of debtors under observation, so that the score moves with what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from features.cohort import observations
from ledger.store import Ledger
from pipeline.context import bare_cohort
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, DONE, Outcome, emit_json, progress, tell
from pipeline.scoring import Batch, open_ledger, open_scorer, score_dataset, tell_unscored
from records.dataset import Dataset

LAG_DAYS = 45  # after the month's end its facts have come in (sources lag 15 to 45 days)


@dataclass(frozen=True)
class Move:
    """How one application's score moved since it was last recorded (None: nothing was recorded before)."""

    application_id: str
    score_id: str
    points: float | None
    points_before: float | None
    p_redefault_12: float | None
    p_redefault_12_before: float | None
    grade: str | None
    grade_before: str | None


def monitor(directory: Path, month: date, bundle: str | None, as_json: bool) -> Outcome:
    """Re-score everybody under observation in `month` and record it; show how the scores moved."""
    home, dataset = Home.from_environment(), Dataset.open(directory)
    if dataset.info.profile != "applications":
        raise InputRefused("only datasets of repair applications have debtors under observation")
    as_of_day = (month.replace(day=1) + timedelta(days=32)).replace(day=1) + timedelta(days=LAG_DAYS)
    if as_of_day > dataset.info.observed_until + timedelta(days=1):
        raise InputRefused(
            f"the facts of {month:%Y-%m} come in until {as_of_day}, but {dataset.path} was observed until "
            f"{dataset.info.observed_until}: what is missing there would pass for not having happened"
        )
    scorer = open_scorer(home, bundle)
    with open_ledger(home) as ledger, progress("re-scoring") as advance:
        before = latest(ledger)
        batch = score_dataset(dataset, scorer, ledger, partial(_observed, month), advance)
    found = moves(batch, before)
    if as_json:
        unscored = [{"debtor_id": item.debtor_id, "reasons": list(item.reasons)} for item in batch.unscored]
        emit_json({"month": f"{month:%Y-%m}", "moves": [vars(move) for move in found], "unscored": unscored})
    up = sum(1 for move in found if _delta(move) > 0)
    down = sum(1 for move in found if _delta(move) < 0)
    tell(f"{month:%Y-%m}: {len(found):,} debtors under observation re-scored and recorded")
    tell(f"risk of re-default rose for {up:,} and fell for {down:,} since they were last recorded")
    tell_unscored(batch)
    return AT_FAULT if batch.unscored else DONE


def _observed(month: date, _dataset: Dataset, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return bare_cohort(observations(tables, month, lag_days=LAG_DAYS))


@dataclass(frozen=True)
class Head:
    """The figures of one recorded score that a re-score is compared with."""

    as_of: str
    points: float | None
    p_redefault_12: float | None
    grade: str | None


def latest(ledger: Ledger) -> dict[str, Head]:
    """The newest recorded score of every application."""
    newest: dict[str, Head] = {}
    for entry in ledger.entries():
        if entry.kind == "score":
            record = entry.record
            application, as_of = record["case"]["application_id"], record["case"]["as_of"]
            if application and (application not in newest or newest[application].as_of <= as_of):
                points = record["points"]
                newest[application] = Head(
                    as_of,
                    None if points is None else points["total"],
                    record["probabilities"]["redefault_12"],
                    record["suggestion"]["grade"],
                )
    return newest


def moves(batch: Batch, before: dict[str, Head]) -> list[Move]:
    """Each re-score beside what was recorded before it."""
    nothing = Head("", None, None, None)
    return [
        Move(
            application_id=row["application_id"],
            score_id=row["score_id"],
            points=row["points"],
            points_before=before.get(row["application_id"], nothing).points,
            p_redefault_12=row["p_redefault_12"],
            p_redefault_12_before=before.get(row["application_id"], nothing).p_redefault_12,
            grade=row["grade"],
            grade_before=before.get(row["application_id"], nothing).grade,
        )
        for row in batch.log.to_dicts()
    ]


def _delta(move: Move) -> float:
    if move.p_redefault_12 is None or move.p_redefault_12_before is None:
        return 0.0
    return move.p_redefault_12 - move.p_redefault_12_before
