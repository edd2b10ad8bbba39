"""What the debtor owns and earns: network queries, property reports, operating and income facts."""

from __future__ import annotations

from records.contract import Column, table

PROPERTY_QUERIES = table(
    "property_queries",
    "财产查控",
    "query_id",
    "at the request; the feedback is a new row at feedback_at",
    Column("query_id", "id"),
    Column("channel", "enum", values=("总对总", "点对点", "onsite", "clue")),
    Column("requested_at", "timestamp", past=True),
    Column("feedback_at", "timestamp", nullable=True, past=True),
    Column(
        "asset_class",
        "enum",
        values=(
            "deposit",
            "real_estate",
            "vehicle",
            "securities",
            "equity",
            "provident_fund",
            "insurance",
            "receivable",
            "other",
        ),
    ),
    Column("gross_value", "money", nullable=True, minimum=0, unit="CNY"),
    Column("encumbrance_value", "money", nullable=True, minimum=0, unit="CNY"),
    Column("accessible_value", "money", nullable=True, minimum=0, unit="CNY"),
    Column("feedback_status", "enum", nullable=True, values=("ok", "partial", "fail", "timeout")),
)

PROPERTY_REPORTS = table(
    "property_reports",
    "财产报告",
    "report_id",
    "day after the order; filing and verdict are new rows",
    Column("report_id", "id"),
    Column("ordered_date", "date", past=True),
    Column("due_date", "date"),
    Column("filed_date", "date", nullable=True, past=True),
    Column("declared_value", "money", nullable=True, minimum=0, unit="CNY"),
    Column("verified_match", "number", nullable=True, minimum=0, maximum=1),
    Column("verdict", "enum", nullable=True, values=("true", "omitted", "false", "refused")),
    Column("verified_date", "date", nullable=True, past=True),
)

OPERATING_MONTHLY = table(
    "operating_monthly",
    "月度经营",
    "operating_id",
    "15 to 45 days after the month, by source",
    Column("operating_id", "id"),
    Column("period_end", "date", past=True),
    Column("sales", "money", nullable=True, minimum=0, unit="CNY"),
    Column("cash_in", "money", nullable=True, minimum=0, unit="CNY"),
    Column("cash_out", "money", nullable=True, minimum=0, unit="CNY"),
    Column("tax_due", "money", nullable=True, minimum=0, unit="CNY"),
    Column("tax_paid", "money", nullable=True, minimum=0, unit="CNY"),
    Column("insured_staff", "integer", nullable=True, minimum=0),
    Column("power_use", "number", nullable=True, minimum=0, unit="kWh"),
    Column("orders_won", "integer", nullable=True, minimum=0),
    Column("answer_form", "enum", values=("value", "band", "yes_no")),
)

INCOME_FACTS = table(
    "income_facts",
    "收入",
    "income_id",
    "30 to 45 days after the month",
    Column("income_id", "id"),
    Column("period_end", "date", past=True),
    Column("income", "money", minimum=0, unit="CNY per month"),
    Column("living_cost_allowance", "money", minimum=0, unit="CNY per month", note="regional"),
)

HARDSHIP_ATTESTATIONS = table(
    "hardship_attestations",
    "失能事由核实",
    "attestation_id",
    "day after the attestation; restricted class, no diagnosis",
    Column("attestation_id", "id"),
    Column(
        "kind_class",
        "enum",
        values=("loss_of_work", "loss_of_main_income", "force_majeure", "other"),
        sensitivity="sensitive",
    ),
    Column("attested_by", "id", note="the judge"),
    Column("attested_at", "timestamp", past=True),
    Column("valid_to", "date"),
)
