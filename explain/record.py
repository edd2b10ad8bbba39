"""Building a score record, and reading one back. Nothing that contradicts itself becomes a record.

raw = build_record(...).canonical      # what the ledger keeps
parse_record(raw).canonical == raw     # to the bit
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from explain.additivity import AdditivityError, Offence, adds_up, residual
from explain.canonical import canonical
from explain.coherence import heads, incoherences
from explain.compare import pointer
from explain.schema import SCHEMA, ScoreRecord

OUTCOMES = ("success", "redefault_6", "redefault_7_12")
PROBABILITIES = ("success", "redefault_6", "redefault_12")

Evidence = Mapping[str, Mapping[str, Sequence[str]]]


class RecordError(ValueError):
    """A score record that must not be stored. `faults` holds (JSON pointer, what is wrong) for every fault."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        lines = "; ".join(f"{where or '/'}: {detail}" for where, detail in self.faults)
        super().__init__(f"not a score record, {len(self.faults)} fault(s): {lines}")


@dataclass(frozen=True)
class ModelTerms:
    """One outcome of one case before it is recorded: log-odds, then the calibration as its own step.

    `contributions` is keyed by indicator; `calibration` is the calibrator as JSON values;
    `probability` is what the calibrator made of `margin`.
    """

    base: float
    contributions: Mapping[str, float]
    margin: float
    calibration: Mapping[str, Any]
    probability: float


def build_record(
    *,
    kind: str,
    case: Mapping[str, str | None],
    input_hash: str,
    input_rows: Mapping[str, int],
    versions: Mapping[str, str],
    gate: Mapping[str, Any],
    indicators: Mapping[str, float | None],
    facts: Mapping[str, float | None],
    evidence: Evidence,
    points: Mapping[str, Any] | None,
    models: Mapping[str, ModelTerms],
    probabilities: Mapping[str, float | None],
    intervals: Mapping[str, Mapping[str, Any]],
    suggestion: Mapping[str, Any],
    reasons: Sequence[Mapping[str, Any]],
    nulls: Mapping[str, str],
) -> ScoreRecord:
    """The record of one score, in the shape of `explain.schema`.

    `evidence` is {indicator or fact: {table: row ids}}; `models`, `probabilities` and `intervals` (low, high, level,
    cases, events, like_from, like_to, years) hold the outcomes that exist, absent ones become null. `nulls` says why
    each null head figure is null (keys such as "points" or "probabilities.success"); where the gate let no model be
    asked, that is said here.

    Raises AdditivityError when contributions do not add up to the margin, RecordError with every other fault.
    """
    terms = {outcome: _model(models[outcome]) for outcome in OUTCOMES if outcome in models}
    offences = [
        Offence(str(case.get("case_key")), outcome, model["residual"])
        for outcome, model in terms.items()
        if not adds_up(model["residual"], model["margin"])
    ]
    if offences:
        raise AdditivityError(offences)
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": kind,
        "case": dict(case),
        "input": {"hash": input_hash, "rows": dict(input_rows)},
        "versions": dict(versions),
        "gate": {name: gate.get(name) for name in ("outcome", "ground", "zh", "grounds")},
        "indicators": _facts(indicators, evidence),
        "facts": _facts(facts, evidence),
        "points": points,
        "models": {outcome: terms.get(outcome) for outcome in OUTCOMES},
        "probabilities": {name: probabilities.get(name) for name in PROBABILITIES},
        "intervals": {name: _interval(intervals.get(name)) for name in PROBABILITIES},
        "suggestion": dict(suggestion),
        "reasons": [dict(reason) for reason in reasons],
    }
    unknown = [("/models", sorted(set(models) - set(OUTCOMES)))]
    unknown += [("/probabilities", sorted(set(probabilities) - set(PROBABILITIES)))]
    unknown += [("/intervals", sorted(set(intervals) - set(PROBABILITIES)))]
    if any(names for _, names in unknown):
        raise RecordError([(where, f"unknown outcomes {names}") for where, names in unknown if names])
    content["nulls"] = {**_exit_nulls(content), **nulls}
    return record_of(content)


def record_of(content: Mapping[str, Any]) -> ScoreRecord:
    """A record from JSON values, checked in full. Raises RecordError listing every fault."""
    try:
        raw = canonical(content)
    except ValueError as error:
        raise RecordError(list(_unsayable(content, "")) or [("", str(error))]) from error
    return _read(raw)


def parse_record(raw: bytes) -> ScoreRecord:
    """A record from its canonical bytes, checked in full. Raises RecordError listing every fault."""
    record = _read(raw)
    if canonical(record.content()) != raw:
        raise RecordError([("", "the bytes are not the canonical JSON (RFC 8785) of this record")])
    return record


def evidence_list(found: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Evidence of one number as the record writes it: tables and rows sorted, tables without rows left out."""
    return [{"table": table, "rows": sorted(found[table])} for table in sorted(found) if found[table]]


def _read(raw: bytes) -> ScoreRecord:
    try:
        record = ScoreRecord.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RecordError([(pointer(item["loc"]), item["msg"]) for item in found]) from None
    faults = list(incoherences(record))
    if faults:
        raise RecordError(faults)
    record._raw = raw
    return record


def _model(terms: ModelTerms) -> dict[str, Any]:
    contributions = dict(terms.contributions)
    return {
        "base": terms.base,
        "contributions": contributions,
        "margin": terms.margin,
        "residual": residual(terms.base, contributions.values(), terms.margin),
        "calibration": dict(terms.calibration),
        "probability": terms.probability,
    }


def _interval(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if found is None else {**found, "meaning": "mean_of_like_cases"}


def _facts(values: Mapping[str, float | None], evidence: Evidence) -> list[dict[str, Any]]:
    return [
        {"id": id_, "value": value, "evidence": evidence_list(evidence.get(id_, {}))} for id_, value in values.items()
    ]


def _exit_nulls(content: Mapping[str, Any]) -> dict[str, str]:
    """Why the head figures are null where the gate let no model be asked."""
    gate = content["gate"]
    if gate["outcome"] == "assess":
        return {}
    zh, en = gate["zh"] or gate["ground"], gate["ground"]
    reason = f"门槛审查即有结论（{zh}），依规不作模型评估 / decided at the gate （{en}）： no model is asked"
    return {head: reason for head, value in heads(content) if value is None}


def _unsayable(value: object, where: str) -> Iterator[tuple[str, str]]:
    """Leaves that JSON cannot carry exactly, with their pointers."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unsayable(item, f"{where}{pointer([str(key)])}")
            if not isinstance(key, str):
                yield where, "has a key that is not text"
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _unsayable(item, f"{where}/{place}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield where, "must be a finite number (null where it is missing)"
    else:
        try:
            canonical({"value": value})
            json.dumps(value)
        except (ValueError, TypeError):
            yield where, f"a {type(value).__name__} of this value has no exact JSON form"
