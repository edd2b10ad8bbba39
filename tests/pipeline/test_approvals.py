"""Judging and approving are one act, and so are numbering and keeping: what others do meanwhile is waited for."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.gates import GateResult
from pipeline import champion as command
from pipeline import kept as keeping
from pipeline.files import read_json, write_json
from pipeline.home import Home
from pipeline.home_lock import alone
from pipeline.kept import keep, kept
from pipeline.promote import PromotionRefused, Verdicts, approve, champion, pending
from pipeline.refusals import InputRefused
from records.clock import SHANGHAI

NOW = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with three installed bundles and no champion."""
    home = Home(tmp_path / "var")
    for name in ("reigning", "one", "other"):
        home.bundle(name).mkdir(parents=True)
    monkeypatch.setenv("REPAIR_RISK_HOME", str(home.root))
    return home


def beside(champion: str | None, *gates: GateResult) -> Verdicts:
    return Verdicts(1, "f" * 64, gates, {}, champion)


def promoted(home: Home, bundle: str, verdicts: Verdicts) -> bool:
    given = [approve(home, bundle, "applications", name, "better", NOW, verdicts) for name in ("甲", "乙")]
    return given[-1].champion


def reigning(home: Home) -> str:
    found = champion(home)
    assert found is not None
    return str(found["bundle"])


def is_locked(home: Home) -> bool:
    """Whether somebody holds the home's lock at this moment."""
    with home.lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_nobody_replaces_a_champion_it_was_not_judged_beside(home: Home) -> None:
    assert promoted(home, "reigning", beside(None))
    for bundle in ("one", "other"):
        assert not approve(home, bundle, "applications", "甲", "better", NOW, beside("reigning")).champion
    late = beside("reigning")  # judged while the other one was not champion yet
    assert approve(home, "one", "applications", "乙", "better", NOW, beside("reigning")).champion
    with pytest.raises(PromotionRefused, match="judged beside champion reigning, champion now is one: promote"):
        approve(home, "other", "applications", "乙", "better", NOW, late)
    assert reigning(home) == "one"
    assert [one.approver for one in pending(home, "other")] == ["甲"]
    assert approve(home, "other", "applications", "乙", "better", NOW, beside("one")).champion
    assert reigning(home) == "other"


def test_the_champion_itself_is_approved_anew_beside_none(home: Home) -> None:
    assert promoted(home, "one", beside(None))
    assert promoted(home, "one", beside(None))
    with pytest.raises(PromotionRefused, match="judged beside champion other, champion now is none"):
        approve(home, "one", "applications", "甲", "better", NOW, beside("other"))


def test_verdicts_are_found_told_and_noted_in_this_order_while_nobody_else_decides(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    locked: list[bool] = []

    def judged(*_: Any) -> Verdicts:
        locked.append(is_locked(home))
        return beside(None, GateResult("ranking", "fail", "shown to be worse", True))

    def approved(*given: Any) -> Any:
        locked.append(is_locked(home))
        assert "ranking: FAIL: shown to be worse" in capsys.readouterr().err
        return approve(*given)

    monkeypatch.setattr(command, "install", lambda *_: SimpleNamespace(id="one", profile="applications"))
    monkeypatch.setattr(command, "verdicts_of", judged)
    monkeypatch.setattr(command, "approve", approved)
    with pytest.raises(PromotionRefused, match="gate ranking: fail"):
        command.promote("one", "甲", "better")
    assert locked == [True, True]
    assert not is_locked(home)


def test_evaluations_are_numbered_and_kept_while_nobody_else_keeps_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[bool] = []

    def noted(work: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            locked.append(is_locked(home))
            return work(*given, **named)

        return call

    for name in ("kept", "write_json"):
        monkeypatch.setattr(keeping, name, noted(getattr(keeping, name)))
    assert keep(home, "one", {"bundle": "one"})["number"] == 1
    assert locked == [True, True]
    with alone(home):  # it was given up
        assert is_locked(home)


def test_an_evaluation_that_is_kept_is_never_written_over(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    content: Mapping[str, Any] = {"bundle": "one", "auc": 0.7}
    keep(home, "one", content)
    folder = home.root / "evaluations" / "one"
    before = read_json(folder / "0001.json")
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "kept", lambda *_: [])  # as it was read before the other one wrote
        with pytest.raises(InputRefused, match=r"0001\.json was written meanwhile, and stays as it is"):
            keep(home, "one", {**content, "auc": 0.9})
    assert read_json(folder / "0001.json") == before
    assert keep(home, "one", content)["number"] == 2
    assert [one["number"] for one in kept(home, "one")] == [1, 2]
    assert sorted(path.name for path in folder.iterdir()) == ["0001.json", "0002.json"]


def test_a_file_is_written_over_unless_it_is_to_be_new(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, [1], new=True)
    with pytest.raises(FileExistsError, match="File exists"):
        write_json(path, [2], new=True)
    assert read_json(path) == [1]
    write_json(path, [2])
    assert read_json(path) == [2]
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
