"""DT11: what follows a revocation that a judge has decided, or a refusal without fault.

The sources want a bar on re-application "for a certain period" and give no length (S0a R38, S2a R39):
every length is an assumption (docs/decisions/0005).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from policy.casefile import CaseFile
from policy.clocks import months_after
from policy.outcome import Context, Fired, Scores
from policy.sources import RuleSource

Ground = Literal["condition_breach", "new_dishonesty", "serious", "false_material", "refusal"]
GROUNDS: tuple[Ground, ...] = ("refusal", "condition_breach", "new_dishonesty", "serious", "false_material")
GROUND_ZH: dict[Ground, str] = {
    "refusal": "无过错未获准",
    "condition_breach": "违反所附条件",
    "new_dishonesty": "观察期内新的失信",
    "serious": "观察期内新的严重失信",
    "false_material": "提供虚假材料",
}
_MORE = "revocation.publicity.extension_months"
_KEYS: dict[Ground, tuple[str, ...]] = {ground: (f"revocation.lockout.{ground}", _MORE) for ground in GROUNDS}


@dataclass(frozen=True, slots=True)
class Lockout:
    """How long a new application is barred, until which day (that day included), and what else follows.

    `new_facts_reopen`: new facts allow an application at once.
    """

    ground: Ground
    months: int
    until: date
    publicity_months: int
    fake_repair_list: bool
    new_facts_reopen: bool
    trace: tuple[Fired, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "ground": self.ground,
            "months": self.months,
            "until": self.until.isoformat(),
            "publicity_months": self.publicity_months,
            "fake_repair_list": self.fake_repair_list,
            "new_facts_reopen": self.new_facts_reopen,
            "trace": [fired.to_json() for fired in self.trace],
        }


def lockout(ground: Ground, context: Context, policy: RuleSource) -> Lockout:
    """What follows a decision taken on `context.on`, by the rules of that day and place.

    Raises PolicyLookupError on a date before the first values, ValueError for a region or industry that
    is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    return apply_lockout(CaseFile({}, Scores(), context.on, rules), ground)


def apply_lockout(file: CaseFile, ground: Ground) -> Lockout:
    """`lockout` for a case file; adds to its trace."""
    months = int(file.rules.number[f"revocation.lockout.{ground}"])
    refused = ground == "refusal"
    more = 0 if refused else int(file.rules.number[_MORE])
    until = months_after(file.on, months)
    fake = ground == "false_material"
    words = f"{GROUND_ZH[ground]}：再申请限制{months}个月，至{until}"
    words += "；有新事实的可随时申请" if refused else f"；公示期延长{more}个月"
    words += "；列入虚假修复主体名单" if fake else ""
    file.fire("DT11", ground, (), _KEYS[ground], words)
    return Lockout(ground, months, until, more, fake, refused, tuple(file.trace[-1:]))
