"""Ways to spoil one file of a bundle: model texts and JSON, by the byte, by the line and by meaning.

Each is drawn by a seed alone, so that a round can be repeated. A spoilt model text gets its tree sizes made right in
most rounds, for otherwise the sizes would give every other damage away.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_BAD_NUMBERS = (
    "nan", "-nan", "inf", "-inf", "1e400", "-1e400", "0x1p3", "", "-", "1.", ".5", "1e", "00", "-0", "1e-400",
    "2147483647", "2147483648", "-2147483648", "4294967295", "9223372036854775808", "99999999999999999999",
    "1_000", "+1", "１",
)  # fmt: skip
_WORDS = ("dart", "rf", "goss", "multiclass", "regression", "cuda", "advanced", "intermediate", "1,1,1", "/etc/passwd")
_JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 1e308, -1e308, 5e-324, 10**30, "", "x" * 300, "\ud800", [], {}, [[[[[[]]]]]], {"a": {}},
    0.5,
)  # fmt: skip


def corrupt_model(raw: bytes, chance: random.Random) -> bytes:
    """A model text with one to three things wrong."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        raw = chance.choice(_MODEL)(raw, chance)
    return resized(raw) if chance.random() < 0.8 else raw


def corrupt_json(raw: bytes, chance: random.Random) -> bytes:
    """A JSON file with one to three things wrong, by meaning or by the byte."""
    if chance.random() < 0.3:
        return _bytes(raw, chance)
    content = json.loads(raw)
    for _ in range(chance.choice((1, 1, 2, 3))):
        content = _spoil(content, chance)
    text = json.dumps(content, ensure_ascii=True)
    if chance.random() < 0.1:  # what no JSON library writes
        text = text.replace("1", chance.choice(("NaN", "Infinity", "1e999", "01", "1.")), 1)
    if chance.random() < 0.05:
        text = text.replace("{", '{"doubled": 1, "doubled": 2, ', 1)
    return text.encode()


def resized(raw: bytes) -> bytes:
    """The text with tree sizes that match its trees."""
    head, found, rest = raw.partition(b"\n\n")
    body, ended, _ = rest.partition(b"end of trees")
    if not found or not ended:
        return raw
    sizes = b" ".join(b"%d" % len(block) for block in re.split(rb"(?m)^(?=Tree=\d+$)", body)[1:])
    return re.sub(rb"(?m)^tree_sizes=.*$", b"tree_sizes=" + sizes, head) + raw[len(head) :]


def _bytes(raw: bytes, chance: random.Random) -> bytes:
    """Bits flipped, a stretch lost, doubled or moved, or something inserted."""
    data = bytearray(raw or b"?")
    a = chance.randrange(len(data))
    b = min(len(data), a + chance.randint(1, 60))
    match chance.randrange(5):
        case 0:
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:
            del data[a:b]
        case 2:
            data[a:a] = data[a:b]
        case 3:
            del data[a:]
        case _:
            data[a:a] = bytes(chance.choice((0, 10, 13, 32, 48, 61, 255)) for _ in range(chance.randint(1, 9)))
    return bytes(data)


def _lines(raw: bytes, chance: random.Random) -> bytes:
    """A line lost, doubled, exchanged with another, or made up."""
    lines = raw.split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[a]
        case 1:
            lines.insert(b, lines[a])
        case 2:
            lines[a], lines[b] = lines[b], lines[a]
        case _:
            lines.insert(
                a, chance.choice((b"", b"Tree=0", b"end of trees", b"leaf_coeff=1", b"cat_threshold=7", b"[a: 1]"))
            )
    return b"\n".join(lines)


