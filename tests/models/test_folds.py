from __future__ import annotations

import numpy as np
import pytest

from models.folds import fold_numbers


def test_debtors_stay_together_and_events_are_spread() -> None:
    rng = np.random.default_rng(1)
    groups = [f"d{v}" for v in rng.integers(0, 200, 500)]
    events = list(rng.random(500) < 0.1)
    numbers = fold_numbers(groups, events, 5, "salt")
    for group in set(groups):
        assert len({numbers[i] for i in range(500) if groups[i] == group}) == 1
    eventful = {g for g, e in zip(groups, events, strict=True) if e}
    per_fold = [len({g for g, n in zip(groups, numbers, strict=True) if n == fold} & eventful) for fold in range(5)]
    assert max(per_fold) - min(per_fold) <= 1


def test_order_of_rows_does_not_matter_but_the_salt_does() -> None:
    groups, events = [f"d{i}" for i in range(50)], [i % 7 == 0 for i in range(50)]
    numbers = fold_numbers(groups, events, 4, "s")
    assert list(fold_numbers(groups[::-1], events[::-1], 4, "s"))[::-1] == list(numbers)
    assert list(fold_numbers(groups, events, 4, "t")) != list(numbers)
    with pytest.raises(ValueError, match="2 debtors cannot be dealt to 3 folds"):
        fold_numbers(["a", "b"], [True, False], 3, "s")
    assert sorted(fold_numbers(["a", "b", "c"], [True, False, False], 3, "s")) == [0, 1, 2]
