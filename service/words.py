"""Words of the pages. What the record's text already says is taken from there, so that both say the same."""

from __future__ import annotations

from collections.abc import Mapping

from explain.words import vocabulary


def said(group: str, code: str | None) -> str:
    """Chinese words of a code; the code itself where there are none, a dash for nothing."""
    if code is None:
        return "—"
    return str(vocabulary()[group].get(code, code))


# English beside the Chinese, short: the page is read in Chinese.
EN: Mapping[str, str] = {
    "application": "Assessment of a repair application",
    "first_listing": "Assessment at first listing",
    "observation": "Monthly assessment under observation",
    "simple": "Simple procedure",
    "ordinary": "Ordinary procedure with hearing",
    "no_discretion": "Statutory case: no discretion, no score",
    "human_only": "Review by a person only",
    "slight": "slight",
    "general": "general",
    "severe": "severe",
    "statutory": "As the statute says",
    "under_observation": "Granted, under observation",
    "bankruptcy_track": "Bankruptcy or debt-clearing track",
    "inability_track": "Inability track: grace, instalments, aid",
    "not_assessed": "No mode suggested",
    "willingness_not_shown": "Willingness not shown yet",
    "full": "Full or settlement repair",
    "conditional": "Conditional repair",
    "suspension": "Suspension of sanctions",
    "not_yet": "Not yet: see what is missing",
    "ability": "Ability",
    "willingness": "Willingness",
    "impact": "Social impact",
    "all": "All",
    "success": "Repair success",
    "redefault_6": "Re-default, 6 months",
    "redefault_7_12": "Re-default, months 7–12",
    "redefault_12": "Re-default, 12 months",
}

OUTCOMES: Mapping[str, str] = {
    "success": "修复成功",
    "redefault_6": "六个月内再失信",
    "redefault_7_12": "第七至十二个月再失信",
    "redefault_12": "十二个月内再失信",
}

RULES: Mapping[str, str] = {
    "FIND": "事实认定",
    "WARN": "风险提示",
    "DT1": "法定退出",
    "DT2": "负面清单",
    "DT3": "失信情节",
    "DT4": "最短公示期",
    "DT5": "等级",
    "DT6": "程序",
    "DT7": "修复方式",
    "DT8": "观察期",
    "DT9": "解除范围",
    "DT10": "撤销事由",
    "DT11": "再申请限制",
    "ENTRY": "申请条件",
    "NOTICE": "预惩戒告知",
}
