"""DT8: months of observation after a repair is granted (S0a R32: 6-12; the months by grade are assumptions).

After full performance the law leaves no burden, though S0a wants every repaired debtor followed:
then the months are 0 and monitoring goes on without legal burden (docs/decisions/0003). A temporary
lifting is observed before the formal repair, within a window of its own (S2a R33). In debt clearing only
the vote of all creditors sets 0 (S4b R35): `policy.bankruptcy`.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.facts import holds
from policy.mode import Mode
from policy.outcome import Coded, Grade

# Modes under which something is lifted, so that there is something to observe.
_LIFTING = frozenset({"full", "conditional", "suspension", "inability_track"})
_PERFORMED = ("all_performed", "settlement_performed")
_PERFORMED_KEYS = ("observation.performed.burden_months", "observation.performed.monitoring_months")
_WINDOW_KEYS = ("observation.window.minimum", "observation.window.maximum")
_TEMPORARY = frozenset({"suspension", "inability_track"})
_TEMPORARY_KEYS = ("observation.temporary.minimum", "observation.temporary.maximum")
_GRADE_KEYS: dict[str, tuple[str, ...]] = {
    found: (f"observation.months.{found}", *_WINDOW_KEYS) for found in ("A", "B", "C", "D")
}
_WHY_NONE = {
    "bankruptcy_track": "依重整、和解或清理计划的执行期间",
    "under_observation": "观察期依原决定",
    "statutory": "法定退出，不设观察期",
}


def observation(file: CaseFile, found: Grade | None, how: Mode) -> tuple[int | None, tuple[Coded, ...]]:
    """Months of observation, None where none is suggested, and the conditions that go with them."""
    rules, mode = file.rules, how.code
    if how.clearing is not None and how.clearing.lifts:
        said = "依清理计划执行期间" if how.clearing.months is None else f"{how.clearing.months}个月"
        outcome = "plan" if how.clearing.months is None else str(how.clearing.months)
        file.fire("DT8", outcome, ("debt_clearing",), (), f"个人债务集中清理：观察期{said}")
        return how.clearing.months, ()
    performed = any(holds(file.facts, name) for name in _PERFORMED)
    if performed and (mode in _LIFTING or mode == "statutory"):
        months = int(rules.number["observation.performed.burden_months"])
        follow = int(rules.number["observation.performed.monitoring_months"])
        zh = f"义务已履行：带负担的观察期为{months}个月，另作{follow}个月不带法律负担的跟踪"
        file.fire("DT8", str(months), _PERFORMED, _PERFORMED_KEYS, zh)
        return months, (Coded("monitoring_without_burden", f"不带法律负担的跟踪{follow}个月"),)
    if mode not in _LIFTING or found is None:
        zh = _WHY_NONE.get(mode, "不建议修复或无等级，不设观察期")
        file.fire("DT8", "none", (), (), zh)
        return None, ()
    months = int(rules.number[f"observation.months.{found}"])
    keys, zh = _GRADE_KEYS[found], f"{found}级观察期{months}个月"
    if mode in _TEMPORARY:
        keys, zh = keys + _TEMPORARY_KEYS, f"临时解除，{zh}，期满方作正式修复"
    file.fire("DT8", str(months), (), keys, zh)
    return months, ()
