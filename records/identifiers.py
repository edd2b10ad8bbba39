"""Numbers that name persons, units, cases and places: their form, their check digit, one spelling for each.

Sources: unified social credit code GB 32100-2015; citizen number GB 11643-1999 (check ISO 7064 MOD 11-2);
case numbers 最高人民法院《关于人民法院案件案号的若干规定》(2016); areas GB/T 2260.
An identity number encodes birthplace, age and sex: it is kept as a keyed hash only (`keyed_hash`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

REGION_NOT_STATED: Final = "000000"
SHORTEST_KEY: Final = 16  # bytes

# The character that begins the codes of a province's courts, and the province's code.
PROVINCES: Final[Mapping[str, str]] = MappingProxyType({
    "京": "11", "津": "12", "冀": "13", "晋": "14", "内": "15", "辽": "21", "吉": "22", "黑": "23",
    "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41",
    "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "黔": "52",
    "云": "53", "藏": "54", "陕": "61", "甘": "62", "青": "63", "宁": "64", "新": "65",
})  # fmt: skip

_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
_USCC_VALUE: Final = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
# Authority (1 … 9, A, N, Y), kind of unit, six digits of area, nine of the organisation, check.
_USCC_FORM: Final = re.compile(f"[1-9ANY][{_USCC_ALPHABET}][0-9]{{6}}[{_USCC_ALPHABET}]{{10}}")

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_ID_FORM: Final = re.compile("[1-9][0-9]{16}[0-9X]")
_OLD_ID_FORM: Final = re.compile("[1-9][0-9]{14}")

_BRACKETS: Final = str.maketrans("〔〕[]【】﹝﹞〈〉<>", "()()()()()()")
_CASE_FORM: Final = re.compile(
    r"\(([12][0-9]{3})\)(最高法|[一-鿿][0-9]{0,4})([一-鿿]{1,5}?)第?0*([1-9][0-9]{0,6})号(之[一二三四五六七八九十0-9]{1,3})?"
)


def compact(text: str) -> str:
    """`text` in half-width characters and capitals, without spaces and hyphens."""
    return re.sub(r"[\s\-‐-―]", "", unicodedata.normalize("NFKC", text)).upper()


def uscc_check(first: str) -> str:
    """Check character of the first 17 characters of a unified social credit code.

    GB 32100-2015: weights 3^(i-1) mod 31; check = (31 - sum mod 31) mod 31. Raises ValueError for other
    lengths or characters.
    """
    if len(first) != len(_USCC_WEIGHTS) or not set(first) <= _USCC_VALUE.keys():
        raise ValueError("needs 17 characters of 0-9 and A-Y without I, O, S, V")
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(first, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[-total % 31]


def normalise_uscc(text: str) -> str | None:
    """The unified social credit code written in `text`, 18 characters; None when form or check is wrong."""
    code = compact(text)
    if not _USCC_FORM.fullmatch(code) or uscc_check(code[:17]) != code[17]:
        return None
    return code


def id_check(first: str) -> str:
    """Check character of the first 17 digits of a citizen number (GB 11643-1999); ValueError for others."""
    if not re.fullmatch("[0-9]{17}", first):
        raise ValueError("needs 17 digits")
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first, _ID_WEIGHTS, strict=True)) % 11]


def normalise_id_number(text: str) -> str | None:
    """The citizen number written in `text`, 18 characters (old ones of 15 digits are completed); None when
    its form, its birthday or its check is wrong, masked numbers included.
    """
    number = compact(text)
    if _OLD_ID_FORM.fullmatch(number):
        number = number[:6] + "19" + number[6:]
        number += id_check(number)
    if not _ID_FORM.fullmatch(number) or id_check(number[:17]) != number[17]:
        return None
    try:
        date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return None
    return number


def keyed_hash(number: str, key: bytes) -> str:
    """HMAC-SHA-256 (64 hex digits) of an identity number in its normal spelling.

    `key` is kept apart from the records and has at least 16 bytes (ValueError): without it the few billion
    possible numbers could be tried one by one.
    """
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"the key must have at least {SHORTEST_KEY} bytes")
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class CaseNumber:
    """A case number: `court` code (吉0102, 沪, 最高法), `kind` of case (执, 执恢, 破申 …), `part` such as 之一."""

    year: int
    court: str
    kind: str
    serial: int
    part: str = ""

    def __str__(self) -> str:
        """The one spelling: half-width brackets and digits, as in (2023)吉0102执1234号."""
        return f"({self.year}){self.court}{self.kind}{self.serial}号{self.part}"

    @property
    def region_code(self) -> str:
        """The court's area."""
        return court_region(self.court)


def parse_case_number(text: str) -> CaseNumber | None:
    """The case number that `text` is, in any brackets, full- or half-width; None when it is none.

    Numbers of before 2016 (…字第…号) name no court code and are not read.
    """
    match = _CASE_FORM.fullmatch(compact(text).translate(_BRACKETS))
    if not match:
        return None
    year, court, kind, serial, part = match.groups()
    if court != "最高法" and court[0] not in PROVINCES and court[0] != "兵":
        return None
    return CaseNumber(int(year), court, kind, int(serial), part or "")


def court_region(court_code: str) -> str:
    """Six-digit area code of a court from its code; REGION_NOT_STATED when it tells none.

    A base court's four digits are those of its county (吉0102 → 220102), an intermediate court's two those of
    its city (吉01 → 220100). Numbers from 91 are courts of development zones, which have no county: their
    city is given. City numbers from 71 to 89 are railway, maritime and other special courts: their province is.
    """
    match = re.fullmatch("([一-鿿])([0-9]{2})?([0-9]{2})?", court_code)
    province = "65" if match and match[1] == "兵" else PROVINCES.get(match[1]) if match else None
    if not match or province is None:
        return REGION_NOT_STATED
    city, county = match[2] or "00", match[3] or "00"
    if match[1] == "兵" or "71" <= city <= "89":
        return province + "0000"
    return province + city + ("00" if county >= "91" else county)
