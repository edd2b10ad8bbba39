"""The suggestion for one case: gate, findings, tier, grade, warnings, route, mode, observation, scope.

A pure function of facts, scores and resolved rules. Total: any input, unknown ones included, gives
exactly one outcome. It suggests; a named judge decides; nothing is refused by a machine.
"""

from __future__ import annotations

from policy.bankruptcy import stage_conditions
from policy.casefile import CaseFile
from policy.entry import entry
from policy.facts import clean, holds, known_no
from policy.findings import find, guardian_apart
from policy.gate import apply_gate
from policy.grade import grade, review_row
from policy.mode import Mode, barred, mode
from policy.notice import apply_notice
from policy.observation import observation
from policy.outcome import Coded, Context, Facts, Gate, Publication, Scores, Suggestion, Task
from policy.publication import no_publication, publication, publication_missing, statutory_publication
from policy.revocation import apply_revocation
from policy.route import route
from policy.scope import scope, stages
from policy.sources import RuleSource
from policy.tier import tier
from policy.warnings import warnings

# Grounds on which the debtor's person, not conduct, calls for a human: no rule is applied to the case then.
_PERSONAL_GROUNDS = frozenset({"no_ai", "lacks_capacity", "minor"})


def suggest(facts: Facts, scores: Scores, context: Context, policy: RuleSource) -> Suggestion:
    """What the rules in force on `context.on` suggest for the case.

    `facts` by the ids of `policy.facts` (0/1 or numbers; None or absent is unknown). Raises
    PolicyLookupError on a date before the first values, ValueError for a region or industry that
    is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    file = CaseFile(clean(facts), scores, context.on, rules)
    found = apply_gate(file)
    guardian_apart(file)
    return _assessed(file, found) if found.outcome == "assess" else _by_a_person(file, found)


def _assessed(file: CaseFile, passed: Gate) -> Suggestion:
    findings = find(file)
    conduct = tier(file, findings)
    level = grade(file)
    standard = review_row(file, level)
    risks = warnings(file)
    if known_no(file.facts, "is_listed") and holds(file.facts, "listing_criteria_met"):
        apply_notice(file)
    how = mode(file)
    granted = how.code == "under_observation"
    lacking = () if granted else entry(file)
    way = route(file, level, how.code, risks)
    public = publication(file, conduct, findings)
    months, follow = observation(file, level, how)
    lifted, steps = stages(file, how, scope(file, how, ()))
    tasks = apply_revocation(file).tasks if granted else ()
    return Suggestion(
        gate=passed,
        grade=level,
        tier=conduct,
        route="simple" if way.simple else "ordinary",
        provisional=way.provisional,
        hearing=not way.simple,
        third_party=way.third_party,
        mode=how.code,
        priority_start=findings.priority_start,
        missing=how.missing + lacking + publication_missing(file, public, how),
        conditions=how.conditions + follow,
        observation_months=months,
        scope=lifted,
        stages=steps,
        publication=public,
        tasks=tasks,
        warnings=risks,
        review=standard,
        trace=tuple(file.trace),
    )


def _by_a_person(file: CaseFile, stopped: Gate) -> Suggestion:
    """A statutory exit, or a case for a person alone: no grade, and no model's number is read."""
    file.scores = Scores()
    statutory = stopped.outcome == "no_discretion"
    risks = warnings(file)
    conduct = None
    public: Publication | None = None
    priority = holds(file.facts, "hardship_attested")
    if not statutory and not _PERSONAL_GROUNDS.intersection(stopped.grounds):
        findings = find(file)
        conduct = tier(file, findings)
        priority = findings.priority_start
        public = publication(file, conduct, findings)
    elif statutory:
        statutory_publication(file)
    else:
        no_publication(file)
    how = Mode("statutory", _statutory_conditions(stopped.ground)) if statutory else barred(file, stopped.zh or "")
    months, follow = observation(file, None, how)
    lifted = scope(file, how, stopped.grounds)
    # A repair already granted is watched all the same when a person alone decides on it.
    tasks: tuple[Task, ...] = ()
    if not statutory and file.facts.get("granted_mode") is not None:
        tasks = apply_revocation(file).tasks
    return Suggestion(
        gate=stopped,
        grade=None,
        tier=conduct,
        route="no_discretion" if statutory else "human_only",
        provisional=False,
        hearing=False,
        third_party=False,
        mode=how.code,
        priority_start=priority,
        missing=(),
        conditions=how.conditions + follow,
        observation_months=months,
        scope=lifted,
        stages=(),
        publication=public,
        tasks=tasks,
        warnings=risks,
        review=None,
        trace=tuple(file.trace),
    )


def _statutory_conditions(ground: str | None) -> tuple[Coded, ...]:
    return (*stage_conditions(ground), Coded("this_case_only", "仅及于本案，其他案件各依其规定"))
