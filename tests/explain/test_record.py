"""A record is whole, adds up, contradicts itself nowhere, and survives storage to the bit."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from explain.additivity import AdditivityError
from explain.record import RecordError, build_record, parse_record, record_of

Pieces = dict[str, Any]


def faults_of(content: Pieces) -> dict[str, str]:
    with pytest.raises(RecordError) as error:
        record_of(content)
    return dict(error.value.faults)


def test_the_record_holds_every_part_as_specified(pieces: Pieces) -> None:
    content = build_record(**pieces).content()
    heads = "schema kind case input versions gate indicators facts points models probabilities intervals "
    heads += "suggestion reasons nulls"
    assert " ".join(content) == heads
    assert content["schema"] == "repair-risk/score/1"
    assert content["indicators"][0] == {
        "id": "remaining_debt_log",
        "value": 10.864,
        "evidence": [{"table": "obligations", "rows": ["O1", "O2"]}],
    }
    model = content["models"]["redefault_6"]
    assert list(model) == ["base", "contributions", "margin", "residual", "calibration", "probability"]
    assert abs(model["residual"]) < 1e-15
    assert content["nulls"] == {}


def test_round_trip_to_the_bit(pieces: Pieces) -> None:
    record = build_record(**pieces)
    raw = record.canonical
    assert raw == rfc8785.dumps(json.loads(raw)) == rfc8785.dumps(record.content())
    again = parse_record(raw)
    assert again == record
    assert again.canonical == raw
    assert record_of(record.content()).canonical == raw
    assert record.score_id == again.score_id == hashlib.sha256(raw).hexdigest()[:32]


@settings(max_examples=60, deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False), slope=st.floats(0, 1))
def test_every_float_survives(recorded: str, value: float, slope: float) -> None:
    content = json.loads(recorded)
    content["indicators"][0]["value"] = value
    content["models"]["success"]["calibration"]["slope"] = slope
    read = parse_record(record_of(content).canonical)
    assert struct.pack(">d", read.indicators[0].value or 0.0) == struct.pack(">d", value + 0.0)
    assert read.content()["models"]["success"]["calibration"]["slope"] == slope


def test_another_value_is_another_record(pieces: Pieces) -> None:
    first = build_record(**pieces)
    pieces["indicators"]["performed_ratio"] = 0.25000000000000006
    assert build_record(**pieces).score_id != first.score_id


@pytest.mark.parametrize("outcome", ["success", "redefault_6", "redefault_7_12"])
def test_what_does_not_add_up_is_never_built(pieces: Pieces, outcome: str) -> None:
    terms = pieces["models"][outcome]
    pieces["models"][outcome] = replace(terms, margin=terms.margin + 5e-10)
    assert build_record(**pieces).models.by_outcome()[outcome].residual == pytest.approx(5e-10, rel=1e-5)
    pieces["models"][outcome] = replace(terms, margin=terms.margin + 5e-9)
    with pytest.raises(AdditivityError, match=rf"A1@2026-05-01T00:00:00\+0800 \({outcome}: residual"):
        build_record(**pieces)


def test_an_altered_leaf_does_not_read_back(recorded: str) -> None:
    content = json.loads(recorded)
    assert record_of(content)
    content["models"]["success"]["contributions"]["performed_ratio"] += 1e-12
    assert faults_of(content) == {"/models/success/residual": "is not margin minus the sum of base and contributions"}
    content = json.loads(recorded)
    content["models"]["success"]["margin"] += 1.0
    content["models"]["success"]["residual"] = 1.0
    assert "/models/success/residual" in faults_of(content)


def test_bytes_that_are_not_canonical_are_refused(pieces: Pieces) -> None:
    raw = build_record(**pieces).canonical
    assert parse_record(raw)
    for other in (raw + b" ", raw.replace(b'"value":0.25', b'"value":0.250', 1)):
        with pytest.raises(RecordError, match="not the canonical JSON"):
            parse_record(other)


def test_an_exit_at_the_gate_asks_no_model_and_says_so(exit_pieces: Pieces, pieces: Pieces) -> None:
    record = build_record(**exit_pieces)
    assert record.points is None
    assert record.models.by_outcome() == {}
    assert set(record.nulls) == {
        "points",
        "models.success",
        "models.redefault_6",
        "models.redefault_7_12",
        "probabilities.success",
        "probabilities.redefault_6",
        "probabilities.redefault_12",
        "intervals.success",
        "intervals.redefault_6",
        "intervals.redefault_12",
        "suggestion.grade",
    }
    assert "义务已全部履行" in record.nulls["points"]
    assert "no model is asked" in record.nulls["points"]
    assert record.suggestion.trace[0].rule == "DT5"

    content = record.content()
    content["points"] = build_record(**pieces).content()["points"]
    del content["nulls"]["points"]
    content["suggestion"]["grade"] = "A"
    del content["nulls"]["suggestion.grade"]
    found = faults_of(content)
    assert found["/points"] == found["/suggestion/grade"] == "must be null: the gate let no model be asked"


def test_route_and_gate_agree(exit_pieces: Pieces, recorded: str) -> None:
    exit_pieces["suggestion"]["route"] = "ordinary"
    with pytest.raises(RecordError, match="/suggestion/route: must be no_discretion, as the gate says"):
        build_record(**exit_pieces)
    content = json.loads(recorded)
    content["suggestion"]["route"] = "no_discretion"
    assert faults_of(content) == {"/suggestion/route": "no_discretion needs a statutory exit at the gate"}


def test_every_null_head_figure_needs_its_reason(pieces: Pieces) -> None:
    del pieces["models"]["redefault_7_12"]
    pieces["probabilities"]["redefault_12"] = None
    del pieces["intervals"]["redefault_12"]
    with pytest.raises(RecordError) as error:
        build_record(**pieces)
    why = "a null head figure needs the reason why it is null"
    assert dict(error.value.faults) == {
        "/nulls/models.redefault_7_12": why,
        "/nulls/probabilities.redefault_12": why,
        "/nulls/intervals.redefault_12": why,
    }
    reason = "模型包没有此模型 / the bundle has no such model"
    names = ("models.redefault_7_12", "probabilities.redefault_12", "intervals.redefault_12")
    pieces["nulls"] = dict.fromkeys(names, reason)
    assert build_record(**pieces).probabilities.redefault_12 is None
    pieces["nulls"] |= {"points": reason, "case.age": reason}
    with pytest.raises(RecordError, match=r"/nulls/case\.age: unknown figure; /nulls/points: gives a reason for"):
        build_record(**pieces)


def test_a_card_without_dimensions_needs_the_reason(pieces: Pieces) -> None:
    points = pieces["points"] | {"dimensions": None, "shares": None, "caps": {"all": -2.3}}
    with pytest.raises(RecordError, match=r"/nulls/points\.dimensions"):
        build_record(**pieces | {"points": points})
    nulls = {"points.dimensions": "本卡不分维度 / one scale"}
    assert build_record(**pieces | {"points": points, "nulls": nulls}).points is not None


def test_probabilities_are_those_of_the_models(recorded: str) -> None:
    content = json.loads(recorded)
    content["probabilities"] = {"success": 0.51, "redefault_6": 0.08, "redefault_12": 0.07}
    assert faults_of(content) == {
        "/probabilities/success": "is not the probability of /models/success",
        "/probabilities/redefault_12": "is not p(6) + (1 - p(6)) q",
        "/intervals/redefault_12": "does not hold the probability between low and high",
    }
    content["probabilities"] = {"success": 0.5, "redefault_6": 0.08, "redefault_12": None}
    content["intervals"]["redefault_12"] = None
    content["nulls"] = {"probabilities.redefault_12": "因", "intervals.redefault_12": "因"}
    assert set(faults_of(content)) == {"/probabilities/redefault_12"}
    content = json.loads(recorded)
    content["models"]["redefault_7_12"] = None
    content["nulls"] = {"models.redefault_7_12": "因"}
    assert faults_of(content)["/probabilities/redefault_12"] == "needs the margins of both half years"


def test_intervals_hold_their_probability_and_count_like_cases(recorded: str) -> None:
    content = json.loads(recorded)
    assert record_of(content).intervals.redefault_6 is not None
    assert content["intervals"]["redefault_6"]["meaning"] == "mean_of_like_cases"
    content["intervals"]["success"] |= {"low": 0.51, "cases": 7, "events": 8}
    content["intervals"]["redefault_6"] |= {"high": 0.08, "like_from": 0.2, "like_to": 0.1}  # the end itself is inside
    assert faults_of(content) == {
        "/intervals/success": "does not hold the probability between low and high",
        "/intervals/success/events": "are more than the cases",
        "/intervals/redefault_6/like_to": "is below like_from",
    }
    content = json.loads(recorded)
    content["intervals"]["success"] = None
    assert faults_of(content) == {"/nulls/intervals.success": "a null head figure needs the reason why it is null"}
    content["intervals"]["redefault_6"]["level"] = 1.0
    assert set(faults_of(content)) == {"/intervals/redefault_6/level"}
    content = json.loads(recorded)
    content["probabilities"]["redefault_12"] = None
    content["nulls"]["probabilities.redefault_12"] = "因"
    assert faults_of(content)["/intervals/redefault_12"] == "is around no probability"


def test_points_add_up_by_hand(recorded: str) -> None:
    content = json.loads(recorded)
    content["points"]["indicators"]["performed_ratio"] += 0.1
    assert faults_of(content) == {"/points/total": "is not the sum of the indicators' points and the caps"}
    content = json.loads(recorded)
    content["points"]["dimensions"]["impact"] = 20.5
    found = faults_of(content)
    assert found["/points/dimensions/impact"] == "must lie between 0 and the dimension's share"
    assert found["/points/total"] == "is not the sum of the dimensions"
    content = json.loads(recorded)
    content["points"]["indicators"]["performed_ratio"] = 12.61
    assert "performed_ratio" in faults_of(content)["/points/indicators"]


def test_names_are_known_and_occur_once(recorded: str) -> None:
    content = json.loads(recorded)
    content["indicators"].append(content["indicators"][0])
    content["models"]["success"]["contributions"]["sex"] = 0.0
    content["points"]["indicators"]["age"] = 0.0
    assert faults_of(content) == {
        "/indicators": "ids occur twice: remaining_debt_log",
        "/models/success/contributions": "not among the indicators: sex",
        "/points/indicators": "not among the indicators: age",
    }


def test_reasons_repeat_what_the_record_says(pieces: Pieces) -> None:
    reason = {
        "indicator": "remaining_debt_log",
        "dimension": "ability",
        "zh_name": "未履行金额",
        "en_name": "Unperformed amount",
        "value": 10.864,
        "points": 12.4,
        "contribution": 0.2,
        "outcome": "redefault_12",
        "direction": "adverse",
        "zh": "尚有未履行金额",
        "en": "unpaid",
        "evidence": [{"table": "obligations", "rows": ["O1", "O2"]}],
    }
    assert build_record(**pieces | {"reasons": [reason]}).reasons[0].points == 12.4
    wrong = reason | {"value": 1.0, "points": None, "evidence": []}
    with pytest.raises(RecordError) as error:
        build_record(**pieces | {"reasons": [wrong, reason | {"indicator": "sex"}]})
    assert [where for where, _ in error.value.faults] == [
        "/reasons/0/value",
        "/reasons/0/evidence",
        "/reasons/0/points",
        "/reasons/1/indicator",
    ]


def test_shapes_are_strict_and_all_faults_are_told(recorded: str) -> None:
    content = json.loads(recorded)
    content["versions"]["extra"] = "x"
    content["input"]["rows"]["debtors"] = "1"
    content["case"]["as_of"] = "2026-05-01T00:00:00"
    content["suggestion"]["grade"] = "E"
    content["indicators"][0]["value"] = True
    del content["kind"]
    found = faults_of(content)
    assert set(found) == {
        "/kind",
        "/versions/extra",
        "/input/rows/debtors",
        "/case/as_of",
        "/suggestion/grade",
        "/indicators/0/value",
    }
    assert "2026-05-01" not in " ".join(found.values())


def test_what_json_cannot_carry_is_named_everywhere(pieces: Pieces) -> None:
    pieces["indicators"]["performed_ratio"] = float("nan")
    pieces["suggestion"]["trace"][0]["facts"]["remaining_debt"] = float("inf")
    pieces["case"]["debtor_id"] = "\ud800"
    pieces["suggestion"]["observation_months"] = 2**60
    with pytest.raises(RecordError) as error:
        build_record(**pieces)
    assert {where for where, _ in error.value.faults} == {
        "/indicators/1/value",
        "/suggestion/trace/0/facts/remaining_debt",
        "/case/debtor_id",
        "/suggestion/observation_months",
    }


def test_unknown_outcomes_are_refused(pieces: Pieces) -> None:
    pieces["models"]["redefault_24"] = pieces["models"]["success"]
    pieces["probabilities"]["redefault_24"] = 0.5
    pieces["intervals"]["redefault_24"] = pieces["intervals"]["success"]
    with pytest.raises(RecordError, match=r"/models: unknown.*/probabilities: unknown.*/intervals: unknown"):
        build_record(**pieces)


def test_a_record_cannot_be_changed(pieces: Pieces) -> None:
    record = build_record(**pieces)
    with pytest.raises(ValueError, match="frozen"):
        record.kind = "observation"
