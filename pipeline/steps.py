"""The main path of a case: the ordered list `STEPS`.

Each step takes the work done so far and adds its own part. Nothing here reads the clock, a file or
the network, and nothing here reaches training, evaluation, synthetic data or MLflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl

from explain.contributions import contributions
from explain.points import card_points
from explain.reference import Reference
from features.as_of import known
from features.engine import evaluate_all
from models.predict import intervals, probabilities, warnings
from pipeline.assemble import assemble
from pipeline.context import locate, shifts_of, with_parameters
from pipeline.work import Values, Work, context_of
from policy.gate import gate
from policy.outcome import Scores
from policy.suggest import suggest
from records.faults import CaseFaults, Fault
from records.fingerprint import input_hash


def cut(work: Work) -> Work:
    """Only what was known before the as-of date: latest versions, in canonical order."""
    cohort = with_parameters(locate(work.records, work.cohort), work.policy)
    rows = known(work.records, cohort)
    _require_known(cohort, rows)
    return replace(work, cohort=cohort, known=rows)


def fingerprint(work: Work) -> Work:
    """A hash over every row that a case is assessed on, and how many of each table."""
    hashes = dict(input_hash(work.known).select("case_key", "input_hash").iter_rows())
    counts: dict[str, dict[str, int]] = {key: {} for key in work.cohort["case_key"]}
    for table, frame in work.known.items():
        for key, n in frame.group_by("case_key").len().iter_rows():
            counts[key][table] = n
    return replace(work, hashes=hashes, counts=counts)


def measure(work: Work) -> Work:
    """Indicators and facts, with the rows behind each."""
    catalogue, facts = evaluate_all(work.known, work.cohort, (work.profile.catalogue, work.profile.facts))
    rows: dict[str, dict[str, dict[str, Sequence[str]]]] = {key: {} for key in work.cohort["case_key"]}
    for found in (facts, catalogue):  # some facts are indicators too; they are read from the same rows
        for key, name, table, ids in found.evidence.select("case_key", "indicator", "table", "row_ids").iter_rows():
            rows[key].setdefault(name, {})[table] = ids
    return replace(work, indicators=_by_case(catalogue.values), facts=_by_case(facts.values), evidence=rows)


def gates(work: Work) -> Work:
    """Statutory exits, the negative list and human-only review: for these no model is asked."""
    found = {row["case_key"]: gate(work.stated(row["case_key"]), context_of(row), work.policy) for row in work.cases()}
    keys = [key for key, result in found.items() if result.outcome == "assess"]
    ids = list(work.bundle.indicator_ids)
    matrix = np.array(
        [[np.nan if (value := work.indicators[key][id_]) is None else value for id_ in ids] for key in keys],
        dtype=np.float64,
    )
    assessed = pd.DataFrame(matrix.reshape(len(keys), len(ids)), index=pd.Index(keys, dtype=object), columns=ids)
    return replace(work, gates=found, assessed=assessed)


def give_points(work: Work) -> Work:
    """Points of the public scorecard, per indicator; none where the bundle has no card."""
    card = work.bundle.scorecard
    return work if card is None else replace(work, points=card_points(card, work.assessed))


def contribute(work: Work) -> Work:
    """Margins with their exact contributions; a sum that does not hold stops here."""
    return replace(work, explained=contributions(work.bundle, work.assessed))


def calibrate(work: Work) -> Work:
    """Margins to probabilities at each case's place and day, with their intervals, the two horizons coherent by
    construction, and the two cautions."""
    places = work.places()
    rows = [row for row in work.cases() if row["case_key"] in places]
    shifts = shifts_of(work.bundle, rows, work.policy)
    found = probabilities(work.bundle, {outcome: part.margin for outcome, part in work.explained.items()}, shifts)
    totals = None if work.points is None else np.array([one["total"] for one in work.points], dtype=np.float64)
    cautions = warnings(work.bundle, work.assessed, found, totals)
    given = {name: values for name, values in found.items() if values is not None}
    sure = intervals(work.bundle, given, [row["as_of"].date() for row in rows])
    return replace(work, shifts=shifts, probabilities=given, intervals=sure, cautions=cautions)


def decide(work: Work) -> Work:
    """Grade, route, mode and observation by the policy of the day and the place, with the trace."""
    places = work.places()
    found = {}
    for row in work.cases():
        key = row["case_key"]
        scores = scores_of(work, places[key]) if key in places else Scores()
        found[key] = suggest(work.stated(key), scores, context_of(row), work.policy)
    return replace(work, suggestions=found)


def record(work: Work) -> Work:
    """One reconciled record per case, checked in full before anybody may see it."""
    places, whole = work.places(), Reference.of(work.bundle.reference, work.bundle.scorecard)
    cases = [(row, (row["region_code"], work.suggestions[row["case_key"]].tier)) for row in work.cases()]
    like = {kind: whole.like(*kind) for kind in {kind for _, kind in cases}}
    return replace(
        work, output=tuple(assemble(work, row, places.get(row["case_key"]), like[kind]) for row, kind in cases)
    )


def _require_known(cohort: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> None:
    """Refuse cases of which nothing, or not the application itself, was known before their as-of."""
    seen = pl.concat([frame.select("case_key") for frame in rows.values()]).unique()
    nothing = cohort.join(seen, on="case_key", how="anti")["case_key"].to_list()
    named = cohort.filter(pl.col("application_id").is_not_null())
    unknown = named.join(rows["repair_applications"], on=["case_key", "application_id"], how="anti")["case_key"]
    faults = [Fault("unknown_debtor", "/as_of", "nothing of this debtor is known before as_of") for _ in nothing]
    faults += [
        Fault("unknown_application", "/application_id", "the application is not known before as_of")
        for key in unknown
        if key not in nothing
    ]
    if faults:
        raise CaseFaults(faults)


def scores_of(work: Work, place: int) -> Scores:
    """What card and models say of one assessed case, as policy reads it."""
    shown = {name: float(values[place]) for name, values in work.probabilities.items()}
    mine = None if work.points is None else work.points[place]
    risk = work.intervals.get("redefault_12")
    graded = mine if mine is not None and mine["dimensions"] is not None else None
    return Scores(
        # A card on one scale has no dimensions, and the grade limits are not made for it.
        points=None if graded is None else graded["total"],
        dimensions=None if graded is None else _hundred(graded["dimensions"], graded["shares"]),
        p_success=shown.get("success"),
        p_redefault_6=shown.get("redefault_6"),
        p_redefault_12=shown.get("redefault_12"),
        p_redefault_12_low=None if risk is None else risk[place].low,
        p_redefault_12_high=None if risk is None else risk[place].high,
        extrapolated=work.cautions is not None and bool(work.cautions.extrapolated[place]),
        disagreement=work.cautions is not None and bool(work.cautions.disagreement[place]),
    )


def _hundred(points: Mapping[str, float], shares: Mapping[str, float]) -> dict[str, float]:
    """Sub-scores on 0 to 100, as policy tests them; tenths are whole, so the ratio is the same everywhere."""
    return {name: round(value * 10) * 10.0 / shares[name] for name, value in points.items()}


def _by_case(values: pl.DataFrame) -> dict[str, Values]:
    keys = values["case_key"].to_list()
    return dict(zip(keys, values.drop("case_key").to_dicts(), strict=True))


Step = tuple[str, Callable[[Work], Work]]
STEPS: tuple[Step, ...] = (
    ("cut at the as-of boundary", cut),
    ("fingerprint the input", fingerprint),
    ("indicators and facts with their evidence", measure),
    ("statutory gates", gates),
    ("points", give_points),
    ("margins and contributions", contribute),
    ("calibrated probabilities with their intervals", calibrate),
    ("grade, route and mode", decide),
    ("score record", record),
)
REPLAYED: tuple[Step, ...] = STEPS[3:]  # what a replay does again from the stored indicators and facts
