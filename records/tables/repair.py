"""The repair procedure: application, creditors' replies, hearing, decision, documents, orders."""

from __future__ import annotations

from records.contract import Column, table

CREDITOR_SOCIAL_FACTS = table(
    "creditor_social_facts",
    "债权人与社会影响事实",
    "fact_id",
    "when reported",
    Column("fact_id", "id"),
    Column("application_id", "id", nullable=True, references="repair_applications"),
    Column(
        "kind",
        "enum",
        values=(
            "creditor",
            "consent",
            "objection",
            "petition",
            "wage_arrears",
            "jobs_supported",
            "order_at_stake",
            "mass_event",
            "admin_penalty",
            "abnormal_list",
            "other_severe_list",
            "related_party_listed",
            "bankruptcy_stage",
            "civil_suit",
            "tender_won",
            "qualification",
            "investment",
        ),
    ),
    Column("value", "text", nullable=True, note="amount, count or stage; read by kind"),
    Column("share_of_debt", "number", nullable=True, minimum=0, maximum=1),
    Column("event_date", "date", past=True),
)

REPAIR_APPLICATIONS = table(
    "repair_applications",
    "信用修复申请",
    "application_id",
    "when filed; acceptance and withdrawal are new rows",
    Column("application_id", "id"),
    Column("case_ids", "ids", references="enforcement_cases"),
    Column("filed_at", "timestamp", past=True),
    Column("accepted_at", "timestamp", nullable=True, past=True),
    Column(
        "type_requested",
        "enum",
        values=("full_performance", "settlement_performing", "conditional", "inability", "bankruptcy"),
    ),
    Column("plan_json", "plan", nullable=True),
    Column("commitment_signed", "flag"),
    Column("materials_required", "integer", minimum=0),
    Column("materials_submitted", "integer", minimum=0),
    Column("material_discrepancies", "integer", nullable=True, minimum=0),
    Column("channel", "enum", values=("online", "window", "post")),
    Column("prior_application_id", "id", nullable=True, references="repair_applications"),
    Column("withdrawn_at", "timestamp", nullable=True, past=True),
    Column("no_ai", "flag", note="the debtor asks for human-only review (法发〔2022〕33号; PIPL art. 24)"),
)

CREDITOR_NOTICES = table(
    "creditor_notices",
    "债权人告知",
    "notice_id",
    "when sent; the reply is a new row",
    Column("notice_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("sent_at", "timestamp", past=True),
    Column("reply_due", "date"),
    Column("reply", "enum", nullable=True, values=("consent", "conditional", "object", "silent")),
)

HEARINGS = table(
    "hearings",
    "听证",
    "hearing_id",
    "day after the hearing",
    Column("hearing_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("held_at", "timestamp", past=True),
    Column("third_party_opinion", "enum", values=("none", "support", "neutral", "oppose")),
)

DECISIONS = table(
    "decisions",
    "决定",
    "decision_id",
    "when decided; service is a new row",
    Column("decision_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("decided_at", "timestamp", past=True),
    Column(
        "result",
        "enum",
        values=("granted_full", "granted_conditional", "granted_suspension", "refused", "closed_statutory"),
    ),
    Column("procedure", "enum", values=("simple", "ordinary")),
    Column("observation_months", "integer", minimum=0, maximum=12),
    Column("conditions_json", "json"),
    Column("certificate_code", "id", nullable=True, sensitivity="public"),
    Column("reason_text", "text"),
    Column("served_at", "timestamp", nullable=True, past=True),
    Column("model_score_id", "id", nullable=True),
    Column("reviewer_override", "flag"),
    Column("override_reason", "text", nullable=True),
)

SYNC_ORDERS = table(
    "sync_orders",
    "协同指令",
    "order_id",
    "when sent; receipt and completion are new rows",
    Column("order_id", "id"),
    Column("application_id", "id", references="repair_applications"),
    Column("target_body", "enum", values=("market_regulation", "tax", "finance", "bidding", "credit_platform")),
    Column("sent_at", "timestamp", past=True),
    Column("received_at", "timestamp", nullable=True, past=True),
    Column("done_at", "timestamp", nullable=True, past=True),
    Column("feedback_correct", "flag", nullable=True),
)

DOCUMENTS = table(
    "documents",
    "文书与材料",
    "document_id",
    "when submitted; the verdict is a new row",
    Column("document_id", "id"),
    Column("application_id", "id", nullable=True, references="repair_applications"),
    Column("case_id", "id", nullable=True, references="enforcement_cases"),
    Column(
        "kind",
        "enum",
        values=(
            "application",
            "performance_proof",
            "settlement",
            "security",
            "plan",
            "commitment",
            "report",
            "opinion",
            "hearing_record",
            "decision",
            "certificate",
        ),
    ),
    Column("content_hash", "id", pattern=r"[0-9a-f]{64}", note="the file stays in the court's archive"),
    Column("submitted_at", "timestamp", past=True),
    Column("verified_at", "timestamp", nullable=True, past=True),
    Column("verdict", "enum", nullable=True, values=("authentic", "inconsistent", "false")),
)
