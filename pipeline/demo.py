"""The whole path on a small synthetic world, told step by step for a newcomer."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from explain.card_scale import card_scale
from explain.text import explain_text
from ledger.store import Ledger
from pipeline.catalogues import describe_all
from pipeline.champion import promote
from pipeline.data import features, synth, validate
from pipeline.evaluate import evaluate
from pipeline.files import read_json
from pipeline.home import Home
from pipeline.monitor import monitor
from pipeline.recorded import replay, verify
from pipeline.report import report
from pipeline.say import DONE, Outcome, emit_text, tell
from pipeline.score import open_bundle
from pipeline.scoring import score_source
from pipeline.train import train
from records.case import case_to_json
from records.clock import SHANGHAI
from records.dataset import Dataset
from records.files import write_atomically

SEED = 7
COURT_SEED = 11  # the new cases are other debtors than those the models learnt from
COURT_DEBTORS = 400
MONTH = date(2025, 9, 1)
REPLAYED = 100


def demo(debtors: int) -> Outcome:
    """Run the whole path under the home and say what came out; stops at the first step that fails."""
    home = Home.from_environment()
    place = home.root / "demo"
    shutil.rmtree(place, ignore_errors=True)
    world, court = place / "world", place / "court"
    frames, bundle, evaluation = place / "features", place / "bundle", place / "evaluation"
    page = home.reports / "demo.html"
    started = time.monotonic()
    steps: tuple[tuple[str, Callable[[], Outcome]], ...] = (
        (
            "合成数据 a synthetic world, since real case records are confidential",
            lambda: synth(world, debtors, SEED, 0.0, 16),
        ),
        ("校验 every row checked against the contracts", lambda: validate(world, False)),
        ("指标 indicators, cohort and labels, point in time", lambda: features(world, frames, None)),
        ("训练 points card and three monotone LightGBM margins", lambda: train(world, bundle, frames, None, None)),
        (
            "评估 out of time, beside the true probabilities",
            lambda: evaluate(str(bundle), world, evaluation, frames, place / "world_truth"),
        ),
        ("报告 the model report", lambda: report(evaluation, str(bundle), page)),
        ("批准 first approval", lambda: promote(str(bundle), "演示甲 (demo)", "demonstration on synthetic data")),
        ("批准 second approval, by another person", lambda: promote(str(bundle), "演示乙 (demo)", "demonstration")),
        ("新案件 new cases of a court: other debtors", lambda: synth(court, COURT_DEBTORS, COURT_SEED, 0.0, 4)),
        ("校验 the court's records are checked before they are scored", lambda: validate(court, False)),
        ("评分 scored, explained and recorded", lambda: score_source(court, None, place / "scored", False)),
        (f"监测 re-scored with what {MONTH:%Y-%m} has shown", lambda: monitor(court, MONTH, None, False)),
        (f"重放 {REPLAYED} records computed again, bit by bit", lambda: replay(None, REPLAYED, False)),
        ("核验 the ledger against its signed checkpoints", lambda: verify(False)),
    )
    for number, (title, step) in enumerate(steps, start=1):
        tell(f"\n{number:2}/{len(steps)} {title}", style="bold")
        status = step()
        if status != DONE:
            return status
    example = _example(home, court, place / "case.json")
    emit_text(example)
    tell(f"\nDone in {time.monotonic() - started:.0f} s.", style="bold")
    tell(_closing(home, evaluation, page, place / "case.json"))
    return DONE


def _example(home: Home, court: Path, case_file: Path) -> str:
    """One case in the middle of the field: its explanation, and its JSON written to `case_file`."""
    with Ledger.open(home.ledger, home.checkpoints, read_only=True) as ledger:
        records = [entry.record for entry in ledger.recent(2 * COURT_DEBTORS)]
    graded = [one for one in records if one["kind"] == "application" and one["suggestion"]["grade"] in ("B", "C")]
    chosen = min(graded or records, key=lambda one: one["case"]["case_key"])
    case, dataset = chosen["case"], Dataset.open(court)
    as_of = datetime.fromisoformat(case["as_of"]).astimezone(SHANGHAI)
    write_atomically(case_file, case_to_json(dataset.case(case["debtor_id"], case["application_id"], as_of)) + b"\n")
    bundle = open_bundle(home, chosen["versions"]["bundle"])
    return explain_text(chosen, describe_all(), scale=card_scale(bundle.scorecard))


def _closing(home: Home, evaluation: Path, page: Path, case_file: Path) -> str:
    metrics = read_json(evaluation / "metrics.json")
    found = metrics["outcomes"]["redefault_12"]
    best = found["truth"]["best_reachable_auc"]["value"]
    lines = [
        "What you have seen:",
        "  Models learnt on synthetic debtors tell who defaults again within 12 months"
        f" with AUC {found['auc']['value']:.2f};",
        f"  knowing everything, also what no record shows, one would reach {best:.2f}.",
        "  Above is one new case as a judge reads it: a suggestion with its reasons and the rows behind them.",
        "  Every score was written to a tamper-evident ledger before it was shown,",
        "  and can be computed again to the bit.",
        "",
        f"  model report      {page}",
        f"  one case          .venv/bin/repair-risk score {case_file}",
        "  pages, endpoint   .venv/bin/repair-risk serve      then open http://127.0.0.1:8000/",
        f"  over HTTP         curl --data-binary @{case_file} -H 'Content-Type: application/json'"
        " http://127.0.0.1:8000/v1/scores",
        f"  experiments       .venv/bin/mlflow ui --backend-store-uri {home.mlflow_uri}",
    ]
    return "\n".join(lines)
