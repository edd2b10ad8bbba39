"""Random inputs for the decision tables, and what must hold of every answer: totality and monotonicity.

Used by `benchmarks.policy` with many inputs and by the tests with fewer.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from policy.facts import EXTRA_FACTS, FACTS
from policy.gate import gate
from policy.lockout import GROUNDS, lockout
from policy.notice import notice
from policy.outcome import DIMENSIONS, Context, Fired, Scores, Suggestion
from policy.parameters import Policy
from policy.revocation import revocation
from policy.suggest import suggest

Value = float | None
NUMBERS: dict[str, list[float]] = {
    "remaining_debt": [0, 49_999.99, 50_000, 50_000.01, 300_000, 1_000_000, 1_000_000.01, 2_000_000, 5_000_001, 1e12],
    "performed_ratio": [0, 0.29, 0.3, 1],
    "query_coverage": [0, 0.59, 0.6, 1],
    "consent_share": [0, 0.66, 0.6667, 0.999, 1],
    "waiver_vote_share": [0, 0.963, 1],
    "security_cover": [0, 0.49, 0.5, 3],
    "creditor_count": [0, 1, 10, 11, 20, 21, 500],
    "objections": [0, 1, 5],
    "material_discrepancies": [0, 1, 3],
    "live_listings_5y": [0, 1, 2, 9],
    "prior_revocations": [0, 1],
    "open_cases_elsewhere": [0, 1, 7],
    "related_party_listed": [0, 2],
    "listing_reason_rank": [0, 1, 2, 3, 4, 5],
    "listing_reason": [1, 2, 3, 4, 5, 6],
    "plan_years_to_clear": [0, 2.1, 5, 5.1, 33, 1e9],
    "bankruptcy_obstruction_months": [0, 35, 36, 400],
    "granted_mode": [1, 2, 3],
    "months_published": [0, 0.9, 1, 2.9, 3, 5.9, 6, 11.9, 12, 36, 1e4],
    "pre_publicity_days": [0, 15],
    "pre_observation_months": [0, 3],
    "guarantee_months": [0, 6],
    "third_party_opinion": [-1, 0, 1],
    "stages_total": [0, 1, 2, 3, 36, 37, 1e9],
    "stages_paid": [0, 1, 3, 50],
    "breach_days": [0, 1, 30, 31, 400],
    "grace_elapsed_months": [0, 3, 3.1],
    "grace_outcome": [0, 1, 2, 3],
}
IDS = tuple({**FACTS, **EXTRA_FACTS})
VALUES: dict[str, list[Value]] = {name: [None, math.nan, *NUMBERS.get(name, [0, 1])] for name in IDS}
# Facts that end a case at the gate: drawn seldom, or the later tables would hardly be met.
GATING = frozenset(
    {
        "all_performed", "settlement_performed", "enforcement_terminated", "non_enforcement_ruled", "no_ai",
        "enforcement_suspended", "is_minor", "wrong_listing", "listing_term_passed", "reorganisation_approved",
        "reorganisation_completed", "liquidation_completed", "lacks_capacity", "refusal_crime_36m", "concealment_36m",
        "violence_36m", "sham_or_false_report_36m", "in_lockout", "fake_repair_listed", "report_refused_uncured",
        "grave_harm", "law_bars_repair",
    }
)  # fmt: skip
EASY: dict[str, Value] = {
    **dict.fromkeys(IDS, 0), "listing_reason_rank": 1, "listing_reason": 1, "creditors_heard": 1, "consent_share": 1,
    "query_coverage": 1, "plan_set": 1, "settlement_active": 1, "performed_ratio": 1, "subject_is_person": 1,
    "granted_mode": None, "bankruptcy_obstruction_months": None, "grace_outcome": None, "months_published": 12,
    "third_party_opinion": None,
}  # fmt: skip
REGIONS = ("*", "000000", "220102", "340111", "370283", "440304", "330881", "410105", "310115", "990101")
GATED_SELDOM = 0.06
PRESENT = date(2026, 5, 6)

# In which direction a fact is better for the debtor; facts that are neither are left out, with the reason below.
BETTER: dict[str, int] = {
    **dict.fromkeys(
        ("all_performed", "settlement_performed", "enforcement_terminated", "non_enforcement_ruled",
         "enforcement_suspended", "wrong_listing", "listing_term_passed", "liquidation_completed",
         "reorganisation_completed", "performed_ratio", "creditors_heard", "consent_share", "query_coverage",
         "settlement_active", "security_cover", "plan_set", "conduct_active", "grace_good", "hardship_attested",
         "bankruptcy_obstruction_months", "pre_publicity_days", "pre_observation_months", "guarantee_months",
         "credit_report", "field_checked", "late_interest_paid", "third_party_opinion", "stages_paid",
         "months_published", "observation_ended", "first_distribution", "administrator_applied",
         "waiver_vote_share"), 1),
    **dict.fromkeys(
        ("refusal_crime_36m", "concealment_36m", "violence_36m", "sham_or_false_report_36m", "in_lockout",
         "fake_repair_listed", "report_refused_uncured", "grave_harm", "law_bars_repair", "live_listings_5y",
         "multi_behaviour", "prior_revocations", "able_at_listing", "remaining_debt", "creditor_count", "objections",
         "material_discrepancies", "mass_event", "open_cases_elsewhere", "related_party_listed", "lockout_near",
         "plan_years_to_clear", "hearing_requested", "false_material_verified", "breach_days", "new_dishonesty",
         "new_dishonesty_serious", "lookback_mismatch", "listing_reason_rank", "is_listed"), -1),
}  # fmt: skip
SCORED = {"points": 1, "ability": 1, "willingness": 1, "impact": 1, "p_redefault_12": -1, "disagreement": -1,
          "extrapolated": -1}  # fmt: skip
NEITHER: dict[str, str] = {
    "is_minor": "who the debtor is, not conduct",
    "lacks_capacity": "who the debtor is, not conduct",
    "subject_is_person": "who the debtor is, not conduct",
    "no_ai": "a wish, not conduct",
    "hearing_held": "a step of the procedure",
    "reorganisation_approved": "a stage: hides the listing, ends the discretion that might lift more",
    "insolvency_sign": "a stage: another track, neither better nor worse",
    "debt_clearing": "a stage: another track, neither better nor worse",
    "granted_mode": "a code",
    "listing_reason": "a code",
    "stages_total": "a term agreed upon",
    "lifting_temporary": "a stage",
    "grace_elapsed_months": "time that has passed",
    "grace_outcome": "read before a listing only",
    "listing_criteria_met": "read before a listing only",
    "guardian_misconduct": "never charged to the ward",
}
# Where a better fact may make one aspect of the suggestion worse, because a rule or the law says so.
EXCEPTIONS: dict[tuple[str, str], str] = {
    (
        "is_listed",
        "route",
    ): "who is not listed has nothing to be deleted: the exit falls away (法释〔2017〕7号 art. 10)",
    ("is_listed", "mode"): "who is not listed has nothing to be deleted: the exit falls away (法释〔2017〕7号 art. 10)",
    ("listing_reason_rank", "tier"): "rank 0 is no listing; 轻微 is defined by a listing's situation 1 or 6 (DT3)",
    ("listing_reason_rank", "missing"): "the tier 一般 so found has a minimum publication period (DT4)",
    ("ability", "mode"): "the hardship row is for who cannot; who can and shows no will is not 失能 (DT7 rows 3, 8)",
    ("ability", "route"): "will not shown is never the simple procedure (DT7 row 8)",
    ("hardship_attested", "third_party"): "a contested hardship calls for an opinion (DT6)",
}
GRADES = {"A": 0, "B": 1, "C": 2, "D": 3, None: 4}
TIERS = {"slight": 0, "general": 1, "severe": 2}
ROUTES = {"no_discretion": 0, "simple": 1, "ordinary": 2, "human_only": 3}
LIFTS = {"statutory": 0, "full": 1, "conditional": 2, "suspension": 2, "inability_track": 2}
NOTHING_LIFTED = 3
ONCE = {"assess": ("DT2", "DT3", "DT4", "DT5", "DT6", "DT6.third_party", "DT8", "DT9", "WARN", "FIND.conduct"),
        "no_discretion": ("DT4", "DT8", "DT9", "WARN"),
        "human_only": ("DT2", "DT4", "DT7.1", "DT8", "DT9", "WARN")}  # fmt: skip


def generator(seed: int) -> random.Random:
    """The source of random inputs; the same seed gives the same inputs."""
    return random.Random(seed)  # noqa: S311 - trial inputs, no secrets


def draw(rng: random.Random, days: list[date]) -> tuple[dict[str, Value], Scores, Context]:
    """A random input: an easy case or one of which nothing is known, with up to two dozen facts changed."""
    facts: dict[str, Value] = dict(EASY) if rng.random() < 0.7 else {}
    for name in rng.sample(IDS, rng.randint(0, 24)):
        if name not in GATING or rng.random() < GATED_SELDOM:
            facts[name] = rng.choice(VALUES[name])
    dimensions = {name: rng.choice([0, 30, 49.9, 50, 59.9, 60, 80, 100]) for name in DIMENSIONS}
    points = rng.choice([None, 0, 49.9, 50, 64.9, 65, 74.9, 75, 79.9, 80, 100, round(rng.uniform(0, 100), 1)])
    risk = rng.choice([None, 0, 0.1, 0.35, 0.36, 1])
    low, high = _around(risk, (None, 0.01, 0.05, 0.11)[len(facts) % 4])
    scores = Scores(
        points=points,
        dimensions=None if rng.random() < 0.1 else dimensions,
        p_redefault_12=risk,
        p_redefault_12_low=low,
        p_redefault_12_high=high,
        extrapolated=rng.random() < 0.1,
        disagreement=rng.random() < 0.1,
    )
    return facts, scores, Context(rng.choice(days), rng.choice(REGIONS), rng.choice([None, "C", "E"]))


def _around(risk: float | None, width: float | None) -> tuple[float, float] | tuple[None, None]:
    if risk is None or width is None:
        return None, None
    return max(0.0, risk - width), min(1.0, risk + width)


def days_of(policy: Policy) -> list[date]:
    """The eve and the day of every change, but for the eve of the first rules; as many days of the present."""
    around = [day for change in policy.change_days() for day in (change - timedelta(days=1), change)][1:]
    return [*around, *([PRESENT] * len(around))]


def untotal(facts: Mapping[str, Value], scores: Scores, context: Context, policy: Policy) -> list[str]:
    """What is wrong with the answers to one input: a table without its one outcome, a trace without words."""
    found = suggest(facts, scores, context, policy)
    rules = Counter(fired.rule for fired in found.trace)
    faults = [f"{rule} fired {rules[rule]} times" for rule in ONCE[found.gate.outcome] if rules[rule] != 1]
    if not rules["DT1"]:
        faults.append("DT1 did not fire")
    if sum(n for rule, n in rules.items() if rule.startswith("DT7.")) != (found.gate.outcome != "no_discretion"):
        faults.append("DT7 has not one outcome")
    granted = found.mode == "under_observation"
    if found.gate.outcome == "assess" and (rules["DT10"], rules["ENTRY"]) != (int(granted), int(not granted)):
        faults.append("DT10 and ENTRY do not part observed cases from new ones")
    if found.gate.outcome not in {found.route, "assess"}:
        faults.append("the route is not the gate's")
    faults += silent(found.trace)
    data = found.to_json()
    if json.loads(json.dumps(data, allow_nan=False)) != data:
        faults.append("is not plain JSON")
    if "拒绝修复" in json.dumps(data, ensure_ascii=False):
        faults.append("refuses")
    if gate(facts, context, policy) != found.gate:
        faults.append("the gate alone says otherwise")
    faults += silent(revocation(facts, context, policy).trace) + silent(notice(facts, context, policy).trace)
    for ground in GROUNDS:
        faults += silent(lockout(ground, context, policy).trace)
    return faults


def silent(trace: tuple[Fired, ...]) -> list[str]:
    """Rules that fired without an outcome or without words, or none at all."""
    dumb = [f"{fired.rule} says nothing" for fired in trace if not (fired.outcome and fired.zh)]
    return dumb if trace else ["no rule fired"]


def better_pair(
    rng: random.Random, facts: Mapping[str, Value], scores: Scores
) -> tuple[str, tuple[dict[str, Value], Scores], tuple[dict[str, Value], Scores]] | None:
    """One input twice, worse and better in one known fact or score; None when the draw allows none."""
    name = rng.choice([*BETTER, *SCORED])
    if name in BETTER:
        low, high = sorted(rng.sample(NUMBERS.get(name, [0, 1]), 2))
        worse, good = (low, high) if BETTER[name] > 0 else (high, low)
        return name, ({**facts, name: worse}, scores), ({**facts, name: good}, scores)
    poor, rich = _scored(rng, name, scores)
    return None if poor is None or rich is None else (name, (dict(facts), poor), (dict(facts), rich))


def _scored(rng: random.Random, name: str, scores: Scores) -> tuple[Scores | None, Scores | None]:
    if name in {"disagreement", "extrapolated"}:
        return replace(scores, **{name: True}), replace(scores, **{name: False})  # type: ignore[arg-type]
    if name == "p_redefault_12":
        low, high = sorted(rng.sample([0.0, 0.1, 0.35, 0.36, 1.0], 2))
        return replace(scores, p_redefault_12=high), replace(scores, p_redefault_12=low)
    low, high = sorted(rng.sample([0.0, 49.9, 50.0, 59.9, 60.0, 64.9, 65.0, 75.0, 80.0, 100.0], 2))
    if name == "points":
        return replace(scores, points=low), replace(scores, points=high)
    if scores.dimensions is None:
        return None, None
    return (replace(scores, dimensions={**scores.dimensions, name: low}),
            replace(scores, dimensions={**scores.dimensions, name: high}))  # fmt: skip


def worse_in(poor: Suggestion, rich: Suggestion) -> list[str]:
    """In what the suggestion for the better facts is worse than the other."""
    found = []
    if ROUTES[rich.route] > ROUTES[poor.route]:
        found.append("route")
    ranks = LIFTS.get(rich.mode, NOTHING_LIFTED), LIFTS.get(poor.mode, NOTHING_LIFTED)
    if ranks[0] > ranks[1]:
        found.append("mode")
    if rich.gate.outcome == poor.gate.outcome == "assess":
        if GRADES[rich.grade] > GRADES[poor.grade]:
            found.append("grade")
        if rich.tier and poor.tier and TIERS[rich.tier] > TIERS[poor.tier]:
            found.append("tier")
        months = rich.observation_months, poor.observation_months
        if rich.mode == poor.mode and None not in months and months[0] > months[1]:  # type: ignore[operator]
            found.append("months")
        if rich.third_party > poor.third_party:
            found.append("third_party")
        if rich.mode == poor.mode and not set(poor.scope) - {"business_travel"} <= set(rich.scope):
            found.append("scope")
        if rich.mode == poor.mode and {item.code for item in rich.missing} - {item.code for item in poor.missing}:
            found.append("missing")
        if {item.code for item in rich.warnings} - {item.code for item in poor.warnings}:
            found.append("warnings")
        if len(rich.tasks) > len(poor.tasks):
            found.append("tasks")
        if rich.priority_start < poor.priority_start:
            found.append("priority_start")
    return found


def totality(count: int, seed: int, policy: Policy) -> Counter[str]:
    """Faults of `count` random inputs, by kind."""
    rng, days = generator(seed), days_of(policy)
    return Counter(fault for _ in range(count) for fault in untotal(*draw(rng, days), policy))


def monotone(count: int, seed: int, policy: Policy) -> Counter[tuple[str, str]]:
    """(fact, aspect) pairs in which better facts gave a worse suggestion, with how often."""
    rng, days = generator(seed), days_of(policy)
    found: Counter[tuple[str, str]] = Counter()
    for _ in range(count):
        facts, scores, context = draw(rng, days)
        pair = better_pair(rng, facts, scores)
        if pair is not None:
            name, poor, rich = pair
            aspects = worse_in(suggest(*poor, context, policy), suggest(*rich, context, policy))
            found.update((name, aspect) for aspect in aspects)
    return found
