"""Restrictions on the debtor, notices before them, and conduct under them."""

from __future__ import annotations

from records.contract import Column, table

MEASURE_KINDS = (
    "失信", "限消", "限制出境", "罚款", "拘留", "拘传", "搜查", "查封", "扣押", "冻结", "划拨", "拍卖", "悬赏",
)  # fmt: skip
LISTING_REASONS = ("①", "②", "③", "④", "⑤", "⑥")  # 法释〔2017〕7号 art. 1
LIFT_GROUNDS = (
    "art10_1", "art10_2", "art10_3", "art10_4", "art10_5", "art10_6", "art10_7",
    "term", "early_art2", "repair", "error", "plan",
)  # fmt: skip
REPAIR_FIELDS = (
    "procurement",  # 政府采购
    "bidding",  # 招标投标
    "approval",  # 行政审批
    "support",  # 政府扶持
    "financing",  # 融资信贷
    "market_access",  # 市场准入
    "qualification",  # 资质认定
)
LIFT_SCOPES = (*REPAIR_FIELDS, "consumption", "exit")

RESTRICTION_MEASURES = table(
    "restriction_measures",
    "惩戒与强制措施",
    "measure_id",
    "day after the decision; lifting is a new row",
    Column("measure_id", "id"),
    Column("case_id", "id", references="enforcement_cases"),
    Column("kind", "enum", values=MEASURE_KINDS),
    Column("listing_reason", "enum", nullable=True, values=LISTING_REASONS, sensitivity="public"),
    Column("decided_date", "date", past=True),
    Column("published_date", "date", nullable=True, past=True, sensitivity="public"),
    Column("term_end", "date", nullable=True),
    Column("lifted_date", "date", nullable=True, past=True),
    Column("lift_ground", "enum", nullable=True, values=LIFT_GROUNDS),
    Column("lift_scope", "codes", nullable=True, values=LIFT_SCOPES),
)

PRE_NOTICES = table(
    "pre_notices",
    "预惩戒告知",
    "notice_id",
    "day after service; the outcome is a new row at the end of the grace period",
    Column("notice_id", "id"),
    Column("served_date", "date", past=True),
    Column("grace_end", "date"),
    Column("outcome", "enum", nullable=True, values=("performed", "partial", "cooperative", "none")),
)

BEHAVIOUR_EVENTS = table(
    "behaviour_events",
    "行为事件",
    "event_id",
    "when verified, never when it happened",
    Column("event_id", "id"),
    Column("case_id", "id", nullable=True, references="enforcement_cases"),
    Column(
        "kind",
        "enum",
        values=(
            "ban_violation",
            "asset_transfer",
            "obstruct",
            "false_report",
            "lost_contact",
            "summons_served",
            "summons_missed",
            "clue_given",
            "asset_handed_over",
            "commitment",
            "commitment_kept",
            "contact_restored",
            "auto_performance_cert",
            "settlement_breach",
            "refusal_crime",
        ),
    ),
    Column("event_date", "date", past=True),
    Column("verified_date", "date", nullable=True, past=True),
    Column("severity", "integer", minimum=1, maximum=3),
    Column("amount", "money", nullable=True, minimum=0, unit="CNY"),
)
