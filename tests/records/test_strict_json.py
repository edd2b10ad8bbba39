from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.faults import CaseFaults, Fault
from records.strict_json import loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def faults_of(raw: bytes, **limits: int) -> tuple[Fault, ...]:
    with pytest.raises(CaseFaults) as caught:
        loads(raw, **limits)
    return caught.value.faults


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(member) for member in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(element) for element in value), default=0)
    return 0


@given(value=JSON, ascii_only=st.booleans())
def test_every_plain_document_is_read_as_python_reads_it(value: Any, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(value=JSON, limit=st.integers(0, 5))
def test_depth_is_counted_as_it_is(value: Any, limit: int) -> None:
    raw = json.dumps(value).encode()
    if depth_of(value) <= limit:
        assert loads(raw, max_depth=limit) == value
    else:
        assert [fault.code for fault in faults_of(raw, max_depth=limit)] == ["too_deep"]


@given(text=st.text(st.sampled_from('[]{}"\\a'), max_size=12))
def test_brackets_quotes_and_escapes_in_strings_are_no_depth(text: str) -> None:
    assert loads(json.dumps([text, {text: text}]).encode(), max_depth=2) == [text, {text: text}]


@pytest.mark.parametrize(
    ("raw", "code", "where", "words"),
    [
        (b"", "json_syntax", "", "line 1, column 1"),
        (b'{"a": 1,\n "b": }', "json_syntax", "", "line 2, column 7"),
        (b'{"a": 1} x', "json_syntax", "", "Extra data"),
        (b'["a\nb"]', "json_syntax", "", "control character"),
        (b"[1, 2", "json_syntax", "", "line 1"),
        (b'["unfinished', "json_syntax", "", "line 1"),
        (b"[01]", "json_syntax", "", "line 1"),
        (b"\xef\xbb\xbf{}", "bad_text", "", "byte order mark"),
        (b'"\xff"', "bad_text", "", "UTF-8 at byte 1"),
        (b'"\xed\xa0\x80"', "bad_text", "", "UTF-8"),
        (b'[1, "\\ud800"]', "bad_text", "/1", "surrogate"),
        (b'{"\\udfff": 1}', "bad_text", "/\xef\xbf\xbd", "key"),
        (b'{"a": NaN}', "not_finite", "/a", "finite"),
        (b"[-Infinity]", "not_finite", "/0", "finite"),
        (b'{"a/b": {"~": 1e400}}', "not_finite", "/a~1b/~0", "finite"),
        (b"[-1e999]", "not_finite", "/0", "finite"),
        (b"[9223372036854775808]", "out_of_range", "/0", "64 bits"),
        (b"[" + b"1" * 5000 + b"]", "out_of_range", "/0", "64 bits"),
        (b'{"a": 1, "a": 2}', "duplicate_key", "/a", "2 times"),
        (b"[" * 33 + b"]" * 33, "too_deep", "", "32"),
        (b"[" * 100_000, "too_deep", "", "32"),
    ],
)
def test_each_trap_is_one_clear_fault(raw: bytes, code: str, where: str, words: str) -> None:
    (fault,) = faults_of(raw)
    assert (fault.code, fault.where) == (code, where.encode("latin-1").decode() if "\xef" in where else where)
    assert words in fault.detail


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 32 + b"]" * 32,
        b"[9223372036854775807, -9223372036854775808]",
        b'["\\ud83d\\ude00"]',
        b"[1e308, 1e-400]",
        b"{}",
    ],
)
def test_their_neighbours_are_fine(raw: bytes) -> None:
    assert loads(raw) == json.loads(raw)


def test_size_is_limited_in_bytes() -> None:
    assert loads(b'"abc"', max_bytes=5) == "abc"
    assert [fault.code for fault in faults_of(b'"abcd"', max_bytes=5)] == ["too_large"]


def test_all_duplicates_are_listed_also_inside_members_that_later_ones_replace() -> None:
    raw = b'{"a": {"x": 1, "x": {"y": NaN}}, "b": [0, {"k": 1, "k": 2, "k": 3}], "a": {"z": 1, "z": 1}}'
    found = [(fault.code, fault.where) for fault in faults_of(raw)]
    assert sorted(found) == sorted(
        [
            ("duplicate_key", "/a"),
            ("duplicate_key", "/a/x"),
            ("not_finite", "/a/x/y"),
            ("duplicate_key", "/b/1/k"),
            ("duplicate_key", "/a/z"),
        ]
    )


@given(value=JSON)
def test_a_damaged_document_never_gives_another_error_and_never_echoes(value: Any) -> None:
    hidden = "张三110105"
    raw = json.dumps({"k": [value, hidden]}, ensure_ascii=False).encode()
    for cut in (raw[:-1], raw + b"}", raw.replace(b'"k"', b'"k": NaN, "k"'), raw.replace(hidden.encode(), b"\xff")):
        for fault in faults_of(cut):
            assert hidden not in str(fault)


def test_hostile_keys_are_cut_and_cleaned_in_pointers() -> None:
    long, direction = "k" * 500, "a\u202eb\n"
    raw = json.dumps({long: float("nan"), direction: float("nan")}).encode()
    first, second = faults_of(raw)
    assert first.where == "/" + "k" * 64 + "…"
    assert second.where == "/a\ufffdb\ufffd"


def test_a_flood_of_faults_is_counted_not_listed() -> None:
    faults = faults_of(b"[" + b",".join([b"NaN"] * 10_005) + b"]")
    assert len(faults) == 10_001
    assert faults[-1].code == "too_many"
    assert "5 further" in faults[-1].detail
