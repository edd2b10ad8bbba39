"""DT7: suggested mode, the first row that fits (S0a R11, R25; S1a R26; S2a R28; numbers are assumptions).

Unknown never fills a condition; what is not shown is named, and nothing is refused by points.
"""

from __future__ import annotations

from typing import NamedTuple

from policy.bankruptcy import Clearing, clearing
from policy.casefile import CaseFile
from policy.facts import holds, known_no
from policy.outcome import Coded

_FACTS = (
    "insolvency_sign",
    "debt_clearing",
    "hardship_attested",
    "mass_event",
    "settlement_active",
    "security_cover",
    "plan_set",
    "consent_share",
    "conduct_active",
)
_KEYS = (
    "mode.limits.willingness_min",
    "mode.limits.capacity_min",
    "mode.limits.impact_min",
    "mode.conditional.consent_min",
    "mode.conditional.security_cover_min",
    "mode.suspension.allowed",
    "mode.terms.grace_max_months",
)
_SECURITY_KEYS = (*_KEYS, "observation.security.deferral_max_months")

_PLAN = Coded("performance_plan", "按履行计划履行")
_MONITORING = Coded("monthly_monitoring", "按月接受履行与经营监测")
_STAGED = Coded("staged_lifting", "可随分期履行分步解除限制")
_AID = Coded("judicial_aid", "审查司法救助，释明个人债务集中清理")
_INSTALMENTS = Coded("instalments", "分期履行，逐期到账")
_TEMPORARY = Coded("temporary_lifting", "属临时解除：观察期满方作正式修复，违约或新失信即由法官审查恢复")
_CONTINUE = Coded("keep_performing", "持续积极履行，停止履行即恢复惩戒审查")
_BANKRUPTCY = Coded("bankruptcy_explained", "释明重整、和解、清算或个债清理；依法院裁定与管理人申请办理")
_NO_SCORES = Coded("scores", "意愿与能力分未给出")
_NO_WILL = Coded("willingness", "如实报告财产、按期履行、到庭联络、兑现承诺等行为可显示意愿")
_CASE_ONLY = Coded("this_case_only", "仅及于本案，其他案件各依其规定")


class Mode(NamedTuple):
    """The mode, what it is tied to, and what is still missing."""

    code: str
    conditions: tuple[Coded, ...] = ()
    missing: tuple[Coded, ...] = ()
    clearing: Clearing | None = None


def barred(file: CaseFile, zh: str) -> Mode:
    """Row 1: a person decides alone; the gate's grounds are shown."""
    file.fire("DT7.1", "human_only", (), (), f"人工审查：{zh}")
    return Mode("human_only")


def mode(file: CaseFile) -> Mode:
    """Rows 2-8, a row before them for a repair already granted, and a last one for a case without scores."""
    if file.facts.get("granted_mode") is not None:
        zh = "修复已准予，处于观察期：不重新建议方式，仅更新等级与风险提示"
        file.fire("DT7.0", "under_observation", ("granted_mode",), (), zh)
        return Mode("under_observation")
    row, found, zh = _first_row(file, _levels(file))
    shown = {name: file.facts.get(name) for name in _FACTS}
    if file.scores.dimensions is not None:
        shown.update({f"score_{name}": value for name, value in file.scores.dimensions.items()})
    keys = _SECURITY_KEYS if any(item.code == "deferral_limit" for item in found.conditions) else _KEYS
    file.fire_with(f"DT7.{row}", found.code, shown, keys, zh)
    return found


class _Levels(NamedTuple):
    """Whether will, capacity and controllable impact are shown; None where the score is not given."""

    will: bool | None
    capacity: bool | None
    impact: bool


def _levels(file: CaseFile) -> _Levels:
    scored, rules = file.scores.dimensions, file.rules
    if scored is None:
        return _Levels(None, None, False)
    return _Levels(
        will=scored["willingness"] >= rules.number["mode.limits.willingness_min"],
        capacity=scored["ability"] >= rules.number["mode.limits.capacity_min"],
        impact=scored["impact"] >= rules.number["mode.limits.impact_min"] and known_no(file.facts, "mass_event"),
    )


def _first_row(file: CaseFile, levels: _Levels) -> tuple[int, Mode, str]:  # noqa: PLR0911 - one return a row
    facts, rules = file.facts, file.rules
    cleared = clearing(file)
    if cleared is not None:
        found = Mode("bankruptcy_track", (_BANKRUPTCY, *cleared.conditions), cleared.missing, cleared)
        return 2, found, "处于个人债务集中清理程序：依清理计划、首次分配与管理人申请办理"
    if holds(facts, "insolvency_sign"):
        return 2, Mode("bankruptcy_track", (_BANKRUPTCY,)), "有破产迹象或已入破产程序：转释明破产、个债清理途径"
    # Attested hardship can only help: it opens this row unless capacity is shown.
    if holds(facts, "hardship_attested") and not levels.capacity:
        return (
            3,
            Mode("inability_track", (_grace(file), _AID, _MONITORING, _TEMPORARY)),
            "失能事由经法官核实：宽限、分期、司法救助或个债清理，优先启动",
        )
    if levels.will is None:
        return 9, Mode("not_assessed", (), (_NO_SCORES,)), "未给出维度分：由人审查，不因无分而拒绝"
    if not levels.will:
        return 8, Mode("willingness_not_shown", (), (_NO_WILL,)), "履行意愿尚未显示：普通程序人工审查，绝不凭分拒绝"
    if levels.capacity:
        return 4, Mode("full", (_CASE_ONLY,)), "意愿与能力均已显示：完全修复或和解修复"
    missing = _missing_for_conditional(file, levels)
    if not missing:
        parts = facts.get("stages_total")
        tied = [_PLAN, _MONITORING, _STAGED, _CASE_ONLY]
        if not holds(facts, "settlement_active"):
            months = rules.number["observation.security.deferral_max_months"]
            tied.append(Coded("deferral_limit", f"以执行担保暂缓执行，最长{months:g}个月"))
        elif parts is not None and parts > 1:
            tied.append(_INSTALMENTS)
        return 5, Mode("conditional", tuple(tied)), "意愿强、暂无能力、影响可控、有和解或担保并得同意：附条件修复"
    if holds(facts, "conduct_active") and rules.flag["mode.suspension.allowed"]:
        return 6, Mode("suspension", (_CONTINUE, _CASE_ONLY, _TEMPORARY)), "查实积极履行行为且本地允许：暂停惩戒"
    zh = f"暂不建议修复，尚缺：{'、'.join(item.zh for item in missing)}"
    return 7, Mode("not_yet", (), missing), zh


def _grace(file: CaseFile) -> Coded:
    months = file.rules.number["mode.terms.grace_max_months"]
    return Coded("instalments_or_grace", f"设宽限期（至多{months:g}个月）或分期履行")


def _missing_for_conditional(file: CaseFile, levels: _Levels) -> tuple[Coded, ...]:
    facts, rules = file.facts, file.rules
    missing = []
    if not levels.impact:
        missing.append(Coded("impact", "影响可控之证明"))
    cover = facts.get("security_cover")
    secured = cover is not None and cover >= rules.number["mode.conditional.security_cover_min"]
    if not holds(facts, "settlement_active") and not secured:
        missing.append(Coded("settlement_or_security", "正常履行的和解或真实担保"))
    if not holds(facts, "plan_set"):
        missing.append(Coded("plan", "履行计划与监管条件"))
    consent = facts.get("consent_share")
    if consent is None or consent < rules.number["mode.conditional.consent_min"]:
        missing.append(Coded("consent", "债权人同意（未答复不视为同意）"))
    return tuple(missing)
