"""Score records made by hand, a scorer that answers with them, and the application over both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from explain.card_scale import CardScale
from explain.case_rows import KnownCase, known_case
from explain.phrases import Words
from explain.reasons import reasons as make_reasons
from explain.record import ModelTerms, build_record
from explain.recourse import Record, Rescore
from explain.reference import Reference
from explain.together import Together
from features.indicator import describe
from features.profiles import PROFILES
from ledger.keys import LedgerKeys, load_or_create
from ledger.store import Ledger
from policy.outcome import Context, Scores
from policy.parameters import Policy, load
from policy.suggest import suggest
from records.case import Case
from records.tables import CASE_TABLES
from service.app import create_app

PROFILE = PROFILES["applications"]
VALUES: Mapping[str, float | None] = {
    "remaining_debt_log": math.log1p(183_400.0),
    "performed_ratio": 0.4375,
    "requested_total_log": math.log1p(326_000.0),
    "open_case_count": 2.0,
    "zhongben_count_5y": 1.0,
    "asset_net_value_log": math.log1p(96_000.0),
    "asset_cover_ratio": 0.52,
    "encumbrance_ratio": 0.31,
    "disposable_income_m": 4_230.5,
    "plan_burden_ratio": 0.62,
    "plan_years_to_clear": 3.4,
    "revenue_trend_6m": None,
    "report_days_late": 12.0,
    "report_match_ratio": 0.93,
    "ban_violation_24m": 1.0,
    "summons_response_rate": 0.8,
    "cooperation_events_12m": 3.0,
    "commitment_kept_ratio": 1.0,
    "days_since_violation": 402.0,
    "listing_reason_rank": 1.0,
    "multi_behaviour_flag": 0.0,
    "voluntary_share": 0.86,
    "on_time_rate_12m": 0.917,
    "max_overdue_days_12m": 6.0,
    "settlement_active": 1.0,
    "settlement_breach_36m": 0.0,
    "creditor_count": 3.0,
    "consent_share": 1.0,
    "livelihood_share": 0.12,
    "jobs_supported": 0.0,
}
_EVIDENCE = {
    "performed_ratio": {
        "payments": [f"pay-2025-{n:03d}" for n in range(1, 18)],
        "obligations": ["obl-7731-1", "obl-7731-2"],
    },
    "remaining_debt_log": {"enforcement_cases": ["case-7731"], "obligations": ["obl-7731-1", "obl-7731-2"]},
    "on_time_rate_12m": {"settlements": ["set-118"], "payments": [f"pay-2025-{n:03d}" for n in range(6, 18)]},
    "ban_violation_24m": {"behaviour_events": ["beh-20"]},
    "settlement_active": {"settlements": ["set-118"]},
    "disposable_income_m": {"income_facts": ["inc-1", "inc-2", "inc-3"]},
    "consent_share": {"creditor_notices": ["not-1", "not-2", "not-3"]},
    "report_days_late": {"property_reports": ["rep-4"]},
}
_POINTS = (8.4, 7.1, 1.6, 3.0, 4.2, 4.6, 5.9, 1.4, 2.5, 0.7)
FACTS: Mapping[str, float | None] = {
    "is_listed": 1.0,
    "listing_reason": 1.0,
    "listing_reason_rank": 1.0,
    "live_listings_5y": 1.0,
    "multi_behaviour": 0.0,
    "able_at_listing": 0.0,
    "remaining_debt": 183_400.0,
    "performed_ratio": 0.4375,
    "subject_is_person": 1.0,
    "query_coverage": 0.88,
    "settlement_active": 1.0,
    "plan_set": 1.0,
    "consent_share": 1.0,
    "creditor_count": 3.0,
    "creditors_heard": 0.0,
    "material_discrepancies": 0.0,
    "mass_event": 0.0,
    "open_cases_elsewhere": 1.0,
    "related_party_listed": 0.0,
    "no_ai": 0.0,
}


_ADVERSE = {
    "remaining_debt_log",
    "requested_total_log",
    "open_case_count",
    "zhongben_count_5y",
    "plan_burden_ratio",
    "plan_years_to_clear",
    "revenue_trend_6m",
    "report_days_late",
    "ban_violation_24m",
    "max_overdue_days_12m",
    "asset_cover_ratio",
}


def _terms(seed: int, base: float, sign: float) -> ModelTerms:
    """A margin whose contributions differ in size and point the way the value does."""
    contributions = {
        id_: round((sign if id_ in _ADVERSE else -sign) * 0.42 * math.exp(-((place * 5 + seed) % 23) / 5), 6)
        for place, id_ in enumerate(VALUES)
    }
    margin = math.fsum([base, *contributions.values()])
    return ModelTerms(
        base, contributions, margin, {"method": "platt", "slope": 1.0, "intercept": 0.0}, 1 / (1 + math.exp(-margin))
    )


def _case(key: str, application: str | None) -> dict[str, str | None]:
    return {
        "case_key": f"{key}@2026-04-01T00:00:00+0800",
        "debtor_id": "D-9931-0417",
        "application_id": application,
        "as_of": "2026-04-01T00:00:00+08:00",
        "region_code": "220102",
        "industry_section": "F",
        "subject_type": "natural",
    }


def _record(kind: str, application: str | None, policy: Policy, **parts: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "kind": kind,
        "case": _case(application or "D-9931-0417", application),
        "input_hash": "5d" * 32,
        "input_rows": {"debtors": 1, "enforcement_cases": 2, "payments": 17, "obligations": 2, "settlements": 1},
        "versions": {
            "bundle": "8f1c0aa27be94d13",
            "profile": "applications",
            "policy": policy.hash,
            "catalogue": "c3" * 32,
            "code": "0.1.0",
        },
        "indicators": VALUES,
        "facts": FACTS,
        "evidence": {**_EVIDENCE, "query_coverage": {"property_queries": ["qry-1", "qry-2"]}},
        "points": None,
        "models": {},
        "probabilities": {},
        "intervals": {},
        "reasons": [],
        "nulls": {},
    }
    return dict(build_record(**(whole | parts)).content())


_FEW = "12 events among 300 cases (calibration period); intervals need 20 of either outcome"


def interval(p: float) -> dict[str, Any]:
    """An interval some three points wide on either side."""
    return {"low": max(0.0, p - 0.03), "high": min(1.0, p + 0.03), "level": 0.9, "cases": 412, "events": 91,
            "like_from": max(0.0, p - 0.02), "like_to": min(1.0, p + 0.02), "years": 1.5}  # fmt: skip


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load()


@pytest.fixture(scope="session")
def assessed(policy: Policy) -> dict[str, Any]:
    """A discretionary application with a grade, reasons, warnings and a provisional route."""
    card = {id_: _POINTS[place % len(_POINTS)] for place, id_ in enumerate(VALUES) if place % 2 == 0}
    total = round(sum(card.values()), 1)
    marks = {"ability": 22.3, "willingness": 28.0, "impact": round(total - 50.3, 1)}
    models = {
        "success": _terms(1, 0.1, -1.0),
        "redefault_6": _terms(2, -1.7, 1.0),
        "redefault_7_12": _terms(4, -1.9, 1.0),
    }
    p6, q = models["redefault_6"].probability, models["redefault_7_12"].probability
    found = {"success": models["success"].probability, "redefault_6": p6, "redefault_12": p6 + (1.0 - p6) * q}
    sure = {name: interval(p) for name, p in found.items()}
    scores = Scores(
        points=total,
        dimensions={"ability": 55.75, "willingness": 70.0, "impact": 80.0},
        p_success=found["success"],
        p_redefault_6=p6,
        p_redefault_12=found["redefault_12"],
        p_redefault_12_low=sure["redefault_12"]["low"],
        p_redefault_12_high=sure["redefault_12"]["high"],
        disagreement=True,
    )
    suggestion = suggest(FACTS, scores, Context(date(2026, 4, 1), "220102", "F"), policy)
    reference = Reference(
        shares=(0.0, 0.25, 0.5, 0.75, 1.0),
        quantiles={"performed_ratio": (0.0, 0.05, 0.2, 0.4, 1.0), "on_time_rate_12m": (0.0, 0.3, 0.6, 0.9, 1.0)},
        points=dict.fromkeys(card, 2.0),
    )
    why = make_reasons(
        PROFILE.catalogue, VALUES, models=models, points=card, evidence=_EVIDENCE, reference=reference, scale=SCALE
    )
    return _record(
        "application",
        "APP-2026-00317",
        policy,
        gate=suggestion.gate.to_json(),
        points={
            "total": total,
            "dimensions": marks,
            "shares": {"ability": 40.0, "willingness": 40.0, "impact": 20.0},
            "caps": {"ability": 0.0, "willingness": 0.0, "impact": 0.0},
            "indicators": card,
        },
        models=models,
        probabilities=found,
        intervals=sure,
        suggestion=suggestion.to_json(),
        reasons=why,
    )


def _stopped(policy: Policy, application: str, **facts: float) -> dict[str, Any]:
    read = {**FACTS, **facts}
    suggestion = suggest(read, Scores(), Context(date(2026, 4, 1), "220102", "F"), policy)
    return _record(
        "application",
        application,
        policy,
        facts=read,
        gate=suggestion.gate.to_json(),
        suggestion=suggestion.to_json(),
    )


@pytest.fixture(scope="session")
def statutory(policy: Policy) -> dict[str, Any]:
    """Everything performed: an exit that is a right, no model asked."""
    return _stopped(policy, "APP-2026-00318", all_performed=1.0, performed_ratio=1.0)


@pytest.fixture(scope="session")
def by_a_person(policy: Policy) -> dict[str, Any]:
    """The debtor asked for human-only review."""
    return _stopped(policy, "APP-2026-00319", no_ai=1.0)


@pytest.fixture(scope="session")
def listing(policy: Policy) -> dict[str, Any]:
    """A first listing: re-default only; no success, no dimensions, and the record says why."""
    models = {"redefault_6": _terms(2, -2.1, 1.0), "redefault_7_12": _terms(4, -2.3, 1.0)}
    p6, q = models["redefault_6"].probability, models["redefault_7_12"].probability
    found = {"success": None, "redefault_6": p6, "redefault_12": p6 + (1.0 - p6) * q}
    scores = Scores(p_redefault_6=p6, p_redefault_12=found["redefault_12"])
    suggestion = suggest(FACTS, scores, Context(date(2026, 4, 1), "220102", "F"), policy)
    why = "首次纳入时没有修复申请 / there is no application at a first listing"
    names = ("points", "points.dimensions", "models.success", "probabilities.success", "suggestion.grade",
             "intervals.success")  # fmt: skip
    return _record(
        "first_listing",
        None,
        policy,
        gate=suggestion.gate.to_json(),
        models=models,
        probabilities=found,
        suggestion=suggestion.to_json(),
        nulls={name: why for name in names if name != "points.dimensions"}
        | dict.fromkeys(("intervals.redefault_6", "intervals.redefault_12"), _FEW),
    )


SCALE = CardScale(0.0625, math.log(2) / 0.0625)


class StubMaker:
    """Two indicators act together in every margin there is."""

    scale: CardScale | None = SCALE

    def together(self, record: Record) -> Mapping[str, tuple[Together, ...]]:
        outcomes = [outcome for outcome, model in record["models"].items() if model]
        return {
            outcome: (
                Together("performed_ratio", "voluntary_share", -0.25, SCALE.points(outcome, -0.25), "合在一起", "both"),
            )
            for outcome in outcomes
        }


class StubScorer:
    """Answers every case with one record, made the case's own; counts how often it was asked for."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.asked = 0
        self.failure: Exception | None = None
        self.on_score: Callable[[Case], None] | None = None
        self.made_by: Callable[[Record], StubMaker] = lambda _: StubMaker()

    def current(self) -> StubScorer:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return self

    def score_case(self, case: Case) -> Mapping[str, Any]:
        if self.on_score is not None:
            self.on_score(case)
        own = {"debtor_id": case.debtor_id, "application_id": case.application_id}
        return {**self.record, "case": {**self.record["case"], **own}}

    def suppose(self, case: Case) -> tuple[KnownCase, Record, Rescore]:
        """The known rows and the record; scored again, an event that was added shows as a moved fact."""
        record = self.score_case(case)

        def rescore(tables: Any, _: Any) -> Record:
            added = tables["behaviour_events"].height > case.tables["behaviour_events"].height
            facts = [{**fact, "value": 1.0} if added and fact["id"] == "no_ai" else fact for fact in record["facts"]]
            return {**record, "facts": facts}

        return known_case(case.tables, case.debtor_id, case.application_id, case.as_of), record, rescore

    def firm(self, record: Record) -> tuple[Words, ...]:
        return (Words("理由稳固。", "The reasons are firm."),) if record["reasons"] else ()

    def maker(self, record: Record) -> StubMaker:
        return self.made_by(record)

    def describe(self) -> Mapping[str, Any]:
        return {
            "bundle": self.record["versions"]["bundle"],
            "profile": "applications",
            "policy": self.record["versions"]["policy"],
            "indicators": {item.id: describe(item) for item in (*PROFILE.facts, *PROFILE.catalogue)},
        }


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LedgerKeys:
    return load_or_create(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def ledger(tmp_path: Path, keys: LedgerKeys) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", tmp_path / "checkpoints.log", keys.private) as ledger:
        yield ledger


@pytest.fixture
def scorer(assessed: dict[str, Any]) -> StubScorer:
    return StubScorer(assessed)


@pytest.fixture
def client(scorer: StubScorer, ledger: Ledger, policy: Policy) -> Iterator[TestClient]:
    with TestClient(create_app(scorer, ledger, max_body=100_000, policy=policy)) as client:
        yield client


@pytest.fixture
def case() -> dict[str, Any]:
    """The smallest case: no rows in any table."""
    return {
        "debtor_id": "D-1",
        "application_id": None,
        "as_of": "2026-04-01T00:00:00+08:00",
        "tables": {name: [] for name in CASE_TABLES},
    }
