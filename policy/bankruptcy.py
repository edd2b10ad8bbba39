"""Bankruptcy and personal debt clearing: stages, and who may free a debtor from observation.

Reorganisation has two stages, temporary on approval of the plan and final on its completion (S2a R67;
国办发〔2025〕22号). In personal debt clearing (个人债务集中清理) restrictions may be lifted after the first
distribution on the administrator's application, without observation only where all creditors voted so
(S4b R35, Jiangshan). Otherwise the plan's run is the observation, at most the parameter's months.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from policy.casefile import CaseFile
from policy.facts import holds
from policy.outcome import Coded

_FACTS = ("debt_clearing", "first_distribution", "administrator_applied", "waiver_vote_share", "plan_years_to_clear")
_KEYS = (
    "observation.clearing.waiver_vote_min",
    "observation.clearing.waived_months",
    "observation.clearing.maximum_months",
)
_FREED = Coded("accounts_unfrozen", "解除失信与限制消费，账户随之解冻，由管理人监督账户收支")
_ASKED = (
    ("first_distribution", Coded("first_distribution", "首次分配")),
    ("administrator_applied", Coded("administrator_application", "管理人提出解除申请")),
)
_STAGES = {
    "reorganisation_approved": (
        Coded("temporary_stage", "重整第一阶段：凭法院批准裁定暂停公示，非终局"),
        Coded("final_on_completion", "计划执行完毕后办理终局修复；计划不能执行的恢复公示"),
        Coded("conduct_reviewed", "依执行程序中的表现出具修复文书"),
    ),
    "reorganisation_completed": (Coded("final_stage", "重整第二阶段：计划执行完毕，终局修复"),),
    "liquidation_completed": (Coded("record_cleared", "清理该企业的名单记录；不及于另有责任的个人"),),
}


class Clearing(NamedTuple):
    """Debt clearing: whether restrictions may be lifted now, for how long it is observed, what is missing."""

    lifts: bool
    months: int | None
    missing: tuple[Coded, ...]
    conditions: tuple[Coded, ...]


def stage_conditions(ground: str | None) -> tuple[Coded, ...]:
    """What goes with a statutory exit through bankruptcy."""
    return _STAGES.get(ground or "", ())


def clearing(file: CaseFile) -> Clearing | None:
    """The state of a personal debt clearing, None where the debtor is in none."""
    facts, rules = file.facts, file.rules
    if not holds(facts, "debt_clearing"):
        return None
    missing = tuple(item for fact, item in _ASKED if not holds(facts, fact))
    vote = facts.get("waiver_vote_share")
    waived = vote is not None and vote >= rules.number["observation.clearing.waiver_vote_min"]
    if missing:
        zh = f"个债清理：尚缺{'、'.join(item.zh for item in missing)}，暂不解除"
        file.fire("DT8.clearing", "waiting", _FACTS, _KEYS, zh)
        return Clearing(False, None, missing, ())
    if waived:
        months: int | None = int(rules.number["observation.clearing.waived_months"])
        zh = f"个债清理：首次分配后管理人申请，全体债权人表决免设，观察期{months}个月"
    else:
        months = _plan_months(file)
        said = "依清理计划执行期间" if months is None else f"依清理计划执行期间{months}个月"
        zh = f"个债清理：首次分配后管理人申请，债权人未全体同意免设，{said}"
    file.fire("DT8.clearing", "waived" if waived else "plan", _FACTS, _KEYS, zh)
    return Clearing(True, months, (), (_FREED,))


def _plan_months(file: CaseFile) -> int | None:
    years = file.facts.get("plan_years_to_clear")
    if years is None:
        return None
    most = int(file.rules.number["observation.clearing.maximum_months"])
    return most if years * 12 >= most else math.ceil(years * 12)
