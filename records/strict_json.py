"""JSON read strictly: what two parsers could read in two ways is refused, with every place named.

Python's own parser takes NaN, keeps the last of duplicate keys, turns 1e400 into infinity and lets
lone surrogates through; each has crashed a service or split two readers of one document. Here each
is a fault with its JSON pointer, and nothing of the document is repeated in the answer.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from records.faults import CaseFaults, Fault, listed, pointer

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 32
_LONGEST_INTEGER = 20  # characters: a sign and 19 digits
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_STRING = re.compile(rb'"[^"]*+"?')
_ALIKE = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'"[]{}'))
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Doubled(dict[str, Any]):
    """An object some of whose keys occur twice; `pairs` keeps all members for the walk."""

    pairs: list[tuple[str, Any]]


class _NotFinite(float):
    """NaN, an infinity, or a number too large for one."""


class _TooManyDigits(int):
    """An integer beyond 64 bits (its digits are never read: that would take quadratic time)."""


def loads(raw: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """The value of the JSON document `raw`.

    Raises CaseFaults with one fault for a document that cannot be read (too_large, bad_text, too_deep,
    json_syntax with line and column), and otherwise with all duplicate keys, numbers that are not finite,
    integers beyond 64 bits and lone surrogates, each with its JSON pointer.
    """
    value, faults = read(raw, max_bytes, max_depth)
    if faults:
        raise CaseFaults(listed(faults))
    return value


def read(raw: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> tuple[object, list[Fault]]:
    """As `loads`, but hands back the faults of a readable document beside its value, to be listed with others.

    The value then holds the last of duplicate members, non-finite floats, and 0 for over-long integers.
    """
    text = _text(raw, max_bytes, max_depth)
    try:
        value = _PLAIN.decode(text)
        return value, _walk(value) if _SURROGATE_ESCAPE.search(raw) else []
    except _Suspicious:
        pass
    except json.JSONDecodeError as error:
        _refuse_syntax(error)
    try:
        value = _MARKING.decode(text)
    except json.JSONDecodeError as error:  # it comes after the suspicious place
        _refuse_syntax(error)
    return value, _walk(value)


def _text(raw: bytes, max_bytes: int, max_depth: int) -> str:
    if len(raw) > max_bytes:
        _refuse("too_large", f"the document is larger than {max_bytes} bytes")
    if raw.startswith(b"\xef\xbb\xbf"):
        _refuse("bad_text", "begins with a byte order mark; save it as UTF-8 without one")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("bad_text", f"is not UTF-8 at byte {error.start}")
    if _deeper_than(raw, max_depth):
        _refuse("too_deep", f"objects and lists lie more than {max_depth} deep in each other")
    return text


class _Suspicious(Exception):  # noqa: N818 - a signal, not an error
    """The plain decoder met what it would swallow; the marking one is to tell where."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Suspicious
    return members


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Suspicious
    return number


def _int(digits: str) -> int:
    if len(digits) <= _LONGEST_INTEGER and _SMALLEST <= (number := int(digits)) <= _LARGEST:
        return number
    raise _Suspicious


def _constant(_: str) -> float:
    raise _Suspicious


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    doubled = _Doubled(members)
    doubled.pairs = pairs
    return doubled


def _marked_float(digits: str) -> float:
    number = float(digits)
    return _NotFinite(number) if math.isinf(number) else number


def _marked_int(digits: str) -> int:
    try:
        return _int(digits)
    except _Suspicious:
        return _TooManyDigits(0)


def _marked_constant(name: str) -> float:
    return _NotFinite(name.lower().replace("infinity", "inf"))


_PLAIN = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant)
_MARKING = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_float=_marked_float,
    parse_int=_marked_int,
    parse_constant=_marked_constant,
)


def _deeper_than(raw: bytes, max_depth: int) -> bool:
    """Whether brackets nest deeper than `max_depth`. Unbalanced ones are left to the parser."""
    # Without escapes, and but for brackets and quotes, what stands between two quotes is a string.
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    structure = _STRING.sub(b"", bare.translate(_ALIKE, _NOT_STRUCTURE).replace(b'""', b""))
    left = structure
    for _ in range(max_depth):  # each round takes away the innermost pairs
        if not left:
            return False
        left = left.replace(b"[]", b"")
    depth = 0
    for byte in structure if left else b"":  # too deep, or unbalanced
        depth += 1 if byte == ord("[") else -1
        if depth > max_depth:
            return True
    return False


def _walk(value: object) -> list[Fault]:
    """Every marked place below `value`, in document order."""
    faults: list[Fault] = []
    stack: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while stack:
        where, node = stack.pop()
        if isinstance(node, dict):
            pairs = node.pairs if isinstance(node, _Doubled) else list(node.items())
            faults += _key_faults(where, pairs)
            stack.extend(((*where, key), member) for key, member in reversed(pairs))
        elif isinstance(node, list):
            stack.extend(((*where, i), node[i]) for i in reversed(range(len(node))))
        elif isinstance(node, _NotFinite):
            faults.append(Fault("not_finite", pointer(*where), "must be a finite number"))
        elif isinstance(node, _TooManyDigits):
            faults.append(Fault("out_of_range", pointer(*where), "is an integer beyond 64 bits"))
        elif isinstance(node, str) and _SURROGATE.search(node):
            faults.append(Fault("bad_text", pointer(*where), "holds half of a surrogate pair, which is no character"))
    return faults


def _key_faults(where: tuple[str | int, ...], pairs: list[tuple[str, Any]]) -> list[Fault]:
    faults = []
    seen: dict[str, int] = {}
    for key, _ in pairs:
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 1 and _SURROGATE.search(key):
            faults.append(Fault("bad_text", pointer(*where, key), "the key holds half of a surrogate pair"))
    faults += [
        Fault("duplicate_key", pointer(*where, key), f"the key occurs {times} times in its object")
        for key, times in seen.items()
        if times > 1
    ]
    return faults


def _refuse_syntax(error: json.JSONDecodeError) -> NoReturn:
    _refuse("json_syntax", f"line {error.lineno}, column {error.colno}: {error.msg}")


def _refuse(code: Any, detail: str) -> NoReturn:
    raise CaseFaults([Fault(code, "", detail)])
