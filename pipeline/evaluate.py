"""Evaluation: out of time where there is history enough, by repeated cross-validation where there is not."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import polars as pl

from explain.global_view import global_view
from models.bundle import Bundle
from models.params import FitParams
from models.predict import margins, probabilities
from models.splits import SplitPlan
from pipeline.bundles import install
from pipeline.context import shifts_of
from pipeline.evidence import keep_evidence
from pipeline.files import write_json
from pipeline.global_pictures import grouped
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import Prepared
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Advance, Outcome, progress, tell
from pipeline.sections.backtest import backtest
from pipeline.sections.censoring import censoring
from pipeline.sections.challengers import challengers
from pipeline.sections.cross_validation import cross_validation
from pipeline.sections.decisions import decisions
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.explanations import explanations
from pipeline.sections.fairness import fairness, read_audit
from pipeline.sections.figures import figures
from pipeline.sections.grades import grades
from pipeline.sections.groups import groups
from pipeline.sections.intervals import intervals
from pipeline.sections.recalibration import recalibration
from pipeline.sections.score_stability import score_stability
from pipeline.sections.selection import selection
from pipeline.sections.settings import evaluation_params
from pipeline.sections.slices import slices
from pipeline.sections.stability import reasons_stability
from pipeline.sections.truth import truth as truth_section
from pipeline.sections.truth_table import read_truth
from pipeline.train import frames, open_prepared
from records.clock import SHANGHAI
from records.dataset import Dataset
from records.files import write_atomically

# In the order of the report. A section that has nothing to say of a bundle gives an empty `Section`.
SECTIONS: Final[tuple[tuple[str, Callable[[Evaluated], Section]], ...]] = (
    ("figures", figures),
    ("cross_validation", cross_validation),
    ("truth", truth_section),
    ("challengers", challengers),
    ("backtest", backtest),
    ("grades", grades),
    ("decisions", decisions),
    ("groups", groups),
    ("recalibration", recalibration),
    ("slices", slices),
    ("selection", selection),
    ("censoring", censoring),
    ("intervals", intervals),
    ("fairness", fairness),
    ("score_stability", score_stability),
    ("explanations", explanations),
    ("stability", reasons_stability),
)
# About half of the work, most of it refits.
ASIDE: Final = frozenset({"backtest", "challengers"})


def evaluate(
    reference: str,
    directory: Path,
    out: Path,
    features: Path | None = None,
    truth: Path | None = None,
    params_file: Path | None = None,
) -> Outcome:
    """Write `metrics.json`, `tables.json`, `global.json`, `roc.csv` and `reliability.csv` of a bundle on a dataset."""
    home = Home.from_environment()
    given = open_evaluated(reference, directory, features, truth, params_file)
    # Indicators that are not on disk would have to be computed twice.
    aside = ASIDE if features is not None else frozenset()
    again = partial(sections_of, aside, given.bundle.id, directory, features, truth, params_file)
    with progress("evaluating") as advance:
        found = all_sections(given, SECTIONS, aside, again, advance)
    write_json(out / "global.json", global_view(given.bundle, given.frames.X, grouped(given.prepared.cohort)))
    metrics = without_nan(joined_metrics(given, found))
    write_json(out / "metrics.json", metrics)
    shown = [{"section": name, "tables": section.tables} for name, section in found if section.tables]
    write_json(out / "tables.json", without_nan(shown))
    curves = dict(found)["figures"].tables
    _write_csv(out / "roc.csv", curves.get("roc", []), ("outcome", "false_positive_rate", "true_positive_rate"))
    _write_csv(out / "reliability.csv", curves.get("reliability", []), ("outcome", "cases", "predicted", "observed"))
    tell("\n".join(line for _, section in found for line in section.lines))
    observed_until = Dataset.open(directory).info.observed_until.isoformat()
    number = keep_evidence(home, given, metrics, observed_until, datetime.now(SHANGHAI))
    tell(f"kept as evaluation {number} of bundle {given.bundle.id}, for those who approve it")
    return DONE


def open_evaluated(
    reference: str, directory: Path, features: Path | None, truth: Path | None, params_file: Path | None
) -> Evaluated:
    """The bundle, the data laid out as it was trained, and its calibrated probabilities of all cases."""
    settings = evaluation_params(params_file)
    home, dataset = Home.from_environment(), Dataset.open(directory)
    policy = rules_in_force(home)
    bundle = install(home, reference)
    if bundle.profile != dataset.info.profile:
        raise InputRefused(f"bundle {bundle.id} is for {bundle.profile}, {directory} holds {dataset.info.profile}")
    prepared = open_prepared(dataset, features, policy)
    params = FitParams.from_mapping(bundle.profile, bundle.params)
    data = frames(prepared, params, dataset.info.observed_until, _calendar(bundle, directory, prepared))
    raw = margins(bundle, data.X)
    rows = prepared.cohort.select("region_code", "industry_section", "as_of").to_dicts()  # in the order of X
    return Evaluated(
        bundle=bundle,
        prepared=prepared,
        frames=data,
        params=params,
        settings=settings,
        policy=policy,
        margins=raw,
        probabilities=probabilities(bundle, raw, shifts_of(bundle, rows, policy)),
        truth=None if truth is None else read_truth(truth, prepared),
        audit=read_audit([dataset.read_bucket(n, ("debtor_audit",))["debtor_audit"] for n in dataset.bucket_numbers()]),
    )


def _calendar(bundle: Bundle, directory: Path, prepared: Prepared) -> SplitPlan:
    """The calendar by which the bundle was made. By it the test begins on the day the bundle was made, so it holds no
    case the bundle learnt from, also on data that have grown since. InputRefused where the data do not reach back to
    the bundle's own periods: challengers and refits learn there."""
    plan = SplitPlan.from_json(bundle.training["calendar"])
    if plan.fit_until is not None and prepared.cohort.filter(pl.col("as_of") < plan.fit_until).is_empty():
        raise InputRefused(
            f"{directory} holds no case before {plan.fit_until.date()}, the end of the period on which bundle "
            f"{bundle.id} was fitted: evaluate it on data that hold that period too, or train on these"
        )
    return plan


