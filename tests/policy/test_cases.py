"""The rules case by case: the days around every change, both sides of every limit, every value that is a rule.

The coverage check turns each value of the parameter set a step and puts the cases that name its key to the
changed rules: a value whose change no case notices has no case, and the build fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from casebook import BASE, CASES, FOLDER, answer, check, day_of, faults_of, place_of, rules_of

from policy.checks import Entry
from policy.facts import EXTRA_FACTS, FACTS
from policy.faults import PolicyLookupError
from policy.outcome import Context, Scores
from policy.parameters import Policy
from policy.regions import ANYWHERE
from policy.schema import KeySpec, Value
from policy.suggest import suggest

# Values that no table compares with a case, so that the value itself is what there is to show: other code reads
# them (`features`, the card), or they only bound other values when the set is loaded.
SHOWN = ("features.", "scorecard.shares.", "calibration.shift.", "observation.window.", "observation.temporary.",
         "publication.judicial_list.extension_max")  # fmt: skip


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rules_of(None)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    policy = rules_of(case.get("court"))
    for row in case["rows"]:
        assert faults_of(case, row, policy) == [], f"{name}: {row}"


def test_the_base_situation_is_what_the_cases_say(policy: Policy) -> None:
    assert check(answer({}, {}, policy), BASE["expect"]) == []
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


def test_a_step_of_any_value_is_noticed_by_a_case_that_names_its_key(policy: Policy) -> None:
    assert unnoticed(policy, policy.entries) == []


def unnoticed(policy: Policy, entries: tuple[Entry, ...]) -> list[str]:
    """Those of the entries that can be turned a step while every case that names their key stays as it is."""
    lacking = []
    for entry in entries:
        spec = policy.schema.keys[entry.key]
        naming = [case for case in CASES.values() if names(case, entry.key)]
        rows = [(case, row) for case in naming for row in case["rows"] if speaks(row, entry.key)]
        for turned in steps(spec, entry.value):
            if not any(notices(case, row, entry, turned, policy) for case, row in rows):
                place = f"{entry.key} in {entry.region}/{entry.industry} from {entry.valid_from}"
                lacking.append(f"{place}: no case notices {turned!r} for {entry.value!r}")
    return lacking


def names(case: Mapping[str, Any], key: str) -> bool:
    """Whether the case says that it is for the key."""
    return key in (*case.get("changes", ()), *case.get("covers", ()), case.get("threshold"))


def speaks(row: Mapping[str, Any], key: str) -> bool:
    """Whether a row shows what the value does; reading it back shows only what stands there."""
    return "lookup" not in row or (row["lookup"] == key and key.startswith(SHOWN))


def notices(case: Mapping[str, Any], row: Mapping[str, Any], entry: Entry, turned: Value, policy: Policy) -> bool:
    """Whether the row holds under the rules as they are and no longer under the changed ones."""
    try:
        met = policy.value(entry.key, day_of(case, row), place_of(case, row), industry_of(case, row)) == entry.resolved
    except PolicyLookupError:
        return False
    if not met:
        return False
    own = () if "court" not in case else set(rules_of(case["court"]).entries) - set(rules_of(None).entries)
    kept = [other for other in policy.entries if other != entry]
    before, after = Policy([*policy.entries, *own]), Policy([*kept, replace(entry, value=turned), *own])
    return not faults_of(case, row, before) and bool(faults_of(case, row, after))


def industry_of(case: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    return row.get("industry", case.get("industry", BASE["industry"]))


def steps(spec: KeySpec, value: Value) -> Iterator[Value]:
    """The value a step up and down (within what the schema allows), turned over, or without its first word."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        step = step_of(spec, value)
        for turned in (value + step, value - step):
            if (spec.minimum is None or turned >= spec.minimum) and (spec.maximum is None or turned <= spec.maximum):
                yield turned
    elif isinstance(value, tuple):
        yield value[1:]
    elif isinstance(value, date):
        yield from (value + timedelta(days=1), value - timedelta(days=1))
    elif isinstance(value, str):
        yield from (word for word in spec.values or (value + "。",) if word != value)
    else:
        yield 1  # where the law of the day sets nothing


def step_of(spec: KeySpec, value: float) -> float:
    """One for whole numbers, a fen for money, a tenth of a point or a year, a thousandth of a share."""
    if spec.type == "integer":
        return 1
    if spec.unit == "元":
        return 0.01
    return 0.0011 if spec.maximum is not None and spec.maximum <= 1 else 0.11


@pytest.mark.parametrize(
    ("key", "region", "value"),
    [
        ("grade.limits.A", ANYWHERE, 83.0),  # moved away from its cases
        ("route.simple.creditors", "220100", 15),  # a region's own limit
        ("mode.suspension.allowed", "510000", True),
        ("review.B.depth", "220100", "另定"),
    ],
)
def test_a_value_without_a_case_fails_the_build(policy: Policy, key: str, region: str, value: Value) -> None:
    general = next(entry for entry in policy.entries if entry.key == key and entry.region == ANYWHERE)
    fresh = replace(general, region=region, value=value)
    kept = tuple(entry for entry in policy.entries if region != ANYWHERE or entry != general)
    assert unnoticed(policy, (general,)) == []
    assert unnoticed(Policy([*kept, fresh]), (fresh,)) != []


def test_every_named_key_exists_and_every_courts_file_is_used(policy: Policy) -> None:
    named = {key for case in CASES.values() for key in (*case.get("changes", ()), *case.get("covers", ()))}
    named |= {case["threshold"] for case in CASES.values() if "threshold" in case}
    assert named <= set(policy.schema.keys)
    files = {path.stem for path in (FOLDER / "courts").glob("*.yaml")}
    assert files == {case["court"] for case in CASES.values() if "court" in case}


def test_before_the_first_values_every_lookup_is_refused(policy: Policy) -> None:
    eve = policy.schema.origin - timedelta(days=1)
    for key in policy.schema.keys:
        with pytest.raises(PolicyLookupError, match=f"{key} has no value on {eve}: its first value holds from"):
            policy.value(key, eve, "220102")
    with pytest.raises(PolicyLookupError, match="no rules on 2013-09-30: the first values hold from 2013-10-01"):
        suggest({}, Scores(), Context(eve), policy)
    assert suggest({}, Scores(), Context(policy.schema.origin), policy).route == "ordinary"
    assert ANYWHERE == "*"
