from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from records.identifiers import (
    CaseNumber,
    court_region,
    id_check,
    keyed_hash,
    normalise_id_number,
    normalise_uscc,
    parse_case_number,
    uscc_check,
)

USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_the_standards_own_example() -> None:
    assert normalise_uscc("91350100M000100Y43") == "91350100M000100Y43"
    assert normalise_uscc(" ９１３５０１００－Ｍ０００１００ｙ４３ ") == "91350100M000100Y43"
    assert normalise_uscc("91350100M000100Y44") is None


@pytest.mark.parametrize("authority", ["A", "N", "Y"])
def test_codes_of_authorities_with_letters_are_taken(authority: str) -> None:
    first = f"{authority}1350100M000100Y4"
    assert normalise_uscc(first + uscc_check(first)) == first + uscc_check(first)


@pytest.mark.parametrize(
    "code", ["", "91350100M000100Y4", "I1350100M000100Y43", "91350100O000100Y43", "B1350100M000100Y43"]
)
def test_other_forms_are_no_code(code: str) -> None:
    assert normalise_uscc(code) is None


@given(head=st.from_regex("[1-9][1-9][0-9]{6}", fullmatch=True), tail=st.text(USCC_CHARACTERS, min_size=9, max_size=9))
def test_check_characters_are_those_of_a_peer(head: str, tail: str) -> None:
    code = head + tail + uscc_check(head + tail)
    assert uscc.calc_check_digit(head + tail) == code[-1]
    assert normalise_uscc(code) == code
    wrong = USCC_CHARACTERS[(USCC_CHARACTERS.index(code[-1]) + 1) % 31]
    assert normalise_uscc(code[:-1] + wrong) is None


@given(digits=st.from_regex("[1-9][0-9]{16}", fullmatch=True))
def test_id_check_characters_are_those_of_a_peer(digits: str) -> None:
    assert id_check(digits) == ric.calc_check_digit(digits + "0")


def test_citizen_numbers() -> None:
    assert normalise_id_number("11010519491231002X") == "11010519491231002X"
    assert normalise_id_number("11010519491231002x") == "11010519491231002X"
    assert normalise_id_number("110105491231002") == "11010519491231002X"
    for wrong in ("110105194912310021", "1101051949****002X", "", "110105194913310029"):
        assert normalise_id_number(wrong) is None
    impossible = "99000019990230001"
    assert normalise_id_number(impossible + id_check(impossible)) is None
    possible = "99000019990228001"
    assert normalise_id_number(possible + id_check(possible)) is not None


@pytest.mark.parametrize("check", [uscc_check, id_check])
def test_check_characters_need_seventeen_places(check: object) -> None:
    with pytest.raises(ValueError, match="17"):
        check("123")  # type: ignore[operator]


def test_identity_numbers_are_kept_as_keyed_hashes() -> None:
    key, other = b"k" * 16, b"l" * 16
    assert len(keyed_hash("11010519491231002X", key)) == 64
    assert keyed_hash("11010519491231002X", key) == keyed_hash("11010519491231002X", key)
    assert keyed_hash("11010519491231002X", key) != keyed_hash("11010519491231002X", other)
    with pytest.raises(ValueError, match="16 bytes"):
        keyed_hash("11010519491231002X", b"short")


@pytest.mark.parametrize(
    ("text", "number", "region"),
    [
        ("(2023)吉0102执1234号", CaseNumber(2023, "吉0102", "执", 1234), "220102"),
        ("（２０２３）吉０１０２执恢第０１２号", CaseNumber(2023, "吉0102", "执恢", 12), "220102"),
        ("〔2019〕最高法执1号", CaseNumber(2019, "最高法", "执", 1), "000000"),
        ("( 2023 ) 沪 执 12 号之一", CaseNumber(2023, "沪", "执", 12, "之一"), "310000"),
        ("[2020]京73民初5号", CaseNumber(2020, "京73", "民初", 5), "110000"),
        ("(2021)吉01破申7号", CaseNumber(2021, "吉01", "破申", 7), "220100"),
    ],
)
def test_case_numbers_in_any_spelling(text: str, number: CaseNumber, region: str) -> None:
    assert parse_case_number(text) == number
    assert number.region_code == region
    assert parse_case_number(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "2023吉0102执1号", "(2023)X0102执1号", "(2023)吉0102执号", "(2014)南执字第123号", "(2023)人0102执1号"]
)
def test_other_texts_are_no_case_number(text: str) -> None:
    assert parse_case_number(text) is None


@pytest.mark.parametrize(
    ("court", "region"),
    [
        ("吉", "220000"),
        ("吉01", "220100"),
        ("吉0102", "220102"),
        ("沪0115", "310115"),
        ("吉0191", "220100"),  # a development zone has no county
        ("沪7101", "310000"),  # railway transport court
        ("豫9001", "419001"),  # a county-level city without a prefecture
        ("兵0101", "650000"),
        ("人01", "000000"),
        ("吉1", "000000"),
        ("", "000000"),
    ],
)
def test_areas_of_courts(court: str, region: str) -> None:
    assert court_region(court) == region