def all_sections(
    given: Evaluated,
    sections: Sequence[tuple[str, Callable[[Evaluated], Section]]],
    aside: frozenset[str],
    again: Callable[[], Mapping[str, Section]],
    advance: Advance,
) -> list[tuple[str, Section]]:
    """All `sections` in their order; `again` gives those of `aside`, in a process of its own meanwhile."""
    mine = [(name, section) for name, section in sections if name not in aside]
    found: dict[str, Section] = {}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(again) if aside else None
        for name, section in mine:
            advance(len(found), len(sections))
            found[name] = section(given)
        if elsewhere is not None:
            advance(len(found), len(sections))
            found |= elsewhere.result()
    advance(len(found), len(sections))
    return [(name, found[name]) for name, _ in sections]


def sections_of(
    names: frozenset[str],
    reference: str,
    directory: Path,
    features: Path | None,
    truth: Path | None,
    params_file: Path | None,
) -> dict[str, Section]:
    """Some sections of a bundle on a dataset, by name."""
    given = open_evaluated(reference, directory, features, truth, params_file)
    return {name: section(given) for name, section in SECTIONS if name in names}


def joined_metrics(given: Evaluated, found: Sequence[tuple[str, Section]]) -> dict[str, Any]:
    """All sections' metrics side by side, under the bundle they belong to. ValueError when two use one name."""
    joined: dict[str, Any] = {"bundle": given.bundle.id, "profile": given.bundle.profile}
    for name, section in found:
        if twice := sorted(set(joined) & set(section.metrics)):
            raise ValueError(f"section {name} writes metrics that are there already: {', '.join(twice)}")
        joined |= section.metrics
    return joined


def without_nan(value: Any) -> Any:
    """`value` with None for every NaN, for JSON has none: a figure that is not defined."""
    if isinstance(value, Mapping):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
