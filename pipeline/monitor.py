"""Monthly re-scoring of debtors under observation, so that the score moves with what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from features.cohort import observations
from ledger.store import Ledger
from pipeline.context import bare_cohort
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, DONE, Outcome, emit_json, progress, tell
from pipeline.scoring import Batch, open_ledger, open_scorer, score_dataset
from records.dataset import Dataset


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
    scorer = open_scorer(home, bundle)
    with open_ledger(home) as ledger, progress("re-scoring") as advance:
        before = latest(ledger)
        batch = score_dataset(dataset, scorer, ledger, partial(_observed, month), advance)
    found = moves(batch, before)
    if as_json:
        emit_json({"month": f"{month:%Y-%m}", "moves": [vars(move) for move in found]})
    up = sum(1 for move in found if _delta(move) > 0)
    down = sum(1 for move in found if _delta(move) < 0)
    tell(f"{month:%Y-%m}: {len(found):,} debtors under observation re-scored and recorded")
    tell(f"risk of re-default rose for {up:,} and fell for {down:,} since they were last recorded")
    return AT_FAULT if batch.unscored else DONE


def _observed(month: date, _dataset: Dataset, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return bare_cohort(observations(tables, month))


def latest(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """The newest recorded score of every application."""
    newest: dict[str, tuple[str, dict[str, Any]]] = {}
    for entry in ledger.entries():
        if entry.kind == "score":
            record = entry.record
            application, as_of = record["case"]["application_id"], record["case"]["as_of"]
            if application and (application not in newest or newest[application][0] <= as_of):
                newest[application] = (as_of, record)
    return {application: record for application, (_, record) in newest.items()}


def moves(batch: Batch, before: dict[str, dict[str, Any]]) -> list[Move]:
    """Each re-score beside what was recorded before it."""
    return [
        Move(
            application_id=row["application_id"],
            score_id=row["score_id"],
            points=row["points"],
            points_before=_total(before.get(row["application_id"])),
            p_redefault_12=row["p_redefault_12"],
            p_redefault_12_before=_risk(before.get(row["application_id"])),
            grade=row["grade"],
            grade_before=_grade(before.get(row["application_id"])),
        )
        for row in batch.log.to_dicts()
    ]


def _delta(move: Move) -> float:
    if move.p_redefault_12 is None or move.p_redefault_12_before is None:
        return 0.0
    return move.p_redefault_12 - move.p_redefault_12_before


def _total(record: dict[str, Any] | None) -> float | None:
    return None if record is None or record["points"] is None else float(record["points"]["total"])


def _risk(record: dict[str, Any] | None) -> float | None:
    return None if record is None else record["probabilities"]["redefault_12"]


def _grade(record: dict[str, Any] | None) -> str | None:
    return None if record is None else record["suggestion"]["grade"]
