"""The casebook: YAML cases that a lawyer can read, and how they are put to the rules.

A case names the keys it is for: `changes` (the day before and the day of a change), `threshold` with `vary`
(at the limit and one step beside it), or `covers` (the value itself is shown). `court` names a court's own file
in `cases/courts`; `table` asks another table than the suggestion. `lookup` rows ask for a value itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policy.clocks import due, sync_due
from policy.facts import EXTRA_FACTS, FACTS
from policy.faults import PolicyLookupError
from policy.lockout import lockout
from policy.notice import notice
from policy.outcome import DIMENSIONS, Context, Fired, Scores, Suggestion
from policy.parameters import Policy, load
from policy.revocation import revocation
from policy.rules import json_value
from policy.suggest import suggest
from records.clock import SHANGHAI

FOLDER = Path(__file__).parent / "cases"
BASE = yaml.safe_load((FOLDER / "base.yaml").read_text(encoding="utf-8"))
FLAGS = {"disagreement", "extrapolated"}


@cache
def rules_of(court: str | None) -> Policy:
    """The packaged rules, with a court's own file where a case names one."""
    return load(overrides=[FOLDER / "courts" / f"{court}.yaml"] if court else [])


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "base.yaml":
            for case in yaml.safe_load(path.read_text(encoding="utf-8")):
                yield f"{path.stem}: {case['name']}", case


CASES = dict(cases())


def day_of(case: Mapping[str, Any], row: Mapping[str, Any]) -> date:
    day = row.get("date", case.get("date", BASE["date"]))
    assert isinstance(day, date)
    return day


