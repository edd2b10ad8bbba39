"""A verdict on the reasons of a case that anybody gets again, firm or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explain import stability as module
from explain.stability import Stability, held, over_models, stability, stability_said
from features.catalogue import MAIN


def case_values(tiny: Any) -> tuple[str, dict[str, float | None]]:
    recorded = next(record for _, record in tiny.cases(10) if record["models"]["redefault_6"])
    return recorded["case"]["case_key"], {item["id"]: item["value"] for item in recorded["indicators"]}


@pytest.mark.slow
def test_the_verdict_depends_on_the_case_alone(tiny: Any) -> None:
    key, values = case_values(tiny)
    first = stability(tiny.bundle, MAIN, values, key)
    assert first == stability(tiny.bundle, MAIN, dict(reversed(values.items())), key)
    assert 1 <= len(first.kept) <= 5
    assert all(0.0 <= share <= 1.0 for share in first.kept.values())
    assert first.stable == all(share >= 0.8 for share in list(first.kept.values())[:3])


@pytest.mark.slow
def test_without_noise_everything_is_kept_and_with_much_it_is_not(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key, values = case_values(tiny)
    monkeypatch.setattr(module, "_shaken", lambda plain, *_: np.repeat(plain[np.newaxis], 9, axis=0))
    calm = stability(tiny.bundle, MAIN, values, key)
    assert calm.stable
    assert set(calm.kept.values()) == {1.0}
    draws = np.random.default_rng(0)

    def wild(plain: Any, *_: object) -> Any:
        return np.vstack([plain, draws.normal(size=(32, plain.size)) * 10])

    monkeypatch.setattr(module, "_shaken", wild)
    assert not stability(tiny.bundle, MAIN, values, key).stable


def test_flags_counts_and_codes_are_not_shaken_and_ranges_hold() -> None:
    ids = [indicator.id for indicator in MAIN if indicator.scored]
    plain = np.array(
        [1.0 if indicator.maximum is None else indicator.maximum for indicator in MAIN if indicator.scored]
    )
    rows = module._shaken(plain, ids, MAIN, "A@2026")
    assert rows[0].tolist() == plain.tolist()
    for column, indicator in enumerate(indicator for indicator in MAIN if indicator.scored):
        moved = rows[1:, column] != plain[column]
        assert moved.any() == (indicator.unit in module.NOISE or indicator.unit == "ln(1+CNY)"), indicator.id
        if indicator.maximum is not None:
            assert rows[:, column].max() <= indicator.maximum


@pytest.mark.slow
def test_a_bundle_without_models_has_nothing_to_shake(tiny: Any) -> None:
    key, values = case_values(tiny)
    assert stability(replace(tiny.bundle, boosters={}), MAIN, values, key).stable


@pytest.mark.slow
def test_the_same_model_agrees_with_itself_and_one_turned_round_does_not(tiny: Any) -> None:
    key, values = case_values(tiny)
    assert over_models(tiny.bundle, [], MAIN, values, key) == Stability({}, True, 0)
    same = over_models(tiny.bundle, [tiny.bundle, tiny.bundle], MAIN, values, key)
    assert same.stable
    assert (set(same.kept.values()), same.draws) == ({1.0}, 2)
    # A model of repair success in the place of the risk: what speaks for the debtor raises it.
    turned = replace(tiny.bundle, boosters={"redefault_6": tiny.bundle.boosters["success"]})
    apart = over_models(tiny.bundle, [turned], MAIN, values, key)
    assert not apart.stable
    assert list(apart.kept) == list(same.kept)


def test_a_reason_is_held_only_where_it_leads_and_points_the_same_way() -> None:
    first = {"a": True, "b": False, "c": True, "d": True}
    draws = [first, {"a": True, "b": True, "c": True}, {"a": True, "b": False}, {"a": True, "c": True}]
    found = held(first, draws, 0.8)
    assert found.kept == {"a": 1.0, "b": 0.5, "c": 0.75, "d": 0.25}
    assert not found.stable
    assert held(first, draws[:3], 0.3).stable
    assert held({"a": True, "d": False}, [{"a": True, "d": False}] * 4 + [{"a": True}], 0.8).stable


def test_verdicts_in_words_are_flagged_when_unstable_and_absent_when_not_tried() -> None:
    def name(id_: str) -> tuple[str, str]:
        return f"{id_}之名", f"name of {id_}"

    firm, weak = Stability({"a": 1.0}, True, 64), Stability({"a": 0.4, "b": 0.9}, False, 3)
    assert stability_said(None, Stability({}, True, 0), name) == ()
    noise, models = stability_said(firm, weak, name)
    assert noise.zh == "理由稳固：数值在误差范围内变动64次，各理由仍居前列且方向不变的比例为a之名 100%。"
    assert models.zh.startswith("另以3个同类模型解释本案，理由不尽一致，请结合证据审慎参考：")
    assert models.zh.endswith("比例为a之名 40%、b之名 90%。")
    assert "do NOT agree" in models.en
    assert "不够稳固，请结合证据审慎参考" in stability_said(weak, None, name)[0].zh
    assert "agree on the reasons" in stability_said(None, firm, name)[0].en