def _entry(raw: bytes, chance: random.Random) -> bytes:
    """One number of one `key=` line replaced, lost, doubled, or exchanged with its neighbour."""
    lines = raw.split(b"\n")
    where = [place for place, line in enumerate(lines) if b"=" in line]
    if not where:
        return _bytes(raw, chance)
    at = chance.choice(where)
    key, _, value = lines[at].partition(b"=")
    parts = value.split(b" ")
    a, b = chance.randrange(len(parts)), chance.randrange(len(parts))
    match chance.randrange(6):
        case 0:
            parts[a] = chance.choice(_BAD_NUMBERS).encode()
        case 1:
            parts[a] = str(chance.choice((-1, 0, 1, 2, 3, 7, -2, -3, -9, 63, 64, 1000, -1000, 10**9))).encode()
        case 2:
            del parts[a]
        case 3:
            parts.insert(b, parts[a])
        case 4:
            parts[a], parts[b] = parts[b], parts[a]
        case _:
            parts[a] = parts[a][1:] if parts[a].startswith(b"-") else b"-" + parts[a]
    lines[at] = key + b"=" + b" ".join(parts)
    return b"\n".join(lines)


def _number(raw: bytes, chance: random.Random) -> bytes:
    """Any number of the text made a little or a lot larger."""
    found = list(_NUMBER.finditer(raw))
    if not found:
        return _bytes(raw, chance)
    one = chance.choice(found)
    try:
        value = float(one[0]) * chance.choice((1.0000001, 0.5, 2.0, -1.0, 1e9)) + chance.choice((0, 1, -1))
    except (ValueError, OverflowError):
        value = 0.0
    text = repr(value) if b"." in one[0] or b"e" in one[0] else str(int(max(-1e15, min(1e15, value))))
    return raw[: one.start()] + text.encode() + raw[one.end() :]


def _words(raw: bytes, chance: random.Random) -> bytes:
    """A word of header or parameters exchanged for another that LightGBM knows, or a parameter added."""
    lines = raw.split(b"\n")
    where = [place for place, line in enumerate(lines) if re.match(rb"\[[a-z_]+: |[a-z_]+=[a-z]", line)]
    if not where:
        return _bytes(raw, chance)
    at, word = chance.choice(where), chance.choice(_WORDS).encode()
    line = lines[at]
    mark = b": " if line.startswith(b"[") else b"="
    key = line.partition(mark)[0]
    lines[at] = key + mark + word + (b"]" if mark == b": " else b"")
    return b"\n".join(lines)


_MODEL: tuple[Callable[[bytes, random.Random], bytes], ...] = (_bytes, _lines, _entry, _entry, _entry, _number, _words)


def _spoil(content: Any, chance: random.Random) -> Any:
    """One place of a JSON value changed: a value exchanged, a key lost, renamed or added, a list reordered."""
    if chance.random() < 0.1 or not content:
        return chance.choice(_JUNK)
    if isinstance(content, list):
        return _spoil_list(content, chance)
    if isinstance(content, dict):
        return _spoil_object(content, chance)
    if isinstance(content, int | float) and not isinstance(content, bool) and chance.random() < 0.5:
        return content * chance.choice((-1, 0.5, 2, 1.0000001)) + chance.choice((0, 1, -1))
    return chance.choice(_JUNK)


def _spoil_list(content: list[Any], chance: random.Random) -> list[Any]:
    place = chance.randrange(len(content))
    choices: tuple[Callable[[], list[Any]], ...] = (
        lambda: content[:place] + content[place + 1 :],
        lambda: [*content, content[place]],
        lambda: content[::-1],
        lambda: [_spoil(one, chance) if at == place else one for at, one in enumerate(content)],
    )
    return chance.choice((*choices, choices[-1]))()


def _spoil_object(content: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    key = chance.choice(sorted(content))
    choices: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: {name: one for name, one in content.items() if name != key},
        lambda: {(name + "x" if name == key else name): one for name, one in content.items()},
        lambda: {**content, "added": chance.choice(_JUNK)},
        lambda: {name: _spoil(one, chance) if name == key else one for name, one in content.items()},
    )
    return chance.choice((*choices, choices[-1], choices[-1]))()
