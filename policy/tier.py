"""DT3: tier of the dishonest conduct, 轻微, 一般 or 严重 (S2a; numbers are assumptions unless sourced).

Unknown facts neither prove a severe tier nor make a slight one: the case is 一般. A good outcome
of a pre-notice's grace period counts as mitigation in the trace and does not replace the test.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.facts import REASON_ABLE_BUT_REFUSES, REASON_REFUSED_SETTLEMENT, clean, holds, known_no
from policy.findings import Findings, find
from policy.outcome import Context, Facts, Scores, Tier
from policy.sources import RuleSource

_SEVERE_FACTS = (
    "listing_reason_rank",
    "able_at_listing",
    "all_performed",
    "multi_behaviour",
    "live_listings_5y",
    "prior_revocations",
)
_SLIGHT_FACTS = (
    "listing_reason_rank",
    "listing_reason",
    "able_at_listing",
    "remaining_debt",
    "performed_ratio",
    "subject_is_person",
)
_SEVERE_KEYS = ("tier.severe.reason_rank", "tier.severe.live_listings", "tier.severe.prior_revocations")
_SLIGHT_KEYS = ("tier.slight.amount_person", "tier.slight.amount_unit", "tier.slight.performed_ratio")


def tier(file: CaseFile, findings: Findings) -> Tier:
    """The tier, and in the trace the tests that made it."""
    severe = _severe_grounds(file)
    if severe:
        zh = f"严重：{'；'.join(severe)}"
        file.fire("DT3", "severe", _SEVERE_FACTS, _SEVERE_KEYS, zh)
    else:
        lacking = _lacking_for_slight(file, findings)
        found = "general" if lacking else "slight"
        zh = f"一般：不合轻微之处为{'、'.join(lacking)}" if lacking else "轻微：未见恶意、过错轻微、余额小且已部分履行"
        file.fire("DT3", found, _SLIGHT_FACTS, _SLIGHT_KEYS, zh)
    if holds(file.facts, "grace_good"):
        zh = "预惩戒期表现良好，作为从轻情节记入"
        file.fire("DT3.mitigation", "mitigation", ("grace_good",), (), zh)
    if severe:
        return "severe"
    return "general" if lacking else "slight"


def tier_of(facts: Facts, context: Context, policy: RuleSource) -> Tier:
    """The tier of a case by itself, as `policy.suggest` finds it: for past cases that a new one is compared with.

    Raises as `policy.suggest.suggest` does.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    file = CaseFile(clean(facts), Scores(), context.on, rules)
    return tier(file, find(file))


def _severe_grounds(file: CaseFile) -> list[str]:
    facts, rules = file.facts, file.rules
    grounds = []
    if (rank := facts.get("listing_reason_rank")) is not None and rank >= rules.number["tier.severe.reason_rank"]:
        grounds.append("纳入情形为②或③")
    if holds(facts, "able_at_listing") and not holds(facts, "all_performed"):
        grounds.append("纳入时有履行能力而未履行")
    if holds(facts, "multi_behaviour"):
        grounds.append("具有多项失信行为")
    if (live := facts.get("live_listings_5y")) is not None and live >= rules.number["tier.severe.live_listings"]:
        grounds.append(f"五年内有效失信记录{live:g}条")
    prior = facts.get("prior_revocations")
    if prior is not None and prior >= rules.number["tier.severe.prior_revocations"]:
        grounds.append(f"曾被撤销修复{prior:g}次")
    return grounds


def _lacking_for_slight(file: CaseFile, findings: Findings) -> list[str]:
    facts, rules = file.facts, file.rules
    lacking = []
    if findings.malice != "no":
        lacking.append("未能排除主观恶性")
    rank, reason = facts.get("listing_reason_rank"), facts.get("listing_reason")
    without_ability = rank == REASON_ABLE_BUT_REFUSES and known_no(facts, "able_at_listing")
    if not without_ability and reason != REASON_REFUSED_SETTLEMENT:
        lacking.append("过错并非轻微")
    # Whether a person or a unit is not known: the stricter limit holds.
    key = "tier.slight.amount_unit" if known_no(facts, "subject_is_person") else "tier.slight.amount_person"
    remaining = facts.get("remaining_debt")
    if remaining is None or remaining > rules.number[key]:
        lacking.append("未履行金额不明或超过限额")
    ratio = facts.get("performed_ratio")
    if ratio is None or ratio < rules.number["tier.slight.performed_ratio"]:
        lacking.append("履行比例不明或不足")
    return lacking
