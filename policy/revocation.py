"""DT10: what calls for a judge while a repair is observed. Nothing is revoked or restored by machine.

Two readings stay parameters (docs/decisions/0004): S0a revokes for serious new conduct, S2a for any
while the lifting is temporary, and wants the sanctions restored at once; so every trigger makes a
task for a judge, due the same day, with the draft ready. After the observation only false material
counts. Facts of before the grant that become known later make a task of their own: look-back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from policy.casefile import CaseFile
from policy.clocks import after_working_days
from policy.facts import clean, holds
from policy.lockout import GROUND_ZH, GROUNDS, Ground, Lockout, apply_lockout
from policy.outcome import Context, Facts, Fired, Scores, Task
from policy.sources import RuleSource

_SUSPENDED = 3  # granted_mode: a suspension is a temporary lifting
_FACTS = (
    "granted_mode",
    "lifting_temporary",
    "observation_ended",
    "false_material_verified",
    "breach_days",
    "new_dishonesty",
    "new_dishonesty_serious",
    "lookback_mismatch",
)
_KEYS = {
    temporary: (
        f"revocation.trigger.{'temporary' if temporary else 'granted'}",
        f"revocation.breach.{'temporary' if temporary else 'granted'}_days",
        "revocation.task.working_days",
    )
    for temporary in (False, True)
}


@dataclass(frozen=True, slots=True)
class Revocation:
    """The grounds that call for a judge (none revokes), the gravest one's consequences, and the tasks."""

    grounds: tuple[Ground, ...]
    tasks: tuple[Task, ...]
    lockout: Lockout | None
    trace: tuple[Fired, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "grounds": list(self.grounds),
            "tasks": [task.to_json() for task in self.tasks],
            "lockout": self.lockout.to_json() if self.lockout else None,
            "trace": [fired.to_json() for fired in self.trace],
        }


def revocation(facts: Facts, context: Context, policy: RuleSource) -> Revocation:
    """What the facts of a repair already granted call for on `context.on`.

    Raises PolicyLookupError on a date before the first values, ValueError for a region or industry that
    is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    return apply_revocation(CaseFile(clean(facts), Scores(), context.on, rules))


def apply_revocation(file: CaseFile) -> Revocation:
    """`revocation` for a case file with cleaned facts; adds to its trace."""
    facts, begin = file.facts, len(file.trace)
    temporary = holds(facts, "lifting_temporary") or facts.get("granted_mode") == _SUSPENDED
    grounds = _grounds(file, temporary)
    keys = _KEYS[temporary]
    tasks: list[Task] = []
    consequence: Lockout | None = None
    due, _ = after_working_days(file.on, int(file.rules.number["revocation.task.working_days"]))
    looks_back = holds(facts, "lookback_mismatch")
    if grounds:
        named = "；".join(GROUND_ZH[ground] for ground in grounds)
        what = "恢复惩戒" if temporary else "撤销修复"
        file.fire("DT10", grounds[-1], _FACTS, keys, f"{named}：须法官于{due}审查是否{what}，机器不作撤销")
        consequence = apply_lockout(file, grounds[-1])
        code = "restore_review" if temporary else "revocation_review"
        tasks.append(Task(code, f"审查是否{what}：{named}", due, consequence.months, _draft(what, named, consequence)))
    else:
        file.fire("DT10", "none", _FACTS, keys, "未见撤销事由")
    if looks_back:
        words = "准予前的事实与当时所提交材料不符，须回溯核对"
        file.fire("DT10.lookback", "task", ("lookback_mismatch",), keys[2:], words)
        draft = "草稿（未生效）：就准予修复前已存在而事后得知的事实，对照申请时所提交的材料逐项核对，听取当事人意见。"
        tasks.append(Task("lookback_review", words, due, None, draft))
    return Revocation(grounds, tuple(tasks), consequence, tuple(file.trace[begin:]))


def _grounds(file: CaseFile, temporary: bool) -> tuple[Ground, ...]:
    """The grounds that hold, the least grave first. What is not known is no ground."""
    facts, rules = file.facts, file.rules
    found: set[Ground] = set()
    if holds(facts, "false_material_verified"):
        found.add("false_material")
    if not holds(facts, "observation_ended"):
        reading, limit, _ = _KEYS[temporary]
        late = facts.get("breach_days")
        if late is not None and late > rules.number[limit]:
            found.add("condition_breach")
        if holds(facts, "new_dishonesty_serious"):
            found.add("serious")
        elif holds(facts, "new_dishonesty") and rules.text[reading] == "any":
            found.add("new_dishonesty")
    return tuple(ground for ground in GROUNDS if ground in found)


def _draft(what: str, named: str, consequence: Lockout) -> str:
    listed = "，列入虚假修复主体名单" if consequence.fake_repair_list else ""
    return (
        f"草稿（未生效，由承办法官审查修改后决定）：经查，被执行人{named}。拟{what}，公示期延长"
        f"{consequence.publicity_months}个月，再申请限制至{_zh(consequence.until)}{listed}。当事人可以陈述意见并申请复议。"
    )


def _zh(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