def place_of(case: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return str(row.get("region", case.get("region", BASE["region"])))


def context_of(case: Mapping[str, Any], row: Mapping[str, Any]) -> Context:
    return Context(day_of(case, row), place_of(case, row), row.get("industry", case.get("industry", BASE["industry"])))


def given_of(case: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts and scores of a row: the base situation, what the case gives, what the row changes."""
    facts, scores = dict(BASE["facts"]), dict(BASE["scores"])
    for name, value in {**case.get("given", {}), **row.get("with", {})}.items():
        if name in scores or name in FLAGS:
            scores[name] = value
        else:
            assert name in FACTS or name in EXTRA_FACTS, f"{name} is not a fact"
            facts[name] = value
    return facts, scores


def answer(case: Mapping[str, Any], row: Mapping[str, Any], policy: Policy) -> Suggestion:
    """What the rules suggest in the situation of a row."""
    facts, scores = given_of(case, row)
    dimensions = {name: scores.pop(name) for name in DIMENSIONS}
    given = None if None in dimensions.values() else dimensions
    return suggest(facts, Scores(dimensions=given, **scores), context_of(case, row), policy)


def answer_of_table(
    case: Mapping[str, Any], row: Mapping[str, Any], policy: Policy
) -> tuple[dict[str, Any], tuple[Fired, ...]]:
    """The answer of one of the tables beside the suggestion, as its JSON, and its trace."""
    context = context_of(case, row)
    facts, _ = given_of(case, row)
    if case["table"] == "revocation":
        revoked = revocation(facts, context, policy)
        data = revoked.to_json()
        data["tasks"] = [task["code"] for task in data["tasks"]]
        return data | {"due": sorted({str(task.due) for task in revoked.tasks})}, revoked.trace
    if case["table"] == "lockout":
        barred = lockout(row["ground"], context, policy)
        return barred.to_json(), barred.trace
    if case["table"] == "notice":
        told = notice(facts, context, policy)
        return told.to_json(), told.trace
    if case["table"] == "sync":
        decided = datetime.fromisoformat(row["started"]).replace(tzinfo=SHANGHAI)
        limit = sync_due(decided, policy.rules(context.on, context.region))
        return {"target": f"{limit.target:%Y-%m-%d %H:%M}", "limit": f"{limit.limit:%Y-%m-%d %H:%M}"}, ()
    return due(case["table"], row["started"], context, policy).to_json(), ()


def shown(found: Suggestion, name: str) -> Any:
    """What a case may expect, by the word it uses."""
    words = {
        "gate": found.gate.outcome,
        "ground": found.gate.ground,
        "grounds": list(found.gate.grounds),
        "scope": list(found.scope),
        "review": found.review and found.review.grade,
        "review_row": found.review and {k: v for k, v in found.review.to_json().items() if k != "grade"},
        "conditions": [item.code for item in found.conditions],
        "stages": [list(stage.scope) for stage in found.stages],
        "tasks": [task.code for task in found.tasks],
        "due": sorted({str(task.due) for task in found.tasks}),
        "publication": found.publication and found.publication.to_json(),
        "missing": [item.code for item in found.missing],
        "warnings": [item.code for item in found.warnings],
        "serious": [item.code for item in found.warnings if item.serious],
        "evidence": {item.code: dict(item.facts) for item in found.warnings},
    }
    return words[name] if name in words else getattr(found, name)


def check(found: Suggestion, expected: Mapping[str, Any]) -> list[str]:
    """Everything in which the answer differs from what the case expects."""
    faults = []
    words = [fired.zh for fired in found.trace] + [item.zh for item in (*found.conditions, *found.missing)]
    text = "；".join(words)
    for name, wanted in expected.items():
        if name == "fired":
            given = {fired.rule: fired.outcome for fired in reversed(found.trace)}
            good = all(given.get(rule) == outcome for rule, outcome in wanted.items())
        elif name == "zh_with":
            good = wanted in text
        elif name == "zh_without":
            good = wanted not in text
        elif name == "not_missing":
            good = not set(wanted) & set(shown(found, "missing"))
        elif name == "not_fired":
            good = not set(wanted) & {fired.rule for fired in found.trace}
        elif name == "publication" and wanted is not None:
            held = shown(found, name) or {}
            good = all(held.get(field) == value for field, value in wanted.items())
        elif name == "no_warnings":
            good = not set(wanted) & set(shown(found, "warnings"))
        elif name in {"conditions", "missing", "warnings", "serious"}:
            good = set(wanted) <= set(shown(found, name))
        else:
            good = shown(found, name) == wanted
        if not good:
            faults.append(f"{name}: expected {wanted!r}, found {found.to_json()}")
    return faults


def check_table(case: Mapping[str, Any], row: Mapping[str, Any], policy: Policy) -> list[str]:
    """As `check`, for the tables beside the suggestion."""
    found, trace = answer_of_table(case, row, policy)
    text = "；".join([*(fired.zh for fired in trace), str(found.get("zh", ""))])
    faults = []
    for name, wanted in row["expect"].items():
        good = wanted in text if name == "zh_with" else found.get(name) == wanted
        if not good:
            faults.append(f"{name}: expected {wanted!r}, found {found} {text}")
    return faults


def check_lookup(case: Mapping[str, Any], row: Mapping[str, Any], policy: Policy) -> list[str]:
    """Everything in which the value that is asked for differs from what the row says."""
    try:
        context = context_of(case, row)
        found = policy.value(row["lookup"], context.on, context.region, context.industry)
    except PolicyLookupError as refusal:
        return [] if row.get("refused") and row["refused"] in str(refusal) else [f"{row}: {refusal}"]
    if "refused" in row or json_value(found.value) != row["value"]:
        return [f"{row}: {found}"]
    return [] if found.source.startswith(row.get("source", "")) else [f"{row}: {found.source}"]


def faults_of(case: Mapping[str, Any], row: Mapping[str, Any], policy: Policy) -> list[str]:
    """Everything in which the rules answer a row otherwise than it expects."""
    if "lookup" in row:
        return check_lookup(case, row, policy)
    if "table" in case:
        return check_table(case, row, policy)
    return check(answer(case, row, policy), row["expect"])
