"""Regional conditions of entry, before a repair is reviewed (S0a R23, R34; S1a R27 Pingdu).

Most courts check the form alone; some ask for a publicity, observation or guarantee period, a third
party's credit report, a field check, full late interest, or that no other case is open. A condition
that is not shown is named as missing; it refuses nobody.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.facts import holds, known_no
from policy.outcome import Coded

_PERIODS = (
    ("pre_publicity_days", "日修复前公示"),
    ("pre_observation_months", "个月修复前观察"),
    ("guarantee_months", "个月保证期"),
)
_PROOFS = (
    ("credit_report", "credit_report", "第三方信用报告"),
    ("field_check", "field_checked", "实地核查"),
    ("late_interest", "late_interest_paid", "付清迟延履行利息"),
)
_NO_OPEN_CASE = "entry.conditions.no_open_case"
_KEYS = (
    *(f"entry.conditions.{name}" for name, _ in _PERIODS),
    *(f"entry.conditions.{name}" for name, _, _ in _PROOFS),
    _NO_OPEN_CASE,
)
_FACTS = (*(name for name, _ in _PERIODS), *(fact for _, fact, _ in _PROOFS), "open_cases_elsewhere")


def entry(file: CaseFile) -> tuple[Coded, ...]:
    """What the region asks for at entry and the case does not show yet."""
    facts, rules = file.facts, file.rules
    asked = 0
    lacking: list[Coded] = []
    for name, zh in _PERIODS:
        wanted = rules.number[f"entry.conditions.{name}"]
        if wanted:
            asked += 1
            done = facts.get(name)
            if done is None or done < wanted:
                lacking.append(Coded(name, f"{wanted:g}{zh}"))
    for name, fact, zh in _PROOFS:
        if rules.flag[f"entry.conditions.{name}"]:
            asked += 1
            if not holds(facts, fact):
                lacking.append(Coded(name, zh))
    if rules.flag[_NO_OPEN_CASE]:
        asked += 1
        if not known_no(facts, "open_cases_elsewhere"):
            lacking.append(Coded("no_open_case", "无其他未结执行案件"))
    if not asked:
        file.fire("ENTRY", "form_check", (), _KEYS, "本地仅作形式审查，不另设申请条件")
    else:
        outcome = "lacking" if lacking else "met"
        words = "、".join(item.zh for item in lacking)
        file.fire("ENTRY", outcome, _FACTS, _KEYS, f"本地申请条件尚缺：{words}" if lacking else "本地申请条件均已具备")
    return tuple(lacking)
