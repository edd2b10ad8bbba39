"""Pre-discipline notice, 预惩戒告知书 (S2a R40; 法发〔2019〕35号): grace before a listing.

For those who meet the listing criteria without evident malice: one to three months. Full performance
leaves no ground to list, partial performance defers it, cooperation makes the sanction lighter and a
later repair simpler. It suggests; the listing is decided and signed as the list rules say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from policy.casefile import CaseFile
from policy.facts import clean, holds
from policy.findings import MALICE_FACTS, any_of
from policy.outcome import Context, Facts, Fired, Scores
from policy.sources import RuleSource

Outcome = Literal[
    "not_applicable", "issue", "running", "no_listing", "deferred_listing", "lighter_listing", "listing_review"
]
_COOPERATIVE, _PARTIAL, _FULL = 1, 2, 3
_FACTS = ("is_listed", "is_minor", "listing_criteria_met", "grace_outcome", "grace_elapsed_months", *MALICE_FACTS)
_KEYS = ("notice.grace.allowed", "notice.grace.minimum_months", "notice.grace.maximum_months")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is suggested before a listing; the months of grace where one is given or runs."""

    outcome: Outcome
    grace_months: tuple[int, int] | None
    trace: tuple[Fired, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "outcome": self.outcome,
            "grace_months": list(self.grace_months) if self.grace_months else None,
            "trace": [fired.to_json() for fired in self.trace],
        }


def notice(facts: Facts, context: Context, policy: RuleSource) -> Notice:
    """What the rules suggest for a debtor who may come to be listed.

    Raises PolicyLookupError on a date before the first values, ValueError for a region or industry that
    is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    return apply_notice(CaseFile(clean(facts), Scores(), context.on, rules))


def apply_notice(file: CaseFile) -> Notice:
    """`notice` for a case file with cleaned facts; adds to its trace."""
    outcome, zh = _found(file)
    grace: tuple[int, int] | None = None
    if outcome in {"issue", "running"}:
        least, most = (int(file.rules.number[key]) for key in _KEYS[1:])
        grace = (least, most)
        zh += f"，宽限期{least}至{most}个月"
    file.fire("NOTICE", outcome, _FACTS, _KEYS, f"预惩戒：{zh}")
    return Notice(outcome, grace, tuple(file.trace[-1:]))


def _found(file: CaseFile) -> tuple[Outcome, str]:  # noqa: PLR0911 - one return a row
    facts, rules = file.facts, file.rules
    if holds(facts, "is_listed"):
        return "not_applicable", "已被列入名单，适用修复规则"
    if holds(facts, "is_minor"):
        return "not_applicable", "未成年人不得纳入名单"
    if not holds(facts, "listing_criteria_met"):
        return "not_applicable", "不符合纳入条件，或条件不明"
    if any_of(facts, MALICE_FACTS) == "yes":
        return "listing_review", "有查实的恶意行为，不给宽限，由法院依名单规定审查"
    if not rules.flag[_KEYS[0]]:
        return "listing_review", "决定日尚无宽限期规定，由法院依名单规定审查"
    reached = facts.get("grace_outcome")
    if reached == _FULL:
        return "no_listing", "宽限期内全部履行，不纳入"
    if reached == _PARTIAL:
        return "deferred_listing", "宽限期内部分履行，暂缓纳入"
    if reached == _COOPERATIVE:
        return "lighter_listing", "宽限期内配合良好，惩戒从轻，日后修复简化"
    elapsed = facts.get("grace_elapsed_months")
    if elapsed is None and reached is None:
        return "issue", "无明显恶意，先发预惩戒告知书"
    if elapsed is not None and elapsed <= rules.number[_KEYS[2]]:
        return "running", "宽限期内"
    return "listing_review", "宽限期满未见履行或配合，由法院依名单规定审查"
