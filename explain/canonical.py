"""Canonical JSON (RFC 8785), quickly: the bytes that are hashed, named and kept.

The `rfc8785` package is the reference, and decides whenever there is doubt. For an ordinary record the
C encoder of the standard library writes the same bytes save for the spelling of some numbers (`1.0` is
`1`, `5e-05` is `0.00005`); those are respelled, and the text is parsed back and compared before it is
believed. That takes a third of the time, which counts for a million records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import rfc8785
from pydantic_core import from_json

# Each of these may also match inside a string: comparing after parsing back finds that out.
_WHOLE = re.compile(r"\.0(?=[,\]}])")  # 1.0 is written 1
_NEGATIVE_ZERO = re.compile(r"-0\.0(?=[,\]}])")
_EXPONENT = re.compile(r"e[+-][0-9]+")
_MANTISSA = frozenset("0123456789.-")
_LONG_INTEGER = re.compile(r"[:\[,]-?[0-9]{16}")  # may lie beyond the integers a double holds exactly


def canonical(content: Mapping[str, object]) -> bytes:
    """RFC 8785 bytes of a JSON object made of dicts, lists, strings, numbers, booleans and None.

    Raises ValueError for what JSON cannot carry exactly: NaN, infinities, integers beyond 2^53 - 1,
    lone surrogates, keys that are not strings, and any other type.
    """
    try:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Beyond the basic plane RFC 8785 sorts keys by UTF-16 units, Python by code points.
        plain = len(text.encode("utf-16-le")) == 2 * len(text)
    except (ValueError, TypeError):
        plain, text = False, ""
    if plain and not _LONG_INTEGER.search(text) and not _NEGATIVE_ZERO.search(text):
        raw = "".join(_respelled(_WHOLE.sub("", text))).encode()
        if from_json(raw) == content:
            return raw
    return rfc8785.dumps(dict(content))  # type: ignore[arg-type]


def _respelled(text: str) -> Iterator[str]:
    """The text with every number that has an exponent spelled as RFC 8785 does, in pieces."""
    done = 0
    for exponent in _EXPONENT.finditer(text):
        start, end = exponent.span()
        while start > done and text[start - 1] in _MANTISSA:
            start -= 1
        if start < exponent.start():
            try:
                number = rfc8785.dumps(float(text[start:end])).decode()
            except ValueError:  # inside a string
                continue
            yield text[done:start]
            yield number
            done = end
    yield text[done:]
