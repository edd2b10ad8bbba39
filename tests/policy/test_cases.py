"""The rules case by case: YAML that a lawyer can read, the days around every change, both sides of every limit.

A case names the keys it is for: `changes` (the day before and the day of a change), `threshold` with
`vary` (at the limit and one step beside it), or `covers` (the value itself is shown). `court` names a
court's own file in `cases/courts`; `table` asks another table than the suggestion. The last tests fail when
a parameter's change or a numeric limit has no case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy.clocks import due, sync_due
from policy.facts import EXTRA_FACTS, FACTS
from policy.faults import PolicyLookupError
from policy.lockout import lockout
from policy.notice import notice
from policy.outcome import DIMENSIONS, Context, Fired, Scores, Suggestion
from policy.parameters import Policy, load
from policy.regions import ANYWHERE
from policy.revocation import revocation
from policy.rules import json_value
from policy.suggest import suggest
from records.clock import SHANGHAI

FOLDER = Path(__file__).parent / "cases"
BASE = yaml.safe_load((FOLDER / "base.yaml").read_text(encoding="utf-8"))
FLAGS = {"disagreement", "extrapolated"}
# Groups whose numbers are tests of a case: each needs a case on both sides of the limit.
LIMITS = (
    "tier.", "grade.limits.", "grade.caps.", "route.", "mode.limits.", "mode.conditional.", "warnings.limits.",
    "gate.negative_list.", "publication.proposal.general_", "publication.proposal.severe_", "publication.early.",
    "publication.public_credit.general_", "publication.public_credit.severe_", "publication.public_credit.slight_max",
    "entry.", "revocation.breach.", "observation.clearing.waiver_vote_min", "scope.staged.", "notice.grace.maximum",
)  # fmt: skip


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rules_of(None)


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


def answer(case: Mapping[str, Any], row: Mapping[str, Any]) -> Suggestion:
    facts, scores = given_of(case, row)
    dimensions = {name: scores.pop(name) for name in DIMENSIONS}
    given = None if None in dimensions.values() else dimensions
    return suggest(facts, Scores(dimensions=given, **scores), context_of(case, row), rules_of(case.get("court")))


def answer_of_table(case: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fired, ...]]:
    """The answer of one of the tables beside the suggestion, as its JSON, and its trace."""
    policy, context = rules_of(case.get("court")), context_of(case, row)
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
    text = "；".join(fired.zh for fired in found.trace)
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


def check_table(case: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """As `check`, for the tables beside the suggestion."""
    found, trace = answer_of_table(case, row)
    text = "；".join([*(fired.zh for fired in trace), str(found.get("zh", ""))])
    faults = []
    for name, wanted in row["expect"].items():
        good = wanted in text if name == "zh_with" else found.get(name) == wanted
        if not good:
            faults.append(f"{name}: expected {wanted!r}, found {found} {text}")
    return faults


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    for row in case["rows"]:
        if "lookup" in row:
            check_lookup(case, row)
        elif "table" in case:
            assert check_table(case, row) == [], f"{name}: {row}"
        else:
            assert check(answer(case, row), row["expect"]) == [], f"{name}: {row}"


def check_lookup(case: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    policy = rules_of(case.get("court"))
    ask = (row["lookup"], day_of(case, row), place_of(case, row))
    if "refused" in row:
        with pytest.raises(PolicyLookupError, match=row["refused"]):
            policy.value(*ask)
        return
    found = policy.value(*ask)
    assert json_value(found.value) == row["value"], f"{row}: {found}"
    assert found.source.startswith(row.get("source", "")), f"{row}: {found.source}"


def test_the_base_situation_is_what_the_cases_say() -> None:
    assert check(answer({}, {}), BASE["expect"]) == []
    assert set(BASE["facts"]) == set(FACTS) | set(EXTRA_FACTS)


def test_every_change_of_a_parameter_has_a_case_on_the_day_before_and_the_day(policy: Policy) -> None:
    assert uncovered_changes(policy) == []


def uncovered_changes(policy: Policy) -> list[str]:
    """Every value that begins after the first day and has no case on both sides of its beginning."""
    lacking = []
    for entry in policy.entries:
        if entry.valid_from == policy.schema.origin:
            continue
        meant = [case for case in CASES.values() if entry.key in case.get("changes", ())]
        if not any(spans(policy, case, entry) for case in meant):
            lacking.append(f"{entry.key} in {entry.region}/{entry.industry} from {entry.valid_from}")
    return lacking


@pytest.mark.parametrize("key", ["grade.limits.A", "gate.statutory.all_performed", "scope.lifted.full"])
def test_a_change_without_a_case_fails_the_build(policy: Policy, key: str) -> None:
    data = policy.to_json()
    last = [item for item in data["values"] if item["key"] == key][-1]
    data["values"].append({**last, "valid_from": "2031-01-01"})
    last["valid_to"] = "2030-12-31"
    assert uncovered_changes(Policy.from_json(data)) == [f"{key} in */* from 2031-01-01"]


def test_a_limit_that_moves_away_from_its_cases_fails_the_build(policy: Policy) -> None:
    data = policy.to_json()
    for item in data["values"]:
        if item["key"] == "grade.limits.A":
            item["value"] = 83
    assert uncovered_limits(policy) == []
    assert uncovered_limits(Policy.from_json(data)) == ["grade.limits.A"]


def spans(policy: Policy, case: Mapping[str, Any], entry: Any) -> bool:
    """Whether the case stands on both sides of the entry's first day, and meets the entry on it."""
    eve = entry.valid_from - timedelta(days=1)
    industry = case.get("industry", BASE["industry"])
    rows = [row for row in case["rows"] if row.get("lookup", entry.key) == entry.key]
    before = [row for row in rows if day_of(case, row) == eve]
    after = [
        row
        for row in rows
        if day_of(case, row) == entry.valid_from
        and policy.value(entry.key, entry.valid_from, place_of(case, row), industry) == entry.resolved
    ]
    old = earlier_value(policy, entry, eve)
    changed = old is None or old != entry.value
    told_apart = any(
        one.get("with") == other.get("with") and place_of(case, one) == place_of(case, other)
        for one in before
        for other in after
        if expectation(one) != expectation(other)
    )
    return bool(before) and bool(after) and (told_apart or not changed)


