"""What a court may state for its own area: values, and shifts that two persons approve; every fault is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import rfc8785
from court_file import OVERRIDE, override

from policy.book import source_zh
from policy.faults import PolicyFaults
from policy.parameters import Policy, load


def test_a_courts_own_file_speaks_for_its_own_area(tmp_path: Path) -> None:
    policy = load(overrides=[override(tmp_path, lambda text: text)])
    key = "route.simple.major_amount"
    assert policy.value(key, date(2024, 12, 31), "220102").value == 1_000_000
    found = policy.value(key, date(2025, 1, 1), "220102")
    assert (found.value, found.region, found.assumption) == (600_000, "220102", True)
    assert policy.value(key, date(2025, 1, 1), "220103").value == 1_000_000


@pytest.mark.parametrize("area", ["2201", "*", "999999", "000000", "all"])
def test_a_courts_file_without_an_area_of_its_own_speaks_for_nobody(tmp_path: Path, area: str) -> None:
    """Else one value could govern another court, or, for one industry, the whole country."""
    text = OVERRIDE.replace('region: "220102"', f'region: "{area}"')
    for place in ('region: "440300"', 'industry: "E"'):
        with pytest.raises(PolicyFaults) as caught:
            load(overrides=[override(tmp_path, lambda text: text, text.replace("- value", f"- {place}\n      value"))])
        assert f"nanguan.yaml:1: region: {area} is no area of a court; name the court's area" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('region: "220102"\n', "", "nanguan.yaml: region: is missing; name the court's area"),
        (
            "2025-01-01",
            "2025-02-29",
            "nanguan.yaml:5: route.simple.major_amount: cannot be read as YAML (2025-02-29 is",
        ),
        ("values:", "value:", "value: is unknown here; keep `region` and `values` only"),
        (
            "- value: 600000",
            '- value: 600000\n      region: "220103"',
            "is set for 220103, outside the file's region 220102",
        ),
        ("route.simple.major_amount", "gate.statutory.fixed_term", "may not be set by a court; remove it"),
        ("600000", "many", "nanguan.yaml:4: route.simple.major_amount: value has the wrong type"),
        ("600000", "6000000", "route.simple.major_amount = 6000000.0"),
        ('      source: {assumption: "the court\'s own figure"}\n', "", "has no source"),
    ],
)
def test_a_courts_own_file_is_checked_by_the_same_schema(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PolicyFaults) as caught:
        load(overrides=[override(tmp_path, lambda text: text.replace(old, new))])
    assert message in str(caught.value)


SHIFT = """region: "220102"
values:
  calibration.shift.redefault_6:
    - value: 0.4
      industry: "F"
      valid_from: 2026-04-01
      source: {decision: "stated for a test"}
      approved_by: [甲, 乙]
"""


def test_two_persons_shift_a_calibration_from_a_day_on_and_their_names_are_kept(
    tmp_path: Path,
) -> None:
    policy = load(overrides=[override(tmp_path, lambda text: text, SHIFT)])
    key, day = "calibration.shift.redefault_6", date(2026, 4, 1)
    found = policy.value(key, day, "220102", "F")
    assert (found.value, found.approved_by, found.assumption) == (0.4, ("甲", "乙"), False)
    for on, region, industry in (
        (date(2026, 3, 31), "220102", "F"),
        (day, "220103", "F"),
        (day, "220102", "E"),
        (day, "220102", None),
    ):
        assert policy.value(key, on, region, industry).value == 0
    assert source_zh(found) == "决定：stated for a test；批准：甲、乙"
    stored = json.loads(rfc8785.dumps(policy.to_json()))
    assert Policy.from_json(stored).hash == policy.hash != load().hash
    stored["values"] = [{**item, "approved_by": ["甲"]} if "approved_by" in item else item for item in stored["values"]]
    with pytest.raises(PolicyFaults, match=r"snapshot: calibration.shift.redefault_6: is approved by 1 person"):
        Policy.from_json(stored)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("", "nanguan.yaml:4: calibration.shift.redefault_6: is approved by 0 person(s)"),
        ("approved_by: [甲]", "is approved by 1 person(s), where 2 are needed for a value other than 0; name them"),
        ('approved_by: ["Li Si", "li  si "]', "is approved by 1 person(s), where 2 are needed"),
        ("approved_by: 甲乙", "approved_by is not a list of names; write approved_by: [name, name]"),
        ('approved_by: [甲, " "]', "approved_by is not a list of names"),
    ],
)
def test_a_shift_that_too_few_approved_is_refused_beside_its_other_faults(
    tmp_path: Path, names: str, message: str
) -> None:
    file = SHIFT.replace("approved_by: [甲, 乙]", names)
    for value, beyond in (("0.4", False), ("2.1", True)):
        with pytest.raises(PolicyFaults) as caught:
            load(overrides=[override(tmp_path, lambda text: text, file.replace("0.4", value))])
        assert message in str(caught.value)
        assert ("value is 2.1, above the greatest allowed 2" in str(caught.value)) == beyond


def test_a_shift_of_nothing_needs_no_approval(tmp_path: Path) -> None:
    plain = SHIFT.replace("approved_by: [甲, 乙]", "").replace("0.4", "0")
    policy = load(overrides=[override(tmp_path, lambda text: text, plain)])
    assert policy.value("calibration.shift.redefault_6", date(2026, 4, 1), "220102", "F").value == 0
