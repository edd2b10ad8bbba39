"""Two records, leaf by leaf: what a replay reports. Numbers are compared by their bits."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping


def differences(left: object, right: object) -> list[str]:
    """JSON pointers (RFC 6901) of every leaf in which two JSON values differ; empty when they are equal.

    A key or place that only one side has is named once, not leaf by leaf. JSON has one kind of number, so
    2 and 2.0 are equal; other floats are equal only with equal bits (0.0 is not -0.0); true is not 1.
    The order of keys does not count, that of lists does.
    """
    if type(left) is type(right) and isinstance(left, (str, float)) and left and left == right:
        return []  # most leaves: the same text, or the same float, which has one form unless it is zero
    found = []
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in [*left, *(key for key in right if key not in left)]:
            both = key in left and key in right
            for inner in differences(left[key], right[key]) if both else ("",):
                found.append(pointer([key]) + inner)
    elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        shared = min(len(left), len(right))
        for place in range(shared):
            found += [f"/{place}{inner}" for inner in differences(left[place], right[place])]
        found += [f"/{place}" for place in range(shared, max(len(left), len(right)))]
    elif _form(left) != _form(right):
        found.append("")
    return found


def pointer(path: Iterable[str | int]) -> str:
    """RFC 6901 pointer of a path of keys and places."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _form(leaf: object) -> tuple[object, object]:
    """What two leaves must share to be equal: a float's bytes, with integers that a double holds among them."""
    if isinstance(leaf, int) and not isinstance(leaf, bool):
        try:
            double = float(leaf)
        except OverflowError:
            return int, leaf
        return (float, struct.pack(">d", double)) if int(double) == leaf else (int, leaf)
    if isinstance(leaf, float):
        return float, struct.pack(">d", leaf)
    return type(leaf), leaf
