"""Where a public record comes from: case number, court, region, as the lists write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from records.identifiers import PROVINCES, REGION_NOT_STATED, parse_case_number

# Names of the provinces in the order of `PROVINCES`, the kind of province apart: lists write either form.
_NAMES: Final = (
    *("北京 市", "天津 市", "河北 省", "山西 省", "内蒙古 自治区", "辽宁 省", "吉林 省", "黑龙江 省"),
    *("上海 市", "江苏 省", "浙江 省", "安徽 省", "福建 省", "江西 省", "山东 省", "河南 省"),
    *("湖北 省", "湖南 省", "广东 省", "广西 壮族自治区", "海南 省", "重庆 市", "四川 省", "贵州 省"),
    *("云南 省", "西藏 自治区", "陕西 省", "甘肃 省", "青海 省", "宁夏 回族自治区", "新疆 维吾尔自治区"),
)
_CODE_OF_NAME: Final = {name.partition(" ")[0]: code for name, code in zip(_NAMES, PROVINCES.values(), strict=True)}
_FULL_NAMES: Final = tuple(name.replace(" ", "") for name in _NAMES)

_BRACKETS = str.maketrans("（）〔〕[]【】﹝﹞", "()()()()()")
_COURT_CODE = re.compile("[一-鿿][0-9]{0,4}")
# Before the numbers of 2016: year, words that hold 执 or 恢, 字第, serial. They name no court.
_OLD_FORM = re.compile(
    r"\(([12][0-9]{3})\)([一-鿿0-9]{0,16}[执恢][一-鿿0-9]{0,8}?)(?:字第?|第)([0-9]{1,7}(?:-[0-9]{1,4})?)号?"
)


@dataclass(frozen=True)
class EnforcementCase:
    """`text`: the number in its one spelling. `court_code`: null before 2016. `case_type`: 执 or 执恢."""

    text: str
    court_code: str | None
    case_type: str
    region_code: str


def enforcement_case(words: str) -> EnforcementCase | None:
    """The case whose number is `words`, in any brackets; None when it is no number of an enforcement case."""
    number = parse_case_number(words)
    if number is not None:
        if number.kind not in ("执", "执恢") or not _COURT_CODE.fullmatch(number.court):
            return None
        return EnforcementCase(str(number), number.court, number.kind, number.region_code)
    plain = words.translate(_BRACKETS)
    old = _OLD_FORM.fullmatch(plain)
    if old is None:
        return None
    return EnforcementCase(plain, None, "执恢" if "恢" in old[2] else "执", REGION_NOT_STATED)


def region_of_area(area: str | None) -> str:
    """Province code (six digits) of an area's name; 000000 when it is not stated or no province."""
    for name, code in _CODE_OF_NAME.items():
        if area is not None and area.startswith(name):
            return code + "0000"
    return REGION_NOT_STATED


def court_without_province(court: str | None) -> str | None:
    """The court's name without a leading province, since lists write it with and without.

    A high court keeps it: without its province it has no name of its own.
    """
    if court is None:
        return None
    for name in _FULL_NAMES:
        rest = court.removeprefix(name)
        if rest != court and rest.endswith("法院") and not rest.startswith("高级"):
            return rest
    return court
