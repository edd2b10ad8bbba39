"""The words of public lists: keys of the two layouts, and what the words in their fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Layout = Literal["listed", "executed", "unknown"]
Subject = Literal["natural", "unit"]

# our name: the keys that mean it, in lower case; the first one that says something counts
_COMMON: Mapping[str, tuple[str, ...]] = {
    "number": ("cardnum", "partycardnum"),
    "case_no": ("casecode",),
    "court": ("courtname", "execcourtname"),
    "sex": ("sexy", "sexname", "sex"),
    "age": ("age",),
}
KEYS: Mapping[Layout, Mapping[str, tuple[str, ...]]] = {
    "listed": {
        **_COMMON,
        "name": ("iname",),
        "type": ("type", "partytypename"),
        "area": ("areaname", "areanamenew"),
        "basis": ("gistid",),
        "conduct": ("disrupttypename",),
        "performed": ("performedpart",),
        "published": ("publishdate", "publishdatestamp"),
        "filed": ("regdate",),
        "representative": ("businessentity",),
    },
    "executed": {**_COMMON, "name": ("pname",), "filed": ("casecreatetime", "regdate"), "money": ("execmoney",)},
}
# Named by the layouts and not carried over (`public_list` says why).
NOT_CARRIED = frozenset(
    {
        "id",
        "gistunit",
        "duty",
        "performance",
        "unperformpart",
        "staff",
        "qysler",
        "focusnumber",
        "casestate",
        "partytypename",
    }
)
SEXES = {
    "男": "male",
    "男性": "male",
    "m": "male",
    "male": "male",
    "女": "female",
    "女性": "female",
    "f": "female",
    "female": "female",
}
TYPES: Mapping[str, Subject] = {
    "0": "natural", "1": "unit", "自然人": "natural", "个人": "natural",
    "法人": "unit", "法人或其他组织": "unit", "企业": "unit", "其他组织": "unit", "单位": "unit",
}  # fmt: skip
UNIT_ENDINGS = (
    "公司",
    "厂",
    "店",
    "社",
    "中心",
    "企业",
    "集团",
    "事务所",
    "部",
    "行",
    "院",
    "会",
    "场",
    "馆",
    "站",
    "局",
    "所",
)

# 法释〔2017〕7号 art. 1, by the words that only one limb has; ⑥ and ② before ①, whose words recur in them.
CONDUCT = (
    ("和解协议", "⑥"),
    ("伪造证据", "②"), ("暴力", "②"), ("妨碍", "②"), ("抗拒执行", "②"),
    ("虚假诉讼", "③"), ("虚假仲裁", "③"), ("隐匿", "③"), ("转移财产", "③"), ("规避执行", "③"),
    ("财产报告", "④"),
    ("限制消费", "⑤"), ("限制高消费", "⑤"), ("限高", "⑤"),
    ("拒不履行", "①"),
)  # fmt: skip
# Which reason stands for a record that names several: the gravest, in the order of the indicator `listing_reason_rank`.
GRAVITY = "②③⑤⑥④①"