def earlier_value(policy: Policy, entry: Any, eve: date) -> Any:
    try:
        return policy.value(entry.key, eve, entry.region, entry.industry).value
    except PolicyLookupError:
        return None


def expectation(row: Mapping[str, Any]) -> str:
    return repr({name: row.get(name) for name in ("expect", "value", "source", "refused")})


def test_every_choice_of_a_rule_has_a_case_for_each_of_its_words(policy: Policy) -> None:
    chosen = {
        (key, str(rules_of(case.get("court")).value(key, day_of(case, row), place_of(case, row)).value))
        for case in CASES.values()
        for key in case.get("covers", ())
        if policy.schema.keys[key].type == "choice"
        for row in case["rows"]
    }
    wanted = {
        (key, word)
        for key, spec in policy.schema.keys.items()
        if spec.type == "choice" and spec.local and key != "grade.caps.grade"
        for word in spec.values
    }
    assert wanted - chosen == set()


def test_every_numeric_limit_has_a_case_at_it_and_one_step_beside_it(policy: Policy) -> None:
    assert uncovered_limits(policy) == []


def uncovered_limits(policy: Policy) -> list[str]:
    """Every number without a case at it and one step beside it, or, where it is no test, without any case."""
    lacking = []
    for key, spec in policy.schema.keys.items():
        if spec.type not in {"integer", "number"}:
            continue
        if key.startswith(LIMITS):
            good = any(
                both_sides(rules_of(case["court"]) if "court" in case else policy, case, key)
                for case in CASES.values()
                if case.get("threshold") == key
            )
        else:
            good = any(key in case.get("covers", ()) for case in CASES.values())
        if not good:
            lacking.append(key)
    return lacking


def both_sides(policy: Policy, case: Mapping[str, Any], key: str) -> bool:
    """Whether two rows differ in the one fact only, one at the limit, one a small step away, told apart."""
    fact = case["vary"]
    rows = [row for row in case["rows"] if isinstance(row.get("with", {}).get(fact), int | float)]
    found = policy.value(key, day_of(case, {}), place_of(case, {}), case.get("industry", BASE["industry"])).value
    assert isinstance(found, int | float)
    step = 1.0 if float(found).is_integer() and policy.schema.keys[key].type == "integer" else 0.11
    at = [row for row in rows if row["with"][fact] == found]
    beside = [row for row in rows if 0 < abs(row["with"][fact] - found) <= step]
    return any(expectation(one) != expectation(other) for one in at for other in beside)


def test_every_named_key_exists(policy: Policy) -> None:
    named = {key for case in CASES.values() for key in (*case.get("changes", ()), *case.get("covers", ()))}
    named |= {case["threshold"] for case in CASES.values() if "threshold" in case}
    assert named <= set(policy.schema.keys)


def test_before_the_first_values_every_lookup_is_refused(policy: Policy) -> None:
    eve = policy.schema.origin - timedelta(days=1)
    for key in policy.schema.keys:
        with pytest.raises(PolicyLookupError, match=f"{key} has no value on {eve}: its first value holds from"):
            policy.value(key, eve, "220102")
    with pytest.raises(PolicyLookupError, match="no rules on 2013-09-30: the first values hold from 2013-10-01"):
        suggest({}, Scores(), Context(eve), policy)
    assert suggest({}, Scores(), Context(policy.schema.origin), policy).route == "ordinary"
    assert ANYWHERE == "*"
