"""Indicators of 行为意愿: how the debtor behaved towards the court and the debt."""

from __future__ import annotations

import polars as pl

from features.expressions import as_of_number, coded, day_number, divided, fen, micro, one_of, ratio, since
from features.indicator import Indicator, Part
from features.parts import (
    DUE,
    KEPT_UP,
    LISTING,
    LIVE_LISTING,
    NOTHING,
    SCOPE,
    SETTLEMENT_PAYMENTS,
    VERIFIED,
    conduct,
)

c = pl.col
_TODAY = c("as_of_day").to_physical().cast(pl.Int64)
_OVERDUE_UNTIL = pl.when(c("filed_date").is_not_null()).then(day_number("filed_date")).otherwise(as_of_number())

REPORTING = (
    Indicator(
        id="report_days_late", zh="财产报告逾期天数", en="Days the property report was late",
        dimension="willingness", unit="days", window="all", minimum=0, maximum=180,
        success=-1, redefault=1, missing="unknown", basis="财产调查规定",
        parts={
            "report_late": Part(
                "property_reports", pl.lit(True), "max",
                pl.max_horizontal(_OVERDUE_UNTIL - day_number("due_date"), NOTHING),
            )
        },
        combine=c("report_late").clip(upper_bound=180), review="未提交的算至评估日；取最长一次",
    ),
    Indicator(
        id="report_match_ratio", zh="申报一致率", en="Share of findings that the report had declared",
        dimension="willingness", unit="ratio", window="all", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="财产调查规定 art. 8",
        parts={
            "match_micro": Part("property_reports", c("verified_match").is_not_null(), "sum", micro("verified_match")),
            "match_reports": Part("property_reports", c("verified_match").is_not_null()),
        },
        combine=divided(ratio(c("match_micro"), c("match_reports")), 1_000_000.0), review="核对查控结果与申报内容",
    ),
    Indicator(
        id="false_report_24m", zh="虚假/拒绝报告次数", en="False or refused reports, 24 months",
        dimension="willingness", unit="count", window="24m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1(4)",
        parts={
            "false_reports": Part(
                "property_reports", one_of("verdict", "false", "refused") & since(c("verified_date"), 24)
            )
        },
        combine=c("false_reports"), review="须有核实结论；事后补正另见拒报是否纠正",
    ),
)  # fmt: skip

