"""The facts the decision tables read, by id. All are handed in; None or absent means unknown.

The ids are those of `features.facts`; a fact is 0/1 or a number. Unknown is never favourable to a
quick route and never proves fault: each table says what it does with it.
"""

from __future__ import annotations

import math

from policy.outcome import Facts

# Severity of the listing reason as the indicator catalogue ranks it: ①1 ④2 ⑥2 ⑤3 ③4 ②5.
REASON_ABLE_BUT_REFUSES = 1
FIXED_TERM_FROM_RANK = 2  # ②-⑥ have a fixed term, ① has none (法释〔2017〕7号 art. 2)
REASON_REFUSED_SETTLEMENT = 6  # number of the reason ⑥, in `listing_reason`

FACTS: dict[str, str] = {
    "all_performed": "已全部履行",
    "settlement_performed": "和解协议已履行完毕",
    "enforcement_terminated": "已终结执行",
    "non_enforcement_ruled": "已裁定不予执行",
    "enforcement_suspended": "已中止执行",
    "is_minor": "未成年人",
    "wrong_listing": "错误纳入",
    "listing_term_passed": "纳入期限届满",
    "reorganisation_approved": "重整计划获批准",
    "liquidation_completed": "破产清算终结",
    "is_listed": "现为失信被执行人",
    "lacks_capacity": "无完全民事行为能力",
    "refusal_crime_36m": "拒执罪判决或在诉",
    "concealment_36m": "查实隐匿转移财产",
    "violence_36m": "查实暴力妨碍执行",
    "sham_or_false_report_36m": "查实虚假诉讼或虚假报告",
    "in_lockout": "处于再申请限制期",
    "fake_repair_listed": "列入虚假修复名单",
    "report_refused_uncured": "拒绝报告财产且未改正",
    "grave_harm": "严重社会危害",
    "no_ai": "要求人工审查",
    "listing_reason_rank": "纳入情形严重度",
    "live_listings_5y": "五年内有效失信记录数",
    "multi_behaviour": "多项失信行为",
    "prior_revocations": "既往撤销次数",
    "able_at_listing": "纳入时有履行能力",
    "remaining_debt": "未履行金额",
    "performed_ratio": "履行比例",
    "subject_is_person": "自然人",
    "creditor_count": "债权人数",
    "creditors_heard": "债权人已听取",
    "objections": "异议数",
    "consent_share": "同意债权占比",
    "material_discrepancies": "材料不符项",
    "mass_event": "群体性事件",
    "hardship_attested": "法官核实的失能事由",
    "query_coverage": "查控反馈覆盖率",
    "settlement_active": "和解正常履行",
    "security_cover": "担保覆盖率",
    "plan_set": "履行计划与监管条件已定",
    "conduct_active": "查实积极履行行为",
    "open_cases_elsewhere": "其他未结案件数",
    "related_party_listed": "失信关联方数",
    "insolvency_sign": "破产迹象或阶段",
    "lockout_near": "接近再申请限制期",
    "grace_good": "预惩戒期表现良好",
    "granted_mode": "已准予的修复方式",
}

# Read where given; each narrows a test that the facts above leave open, and unknown changes nothing.
# `features` computes them from the case tables, save for those of `NOT_RECORDED`.
EXTRA_FACTS: dict[str, str] = {
    "listing_reason": "纳入情形序号（1-6）",
    "plan_years_to_clear": "计划清偿年限",
    "bankruptcy_obstruction_months": "因严重妨害破产程序受罚至今月数",
    "law_bars_repair": "法律法规规定不可修复",
    "months_published": "已公示月数",
    # Entry conditions that some regions set (S0a R23, R34; S1a R27)
    "pre_publicity_days": "修复前已公示日数",
    "pre_observation_months": "修复前已观察月数",
    "guarantee_months": "修复前已过保证期月数",
    "credit_report": "已提交第三方信用报告",
    "field_checked": "已经实地核查",
    "late_interest_paid": "已付清迟延履行利息",
    # Hearing and opinions (S0a R08, R48)
    "hearing_requested": "当事人或债权人要求听证",
    "hearing_held": "已举行听证",
    "third_party_opinion": "第三方意见（-1反对，0中立，1支持）",
    # Payments agreed in parts (S1c R44)
    "stages_total": "约定分期数",
    "stages_paid": "已到账期数",
    # Bankruptcy and personal debt clearing (S2a R67; S4b R35)
    "reorganisation_completed": "重整计划执行完毕",
    "debt_clearing": "处于个人债务集中清理程序",
    "first_distribution": "清理程序已首次分配",
    "administrator_applied": "管理人已申请解除惩戒",
    "waiver_vote_share": "表决同意免设观察期的债权人占比",
    # The ward's guardian: kept apart (S4c R70)
    "guardian_misconduct": "监护人不当行为（另册记录）",
    # While observation runs (DT10)
    "lifting_temporary": "正式修复前的临时解除",
    "observation_ended": "观察期已届满",
    "false_material_verified": "查实虚假材料",
    "breach_days": "违反所附条件的逾期日数",
    "new_dishonesty": "观察期内新的失信",
    "new_dishonesty_serious": "观察期内新的严重失信",
    "lookback_mismatch": "准予前的事实与所提交材料不符（事后得知）",
    # Before a listing (S2a R40)
    "listing_criteria_met": "符合纳入名单的条件",
    "grace_elapsed_months": "宽限期已过月数",
    "grace_outcome": "预惩戒期表现（0无，1配合，2部分履行，3全部履行）",
}

# No table of the case records carries these, so that a court hands them in by its own means or not at all.
NOT_RECORDED = frozenset(
    {
        "bankruptcy_obstruction_months",
        "law_bars_repair",
        "pre_publicity_days",
        "pre_observation_months",
        "guarantee_months",
        "hearing_requested",
    }
)


def clean(facts: Facts) -> Facts:
    """A copy of the facts with NaN taken for unknown; the tables expect them so, and a trace keeps it."""
    if math.isnan(sum(filter(None, facts.values()))):  # one pass in C: a sum over a NaN is NaN
        return {name: None if held != held else held for name, held in facts.items()}  # noqa: PLR0124 - NaN alone
    return dict(facts)


def holds(facts: Facts, name: str) -> bool:
    """Whether a yes/no fact or a count is known and above zero."""
    return (facts.get(name) or 0) > 0


def known_no(facts: Facts, name: str) -> bool:
    """Whether a yes/no fact or a count is known and zero."""
    return facts.get(name) == 0
