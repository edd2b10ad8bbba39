"""One whole, made-up case: the pieces that `build_record` puts together. And a tiny world scored for real."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from explain.case_rows import KnownCase, known_case
from explain.record import ModelTerms, build_record
from explain.recourse import Rescore
from models.bundle import Bundle, write_bundle
from models.keys import load_or_create_signing_key
from pipeline.cohorts import bucket_cohort
from pipeline.context import bare_cohort
from pipeline.data import synth
from pipeline.prepare import prepare
from pipeline.score import score
from pipeline.train import fit, settings, with_shares
from policy.parameters import Policy
from policy.parameters import load as load_policy
from records.dataset import Dataset

IDS = ("remaining_debt_log", "performed_ratio", "report_days_late", "settlement_breach_36m", "consent_share")


def terms(contributions: dict[str, float], base: float, probability: float) -> ModelTerms:
    """Terms that add up exactly."""
    margin = base
    for value in contributions.values():
        margin += value
    step = {"method": "platt", "slope": 1.0, "intercept": 0.0}
    return ModelTerms(base, contributions, margin, step, probability)


def fired(rule: str, zh: str) -> dict[str, Any]:
    parameter = {"key": "grade.limits.B", "value": 65.0, "region": "*", "industry": "*", "valid_from": "2017-05-01"}
    facts = {"performed_ratio": 0.25, "consent_share": None, "remaining_debt": 52300.0}
    return {"rule": rule, "outcome": "B", "facts": facts, "parameters": [{**parameter, "assumption": True}], "zh": zh}


SUGGESTION: dict[str, Any] = {
    "grade": "B",
    "tier": "general",
    "route": "ordinary",
    "provisional": True,
    "hearing": True,
    "third_party": False,
    "mode": "not_yet",
    "priority_start": False,
    "missing": [{"code": "consent", "zh": "债权人同意（未答复不视为同意）"}],
    "conditions": [],
    "observation_months": 8,
    "scope": ["financing", "bidding"],
    "stages": [],
    "publication": None,
    "tasks": [],
    "warnings": [
        {"code": "thin_query_coverage", "zh": "查控信息不足", "serious": True, "facts": {"query_coverage": 0.4}}
    ],
    "review": None,
    "trace": [fired("DT5", "积分在65至79.9之间：B级")],
}


def interval(low: float, high: float, cases: int, events: int) -> dict[str, Any]:
    return {
        "low": low,
        "high": high,
        "level": 0.9,
        "cases": cases,
        "events": events,
        "like_from": max(0.0, low - 0.02),
        "like_to": high + 0.02,
        "years": 1.5,
    }


def made() -> dict[str, Any]:
    c6 = dict(zip(IDS, (0.31, -0.12, 0.0, 0.05, -0.4), strict=True))
    c12 = dict(zip(IDS, (0.1, -0.3, 0.0, 0.2, -0.1), strict=True))
    success = dict(zip(IDS, (-0.2, 0.15, 0.0, -0.03, 0.6), strict=True))
    p6, q = 0.08, 0.05
    return {
        "kind": "application",
        "case": {
            "case_key": "A1@2026-05-01T00:00:00+0800",
            "debtor_id": "D1",
            "application_id": "A1",
            "as_of": "2026-05-01T00:00:00+08:00",
            "region_code": "220102",
            "industry_section": None,
            "subject_type": "natural",
        },
        "input_hash": "ab" * 32,
        "input_rows": {"debtors": 1, "obligations": 2, "payments": 0},
        "versions": {"bundle": "b" * 16, "profile": "applications", "policy": "p", "catalogue": "c", "code": "0.1.0"},
        "gate": {"outcome": "assess", "ground": None, "zh": None, "grounds": [], "trace": []},
        "indicators": dict(zip(IDS, (10.864, 0.25, None, 0.0, 0.6), strict=True)),
        "facts": {"no_ai": 0.0, "performed_ratio": 0.25, "creditors_heard": None},
        "evidence": {
            "remaining_debt_log": {"obligations": ["O2", "O1"], "payments": []},
            "performed_ratio": {"payments": ["P1"], "obligations": ["O1", "O2"]},
            "consent_share": {"creditor_notices": ["N1"]},
        },
        "points": {
            "total": 66.5,
            "dimensions": {"ability": 25.0, "willingness": 31.5, "impact": 10.0},
            "shares": {"ability": 40.0, "willingness": 40.0, "impact": 20.0},
            "caps": {"ability": 0.0, "willingness": 0.0, "impact": -2.3},
            "indicators": dict(zip(IDS, (12.4, 12.6, 11.5, 20.0, 12.3), strict=True)),
        },
        "models": {
            "success": terms(success, -0.5, 0.5),
            "redefault_6": terms(c6, -2.4, p6),
            "redefault_7_12": terms(c12, -3.0, q),
        },
        "probabilities": {"success": 0.5, "redefault_6": p6, "redefault_12": p6 + (1.0 - p6) * q},
        "intervals": {
            "success": interval(0.46, 0.53, 620, 305),
            "redefault_6": interval(0.06, 0.1, 410, 31),
            "redefault_12": interval(0.1, 0.15, 380, 47),
        },
        "suggestion": copy.deepcopy(SUGGESTION),
        "reasons": [],
        "nulls": {},
    }


@pytest.fixture
def pieces() -> dict[str, Any]:
    """Pieces of a case that was assessed by all three models and the card."""
    return made()


@pytest.fixture
def exit_pieces() -> dict[str, Any]:
    """Pieces of a case that left at the gate: no model was asked."""
    found = made()
    zh = "义务已全部履行，应删除失信信息并解除限制消费"
    found["gate"] = {"outcome": "no_discretion", "ground": "all_performed", "zh": zh, "grounds": ["all_performed"]}
    found["suggestion"] |= {"grade": None, "tier": None, "route": "no_discretion", "mode": "statutory", "missing": []}
    return found | {"points": None, "models": {}, "probabilities": {}, "intervals": {}}


@pytest.fixture(scope="session")
def recorded() -> str:
    """JSON text of the record of the assessed case."""
    return json.dumps(build_record(**made()).content())


@dataclass(frozen=True)
class Tiny:
    """A small world, a bundle fitted on it, and the real scoring function over both."""

    tables: Mapping[str, pl.DataFrame]
    accepted: pl.DataFrame
    bundle: Bundle
    policy: Policy

    def cohort(self, case: KnownCase, as_of: datetime) -> pl.DataFrame:
        return bare_cohort(
            pl.DataFrame(
                {"debtor_id": [case.debtor_id], "application_id": [case.application_id], "as_of": [as_of]},
                schema={
                    "debtor_id": pl.String(),
                    "application_id": pl.String(),
                    "as_of": pl.Datetime("us", "Asia/Shanghai"),
                },
            )
        )

    def rescore(self, case: KnownCase) -> Rescore:
        return lambda tables, as_of: score(tables, self.cohort(case, as_of), self.bundle, self.policy)[0]

    def cases(self, count: int) -> Iterator[tuple[KnownCase, Mapping[str, Any]]]:
        """The latest `count` assessed applications, each with its record."""
        for row in self.accepted.sort("as_of", descending=True).head(count).to_dicts():
            mine = {name: frame.filter(pl.col("debtor_id") == row["debtor_id"]) for name, frame in self.tables.items()}
            case = known_case(mine, row["debtor_id"], row["application_id"], row["as_of"])
            yield case, self.rescore(case)(case.tables, case.as_of)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Made once: the bundle is fitted on some 3,200 debtors in the shortest way."""
    root = tmp_path_factory.mktemp("tiny")
    params = root / "params.yaml"
    params.write_text(
        "train:\n  applications:\n    split: {mode: fit_test, fit_share: 0.7, calibrate_share: 0.2}\n"
        "    booster: {rounds: 20}\n",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPAIR_RISK_HOME", str(root / "var"))
        synth(root / "world", 3200, 7, 0.0, 1)
        policy, dataset = load_policy(), Dataset.open(root / "world")
        prepared = prepare(dataset, policy, None)
        chosen = with_shares(settings(prepared.profile.name, params, 1), policy, dataset.info.observed_until)
        fitted = fit(prepared, chosen, dataset.info.observed_until)
        bundle = write_bundle(fitted, root / "bundle", load_or_create_signing_key(root / "keys"))
    tables = dataset.read_bucket(0)
    return Tiny(tables, bucket_cohort(dataset, tables), bundle, policy)
