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
)
_YEARS, _COVERAGE, _DISCREPANCIES, _CASES, _RELATED, _REGIME = _LIMIT_KEYS
_FACTS = (
    "lockout_near",
    "open_cases_elsewhere",
    "plan_years_to_clear",
    "query_coverage",
    "material_discrepancies",
    "related_party_listed",
    "creditors_heard",
)


def warnings(file: CaseFile) -> tuple[RiskWarning, ...]:
    """Every warning the case gives rise to, in a fixed order. Unknown facts raise a warning only
    where not knowing is itself the risk (query coverage, creditors not notified)."""
    found = [*_of_case(file), *_of_prediction(file)]
    result = []
    keys: tuple[str, ...] = _LIMIT_KEYS
    for code, zh in found:
        key = f"warnings.serious.{code}"
        keys += (key,)
        result.append(RiskWarning(code, zh, file.rules.flag[key]))
    serious = any(item.serious for item in result)
    outcome = "serious" if serious else "some" if result else "none"
    words = "；".join(zh for _, zh in found) if found else "无风险提示"
    file.fire("WARN", outcome, _FACTS, keys, words)
    return tuple(result)


def _of_case(file: CaseFile) -> list[tuple[str, str]]:
    found = []
    facts, limit = file.facts, file.rules.number
    if holds(facts, "lockout_near"):
        found.append(("lockout_near", "刚脱离或临近再申请限制期"))
    if (cases := facts.get("open_cases_elsewhere")) is not None and cases >= limit[_CASES]:
        found.append(("open_case_elsewhere", f"另有{cases:g}件未结执行案件，修复仅及于本案"))
    if (years := facts.get("plan_years_to_clear")) is not None and years > limit[_YEARS]:
        found.append(("unrealistic_plan", f"按计划需{years:.1f}年清偿，计划可能不现实"))
    if (wrong := facts.get("material_discrepancies")) is not None and wrong >= limit[_DISCREPANCIES]:
        found.append(("suspected_false_material", f"材料不符{wrong:g}项，疑似虚假材料"))
    if (related := facts.get("related_party_listed")) is not None and related >= limit[_RELATED]:
        found.append(("related_party_listed", f"关联方失信{related:g}家"))
    if facts.get("creditors_heard") is None:
        found.append(("creditors_not_notified", "尚未告知债权人，告知前不得开始审查"))
    return found


def _of_prediction(file: CaseFile) -> list[tuple[str, str]]:
    found = []
    coverage = file.facts.get("query_coverage")
    if coverage is None:
        found.append(("thin_query_coverage", "查控反馈覆盖率不明"))
    elif coverage < file.rules.number[_COVERAGE]:
        found.append(("thin_query_coverage", f"查控反馈覆盖率仅{coverage:.2f}"))
    if file.scores.disagreement:
        found.append(("disagreement", "积分与模型结论分歧较大，须由人审查"))
    if file.scores.extrapolated:
        found.append(("extrapolated", "同类案件少有准予修复，再失信预测属外推"))
    if file.on < file.rules.day[_REGIME]:
        found.append(("regime_break", "决定日早于现行修复实践，规则与数据口径不同"))
    return found
