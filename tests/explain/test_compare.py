"""The comparison that replay rests on: every leaf, by its bits, in both directions."""

from __future__ import annotations

import copy
import json
import struct
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explain.compare import differences, pointer

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


def test_every_leaf_of_a_record_is_noticed(recorded: str) -> None:
    left = json.loads(recorded)
    assert differences(left, json.loads(recorded)) == []

    def leaves(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        if isinstance(value, dict) and value:
            return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
        if isinstance(value, list) and value:
            return [leaf for place, item in enumerate(value) for leaf in leaves(item, (*path, place))]
        return [path]

    for path in leaves(left, ()):
        right = copy.deepcopy(left)
        holder = right
        for step in path[:-1]:
            holder = holder[step]
        old = holder[path[-1]]
        holder[path[-1]] = np.nextafter(old, 9e99).item() if isinstance(old, float) else "other"
        assert differences(left, right) == differences(right, left) == [pointer(path)]


def test_one_kind_of_number_and_all_its_bits() -> None:
    assert differences({"a": 2, "b": 0.1}, {"b": 0.1, "a": 2.0}) == []
    assert differences([0.0, 1, 2**53 + 1, 0.1], [-0.0, True, float(2**53), 0.1 + 2**-56]) == ["/0", "/1", "/2", "/3"]
    assert differences(10**400, 10**400 + 1) == [""]
    nan = float("nan")
    assert differences(nan, nan) == []
    assert differences("1", 1) == [""]


def test_keys_and_places_of_one_side_only() -> None:
    left = {"a/b": 1, "~": [1, 2, 3], "same": None}
    right = {"~": [1], "same": None, "new": {"x": 1}}
    assert differences(left, right) == ["/a~1b", "/~0/1", "/~0/2", "/new"]
    assert differences({"a": {}}, {"a": []}) == ["/a"]


@given(JSON, JSON)
def test_against_the_obvious_oracle(left: Any, right: Any) -> None:
    def form(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: form(item) for key, item in value.items()}
        if isinstance(value, list):
            return [form(item) for item in value]
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return (type(value).__name__, value)
        try:
            exact = isinstance(value, float) or int(float(value)) == value
        except OverflowError:
            exact = False
        return ("number", struct.pack(">d", float(value)) if exact else value)

    assert (differences(left, right) == []) == (form(left) == form(right))
    assert differences(left, left) == []
