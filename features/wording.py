"""What each indicator of the main catalogue means, in one Chinese sentence a judge can read aloud.

Written beside the declarations, never read by them: formulas are generated, words are not.
`tests/features/test_dictionary.py` holds that every indicator has its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ABILITY = {
    "remaining_debt_log": "全部尚须履行的执行案件（含终本，恢复执行的只计新案）中未付本金之和，先抵本金，取 ln(1+元)。",
    "performed_ratio": "未结案件与本次申请所涉案件中，已履行金额占应履行金额的比例。",
    "requested_total_log": "尚须履行的执行案件申请执行标的之和，取 ln(1+元)；任一标的不详则为不详。",
    "open_case_count": "评估日仍未结案的执行案件数。",
    "zhongben_count_5y": "近六十个月内以终结本次执行程序方式结案的案件数。",
    "resumed_case_count_24m": "近二十四个月内立案的恢复执行案件数。",
    "asset_net_value_log": "各类财产最近一次有效查控反馈中，价值减去负担后的净额之和，取 ln(1+元)；从未查到为不详。",
    "asset_cover_ratio": "已查明净资产与未履行金额之比，上限 3；不欠款时取上限。",
    "liquid_cover_ratio": "存款与证券的净额与未履行金额之比，上限 3。",
    "seized_cover_ratio": "现行冻结、查封、扣押措施所及各类财产的可执行价值与未履行金额之比，上限 3。",
    "security_cover_ratio": "履行中的和解协议所附担保价值与未履行金额之比，上限 3。",
    "encumbrance_ratio": "已查明财产中，抵押、质押、在先查封等负担占总价值的比例。",
    "provident_accessible": "公积金账户中可供执行的金额，按评估日当地划扣上限截取，单位元。",
    "receivable_confirmed_ratio": "已查明的到期债权与未履行金额之比，上限 3。",
    "disposable_income_m": "近六个月有记录月份的平均收入减去当地生活必需费用，单位元/月；自然人适用。",
    "plan_burden_ratio": "履行计划折算的月还款额与月可支配收入（单位为月净现金流）之比；入不敷出时取上限 5。",
    "plan_years_to_clear": "按履行计划的进度还清未履行金额所需的年数，上限 60。",
    "revenue_trend_6m": "近六个月逐月销售额取对数后的最小二乘斜率；至少三个月有数。",
    "cashflow_positive_share_6m": "近六个月有记录的月份中，账户流入大于流出的月份占比。",
    "tax_arrears_ratio": "近十二个月应缴未缴税款占应缴税款的比例。",
    "insured_staff_change_12m": "近六个月平均参保人数与此前六个月平均人数相比的变化率。",
    "power_use_yoy": "近三个月逐月用电量与上年同月之比的平均值减一。",
    "business_age_y": "自登记成立之日至评估日的年数。",
    "paid_in_ratio": "实缴资本占注册资本的比例。",
    "operating_status": "最近一次登记信息所载的经营状态，以代码表示。",
    "abnormal_list_flag": "评估日是否仍在经营异常名录。",
    "insolvency_stage": "最近一次记载的破产或个人债务集中清理所处阶段，以代码表示。",
    "hardship_verified": "是否有经法官核实且仍在有效期内的失能事由；不记病情，不计分。",
    "query_coverage": "近十二个月发出的财产查询中，得到全部或部分反馈的占比。",
}
_WILLINGNESS = {
    "report_days_late": "财产报告超过规定期限提交的天数，取最长一次；未提交的算至评估日，上限 180。",
    "report_match_ratio": "经核实的各次财产报告中，申报内容与查明财产一致程度的平均值。",
    "false_report_24m": "近二十四个月经核实的虚假报告或拒绝报告次数。",
    "ban_violation_24m": "近二十四个月经核实的违反限制消费令次数。",
    "asset_transfer_36m": "近三十六个月经核实的转移、隐匿财产次数。",
    "obstruction_36m": "近三十六个月经核实的妨碍、抗拒执行次数。",
    "fine_detention_24m": "近二十四个月所受罚款、拘留次数，被撤销的除外。",
    "summons_response_rate": "近十二个月送达的传唤、联络中，未缺席的占比。",
    "lost_contact_days_12m": "近十二个月处于失联状态的天数；恢复联系之前再次失联不重复计算。",
    "cooperation_events_12m": "近十二个月经核实的提供线索、交付财产等配合行为次数。",
    "commitment_kept_ratio": "已记录的承诺中已兑现的比例；没有承诺为不详。",
    "auto_performance_certs_36m": "近三十六个月取得的自动履行证明数。",
    "days_since_violation": "距最近一次经核实违规行为的天数，上限 1825；从无违规取上限。",
    "listing_reason_rank": "现行失信记录中情形最重一条的严重度次序；无现行记录为 0。",
    "multi_behaviour_flag": "现行失信记录是否涉及两种以上情形。",
    "prior_listing_5y": "近六十个月内本次申请以外被纳入失信被执行人名单的次数；错误纳入及已修复未撤销的除外。",
    "prior_repair_5y": "近六十个月内本次申请以外获准信用修复的次数。",
    "prior_revocation_5y": "近六十个月内信用修复被撤销的次数。",
    "days_on_list": "自最早一条现行失信记录决定之日起的天数；不在失信被执行人名单为 0。",
    "grace_outcome": "最近一次预惩戒宽限期的结果：无、配合、部分履行、全部履行。",
    "voluntary_share": "全部已到账款项中主动履行的金额占比。",
    "paid_before_measure_ratio": "各案首次失信、限消决定之前已付金额占应履行金额的比例。",
    "on_time_rate_12m": "近十二个月到期的和解分期中，按期付清的期数占比。",
    "max_overdue_days_12m": "近十二个月到期的分期中最长的逾期天数；未付的算至评估日，修复后取监测值。",
    "settlement_active": "是否有正在履行且各期逾期均不超过三十日的和解协议。",
    "settlement_breach_36m": "近三十六个月的和解违约次数。",
    "material_completeness": "本次申请已提交材料占应提交材料的比例。",
    "material_discrepancies": "本次申请材料经核对不符的项数。",
}
_IMPACT = {
    "creditor_count": "已知的债权人数。",
    "consent_share": "对本次申请表示同意的债权金额占比；听取意见之前，未表态的为不详。",
    "objection_share": "对本次申请提出异议的债权金额占比；听取意见之前，未表态的为不详。",
    "livelihood_share": "未履行金额中劳动报酬、抚养赡养、医疗等涉民生债权的占比。",
    "wage_arrears_heads": "最近一次核实的被欠薪人数。",
    "petition_12m": "近十二个月涉执行信访件数；不计分。",
    "jobs_supported": "最近一次核实的稳岗（参保）人数。",
    "specialized_sme": "是否经认定为专精特新企业。",
    "order_at_stake_ratio": "近十二个月在手订单金额与未履行金额之比，上限 3。",
    "related_party_listed": "被纳入失信被执行人名单的关联方数。",
    "severe_penalty_36m": "近三十六个月所受严重行政处罚与列入其他严重失信主体名单的次数。",
}

DEFINITIONS: Mapping[str, str] = MappingProxyType(_ABILITY | _WILLINGNESS | _IMPACT)
