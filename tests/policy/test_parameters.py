"""Loading: every fault is refused, named with its place and remedy, and its neighbour passes."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import rfc8785
from court_file import override

from policy import parameters
from policy.faults import PolicyFaults, PolicyLookupError
from policy.outcome import Context, Scores
from policy.parameters import Policy, load
from policy.suggest import suggest

PACKAGED = Path(parameters.__file__).parent / "parameters"
LIMITS = "grade/limits.yaml"
OWN = '{assumption: "本项目设定，待法院确认"}'
ENTRY = """  - value: {value}
    region: "{region}"
    valid_from: {start}
    valid_to: {end}
    source: {{assumption: "stated for a test"}}
"""


@pytest.fixture(scope="module")
def packaged() -> Policy:
    return load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged parameters that a test may edit."""
    copy = tmp_path / "parameters"
    shutil.copytree(PACKAGED, copy)
    return copy


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, file: str, text: str) -> None:
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").rstrip() + "\n" + text, encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(PolicyFaults) as caught:
        load(folder)
    return str(caught.value)


def test_the_copy_loads_with_the_same_hash(folder: Path, packaged: Policy) -> None:
    assert load(folder).hash == packaged.hash


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f"    source: {OWN}\n", "", "limits.yaml:3: grade.limits.A: has no source; write"),
        (OWN, '{assumption: ""}', "is not one of law, decision, seed, assumption with a"),
        (OWN, '{rumour: "heard"}', "source is not one of law, decision, seed, assumption"),
        (OWN, "somewhere", "source is not one of law, decision, seed, assumption"),
        ("value: 80", "value: eighty", "value has the wrong type: a number belongs here; correct the value"),
        ("value: 80", "value: true", "value has the wrong type: a number belongs here"),
        ("value: 80", "value: .nan", "value has the wrong type: a number belongs here"),
        ("value: 80", "value: null", "value has no value, where a number belongs"),
        ("value: 80", "value: 101", "value is 101.0, above the greatest allowed 100"),
        ("value: 80", "value: -1", "value is -1.0, below the least allowed 0"),
        ("value: 80", "worth: 80", "has an unknown field worth; keep to approved_by, industry"),
        ("value: 80", "worth: 80", "grade.limits.A: has no value"),
        ('region: "*"', 'region: "999999"', "region is unknown; write a six-digit area code in quotes"),
        ('region: "*"', "region: 220102", "region is unknown"),
        ('industry: "*"', 'industry: "Z"', "industry is unknown; write a section letter A-T"),
        ("valid_from: 2013-10-01", "valid_from: soon", "valid_from is not a day; write it as YYYY-MM-DD"),
        ("valid_from: 2013-10-01", "valid_from: 2013-10-01 08:00:00", "valid_from is not a day"),
        ("    valid_from: 2013-10-01\n", "", "has no valid_from"),
        ("valid_to: null", "valid_to: 2012-01-01", "valid_to 2012-01-01 lies before valid_from 2013-10-01"),
        ("valid_to: null", "valid_to: 2030-12-31", "has no general value after 2030-12-31; leave valid_to out"),
        ("2013-10-01", "2014-01-01", "has no general value from 2013-10-01 to 2013-12-31; state what held before"),
        ('region: "*"', 'region: "220000"', "grade.limits.A: has no general value; add one for region '*'"),
        ("A:\n", "AA:\n", "grade.limits.AA: is not a known key"),
        ("A:\n", "AA:\n", "grade.limits.A: has no value; add one with a source"),
        ("B:\n", "A:\n", "A: is written twice; keep one"),
        ("    valid_to: null\n", "    valid_to: null\n    valid_to: null\n", "valid_to: is written twice"),
        ("value: 80", "value: 65", "grade.limits.A = 65.0, grade.limits.B = 65.0, grade.limits.C = 50.0 must fall"),
        ("value: 80", "value: 60", "must fall strictly in this order (on 2013-10-01, region *, industry *)"),
        ("value: 80", "value: [", "cannot be read as YAML"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_its_place_and_remedy(folder: Path, old: str, new: str, message: str) -> None:
    edit(folder, LIMITS, old, new)
    assert message in refusal(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("valid_from: 2013-10-01", "valid_from: 2026-02-30", "limits.yaml:6: grade.limits.A: cannot be read as YAML"),
        ("valid_from: 2013-10-01", "valid_from: 2026-02-30", "2026-02-30 is no value: day is out of range for month"),
        ("value: 80", "value: !!int many", "limits.yaml:3: grade.limits.A: cannot be read as YAML (many is no value"),
        ("value: 80", "value: !!bool perhaps", "limits.yaml:3: grade.limits.A: cannot be read as YAML (perhaps is no"),
        ("value: 80", "value: !!timestamp soon", "limits.yaml:3: grade.limits.A: cannot be read as YAML (soon is no"),
        ("value: 80", "value: !unheard of", "could not determine a constructor for the tag '!unheard'"),
        ("value: 80", "? [value]\n    : 80", "limits.yaml:3: grade.limits.A: cannot be read as YAML"),
        ("value: 80", "value: 80\n    ? [a, [b]]\n    : 1", "found unhashable key"),
        ("value: 80", "value: " + "[" * 3000, "cannot be read as YAML (maximum recursion depth exceeded"),
    ],
)  # fmt: skip
def test_what_yaml_cannot_make_a_value_of_is_a_fault_with_its_line(
    folder: Path, old: str, new: str, message: str
) -> None:
    edit(folder, LIMITS, old, new)
    edit(
        folder, "grade/caps.yaml", "valid_from: 2013-10-01", "valid_from: 2013-13-01"
    )  # every file is read all the same
    said = refusal(folder)
    assert message in said
    assert "month must be in 1..12" in said


