"""The quick canonical writer says what the reference says, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from explain.canonical import canonical

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5))
@example({"a": 1.0, "b": -0.0, "c": 5e-05, "d": 1e21, "e": 1e16, "f": 1e-7, "g": 123456789012345680.0})
@example({"text": '{"a":1.0,"b":[2.0,3e5]}', "x": [1.0, 2.5e-9]})
@example({"\U0001f600": 1, "\ufb33": 2, "履行": "能力\x7f\u2028"})
@example({"a": (1.0, 2.0)})
def test_equal_to_the_reference(content: dict[str, Any]) -> None:
    assert canonical(content) == rfc8785.dumps(content)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 2**53, "\udc00", {1: 2}, object(), b"x"])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    assert canonical({"value": 2**53 - 1}) == b'{"value":9007199254740991}'
    with pytest.raises(ValueError, match=r"."):
        canonical({"value": value})