CONDUCT = (
    Indicator(
        id="ban_violation_24m", zh="违反限消次数", en="Violations of the consumption ban, 24 months",
        dimension="willingness", unit="count", window="24m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1(5)",
        parts={"ban_violations": conduct(24, "ban_violation")},
        combine=c("ban_violations"), review="以核实日期计，确认非一次性获准解除",
    ),
    Indicator(
        id="asset_transfer_36m", zh="转移隐匿次数", en="Assets moved or hidden, 36 months",
        dimension="willingness", unit="count", window="36m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1(3)",
        parts={"asset_transfers": conduct(36, "asset_transfer")},
        combine=c("asset_transfers"), review="须经核实",
    ),
    Indicator(
        id="obstruction_36m", zh="妨碍抗拒次数", en="Obstruction, 36 months",
        dimension="willingness", unit="count", window="36m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1(2)",
        parts={"obstructions": conduct(36, "obstruct")},
        combine=c("obstructions"), review="须经核实",
    ),
    Indicator(
        id="fine_detention_24m", zh="罚款拘留次数", en="Fines and detentions, 24 months",
        dimension="willingness", unit="count", window="24m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="民事诉讼法（对妨害执行的强制措施）",
        parts={
            "penalties": Part(
                "restriction_measures",
                one_of("kind", "罚款", "拘留") & since(c("decided_date"), 24)
                & (c("lift_ground") != "error").fill_null(True),
            )
        },
        combine=c("penalties"), review="被撤销的不计",
    ),
    Indicator(
        id="summons_response_rate", zh="到庭联络响应率", en="Share of summonses answered",
        dimension="willingness", unit="ratio", window="12m", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R40",
        parts={
            "summonses": Part("behaviour_events", (c("kind") == "summons_served") & since(c("event_date"), 12)),
            "summonses_missed": Part("behaviour_events", (c("kind") == "summons_missed") & since(c("event_date"), 12)),
        },
        combine=ratio(c("summonses") - c("summonses_missed"), c("summonses")).clip(lower_bound=0.0),
        review="核对送达是否有效",
    ),
    Indicator(
        id="lost_contact_days_12m", zh="失联天数", en="Days out of contact, 12 months",
        dimension="willingness", unit="days", window="12m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法〔2016〕373号",
        parts={
            "lost_days": Part("behaviour_events", c("lost_days_12m").is_not_null(), "sum", c("lost_days_12m")),
            "contact_restored": Part("behaviour_events", c("kind") == "contact_restored", "support"),
        },
        combine=c("lost_days"), review="恢复联系日期以核实为准",
    ),
    Indicator(
        id="cooperation_events_12m", zh="配合处置/提供线索", en="Cooperation, 12 months",
        dimension="willingness", unit="count", window="12m", minimum=0, maximum=None,
        success=1, redefault=-1, missing="none", basis="R40",
        parts={"cooperations": conduct(12, "clue_given", "asset_handed_over")},
        combine=c("cooperations"), review="线索须经查实",
    ),
    Indicator(
        id="commitment_kept_ratio", zh="承诺兑现率", en="Commitments kept",
        dimension="willingness", unit="ratio", window="all", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R26",
        parts={
            "commitments": Part("behaviour_events", c("kind") == "commitment"),
            "commitments_kept": Part("behaviour_events", c("kind") == "commitment_kept"),
        },
        combine=ratio(c("commitments_kept"), c("commitments")).clip(upper_bound=1.0), review="未到期的承诺说明情况",
    ),
    Indicator(
        id="auto_performance_certs_36m", zh="自动履行证明数", en="Certificates of voluntary performance, 36 months",
        dimension="willingness", unit="count", window="36m", minimum=0, maximum=None,
        success=1, redefault=-1, missing="none", basis="R60 自动履行证明书",
        parts={"performance_certs": conduct(36, "auto_performance_cert")},
        combine=c("performance_certs"), review="核对证明编号",
    ),
    Indicator(
        id="days_since_violation", zh="距最近违规天数", en="Days since the last verified violation",
        dimension="willingness", unit="days", window="60m", minimum=0, maximum=1825,
        success=1, redefault=-1, missing="none", basis="本项目设定",
        parts={
            "violation_day": Part(
                "behaviour_events",
                one_of(
                    "kind", "ban_violation", "asset_transfer", "obstruct", "false_report", "settlement_breach",
                    "refusal_crime",
                ) & VERIFIED,
                "max", day_number("verified_date"),
            )
        },
        combine=(_TODAY - c("violation_day")).clip(upper_bound=1825).fill_null(1825), review="无违规记录取上限",
    ),
)  # fmt: skip

_REPAIRED = one_of("lift_ground", "repair", "plan").fill_null(False)

