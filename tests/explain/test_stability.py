"""A verdict on the reasons of a case that anybody gets again, firm or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explain import stability as module
from explain.stability import stability
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
