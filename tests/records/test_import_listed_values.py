"""Single values, numbers, courts and parties of public lists."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.clock import SHANGHAI
from records.importers.csv_sheet import read_sheet
from records.importers.listed_fields import Listed
from records.importers.listed_identity import identify
from records.importers.listed_numbers import Number, number_of, organisation_code
from records.importers.listed_places import court_without_province, enforcement_case, region_of_area
from records.importers.listed_values import Unreadable, amount, compact, day, text, whole

KEY = bytes(range(16))


@given(st.dates(date(1980, 1, 1), date(2100, 12, 31)), st.integers(0, 86_399))
def test_every_day_is_read_from_all_its_forms(wanted: date, second: int) -> None:
    moment = datetime(wanted.year, wanted.month, wanted.day, tzinfo=SHANGHAI) + timedelta(seconds=second)
    stamp = int(moment.timestamp())
    assert day(f"{wanted:%Y年%m月%d日}") == day(f"{wanted:%Y%m%d}") == day(wanted.isoformat()) == wanted
    if stamp >= 10**9 and moment.date() == wanted:  # ten digits from 2001 on
        assert day(stamp) == day(stamp * 1000) == day(str(stamp * 1000)) == wanted


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(st.text()))
def test_any_value_is_read_or_refused_and_nothing_else_happens(value: object) -> None:
    for read in (text, compact, day, amount, lambda value: whole(value, 130)):
        with suppress(Unreadable):
            read(value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1,234.5元", "1234.50"), ("1.2万元", "12000.00"), (0.125, "0.13"), (7, "7.00"), ("１２", "12.00"), ("—", None)],
)
def test_amounts(written: object, meant: str | None) -> None:
    assert amount(written) == (None if meant is None else Decimal(meant))


@pytest.mark.parametrize("written", ["-1", "1,23", "abc", 1e300, True, "9" * 16, "1e5"])
def test_amounts_that_are_none(written: object) -> None:
    with pytest.raises(Unreadable):
        amount(written)


def test_numbers_are_told_apart_and_damage_is_noticed() -> None:
    person = "11010519491231002X"  # the example printed in GB 11643
    assert number_of(person.lower()) == Number("person", person)
    assert number_of("110105491231002") == Number("person", person)
    assert number_of("110105194912310021") is None
    assert number_of("91350100M000100Y43") == Number("organisation", "M000100Y4", "91350100M000100Y43")
    assert number_of("91350100M000100Y44") is None
    assert organisation_code("D2143569-X") == "D2143569X"  # the example printed in GB 11714
    assert number_of("D2143569-1") is None
    assert number_of("990101********002X") == Number("masked", "990101********002X")
    assert number_of("a b") is None
    assert "1949" not in repr(Number("person", person))


def test_case_numbers_give_court_and_region() -> None:
    for written in ("(2019)吉0102执123号", "（2019）吉0102执123号", "〔2019〕吉0102执123号"):
        found = enforcement_case(compact(written) or "")
        assert found is not None
        assert (found.text, found.court_code, found.region_code) == ("(2019)吉0102执123号", "吉0102", "220102")
    old = enforcement_case("(2013)南执恢字第0012号")
    assert old is not None
    assert (old.case_type, old.court_code, old.region_code) == ("执恢", None, "000000")
    assert enforcement_case("（2019）某0102执1号") is None
    assert enforcement_case("（2019）吉0102民初1号") is None


def test_courts_and_areas() -> None:
    assert court_without_province("吉林省长春市南关区人民法院") == "长春市南关区人民法院"
    assert court_without_province("吉林市船营区人民法院") == "吉林市船营区人民法院"
    assert court_without_province("吉林省高级人民法院") == "吉林省高级人民法院"
    assert court_without_province(None) is None
    assert [region_of_area(area) for area in ("吉林", "内蒙古自治区", "海外", None)] == [
        "220000",
        "150000",
        "000000",
        "000000",
    ]


NUMBERS = ["11010519491231002X", "1101051949****002X", "110105********002X", "*" * 18, None, "110105194912310038"]


@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from("AB")), max_size=8), st.randoms())
def test_who_is_who_does_not_depend_on_the_order(told: list[tuple[str | None, str]], chance: object) -> None:
    records = [
        Listed(
            position,
            "listed",
            name="甲",
            subject="natural",
            number=number_of(number),
            case=enforcement_case(f"(2019)吉01执{1 if where == 'A' else 2}号"),
        )
        for position, (number, where) in enumerate(told)
    ]
    shuffled = list(records)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = identify(records, KEY), identify(shuffled, KEY)
    assert (one.parties, one.reasons) == (other.parties, other.reasons)
    assert set(one.parties) | set(one.reasons) == set(range(len(told)))
    assert not set(one.parties) & set(one.reasons)


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    sheet = read_sheet("x.csv", b'a,b\n1,"2\n3,4\n\n"5\n6",7\n')
    assert sheet.header == ("a", "b")
    assert sheet.rows == (None, ("3", "4"), ("5\n6", "7"))
    assert read_sheet("x.csv", b"\n").rows == ()