RECORD = (
    Indicator(
        id="listing_reason_rank", zh="纳入情形严重度", en="Severity of the listing reason",
        dimension="willingness", unit="ordinal 0-5", window="as-of", minimum=0, maximum=5,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1; 排序为本项目设定",
        parts={"reason_rank": Part("restriction_measures", LIVE_LISTING, "max", c("reason_rank"))},
        combine=c("reason_rank").fill_null(0), review="第①项只是通常依据，不等于已证明有能力而拒不履行",
    ),
    Indicator(
        id="multi_behaviour_flag", zh="多项失信行为", en="Several kinds of dishonest conduct",
        dimension="willingness", unit="0/1", window="as-of", minimum=0, maximum=1,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 2",
        parts={
            "reason_first": Part("restriction_measures", LIVE_LISTING, "min", c("reason_code")),
            "reason_last": Part("restriction_measures", LIVE_LISTING, "max", c("reason_code")),
        },
        combine=(c("reason_first") != c("reason_last")).cast(pl.Int64).fill_null(0),
        review="以现行有效名单的不同情形计",
    ),
    Indicator(
        id="prior_listing_5y", zh="历史失信次数", en="Earlier listings, 5 years",
        dimension="willingness", unit="count", window="60m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="R38; R42（已修复案件不得再作不利评价）",
        parts={
            "prior_listings": Part(
                "restriction_measures",
                LISTING & since(c("decided_date"), 60) & ~c("in_application")
                & (c("lift_ground") != "error").fill_null(True) & (~_REPAIRED | c("repair_revoked")),
            ),
            "listing_applications": Part("repair_applications", c("this_application") | c("repair_revoked"), "support"),
            "revocations_decided": Part("revocations", c("decided_at").is_not_null(), "support"),
        },
        combine=c("prior_listings"), review="错误纳入和已修复未撤销的不计；本次申请所涉的不计",
    ),
    Indicator(
        id="prior_repair_5y", zh="既往修复次数", en="Earlier repairs, 5 years",
        dimension="willingness", unit="count", window="60m", minimum=0, maximum=None,
        success=0, redefault=0, missing="none", basis="R38",
        parts={
            "prior_repairs": Part(
                "decisions",
                one_of("result", "granted_full", "granted_conditional", "granted_suspension")
                & ~c("this_application") & since(c("decided_at").dt.date(), 60),
            )
        },
        combine=c("prior_repairs"), review="不作不利评价，仅供参考",
    ),
    Indicator(
        id="prior_revocation_5y", zh="既往撤销次数", en="Earlier revocations, 5 years",
        dimension="willingness", unit="count", window="60m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="R38–R39",
        parts={"prior_revocations": Part("revocations", since(c("decided_at").dt.date(), 60))},
        combine=c("prior_revocations"), review="核对撤销事由",
    ),
    Indicator(
        id="days_on_list", zh="在列天数", en="Days on the list",
        dimension="willingness", unit="days", window="as-of", minimum=0, maximum=None,
        success=0, redefault=0, missing="none", basis="DT4",
        parts={"listed_since": Part("restriction_measures", LIVE_LISTING, "min", day_number("decided_date"))},
        combine=(_TODAY - c("listed_since")).fill_null(0), review="自最早一条现行名单起算",
    ),
    Indicator(
        id="grace_outcome", zh="预惩戒期表现", en="Conduct in the grace period",
        dimension="willingness", unit="ordinal 0-3", window="newest", minimum=0, maximum=3,
        success=1, redefault=-1, missing="unknown", basis="R40 预惩戒告知",
        # The newest grace period decides: its day carries its outcome in the last two bits.
        parts={
            "grace": Part(
                "pre_notices", c("outcome").is_not_null(), "max",
                day_number("grace_end") * 4
                + coded("outcome", {"none": 0, "cooperative": 1, "partial": 2, "performed": 3}),
            )
        },
        combine=c("grace") % 4, review="无<配合<部分履行<全部履行",
    ),
)  # fmt: skip