def test_the_last_day_there_is_may_be_written(folder: Path) -> None:
    edit(folder, LIMITS, "valid_to: null", "valid_to: 9999-12-31")
    assert "has no general value after 9999-12-31" in refusal(folder)
    edit(folder, LIMITS, "valid_to: 9999-12-31", "valid_to: null")
    append(folder, LIMITS, ENTRY.format(value=51, region="220100", start="2024-01-01", end="9999-12-31"))
    assert load(folder).value("grade.limits.C", date(9999, 12, 31), "220102").value == 51


def test_two_values_of_the_first_day_there_is_are_refused(folder: Path) -> None:
    twice = ENTRY.format(value=51, region="220100", start="0001-01-01", end="null")
    append(folder, LIMITS, twice)
    assert load(folder)
    append(folder, LIMITS, twice)
    assert "overlaps the value from 0001-01-01" in refusal(folder)


def test_a_limit_just_inside_the_order_passes(folder: Path) -> None:
    edit(folder, LIMITS, "value: 80", "value: 65.1")
    assert load(folder).value("grade.limits.A", date(2020, 1, 1)).value == 65.1


def test_all_faults_are_told_at_once(folder: Path) -> None:
    edit(folder, LIMITS, "value: 80", "value: eighty")
    edit(folder, LIMITS, "value: 65", "value: 650")
    edit(folder, "scorecard/shares.yaml", '    source: {assumption: "本项目设定：40/40/20"}\n', "")
    text = refusal(folder)
    assert text.startswith("3 fault(s)")
    assert all(key in text for key in ("grade.limits.A", "grade.limits.B", "scorecard.shares.ability"))


