"""Who the debtor is. The audit-only facts lie in a table of their own that no indicator reaches."""

from __future__ import annotations

from records.contract import Column, table

INDUSTRY_SECTIONS = tuple("ABCDEFGHIJKLMNOPQRST")  # GB/T 4754-2017

# operating_status and the three flags are null where a public source does not state them: unknown, not "no".
DEBTORS = table(
    "debtors",
    "被执行人",
    "debtor_id",
    "date of the registry extract (slowly changing)",
    Column(
        "subject_type",
        "enum",
        values=("natural", "enterprise", "individual_business", "other_unit"),
        sensitivity="public",
    ),
    Column("id_key", "id", sensitivity="sensitive", note="keyed HMAC of the identity number, never the number"),
    Column("uscc", "id", nullable=True, pattern=r"[0-9A-HJ-NPQRTUWXY]{18}", sensitivity="public"),
    Column("name_masked", "text", sensitivity="sensitive"),
    Column("industry_section", "enum", nullable=True, values=INDUSTRY_SECTIONS),
    Column("established_date", "date", nullable=True, past=True),
    Column("registered_capital", "money", nullable=True, minimum=0, unit="CNY"),
    Column("paid_in_capital", "money", nullable=True, minimum=0, unit="CNY"),
    Column("operating_status", "enum", nullable=True, values=("存续", "歇业", "吊销", "注销", "迁出")),
    Column("staff_band", "enum", nullable=True, values=("0", "1-9", "10-49", "50-299", "300+")),
    Column("is_specialized_sme", "flag", nullable=True, note="专精特新"),
    Column("is_minor", "flag", nullable=True),
    Column("lacks_capacity", "flag", nullable=True, note="without capacity for civil acts"),
    Column("represented_by", "enum", values=("none", "legal_rep", "guardian")),
    Column("valid_from", "date", past=True),
    Column("valid_to", "date", nullable=True),
)

DEBTOR_AUDIT = table(
    "debtor_audit",
    "审计专用属性",
    "debtor_id",
    "date of the registry extract",
    Column("sex", "enum", nullable=True, values=("female", "male"), sensitivity="audit"),
    Column("birth_year", "integer", nullable=True, minimum=1900, maximum=2100, sensitivity="audit"),
    Column("ethnicity", "text", nullable=True, sensitivity="audit"),
    Column("household_region", "id", nullable=True, pattern=r"[0-9]{6}", sensitivity="audit"),
)

GUARDIAN_CONDUCT = table(
    "guardian_conduct",
    "监护人行为",
    "conduct_id",
    "day after verification; kept apart from the ward's own conduct",
    Column("conduct_id", "id"),
    Column("guardian_key", "id", sensitivity="sensitive"),
    Column("kind", "enum", values=("mixed_property", "false_report", "refused_contact")),
    Column("verified_date", "date", past=True),
)
