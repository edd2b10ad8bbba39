"""After the grant: the monthly monitoring matrix, re-default events, revocations, the score log."""

from __future__ import annotations

from records.contract import Column, table

# Regular M01–M12 and deep D1–D6 of the "12+6监测矩阵" (S0a names it, the lines are ours). Units are
# chosen so that one column serves firms and persons.
_MONITORED = (
    Column(
        "m01_sales_yoy",
        "number",
        nullable=True,
        unit="ratio",
        note="firm: invoiced sales yoy; person: income credited yoy",
    ),
    Column("m02_tax_on_time", "flag", nullable=True, note="firm: tax filed and paid; person: contributions paid"),
    Column("m03_tax_arrears", "money", nullable=True, minimum=0, unit="CNY"),
    Column("m04_insured_staff", "integer", nullable=True, minimum=0, note="person: employment record 0/1"),
    Column("m05_wages_on_time", "flag", nullable=True, note="person: household payments"),
    Column("m06_power_water", "number", nullable=True, minimum=0, unit="ratio to the month a year before"),
    Column("m07_net_cash_flow", "money", nullable=True, unit="CNY"),
    Column("m08_orders", "integer", nullable=True, minimum=0, note="person: months in the same work"),
    Column("m09_registration_changes", "integer", nullable=True, minimum=0),
    Column("m10_penalties", "integer", nullable=True, minimum=0),
    Column("m11_asset_disposal", "money", nullable=True, minimum=0, unit="CNY"),
    Column("m12_new_suits", "integer", nullable=True, minimum=0),
    Column("d1_days_late", "integer", nullable=True, minimum=0, unit="days"),
    Column("d2_new_listing", "integer", nullable=True, minimum=0),
    Column("d3_concealment_clue", "integer", nullable=True, minimum=0),
    Column("d4_ban_violation", "integer", nullable=True, minimum=0),
    Column("d5_overdue_credit", "integer", nullable=True, minimum=0),
    Column("d6_document_mismatch", "integer", nullable=True, minimum=0),
)

MONITORING_MONTHLY = table(
    "monitoring_monthly",
    "修复后月度监测",
    "monitoring_id",
    "15 to 45 days after the month, by source; later sources are a new row",
    Column("monitoring_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("month_index", "integer", minimum=1, maximum=12),
    Column("period_end", "date", past=True),
    *_MONITORED,
    Column("quality_flag", "enum", values=("ok", "partial", "missing")),
)

REDEFAULT_EVENTS = table(
    "redefault_events",
    "再失信事件",
    "redefault_id",
    "when reported; annulment is a new row",
    Column("redefault_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("kind", "enum", values=("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")),
    Column("event_date", "date", past=True),
    Column("annulled_at", "timestamp", nullable=True, past=True),
)

REVOCATIONS = table(
    "revocations",
    "修复撤销",
    "revocation_id",
    "when initiated; the decision is a new row",
    Column("revocation_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("initiated_at", "timestamp", past=True),
    Column("ground", "enum", values=("false_material", "condition_breach", "new_dishonesty")),
    Column("decided_at", "timestamp", nullable=True, past=True),
    Column("lockout_until", "date", nullable=True),
)

SCORE_LOG = table(
    "score_log",
    "评分记录",
    "score_id",
    "when recorded; each row is a leaf of the ledger",
    Column("score_id", "id", pattern=r"[0-9a-f]{32}"),
    Column("application_id", "id", nullable=True),
    Column("as_of", "timestamp"),
    Column("model_version", "id"),
    Column("param_set_id", "id"),
    Column("input_hash", "id", pattern=r"[0-9a-f]{64}"),
    Column("points", "number", nullable=True, minimum=0, maximum=100),
    Column("grade", "enum", nullable=True, values=("A", "B", "C", "D")),
    Column("p_success", "number", nullable=True, minimum=0, maximum=1),
    Column("p_redefault_6", "number", nullable=True, minimum=0, maximum=1),
    Column("p_redefault_12", "number", nullable=True, minimum=0, maximum=1),
    Column("shap_json", "json", nullable=True),
    Column("rule_hits_json", "json"),
)
