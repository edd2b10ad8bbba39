"""From an evaluation kept at home through the gates to two approvals."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from models.gates import GateResult
from pipeline.champion import promote, told
from pipeline.evidence import replayed
from pipeline.files import read_json, write_json
from pipeline.gated import limits_of, verdicts_of
from pipeline.home import Home
from pipeline.kept import figures_digest, keep, kept
from pipeline.promote import PromotionRefused, Verdicts, approve, champion, pending
from pipeline.refusals import InputRefused, IntegrityRefused
from pipeline.tracking import model_name
from records.clock import SHANGHAI
from tests.pipeline.conftest import Trained

NOW = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)


def test_two_different_people_must_approve_on_the_same_figures(trained: Trained, fresh_home: Home) -> None:
    second = trained.second.id
    verdicts = verdicts_of(fresh_home, trained.second)
    assert not verdicts.refusals
    with pytest.raises(PromotionRefused, match=r"needs a name\n.*the approval needs a reason"):
        approve(fresh_home, second, "applications", "  ", "", NOW, verdicts)
    assert not approve(fresh_home, second, "applications", "Zhang San", "better", NOW, verdicts).champion
    with pytest.raises(PromotionRefused, match="a second person must"):
        approve(fresh_home, second, "applications", " zhang  san ", "better", NOW, verdicts)
    current = champion(fresh_home)
    assert current is not None
    assert current["bundle"] == trained.first.id
    lapsing = approve(fresh_home, second, "applications", "李四", "better", NOW, replace(verdicts, figures="0" * 64))
    assert lapsing.lapsed == ("Zhang San",)
    assert not lapsing.champion
    assert [one.approver for one in pending(fresh_home, second)] == ["李四"]
    assert not approve(fresh_home, second, "applications", "Zhang San", "better", NOW, verdicts).champion
    assert approve(fresh_home, second, "applications", "李四", "better", NOW, verdicts).champion
    current = champion(fresh_home)
    assert current is not None
    assert current["bundle"] == second
    assert current["previous"] == trained.first.id
    assert [one["verdicts"]["evaluation"] for one in current["approvals"]] == [1, 1]
    assert {gate["gate"] for gate in current["verdicts"]["gates"]} == {gate.gate for gate in verdicts.gates}
    assert current["verdicts"]["limits"]["min_events"] == 15
    with pytest.raises(PromotionRefused, match="this home answers for applications"):
        approve(fresh_home, trained.first.id, "first_listings", "王五", "another kind", NOW, verdicts)


def aliased(home: Home) -> dict[str, str]:
    """The bundle behind every alias of the registry in `home`."""
    client, name = MlflowClient(tracking_uri=home.mlflow_uri), model_name("applications")
    aliases = client.get_registered_model(name).aliases
    return {alias: client.get_model_version(name, version).tags["bundle"] for alias, version in aliases.items()}


def test_the_newest_training_is_challenger_in_the_registry(trained: Trained) -> None:
    client, name = MlflowClient(tracking_uri=trained.home.mlflow_uri), model_name("applications")
    assert aliased(trained.home)["challenger"] == trained.second.id
    version = client.get_model_version_by_alias(name, "challenger")
    assert int(version.version) == max(int(one.version) for one in client.search_model_versions(f"name = '{name}'"))
    assert client.get_run(version.run_id).data.tags["bundle"] == trained.second.id
    assert client.get_model_version(name, "1").tags["bundle"] == trained.first.id


def test_what_two_people_approved_is_champion_in_the_registry(trained: Trained, fresh_home: Home) -> None:
    shutil.copy(trained.home.root / "mlflow.db", fresh_home.root)
    before = {"challenger": trained.second.id, "champion": trained.first.id}
    promote(trained.second.id, "Zhang San", "better")
    assert aliased(fresh_home) == before
    promote(trained.second.id, "李四", "better")
    assert aliased(fresh_home) == {**before, "champion": trained.second.id}
    champion = MlflowClient(tracking_uri=fresh_home.mlflow_uri).get_model_version_by_alias(
        model_name("applications"), "champion"
    )
    assert champion.tags["approved_by"] == "Zhang San, 李四"


def test_every_refusing_gate_is_named_at_once_with_what_to_do(trained: Trained, fresh_home: Home) -> None:
    bad = Verdicts(
        1, "f" * 64,
        (
            GateResult("ranking", "fail", "redefault_12: shown to be worse", True),
            GateResult("calibration", "fail", "slope 0.3", True),
            GateResult("fairness", "insufficient", "not measured", False),
        ),
    )  # fmt: skip
    with pytest.raises(PromotionRefused) as caught:
        approve(fresh_home, trained.second.id, "applications", "", "why", NOW, bad)
    message = str(caught.value)
    for part in ("needs a name", "gate ranking: fail", "gate calibration: fail: slope 0.3", "what to do: evaluate"):
        assert part in message
    assert "fairness" not in message
    assert "INSUFFICIENT EVIDENCE (no pass): not measured" in told(bad)


def test_the_newcomer_was_compared_with_the_champion_on_the_same_cases(trained: Trained, fresh_home: Home) -> None:
    newest = kept(fresh_home, trained.second.id)[-1]
    assert newest["champion"] == trained.first.id
    assert newest["dataset"] == trained.second.training["dataset"]
    for found in newest["outcomes"].values():
        gap = found["against"]["champion"]
        assert gap["low"] <= gap["difference"] <= gap["high"]
        assert gap["first"] == found["auc"]["value"]
    assert kept(fresh_home, trained.first.id)[-1]["champion"] is None
    assert "card" in kept(fresh_home, trained.first.id)[-1]["outcomes"]["redefault_12"]["against"]


def test_an_unevaluated_bundle_is_not_promoted(trained: Trained, fresh_home: Home) -> None:
    for path in (fresh_home.root / "evaluations" / trained.second.id).iterdir():
        path.unlink()
    with pytest.raises(PromotionRefused, match="was never evaluated in this home: run `repair-risk evaluate"):
        promote(trained.second.id, "甲", "test")


def test_a_changed_champion_asks_for_a_new_evaluation(trained: Trained, fresh_home: Home) -> None:
    fresh_home.champion.unlink()
    with pytest.raises(PromotionRefused, match=f"evaluated against champion {trained.first.id}, champion now is none"):
        promote(trained.second.id, "甲", "test")


def test_the_kept_sample_replays_to_the_bit_and_any_other_bit_is_seen(trained: Trained, fresh_home: Home) -> None:
    sample = kept(fresh_home, trained.second.id)[-1]["sample"]
    assert replayed(trained.second, sample) == {"cases": 100, "differ": 0}
    sample["found"]["margin.success"][3] += 2e-16 * abs(sample["found"]["margin.success"][3]) + 5e-324
    assert replayed(trained.second, sample) == {"cases": 100, "differ": 1}
    assert replayed(trained.first, sample)["differ"] == 100


def test_figures_changed_by_hand_are_noticed(trained: Trained, fresh_home: Home) -> None:
    path = fresh_home.root / "evaluations" / trained.second.id / "0001.json"
    whole = read_json(path)
    write_json(path, whole)
    assert kept(fresh_home, trained.second.id)[0]["number"] == 1
    for change in (
        lambda c: c["content"]["outcomes"]["success"]["auc"].update(value=0.9),
        lambda c: c.pop("signature"),
        lambda c: c.update(signature=json.dumps({"algorithm": "none"})),
        lambda c: c.update(content=[]),
    ):
        altered = json.loads(json.dumps(whole))
        change(altered)
        write_json(path, altered)
        with pytest.raises(IntegrityRefused, match=r"0001.json was altered, or is not signed"):
            kept(fresh_home, trained.second.id)
    write_json(path.with_name("0002.json"), whole)
    path.unlink()
    with pytest.raises(IntegrityRefused, match="is not evaluation 1 of bundle"):
        kept(fresh_home, trained.second.id)


def test_evaluations_are_chained_and_the_same_figures_have_the_same_digest(trained: Trained, fresh_home: Home) -> None:
    first = kept(fresh_home, trained.second.id)[0]
    content = {key: value for key, value in first.items() if key not in ("kind", "number", "previous")}
    again = keep(fresh_home, trained.second.id, {**content, "evaluated_at": "2026-02-02T00:00:00+08:00"})
    assert again["number"] == 2
    assert figures_digest(again) == figures_digest(first)
    other = keep(fresh_home, trained.second.id, {**content, "observed_until": "2026-06-30", "worst": float("nan")})
    assert other["worst"] is None
    assert figures_digest(other) != figures_digest(first)
    (fresh_home.root / "evaluations" / trained.second.id / "0002.json").unlink()
    with pytest.raises(IntegrityRefused, match="one before it was changed"):
        kept(fresh_home, trained.second.id)


def test_the_homes_limits_are_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert limits_of(home, "applications").min_events == 30
    (tmp_path / "gates.yaml").write_text("min_cases: 50\napplications: {min_events: 5}\n", encoding="utf-8")
    limits = limits_of(home, "applications")
    assert (limits.min_cases, limits.min_events) == (50, 5)
    assert limits_of(home, "first_listings").min_events == 30
    (tmp_path / "gates.yaml").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputRefused, match="must hold a mapping of limits"):
        limits_of(home, "applications")
