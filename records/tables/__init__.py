"""Every table of case records, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from records.contract import Table
from records.tables import assets, cases, debtors, measures, observation, repair

_ALL = (
    debtors.DEBTORS,
    debtors.DEBTOR_AUDIT,
    debtors.GUARDIAN_CONDUCT,
    cases.ENFORCEMENT_CASES,
    cases.OBLIGATIONS,
    cases.SETTLEMENTS,
    cases.PAYMENTS,
    measures.RESTRICTION_MEASURES,
    measures.PRE_NOTICES,
    measures.BEHAVIOUR_EVENTS,
    assets.PROPERTY_QUERIES,
    assets.PROPERTY_REPORTS,
    assets.OPERATING_MONTHLY,
    assets.INCOME_FACTS,
    assets.HARDSHIP_ATTESTATIONS,
    repair.CREDITOR_SOCIAL_FACTS,
    repair.REPAIR_APPLICATIONS,
    repair.CREDITOR_NOTICES,
    repair.HEARINGS,
    repair.DECISIONS,
    repair.SYNC_ORDERS,
    repair.DOCUMENTS,
    observation.MONITORING_MONTHLY,
    observation.REDEFAULT_EVENTS,
    observation.REVOCATIONS,
    observation.SCORE_LOG,
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _ALL})

# What a dataset of case records holds (the score log is written by the ledger, not read as input).
DATASET_TABLES = tuple(name for name in TABLES if name != "score_log")

# What a case handed to the scoring function holds: the audit-only attributes never travel with it.
CASE_TABLES = tuple(name for name in DATASET_TABLES if name != "debtor_audit")
