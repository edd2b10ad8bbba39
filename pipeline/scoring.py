"""The command that scores: one case from a file, or every case of a dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from explain.card_scale import CardScale, card_scale
from explain.text import explain_text
from features.profiles import PROFILES
from ledger.keys import load_or_create
from ledger.store import Entry, Ledger
from pipeline.bundles import install
from pipeline.catalogues import describe_all
from pipeline.cohorts import bucket_cohort
from pipeline.files import write_json
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, DONE, Advance, Outcome, emit_json, emit_text, progress, tell
from pipeline.score import Scorer, keep_policy, score
from pipeline.work import Record
from records.buckets import bucket_number
from records.case import parse_case
from records.dataset import Dataset
from records.files import parquet_bytes, write_atomically
from records.tables import TABLES

Cohort = Callable[[Dataset, dict[str, pl.DataFrame]], pl.DataFrame]


@dataclass(frozen=True)
class Unscored:
    """A debtor that would be refused alone, and why."""

    debtor_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """What a batch gave: one line per recorded score, and the debtors that could not be scored."""

    log: pl.DataFrame
    unscored: tuple[Unscored, ...] = field(default=())


def score_source(source: Path, bundle: str | None, out: Path | None, as_json: bool) -> Outcome:
    """Score a case file or a dataset; nothing is shown before it is recorded."""
    home = Home.from_environment()
    scorer = open_scorer(home, bundle)
    if out is not None and out.exists() and not out.is_dir():
        raise InputRefused(f"{out} is a file: name a folder for the score log")
    if source.is_file():
        if out is not None:
            raise InputRefused("--out is for the score log of a dataset; one case is printed")
        case = parse_case(source.read_bytes())
        with open_ledger(home) as ledger:
            entry = ledger.append([scorer.score_case(case)])[0]
        show_entry(entry, as_json, card_scale(scorer.bundle.scorecard))
        return DONE
    dataset = Dataset.open(source)
    with open_ledger(home) as ledger, progress("scoring") as advance:
        batch = score_dataset(dataset, scorer, ledger, bucket_cohort, advance)
    if out is not None:
        save_batch(batch, out)
    show_batch(batch, out, as_json)
    return AT_FAULT if batch.unscored else DONE


def open_scorer(home: Home, bundle: str | None) -> Scorer:
    """The named bundle (None: the champion) under today's policy, both kept in the home for replays."""
    found = install(home, bundle)
    if found.profile not in PROFILES:
        raise InputRefused(
            f"bundle {found.id} was trained on a table of its own ({found.profile}), not on case records"
        )
    return Scorer(found, keep_policy(home, rules_in_force(home)))


def open_ledger(home: Home) -> Ledger:
    """The home's ledger, open for recording."""
    return Ledger.open(home.ledger, home.checkpoints, load_or_create(home.keys).private)


def score_dataset(
    dataset: Dataset, scorer: Scorer, ledger: Ledger, cohort_of: Cohort, advance: Advance | None = None
) -> Batch:
    """Score a cohort bucket by bucket in bounded memory; each bucket is recorded before the next is read.

    A debtor with any quarantined row is not scored, exactly as its case alone would be refused.
    """
    require_scorable(dataset, scorer)
    aside = quarantined(dataset)
    logs = [TABLES["score_log"].empty()]
    unscored = [Unscored("unreadable", reasons) for debtor, reasons in aside.items() if debtor is None]
    buckets = dataset.bucket_numbers()
    home_bucket = {debtor: bucket_number(debtor, len(buckets)) for debtor in aside if debtor is not None}
    for done, bucket in enumerate(buckets, start=1):
        tables = dataset.read_bucket(bucket)
        cohort = cohort_of(dataset, tables)
        # Also debtors no longer in the cohort: the row that put them there may be the one set aside.
        refused = sorted(debtor for debtor, place in home_bucket.items() if place == bucket)
        unscored += [Unscored(debtor, aside[debtor]) for debtor in refused]
        cohort = cohort.filter(~pl.col("debtor_id").is_in(refused))
        if cohort.height:
            entries = ledger.append(score(tables, cohort, scorer.bundle, scorer.policy))
            logs.append(score_log(entries))
        if advance:
            advance(done, len(buckets))
    return Batch(pl.concat(logs), tuple(unscored))