def test_faults_of_every_kind_are_told_in_one_refusal(folder: Path, tmp_path: Path) -> None:
    edit(folder, "scorecard/shares.yaml", '    source: {assumption: "本项目设定：40/40/20"}\n', "")
    edit(folder, LIMITS, "value: 80", "value: 60")
    edit(folder, "tier/slight.yaml", "amount_person:", "amount_human:")
    append(folder, "tier/severe.yaml", ENTRY.format(value=2, region="220102", start="2024-01-01", end="2024-06-30"))
    append(folder, "tier/severe.yaml", ENTRY.format(value=2, region="220102", start="2024-06-30", end="2024-12-31"))
    append(folder, "tier/severe.yaml", ENTRY.format(value=2, region="220102", start="2025-01-02", end="null"))
    append(
        folder, "route/third_party.yaml", ENTRY.format(value="true", region="999999", start="2024-01-01", end="null")
    )
    own = override(tmp_path, lambda text: text.replace("600000", "many"))
    with pytest.raises(PolicyFaults) as caught:
        load(folder, [own])
    assert len(caught.value.faults) == 8
    for message in (
        "scorecard.shares.ability: has no source",
        "grade.limits.A = 60.0, grade.limits.B = 65.0, grade.limits.C = 50.0 must fall strictly",
        "tier.slight.amount_human: is not a known key",
        "tier.slight.amount_person: has no value",
        "tier.severe.prior_revocations: overlaps the value from 2024-01-01",
        "tier.severe.prior_revocations: leaves a gap from 2025-01-01 to 2025-01-01",
        "route.third_party.hardship_contested: region is unknown",
        "nanguan.yaml:4: route.simple.major_amount: value has the wrong type",
    ):
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("first_end", "second_start", "message"),
    [
        ("2019-12-31", "2020-01-01", None),
        ("2019-12-31", "2019-12-31", "overlaps the value from 2013-10-01 (grade/limits.yaml:"),
        ("null", "2020-01-01", "end that one on 2019-12-31"),
        ("2019-12-30", "2020-01-01", "leaves a gap from 2019-12-31 to 2019-12-31 for region *, industry *"),
    ],
)
def test_validity_may_neither_overlap_nor_leave_a_gap(
    folder: Path, first_end: str, second_start: str, message: str | None
) -> None:
    edit(folder, LIMITS, "valid_to: null\n", f"valid_to: {first_end}\n")
    second = ENTRY.format(value=81, region="*", start=second_start, end="null")
    edit(folder, LIMITS, "\nB:\n", second + "\nB:\n")
    if message is None:
        loaded = load(folder)
        assert loaded.value("grade.limits.A", date(2019, 12, 31)).value == 80
        assert loaded.value("grade.limits.A", date(2020, 1, 1)).value == 81
    else:
        assert message in refusal(folder)


def test_shares_must_add_up_to_a_hundred(folder: Path) -> None:
    edit(folder, "scorecard/shares.yaml", "value: 20", "value: 21")
    assert "must add up to 100" in refusal(folder)