PAYING = (
    Indicator(
        id="voluntary_share", zh="主动履行占比", en="Share paid voluntarily",
        dimension="willingness", unit="ratio", window="all", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="法发〔2019〕35号",
        parts={
            "paid_fen": Part("payments", pl.lit(True), "sum", fen("amount")),
            "voluntary_fen": Part("payments", c("nature") == "voluntary", "sum", fen("amount")),
        },
        combine=ratio(c("voluntary_fen"), c("paid_fen")), review="扣划、拍卖、第三人代付不算主动履行",
    ),
    Indicator(
        id="paid_before_measure_ratio", zh="惩戒前履行比例", en="Share paid before the first measure",
        dimension="willingness", unit="ratio", window="all", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R40",
        parts={
            **SCOPE,
            "early_fen": Part("payments", c("case_in_scope") & c("before_measure"), "sum", fen("amount")),
            "first_measures": Part("restriction_measures", one_of("kind", "失信", "限消"), "support"),
        },
        steps=DUE, combine=ratio(c("early_fen"), c("scope_due")).clip(upper_bound=1.0),
        review="以首次失信、限消决定日为界",
    ),
    Indicator(
        id="on_time_rate_12m", zh="按期履行率", en="Instalments met on time, 12 months",
        dimension="willingness", unit="ratio", window="12m", minimum=0, maximum=1,
        success=1, redefault=-1, missing="unknown", basis="R33",
        parts={
            "instalments_due": Part("settlements", c("status") != "changed", "sum", c("due_12m")),
            "instalments_on_time": Part("settlements", c("status") != "changed", "sum", c("on_time_12m")),
            **SETTLEMENT_PAYMENTS,
        },
        combine=ratio(c("instalments_on_time"), c("instalments_due")), review="以款项支付日对照应付日",
    ),
    Indicator(
        id="max_overdue_days_12m", zh="最长逾期天数", en="Longest delay of an instalment, 12 months",
        dimension="willingness", unit="days", window="12m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="unknown", basis="R33",
        parts={
            "plan_late": Part("settlements", c("status") != "changed", "max", c("late_12m")),
            "monitored_late": Part("monitoring_monthly", since(c("period_end"), 12), "max", c("d1_days_late")),
            **SETTLEMENT_PAYMENTS,
        },
        combine=pl.max_horizontal(c("plan_late"), c("monitored_late")), review="未付的算至评估日",
    ),
    Indicator(
        id="settlement_active", zh="正常履行和解", en="A settlement is being kept",
        dimension="willingness", unit="0/1", window="as-of", minimum=0, maximum=1,
        success=1, redefault=0, missing="none", basis="R25",
        parts={"settlements_kept": Part("settlements", KEPT_UP), **SETTLEMENT_PAYMENTS},
        combine=c("settlements_kept").clip(upper_bound=1), review="逾期三十日以内视为正常",
    ),
    Indicator(
        id="settlement_breach_36m", zh="和解违约次数", en="Settlements broken, 36 months",
        dimension="willingness", unit="count", window="36m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis="法释〔2017〕7号 art. 1(6)",
        parts={
            "breaches": conduct(36, "settlement_breach"),
            "settlements_breached": Part("settlements", (c("status") == "breached") & since(c("agreed_date"), 36)),
        },
        combine=pl.max_horizontal(c("breaches"), c("settlements_breached")),
        review="违约事件与和解状态取其多者，不重复计",
    ),
)  # fmt: skip

MATERIAL = (
    Indicator(
        id="material_completeness", zh="材料完备率", en="Share of required materials handed in",
        dimension="willingness", unit="ratio", window="this application", minimum=0, maximum=1,
        success=1, redefault=0, missing="unknown", basis="R49",
        parts={
            "materials_required": Part("repair_applications", c("this_application"), "max", c("materials_required")),
            "materials_submitted": Part("repair_applications", c("this_application"), "max", c("materials_submitted")),
        },
        combine=ratio(c("materials_submitted"), c("materials_required")).clip(upper_bound=1.0), review="缺项可补正",
    ),
    Indicator(
        id="material_discrepancies", zh="材料不符项", en="Discrepancies in the materials",
        dimension="willingness", unit="count", window="this application", minimum=0, maximum=None,
        success=-1, redefault=1, missing="unknown", basis="R39",
        parts={"discrepancies": Part("repair_applications", c("this_application"), "max", c("material_discrepancies"))},
        combine=c("discrepancies"), review="区分笔误与虚假材料",
    ),
)  # fmt: skip

WILLINGNESS = REPORTING + CONDUCT + RECORD + PAYING + MATERIAL
