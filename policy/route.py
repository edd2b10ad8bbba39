"""DT6: simple or ordinary procedure (S0a R08; numbers are assumptions of this project).

Simple only if every condition is known to hold. The creditors' stance, as long as they have not
been heard, is unknown: never consent and never non-objection. The route is then provisional. A hearing
asked for or an opposing expert (R48) makes it ordinary; an opinion that is given is not asked for again.
"""

from __future__ import annotations

from typing import NamedTuple

from policy.casefile import CaseFile
from policy.facts import holds, known_no
from policy.outcome import Grade, RiskWarning

_FACTS = (
    "creditors_heard",
    "objections",
    "material_discrepancies",
    "remaining_debt",
    "creditor_count",
    "mass_event",
    "grace_good",
    "hearing_requested",
    "hearing_held",
    "third_party_opinion",
)
_KEYS = (
    "route.simple.grades",
    "route.simple.material_discrepancies",
    "route.simple.major_amount",
    "route.simple.creditors",
    "route.simple.hearing_on_request",
    "route.simple.opposing_opinion",
    "clocks.working_days.simple",
    "clocks.working_days.ordinary",
)
_GRACE_KEYS = (*_KEYS, "route.simple.major_amount_after_grace", "route.simple.creditors_after_grace")
_THIRD_FACTS = ("remaining_debt", "hardship_attested", "objections", "third_party_opinion")
_THIRD_KEYS = ("route.third_party.grades", "route.third_party.amount", "route.third_party.hardship_contested")

_NEVER_SIMPLE = {"willingness_not_shown": "履行意愿尚未显示", "not_assessed": "未给出维度分"}  # DT7 rows 8 and 9


class RouteFound(NamedTuple):
    """The procedure: whether it is simple, provisional, and needs a third party's evaluation."""

    simple: bool
    provisional: bool
    third_party: bool


def route(file: CaseFile, found: Grade | None, mode: str, warnings: tuple[RiskWarning, ...]) -> RouteFound:
    """The procedure of a case that may be assessed, with the conditions that fail in the trace."""
    failing = _failing(file, found, warnings)
    if mode in _NEVER_SIMPLE:
        failing.append(_NEVER_SIMPLE[mode])
    provisional = not holds(file.facts, "creditors_heard")
    outcome = "ordinary" if failing else "simple"
    keys = _GRACE_KEYS if holds(file.facts, "grace_good") else _KEYS
    held = "（已举行）" if holds(file.facts, "hearing_held") else ""
    zh = f"普通程序并听证{held}：{'；'.join(failing)}" if failing else "简易程序：各项条件均已具备"
    if provisional:
        zh += "。债权人尚未全部听取，程序为暂定"
    file.fire("DT6", outcome, _FACTS, keys, zh)
    third = _third_party(file, found)
    given = file.facts.get("third_party_opinion")
    if third and given is not None:
        zh = f"第三方意见已提交（{'反对' if given < 0 else '支持' if given > 0 else '中立'}）：{'；'.join(third)}"
        wanted, third = "given", []
    else:
        zh = f"须第三方评估或意见：{'；'.join(third)}" if third else "不要求第三方评估"
        wanted = "required" if third else "not_required"
    file.fire("DT6.third_party", wanted, _THIRD_FACTS, _THIRD_KEYS, zh)
    return RouteFound(not failing, provisional, bool(third))


def _failing(file: CaseFile, found: Grade | None, warnings: tuple[RiskWarning, ...]) -> list[str]:
    facts, rules = file.facts, file.rules
    failing = []
    if found is None:
        failing.append("无积分，不能评定等级")
    elif found not in rules.words["route.simple.grades"]:
        failing.append(f"等级为{found}级")
    if not holds(facts, "creditors_heard") or facts.get("objections") is None:
        failing.append("债权人意见未知（既非同意，亦非无异议）")
    elif not known_no(facts, "objections"):
        failing.append(f"债权人异议{facts.get('objections'):g}件")
    # A good grace period simplifies the route (R40): wider limits, never a better grade.
    tail = "_after_grace" if holds(facts, "grace_good") else ""
    limits = (
        ("material_discrepancies", "route.simple.material_discrepancies", "材料不符项"),
        ("remaining_debt", "route.simple.major_amount" + tail, "未履行金额"),
        ("creditor_count", "route.simple.creditors" + tail, "债权人数"),
    )
    for name, key, zh in limits:
        value, limit = facts.get(name), rules.number[key]
        if value is None:
            failing.append(f"{zh}不明")
        elif value > limit:
            failing.append(f"{zh}{value:.15g}超过{limit:.15g}")
    if not known_no(facts, "mass_event"):
        failing.append("有群体性事件或不能排除")
    if holds(facts, "hearing_requested") and rules.flag["route.simple.hearing_on_request"]:
        failing.append("当事人或债权人要求听证")
    opinion = facts.get("third_party_opinion")
    if opinion is not None and opinion < 0 and rules.flag["route.simple.opposing_opinion"]:
        failing.append("第三方意见反对修复")
    if any(item.serious for item in warnings):
        failing.append("有重大风险提示")
    return failing


def _third_party(file: CaseFile, found: Grade | None) -> list[str]:
    facts, rules = file.facts, file.rules
    grounds = []
    if found is not None and found in rules.words["route.third_party.grades"]:
        grounds.append(f"等级为{found}级")
    remaining = facts.get("remaining_debt")
    if remaining is not None and remaining > rules.number["route.third_party.amount"]:
        grounds.append("未履行金额特别巨大")
    contested = holds(facts, "hardship_attested") and holds(facts, "objections")
    if contested and rules.flag["route.third_party.hardship_contested"]:
        grounds.append("失能事由有争议")
    return grounds
