"""The promotion gates on plain evidence: what passes, what refuses, and what is shown as unknown."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.evidence import calibration_evidence, ranking_evidence
from models.faults import ParamsFault
from models.gates import GateLimits, GateResult, judge

LIMITS = GateLimits.of_profile("applications")


def made(n: int = 3000, seed: int = 1, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities whose logit is `slope` times too steep."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n) - 1.0
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float)
    return y, 1 / (1 + np.exp(-slope * z))


def sound() -> dict[str, Any]:
    y, p = made()
    noisy = p + 0.05 * np.random.default_rng(2).normal(size=len(p))
    return {
        "outcomes": {
            "redefault_12": {
                "cases": len(y),
                "events": int(y.sum()),
                **ranking_evidence(y, p, {"champion": noisy}),
                "calibration": calibration_evidence(y, p, seed=0),
            }
        },
        "monotone": {"redefault_6": {"trees": 200, "directions": 40}},
        "replayed": {"cases": 100, "differ": 0},
        "metrics": {
            "fairness": {
                "success": {"worst": {}, "verdicts": dict.fromkeys(LIMITS.refusing_attributes, "within")},
                "proxies": {"sex": "within"},
            }
        },
        "observed_until": "2025-12-31",
        "trained_until": "2025-12-31",
        "champion": "aaaa",
        "champion_now": "aaaa",
        "champion_made": "2024-01-01",
        "window": {"first": "2024-01-01", "last": "2025-01-01"},
        "basis": "out of time",
    }


def verdict(evidence: dict[str, Any], gate: str, limits: GateLimits = LIMITS) -> GateResult:
    return next(one for one in judge(evidence, limits) if one.gate == gate)


def outcome(evidence: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = evidence["outcomes"]["redefault_12"]
    return found


def calibrated(slope: float, shift: float = 0.0) -> Callable[[dict[str, Any]], None]:
    def change(evidence: dict[str, Any]) -> None:
        y, p = made(slope=slope)
        outcome(evidence)["calibration"] = calibration_evidence(y, np.clip(p + shift, 0.001, 0.999), seed=0)

    return change


def test_sound_evidence_passes_every_gate() -> None:
    found = judge(sound(), LIMITS)
    assert {one.gate: one.verdict for one in found} == dict.fromkeys(
        ("current", "ranking", "calibration", "monotone", "fairness", "replay"), "pass"
    )
    assert not any(one.refuses for one in found)


@pytest.mark.parametrize(
    ("gate", "change", "expected", "says"),
    [
        ("current", lambda e: e.update(champion_now="bbbb"), "fail", "champion now is bbbb: evaluate again"),
        ("current", lambda e: e.update(observed_until="2024-01-01"), "fail", "trained on data until 2025-12-31"),
        ("ranking", lambda e: outcome(e)["auc"].update(low=0.49), "fail", "against .5 for the prevalence alone"),
        ("ranking", lambda e: outcome(e)["against"]["champion"].update(high=-0.001), "fail", "shown to be worse"),
        ("ranking", lambda e: outcome(e)["against"]["champion"].update(low=-0.05), "insufficient", "not ruled out"),
        ("ranking", lambda e: outcome(e).update(events=20), "insufficient", "20 events among 3000 cases"),
        ("ranking", lambda e: e.update(outcomes={}), "insufficient", "that the bundle never saw"),
        # An outcome with labels of one kind only has no figures, and does not pass for that.
        ("ranking", lambda e: e["outcomes"].update(success={"cases": 300, "events": 0}), "insufficient", "success: 0"),
        (
            "calibration",
            lambda e: e["outcomes"].update(success={"cases": 300, "events": 0}),
            "insufficient",
            "0 events",
        ),
        ("current", lambda e: e.update(champion_made="2024-01-02"), "insufficient", "may have learnt from cases of"),
        ("calibration", calibrated(2.5), "fail", "slope 0.40 lies outside 0.5 to 2"),
        ("calibration", calibrated(1.0, shift=0.15), "fail", "mean predicted minus observed"),
        ("calibration", calibrated(0.0), "fail", "every case has the same probability"),
        ("calibration", lambda e: outcome(e).update(calibration=None), "insufficient", "on the same cases"),
        ("monotone", lambda e: e.update(monotone={}), "fail", "no model was checked"),
        ("replay", lambda e: e["replayed"].update(differ=1), "fail", "1 of 100 cases are not the same to the bit"),
        ("replay", lambda e: e["replayed"].update(cases=0), "insufficient", "kept no cases"),
        (
            "fairness",
            lambda e: e["metrics"]["fairness"]["success"].update(verdicts={"sex": "gap", "age_band": "within"}),
            "fail",
            "success, sex: gap",
        ),
    ],
)
def test_each_gate_refuses_what_it_is_for(
    gate: str, change: Callable[[dict[str, Any]], None], expected: str, says: str
) -> None:
    evidence = sound()
    change(evidence)
    found = verdict(evidence, gate)
    assert found.verdict == expected
    assert found.refuses
    assert says in found.says
    assert sum(one.refuses for one in judge(evidence, LIMITS)) >= 1


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"success": {"worst": {}, "verdicts": {"sex": "insufficient"}}},
        {"success": {"worst": {}, "verdicts": {"sex": "undecided"}}},
        {"success": {"worst": {}, "verdicts": {"sex": "within", "sex_and_age": "gap"}}},
        {"success": {"worst": {}, "verdicts": {"sex": "within"}}},  # of three attributes nothing is known
        {
            "success": {"worst": {}, "verdicts": dict.fromkeys(LIMITS.refusing_attributes, "within")},
            "proxies": {"sex": "proxy"},
        },
    ],
)
def test_fairness_that_is_not_known_is_shown_and_no_pass(found: dict[str, Any]) -> None:
    evidence = sound()
    evidence["metrics"]["fairness"] = found
    shown = verdict(evidence, "fairness")
    assert shown.verdict == "insufficient"
    assert not shown.refuses
    strict = GateLimits.of_profile("applications", {"may_lack_evidence": []})
    assert verdict(evidence, "fairness", strict).refuses


def test_what_gives_an_attribute_away_is_named() -> None:
    evidence = sound()
    evidence["metrics"]["fairness"]["proxies"] = {"age_band": "within", "ethnicity": "insufficient", "sex": "proxy"}
    bare = "can be told from indicators, look at them"
    assert verdict(evidence, "fairness").says == f"ethnicity: insufficient; sex: {bare}"
    evidence["metrics"]["proxy_indicators"] = {
        "sex": [{"id": "a_b", "name": "甲", "auc": 0.617}, {"id": "c", "name": "乙", "auc": 0.561}]
    }
    said = f"ethnicity: insufficient; sex: {bare}: 甲 a_b (AUC 0.62), 乙 c (AUC 0.56)"
    assert verdict(evidence, "fairness").says == said


def test_labels_of_one_kind_are_no_evidence_however_little_a_home_asks_for() -> None:
    evidence = sound()
    lenient = GateLimits.of_profile("applications", {"min_cases": 0, "min_events": 0})
    assert verdict(evidence, "ranking", lenient).verdict == "pass"
    evidence["outcomes"]["success"] = {"cases": 40, "events": 0}
    for gate in ("ranking", "calibration"):
        found = verdict(evidence, gate, lenient)
        assert (found.verdict, found.refuses) == ("insufficient", True)
        assert "success: 0 events among 40 cases, needed are 0 with 1 of either outcome" in found.says


def test_without_a_champion_the_trees_must_not_be_worse_than_the_card() -> None:
    evidence = sound()
    y, p = made()
    outcome(evidence).update(ranking_evidence(y, p, {"card": p}))
    assert verdict(evidence, "ranking").verdict == "pass"
    worse = p + 0.5 * np.random.default_rng(3).normal(size=len(p))
    outcome(evidence).update(ranking_evidence(y, worse, {"card": p}))
    assert "against the card" in verdict(evidence, "ranking").says
    assert verdict(evidence, "ranking").verdict == "fail"


def test_small_first_listings_may_lack_calibration_and_say_so() -> None:
    evidence = sound()
    outcome(evidence)["calibration"] = None
    found = verdict(evidence, "calibration", GateLimits.of_profile("first_listings"))
    assert found.verdict == "insufficient"
    assert not found.refuses


def test_limits_are_checked_all_at_once() -> None:
    with pytest.raises(ParamsFault) as caught:
        GateLimits.of_profile("applications", {"ece": "small", "speed": 1})
    assert len(caught.value.faults) == 2
    with pytest.raises(ParamsFault, match="names no gate: beauty"):
        GateLimits.of_profile("applications", {"may_lack_evidence": ["beauty"]})
    assert GateLimits.of_profile("applications", {"slope": [0.8, 1.2]}).slope == (0.8, 1.2)


def test_intervals_of_calibration_cover_the_truth_and_chance_is_told_from_fault() -> None:
    """Honest probabilities over many draws: the intervals hold the truth about as often as they say."""
    held = {"slope": 0, "in_the_large": 0, "ece": 0}
    rounds = 200
    for seed in range(rounds):
        y, p = made(400, seed)
        found = calibration_evidence(y, p, seed, draws=100)
        held["slope"] += found["slope"]["low"] <= 1 <= found["slope"]["high"]
        held["in_the_large"] += found["in_the_large"]["low"] <= 0 <= found["in_the_large"]["high"]
        held["ece"] += found["ece"] <= found["ece_by_chance"]
    assert all(0.9 <= times / rounds <= 0.99 for times in held.values()), held


def test_judging_leaves_the_evidence_as_it_was() -> None:
    evidence = sound()
    before = copy.deepcopy(evidence)
    judge(evidence, LIMITS)
    assert evidence == before
