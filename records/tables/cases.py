"""Enforcement cases, what is owed in them, and what was settled and paid."""

from __future__ import annotations

from records.contract import Column, table

CLOSING_MODES = ("执行完毕", "终结本次执行程序", "终结执行", "销案", "不予执行", "驳回申请")  # 法发〔2014〕26号

# Columns that a case system always fills are nullable where the public lists say nothing of them
# (records/importers): null means "the source does not state it", never zero and never "no".
ENFORCEMENT_CASES = table(
    "enforcement_cases",
    "执行案件",
    "case_id",
    "working day after filing; closing fields the day after closing",
    Column("case_id", "id"),
    Column("case_no", "text", sensitivity="public"),
    Column("court_code", "text", nullable=True, pattern=r"[一-鿿][0-9]{0,4}", sensitivity="public"),
    Column("case_type", "enum", values=("执", "执恢")),
    Column("basis_doc_no", "text", sensitivity="public"),
    Column("basis_type", "enum", nullable=True, values=("判决", "调解", "仲裁", "公证", "刑事", "行政")),
    Column("cause_code", "text", note="案由"),
    Column("filed_date", "date", nullable=True, past=True, sensitivity="public"),
    Column("notice_served_date", "date", nullable=True, past=True),
    Column("requested_amount", "money", nullable=True, minimum=0, unit="CNY", sensitivity="public"),
    Column("claim_kind", "enum", nullable=True, values=("money", "act")),
    Column("livelihood_flag", "flag", nullable=True, note="unpaid wage, alimony, medical claim"),
    Column("closed_date", "date", nullable=True, past=True),
    Column("closing_mode", "enum", nullable=True, values=CLOSING_MODES),
    Column("recovered_amount", "money", nullable=True, minimum=0, unit="CNY"),
    Column("prior_case_id", "id", nullable=True, references="enforcement_cases"),
    Column("status", "enum", values=("open", "suspended", "closed")),
)

OBLIGATIONS = table(
    "obligations",
    "债务",
    "obligation_id",
    "with the case; a new row when the performance state changes",
    Column("obligation_id", "id"),
    Column("case_id", "id", references="enforcement_cases"),
    Column("principal", "money", minimum=0, unit="CNY"),
    Column("ordinary_interest_rule", "text", note="as the judgment words it"),
    Column("due_date", "date"),
    Column("performance_state", "enum", values=("全部未履行", "部分未履行", "全部已履行"), sensitivity="public"),
    Column("rank_no", "integer", minimum=1),
    Column("non_money_desc", "text", nullable=True),
)

SETTLEMENTS = table(
    "settlements",
    "执行和解",
    "settlement_id",
    "day after agreement; a new row when the status changes",
    Column("settlement_id", "id"),
    Column("case_id", "id", references="enforcement_cases"),
    Column("agreed_date", "date", past=True),
    Column("plan_json", "plan"),
    Column("guarantor_id", "id", nullable=True, sensitivity="sensitive"),
    Column("security_value", "money", nullable=True, minimum=0, unit="CNY"),
    Column("status", "enum", values=("performing", "completed", "breached", "changed")),
)

PAYMENTS = table(
    "payments",
    "履行款项",
    "payment_id",
    "when the money is cleared (it may sit unclaimed)",
    Column("payment_id", "id"),
    Column("case_id", "id", references="enforcement_cases"),
    Column("settlement_id", "id", nullable=True, references="settlements"),
    Column("paid_date", "date", past=True),
    Column("amount", "money", minimum=0, unit="CNY"),
    Column("nature", "enum", values=("voluntary", "deducted", "auction", "third_party")),
    Column("cleared_date", "date", past=True),
)