def test_months_of_a_grade_must_lie_in_the_window(folder: Path) -> None:
    edit(folder, "observation/months.yaml", "value: 12", "value: 13")
    assert "observation.months.D = 13, observation.window.maximum = 12 must not fall" in refusal(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("revocation/lockout.yaml", "value: 36", "value: 23", "serious = 24, revocation.lockout.false_material = 23"),
        ("publication/proposal.yaml", "value: 12", "value: 5", "publication.proposal.severe_min = 5 must not fall"),
        ("publication/public_credit.yaml", "value: 36", "value: 11", "public_credit.severe_max = 11 must not fall"),
        ("notice/grace.yaml", "value: 1\n", "value: 4\n", "minimum_months = 4, notice.grace.maximum_months = 3"),
        ("observation/temporary.yaml", "value: 12", "value: 11", "observation.temporary.maximum = 11 must not fall"),
        ("clocks/other.yaml", "value: 24", "value: 73", "clocks.other.sync_hours = 72 must not fall"),
        ("scope/letter.yaml", "[procurement,", "[exit,", "names exit, which is not one of procurement"),
        ("revocation/trigger.yaml", "value: any", "value: all", "names all, which is not one of serious, any"),
    ],
)  # fmt: skip
def test_values_that_contradict_each_other_are_refused(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    edit(folder, file, old, new)
    assert message in refusal(folder)


def test_an_order_broken_by_a_regional_value_alone_is_refused(folder: Path) -> None:
    value = ENTRY.format(value=64, region="220100", start="2024-01-01", end="null")
    append(folder, LIMITS, value)  # belongs to C, the last key of the file
    assert load(folder).value("grade.limits.C", date(2024, 1, 1), "220102").value == 64
    edit(folder, LIMITS, "value: 64", "value: 65")
    assert "must fall strictly in this order (on 2024-01-01, region 220100, industry *)" in refusal(folder)


def test_an_order_broken_when_a_regional_value_ends_is_refused(tmp_path: Path) -> None:
    """A of the court's own ends on 30 June; its B stays, and from 1 July stands above the national A."""
    own = """region: "220102"
values:
  grade.limits.A:
    - {value: 95, valid_from: 2026-01-01, valid_to: 2026-06-30, source: {assumption: "stated for a test"}}
  grade.limits.B:
    - {value: 85, valid_from: 2026-01-01, source: {assumption: "stated for a test"}}
"""
    with pytest.raises(PolicyFaults) as caught:
        load(overrides=[override(tmp_path, lambda text: text, own)])
    assert "grade.limits.A = 80.0, grade.limits.B = 85.0" in str(caught.value)
    assert "must fall strictly in this order (on 2026-07-01, region 220102, industry *)" in str(caught.value)
    for change in (("value: 85", "value: 79"), ("2026-01-01, source", "2026-01-01, valid_to: 2026-06-30, source")):
        changed = own.replace(*change)
        assert load(overrides=[override(tmp_path, lambda text: text, changed)])


def test_a_lookup_names_what_is_wrong_with_it(packaged: Policy) -> None:
    with pytest.raises(PolicyLookupError, match=r"unknown policy key 'grade\.limits\.E'"):
        packaged.value("grade.limits.E", date(2025, 1, 1))
    with pytest.raises(PolicyLookupError, match=r"grade\.limits\.A has no value on 2013-09-30"):
        packaged.value("grade.limits.A", date(2013, 9, 30))
    with pytest.raises(ValueError, match="region '2201' is not a six-digit area code"):
        packaged.value("grade.limits.A", date(2025, 1, 1), "2201")
    with pytest.raises(ValueError, match="industry 'Z' is not a section"):
        packaged.value("grade.limits.A", date(2025, 1, 1), "220102", "Z")
    assert packaged.value("grade.limits.A", date(2025, 1, 1), "000000").region == "*"


def test_the_narrower_area_wins_and_region_goes_before_industry(tmp_path: Path) -> None:
    text = 'region: "220000"\nvalues:\n  route.simple.creditors:\n'
    for area, section, value in [("220000", "*", 11), ("220000", "E", 12), ("220100", "*", 13), ("220102", "*", 14)]:
        text += f'    - {{value: {value}, region: "{area}", industry: "{section}", '
        text += 'valid_from: 2025-01-01, source: {assumption: "stated for a test"}}\n'
    path = tmp_path / "jilin.yaml"
    path.write_text(text, encoding="utf-8")
    policy = load(overrides=[path])

    def creditors(region: str, industry: str) -> object:
        return policy.value("route.simple.creditors", date(2025, 6, 1), region, industry).value

    assert creditors("220102", "E") == 14
    assert creditors("220104", "E") == 13
    assert creditors("220200", "E") == 12
    assert creditors("220281", "C") == 11
    assert creditors("310115", "E") == 20
    assert creditors("310115", "C") == 10
    for region in ("220102", "220104", "220281", "310115", "000000"):
        for industry in ("C", "E"):
            resolved = policy.rules(date(2025, 6, 1), region, industry)
            assert resolved.value["route.simple.creditors"] == creditors(region, industry)


def jiutai(tmp_path: Path, area: str, ends: str) -> Path:
    text = f'region: "{area}"\nvalues:\n  route.simple.creditors:\n    - {{value: 7, valid_from: 2014-01-01, {ends}'
    path = tmp_path / f"{area}.yaml"
    path.write_text(text + 'source: {assumption: "stated for a test"}}\n', encoding="utf-8")
    return path


def test_rules_of_an_area_follow_its_code(tmp_path: Path) -> None:
    """九台 was 220181 and is 220113: a case filed under the old code meets the rules of the new one, by date."""
    policy = load(overrides=[jiutai(tmp_path, "220113", "")])
    key = "route.simple.creditors"
    assert policy.value(key, date(2014, 12, 31), "220181").value == 10
    assert policy.value(key, date(2015, 1, 1), "220181").value == 7
    assert policy.rules(date(2015, 1, 1), "220181").value[key] == 7
    assert (
        load(overrides=[jiutai(tmp_path, "220181", "valid_to: 2014-12-31, ")])
        .value(key, date(2014, 12, 31), "220181")
        .value
        == 7
    )


def test_a_value_may_not_outlive_the_code_of_its_area(tmp_path: Path) -> None:
    with pytest.raises(PolicyFaults, match="region 220181 has borne another code since 2015-01-01; let it end before"):
        load(overrides=[jiutai(tmp_path, "220181", "")])


def test_approvals_are_refused_where_no_key_asks_for_them(folder: Path) -> None:
    edit(folder, LIMITS, "value: 80", "value: 80\n    approved_by: [甲, 乙]")
    assert "grade.limits.A: has approved_by, which nobody reads for this key; remove it" in refusal(folder)


def test_a_snapshot_rebuilds_the_same_policy(packaged: Policy) -> None:
    stored = rfc8785.dumps(packaged.to_json())
    rebuilt = Policy.from_json(json.loads(stored))
    assert rebuilt.hash == packaged.hash
    assert rfc8785.dumps(rebuilt.to_json()) == stored
    context = Context(date(2025, 3, 3), "440304", "E")
    assert suggest({}, Scores(), context, rebuilt).to_json() == suggest({}, Scores(), context, packaged).to_json()


def test_a_damaged_snapshot_is_refused_and_names_the_fault(packaged: Policy) -> None:
    data = packaged.to_json()
    with pytest.raises(PolicyFaults, match="is not a policy snapshot of format 1"):
        Policy.from_json({**data, "format": 0})
    damaged = [{**item, "source": {}} if item["key"] == "grade.limits.A" else item for item in data["values"]]
    with pytest.raises(PolicyFaults, match=r"snapshot: grade.limits.A: source is not one of"):
        Policy.from_json({**data, "values": damaged})
    assert Policy.from_json(data).hash == packaged.hash


def test_the_hash_follows_content_and_nothing_else(folder: Path, packaged: Policy) -> None:
    append(folder, LIMITS, "# a remark changes nothing\n")
    assert load(folder).hash == packaged.hash
    edit(folder, LIMITS, "本项目设定，待法院确认", "another ground")
    assert load(folder).hash != packaged.hash


FACTS = {"creditors_heard": 1.0, "objections": 0.0, "material_discrepancies": 0.0, "creditor_count": 2.0,
         "remaining_debt": 900_000.0, "mass_event": 0.0, "query_coverage": 0.9}  # fmt: skip
SCORES = Scores(points=82.0, dimensions={"ability": 70, "willingness": 80, "impact": 90}, p_redefault_12=0.1,
                p_redefault_12_low=0.08, p_redefault_12_high=0.12)  # fmt: skip


SEVEN = ("procurement", "bidding", "approval", "support", "financing", "market_access", "qualification")


@pytest.mark.parametrize(
    ("file", "change", "name", "flip"),
    [
        (LIMITS, ("value: 80", "value: 82.1"), "grade", ("A", "B")),
        ("route/simple.yaml", ("value: 1000000", "value: 899999"), "route", ("simple", "ordinary")),
        ("route/simple.yaml", ("[A, B]", "[B]"), "route", ("simple", "ordinary")),
        ("mode/limits.yaml", ("value: 60", "value: 81"), "mode", ("full", "willingness_not_shown")),
        ("observation/months.yaml", ("value: 6", "value: 7"), "observation_months", (6, 7)),
        ("grade/caps.yaml", ("value: 0.35", "value: 0.09"), "grade", ("A", "C")),
        ("warnings/limits.yaml", ("value: 0.2", "value: 0.03"), "route", ("simple", "ordinary")),
        ("scope/lifted.yaml", (", consumption, exit]", "]"), "scope", ((*SEVEN, "consumption", "exit"), SEVEN)),
    ],
)  # fmt: skip
def test_one_value_in_yaml_alone_flips_a_decision(
    folder: Path, file: str, change: tuple[str, str], name: str, flip: tuple[object, object]
) -> None:
    context = Context(date(2025, 3, 3), "220102", "C")
    assert getattr(suggest(FACTS, SCORES, context, load(folder)), name) == flip[0]
    edit(folder, file, *change)
    assert getattr(suggest(FACTS, SCORES, context, load(folder)), name) == flip[1]


def test_a_negative_list_flag_in_yaml_opens_and_closes_the_gate(folder: Path, packaged: Policy) -> None:
    context = Context(date(2025, 3, 3))
    facts = {**FACTS, "refusal_crime_36m": 1.0}
    assert suggest(facts, SCORES, context, packaged).route == "human_only"
    edit(folder, "gate/negative_list.yaml", "value: true", "value: false")
    assert suggest(facts, SCORES, context, load(folder)).gate.outcome == "assess"