def require_scorable(dataset: Dataset, scorer: Scorer) -> None:
    """Refuse a dataset of another kind than the bundle assesses, and one that was not validated as it stands."""
    if scorer.bundle.profile != dataset.info.profile:
        raise InputRefused(
            f"bundle {scorer.bundle.id} is for {scorer.bundle.profile}, {dataset.path} holds {dataset.info.profile}"
        )
    if not dataset.is_validated():
        raise InputRefused(f"{dataset.path} was not validated as it stands: run `repair-risk validate {dataset.path}`")


def quarantined(dataset: Dataset) -> dict[str | None, tuple[str, ...]]:
    """Debtor id (None where it cannot be read) → the faults of its quarantined rows, in words."""
    found: dict[str | None, list[str]] = {}
    for row in dataset.quarantined().to_dicts():
        said = "; ".join(f"{fault['column']} {fault['detail']}" for fault in json.loads(row["faults"]))
        found.setdefault(row["debtor_id"], []).append(f"{row['table']} {row['row_id'] or '(no row_id)'}: {said}")
    return {debtor: tuple(reasons) for debtor, reasons in found.items()}


def score_log(entries: Iterable[Entry]) -> pl.DataFrame:
    """The score log (contract `score_log`) of recorded entries."""
    return pl.DataFrame([_log_row(entry) for entry in entries], schema=TABLES["score_log"].schema, orient="row")


def _log_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    case, versions, points = record["case"], record["versions"], record["points"]
    models = {outcome: part["contributions"] for outcome, part in record["models"].items() if part}
    recorded = datetime.fromisoformat(entry.recorded_at)
    return {
        "row_id": f"score/{entry.score_id}",
        "supersedes_id": None,
        "debtor_id": case["debtor_id"],
        "region_code": case["region_code"],
        "source_system": "assessment_service",
        "ingested_at": recorded,
        "known_at": recorded,
        "score_id": entry.score_id,
        "application_id": case["application_id"],
        "as_of": datetime.fromisoformat(case["as_of"]),
        "model_version": versions["bundle"],
        "param_set_id": versions["policy"],
        "input_hash": record["input"]["hash"],
        "points": points["total"] if points else None,
        "grade": record["suggestion"]["grade"],
        "p_success": record["probabilities"]["success"],
        "p_redefault_6": record["probabilities"]["redefault_6"],
        "p_redefault_12": record["probabilities"]["redefault_12"],
        "shap_json": _json(models) if models else None,
        "rule_hits_json": _json([fired["rule"] for fired in record["suggestion"]["trace"]]),
    }


def save_batch(batch: Batch, out: Path) -> None:
    """Write the score log and the unscored debtors to a folder."""
    write_atomically(out / "score_log.parquet", parquet_bytes(batch.log))
    refused = [{"debtor_id": item.debtor_id, "reasons": list(item.reasons)} for item in batch.unscored]
    write_json(out / "unscored.json", refused)


def show_entry(entry: Entry, as_json: bool, scale: CardScale | None) -> None:
    """One recorded score: as JSON for programs, in words for people. `scale`: that of the card it was made with."""
    record = entry.record
    if as_json:
        emit_json(answer(entry, record))
    else:
        emit_text(explain_text(record, describe_all(), scale=scale))
        tell(f"recorded as {entry.score_id}, number {entry.seq} of the ledger")


def answer(entry: Entry, record: Record) -> dict[str, Any]:
    """What a caller is told of a recorded score; the endpoint answers the same."""
    return {
        "score_id": entry.score_id,
        "seq": entry.seq,
        "recorded_at": entry.recorded_at,
        "record": record,
    }


def show_batch(batch: Batch, out: Path | None, as_json: bool) -> None:
    """Counts by grade and route gate, and every debtor that was not scored."""
    log = batch.log
    if as_json:
        emit_json(
            {
                "scored": log.height,
                "score_ids": log["score_id"].to_list(),
                "unscored": [{"debtor_id": item.debtor_id, "reasons": list(item.reasons)} for item in batch.unscored],
            }
        )
    grades = log.group_by("grade").len().sort("grade", nulls_last=True)
    told = ", ".join(f"{grade or 'no grade'} {n:,}" for grade, n in grades.iter_rows())
    tell(f"{log.height:,} cases scored and recorded ({told})" + (f"; score log in {out}" if out else ""))
    tell_unscored(batch)


def tell_unscored(batch: Batch) -> None:
    """Debtors that were not scored, with their reasons."""
    for item in batch.unscored[:20]:
        tell(f"not scored: {item.debtor_id}: {'; '.join(item.reasons)}")
    if len(batch.unscored) > 20:
        tell(f"… and {len(batch.unscored) - 20:,} more debtors that were not scored")


def _json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
