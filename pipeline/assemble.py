"""One reconciled record out of everything the main path found of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explain.card_scale import card_scale
from explain.reasons import reasons
from explain.record import ModelTerms, build_record
from explain.reference import Reference
from explain.terms import model_terms
from features.profiles import Profile
from models.bundle import Bundle
from models.horizons import HEADS
from models.spec import OUTCOMES
from pipeline.version import CODE_VERSION
from pipeline.work import CASE_COLUMNS, Record, Values, Work


def assemble(work: Work, row: Mapping[str, Any], place: int | None, reference: Reference) -> Record:
    """The record of one case; `place` is its row among the assessed, None where no model was asked."""
    key, bundle, profile = row["case_key"], work.bundle, work.profile
    terms: dict[str, ModelTerms] = {}
    points: Mapping[str, Any] | None = None
    shown: dict[str, float] = {}
    sure: dict[str, Mapping[str, Any]] = {}
    why: list[dict[str, Any]] = []
    nulls: dict[str, str] = {}
    if place is not None:
        terms = model_terms(bundle.indicator_ids, work.explained, bundle.calibrators, place, work.shifts)
        points = None if work.points is None else work.points[place]
        shown = {name: float(values[place]) for name, values in work.probabilities.items()}
        sure = {name: found[place]._asdict() for name, found in work.intervals.items()}
        why = reasons(
            profile.catalogue,
            work.indicators[key],
            models=terms,
            points=None if points is None else points["indicators"],
            evidence=work.evidence[key],
            reference=reference,
            scale=card_scale(bundle.scorecard),
        )
        nulls = _nulls(bundle, points, shown, work.suggestions[key].grade)
    return build_record(
        kind=_kind(profile, work.facts[key]),
        case={name: row[name] for name in CASE_COLUMNS} | {"as_of": row["as_of"].isoformat()},
        input_hash=work.hashes[key],
        input_rows=work.counts[key],
        versions={
            "bundle": bundle.id,
            "profile": profile.name,
            "policy": work.policy.hash,
            "catalogue": bundle.catalogue_hash,
            "code": CODE_VERSION,
        },
        gate=work.gates[key].to_json(),
        indicators=work.indicators[key],
        facts=work.facts[key],
        evidence=work.evidence[key],
        points=points,
        models=terms,
        probabilities=shown,
        intervals=sure,
        suggestion=work.suggestions[key].to_json(),
        reasons=why,
        nulls=nulls,
    ).content()


def _kind(profile: Profile, facts: Values) -> str:
    if profile.name == "first_listings":
        return "first_listing"
    return "application" if facts.get("granted_mode") is None else "observation"


def _nulls(
    bundle: Bundle, points: Mapping[str, Any] | None, shown: Mapping[str, float], grade: str | None
) -> dict[str, str]:
    """Why each head figure of an assessed case is null: what the bundle could not fit, and what follows."""
    absent = dict(bundle.absent)
    if bundle.profile == "first_listings":  # the fit only counted; this is why there was nothing to count
        absent["success"] = "本类数据没有修复申请 / these records hold no repair applications"
    found = {f"models.{outcome}": absent[outcome] for outcome in OUTCOMES if outcome not in bundle.boosters}
    for name, needs in HEADS.items():
        if name not in shown:
            why = "; ".join(absent[part] for part in needs if part in absent)
            found |= {f"probabilities.{name}": why, f"intervals.{name}": why}
        elif name not in bundle.intervals:
            found[f"intervals.{name}"] = absent[f"intervals.{name}"]
    if points is None:
        found["points"] = absent["scorecard"]
    elif points["dimensions"] is None:
        found["points.dimensions"] = "本类数据不分三个维度计分 / these records do not carry the three dimensions"
    if grade is None:
        found["suggestion.grade"] = "没有三个维度的积分即不评等级 / no grade without points in three dimensions"
    return found
