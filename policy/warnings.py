"""Risk warnings (风险提示): coded, each on its facts; a serious one forces the ordinary procedure.

Which warnings are serious is a parameter by area: Pingdu asks that no other case be open before a
full repair (S1a), so there that warning is serious.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.facts import holds
from policy.outcome import RiskWarning

_LIMIT_KEYS = (
    "warnings.limits.plan_years",
    "warnings.limits.query_coverage",
    "warnings.limits.material_discrepancies",
    "warnings.limits.open_cases",
    "warnings.limits.related_parties",
    "warnings.limits.regime_from",
    "warnings.limits.interval_width",
    "grade.caps.p_redefault_12",
)
_YEARS, _COVERAGE, _DISCREPANCIES, _CASES, _RELATED, _REGIME, _WIDTH, _RISK_CAP = _LIMIT_KEYS
_FACTS = (
    "lockout_near",
    "open_cases_elsewhere",
    "plan_years_to_clear",
    "query_coverage",
    "material_discrepancies",
    "false_material_verified",
    "related_party_listed",
    "creditors_heard",
)
_PAPERS = ("material_discrepancies", "false_material_verified")
_SERIOUS = "warnings.serious."
_Found = tuple[str, str, tuple[str, ...]]  # code, words, the facts behind it


def warnings(file: CaseFile) -> tuple[RiskWarning, ...]:
    """Every warning the case gives rise to, in a fixed order, each with the facts or scores behind it.

    Unknown facts raise a warning only where not knowing is itself the risk (query coverage, creditors not
    notified, how sure the prediction is).
    """
    found = [*_of_case(file), *_of_prediction(file)]
    facts, flags = file.facts, file.rules.flag
    result = tuple(
        RiskWarning(
            code,
            zh,
            flags[_SERIOUS + code],
            {name: facts.get(name) for name in names} if names else _scores_behind(file, code),
        )
        for code, zh, names in found
    )
    serious = any(item.serious for item in result)
    outcome = "serious" if serious else "some" if result else "none"
    keys = (*_LIMIT_KEYS, *(_SERIOUS + code for code, _, _ in found)) if found else _LIMIT_KEYS
    file.fire("WARN", outcome, _FACTS, keys, "；".join([zh for _, zh, _ in found]) or "无风险提示")
    return result


def _of_case(file: CaseFile) -> list[_Found]:
    found: list[_Found] = []
    facts, limit = file.facts, file.rules.number
    if holds(facts, "lockout_near"):
        found.append(("lockout_near", "刚脱离或临近再申请限制期", ("lockout_near",)))
    if (cases := facts.get("open_cases_elsewhere")) is not None and cases >= limit[_CASES]:
        found.append(("open_case_elsewhere", f"另有{cases:g}件未结执行案件，修复仅及于本案", ("open_cases_elsewhere",)))
    if (years := facts.get("plan_years_to_clear")) is not None and years > limit[_YEARS]:
        found.append(("unrealistic_plan", f"按计划需{years:.1f}年清偿，计划可能不现实", ("plan_years_to_clear",)))
    wrong = facts.get("material_discrepancies")
    if wrong is not None and wrong >= limit[_DISCREPANCIES]:
        found.append(("suspected_false_material", f"材料不符{wrong:g}项，疑似虚假材料", _PAPERS))
    elif holds(facts, "false_material_verified"):
        found.append(("suspected_false_material", "所提交材料经核验为虚假", _PAPERS))
    if (related := facts.get("related_party_listed")) is not None and related >= limit[_RELATED]:
        found.append(("related_party_listed", f"关联方失信{related:g}家", ("related_party_listed",)))
    if facts.get("creditors_heard") is None:
        found.append(("creditors_not_notified", "尚未告知债权人，告知前不得开始审查", ("creditors_heard",)))
    return found


def _of_prediction(file: CaseFile) -> list[_Found]:
    found: list[_Found] = []
    coverage = file.facts.get("query_coverage")
    if coverage is None:
        found.append(("thin_query_coverage", "查控反馈覆盖率不明", ("query_coverage",)))
    elif coverage < file.rules.number[_COVERAGE]:
        found.append(("thin_query_coverage", f"查控反馈覆盖率仅{coverage:.2f}", ("query_coverage",)))
    if file.scores.disagreement:
        found.append(("disagreement", "积分与模型结论分歧较大，须由人审查", ()))
    if file.scores.extrapolated:
        found.append(("extrapolated", "同类案件少有准予修复，再失信预测属外推", ()))
    if (doubt := _doubt(file)) is not None:
        found.append(("uncertain", doubt, ()))
    if file.on < file.rules.day[_REGIME]:
        found.append(("regime_break", "决定日早于现行修复实践，规则与数据口径不同", ()))
    return found


def _doubt(file: CaseFile) -> str | None:
    """The abstain band: the interval leaves open on which side of the cap (DT5) the true rate lies, or is too wide."""
    scores, limit = file.scores, file.rules.number
    if scores.p_redefault_12 is None:
        return None
    low, high = scores.p_redefault_12_low, scores.p_redefault_12_high
    if low is None or high is None:
        return "十二个月再失信概率未给出区间，把握不明，须由人审查"
    span = f"十二个月再失信概率的区间为{low:.3f}至{high:.3f}"
    if low <= limit[_RISK_CAP] < high:
        return f"{span}，跨越限值{limit[_RISK_CAP]:g}，模型不能判断在哪一侧，须由人审查"
    if high - low > limit[_WIDTH]:
        return f"{span}，宽于{limit[_WIDTH]:g}，把握不足，须由人审查"
    return None


def _scores_behind(file: CaseFile, code: str) -> dict[str, float | None]:
    """The scores that a warning about the prediction rests on; none for a warning about the day."""
    scores = file.scores
    if code == "disagreement":
        return {"points": scores.points, "p_redefault_12": scores.p_redefault_12}
    if code == "uncertain":
        return {
            "p_redefault_12": scores.p_redefault_12,
            "p_redefault_12_low": scores.p_redefault_12_low,
            "p_redefault_12_high": scores.p_redefault_12_high,
        }
    if code == "extrapolated":
        return {"p_success": scores.p_success, "p_redefault_12": scores.p_redefault_12}
    return {}
