"""Where a value holds: GB/T 2260 area codes and GB/T 4754 industry sections, `*` for everywhere."""

from __future__ import annotations

import re
from functools import lru_cache

from records.tables.debtors import INDUSTRY_SECTIONS

ANYWHERE = "*"
NOT_STATED = "000000"
_CODE = re.compile(r"[0-9]{6}")
_IN_PROVINCE = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}")
_INDUSTRIES = frozenset(INDUSTRY_SECTIONS)


def is_region(text: object) -> bool:
    """Whether a parameter file may name this area: `*`, or six digits within a known province."""
    if not isinstance(text, str):
        return False
    return text == ANYWHERE or _IN_PROVINCE.fullmatch(text) is not None


def is_industry(text: object) -> bool:
    """Whether a parameter file may name this industry: `*` or a section letter A-T."""
    return isinstance(text, str) and (text == ANYWHERE or text in _INDUSTRIES)


@lru_cache(maxsize=8192)
def chain(region: str) -> tuple[str, ...]:
    """The area and those that contain it, the narrowest first: 220102, 220100, 220000, `*`.

    A case whose area is not stated (000000) meets the general values. ValueError when the code
    is neither `*` nor six digits.
    """
    if region in {ANYWHERE, NOT_STATED}:
        return (ANYWHERE,)
    if _CODE.fullmatch(region) is None:
        raise ValueError(f"region {region!r} is not a six-digit area code: write the GB/T 2260 code or '*'")
    return tuple(dict.fromkeys((region, region[:4] + "00", region[:2] + "0000", ANYWHERE)))


@lru_cache(maxsize=64)
def industry_chain(industry: str | None) -> tuple[str, ...]:
    """The industry section and then `*`. ValueError when it is no section letter."""
    if industry is None or industry == ANYWHERE:
        return (ANYWHERE,)
    if industry not in _INDUSTRIES:
        raise ValueError(f"industry {industry!r} is not a section of GB/T 4754: write a letter A-T or '*'")
    return (industry, ANYWHERE)


def within(region: str, area: str) -> bool:
    """Whether `region` is `area` or lies inside it."""
    return region != ANYWHERE and area in chain(region)
