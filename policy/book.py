"""What stands in the public rule book: every value in force on a day in an area, in words, with its source.

Rules are public, the process replayable, the conclusion explainable (S0a R47). `policy.rulebook` writes
it as Markdown, `policy.rulebook_html` as a page.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from policy.logic import statements
from policy.parameters import Policy
from policy.regions import ANYWHERE
from policy.rules import Resolved
from policy.schema import KeySpec, Value

TITLE = "司法信用修复评估规则"
NOTE = (
    "本规则只产生建议，由承办法官决定；任何申请不因分数被拒绝。标明“设定”的数值没有法规来源，可以质疑和修改。"
    "文献与要求的代号（如 S0a R12）见项目文件 docs/sources.md。"
)
UNSET = "尚无规定"
POINTS = "积分"
FINDINGS = "认定"
_SECTIONS = (
    ("DT1", "法定退出（不经任何模型）"),
    ("DT2", "负面清单（人工审查，列明理由）"),
    ("申请条件", "申请条件（地区可另设）"),
    (FINDINGS, "事实认定（先于各表，皆有所据，均非模型所定）"),
    ("DT3", "失信情节"),
    ("DT4", "最短公示期"),
    (POINTS, "积分构成"),
    ("校准", "概率的地区与行业校准（经二人批准方得调整）"),
    ("DT5", "等级、封顶与分级审查标准"),
    ("DT6", "简易程序与普通程序"),
    ("DT7", "建议方式"),
    ("DT8", "观察期"),
    ("DT9", "解除范围（仅及于本案）"),
    ("DT10", "撤销事由（由法官审查，机器不撤销）"),
    ("DT11", "撤销后的再申请限制"),
    ("风险提示", "风险提示"),
    ("预惩戒", "预惩戒告知（纳入名单之前）"),
    ("DT12", "期限"),
    ("指标窗口", "事实的追溯窗口"),
)
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
_SOURCE_ZH = {"law": "法规", "decision": "决定", "seed": "文献", "assumption": "设定"}
_OWN = "本项目设定"  # a text that begins so needs no kind in front
_WORDS = {  # words that stand in values, as the public reads them
    "procurement": "政府采购",
    "bidding": "招标投标",
    "approval": "行政审批",
    "support": "政府扶持",
    "financing": "融资信贷",
    "market_access": "市场准入",
    "qualification": "资质认定",
    "consumption": "限制消费",
    "exit": "限制出境",
    "business_travel": "经营性出行",
    "listing_hidden": "暂停公示",
    "judicial_list": "司法名单规定",
    "public_credit": "公共信用信息规定（第36号令）",
    "proposal": "改革建议（S2a）",
    "serious": "严重的新失信",
    "any": "任何新失信",
}


class Row(NamedTuple):
    """One value: its title and key, the value in words, where and since when it holds, and why."""

    title: str
    key: str
    value: str
    place: str
    since: str
    source: str
    assumption: bool


class Section(NamedTuple):
    """One chapter of the book: the decision table `code` in sentences, then the values it reads."""

    code: str
    title: str
    logic: tuple[str, ...]
    rows: tuple[Row, ...]


class Book(NamedTuple):
    """The book of one day and area. `version` is the hash of the parameter set."""

    on: date
    region: str
    version: str
    sections: tuple[Section, ...]


def book(policy: Policy, on: date, region: str = ANYWHERE) -> Book:
    """Every value in force on `on` in `region`; values for single industries stand beside the general one.

    Raises PolicyLookupError before the first values, ValueError for a region that is no code.
    """
    industries = sorted({entry.industry for entry in policy.entries} - {ANYWHERE})
    held = {found.key: found for found in policy.rules(on, region).all()}
    special: dict[str, list[Resolved]] = {}
    for section in industries:
        for found in policy.rules(on, region, section).all():
            if found.industry != ANYWHERE:
                special.setdefault(found.key, []).append(found)

    def in_words(key: str) -> str:
        return value_zh(policy.schema.keys[key], held[key].value) if key in held else UNSET

    chapters = []
    for place, (code, title) in enumerate(_SECTIONS, start=1):
        rows: list[Row] = []
        for spec in policy.schema.keys.values():
            if spec.rule == code:
                rows.append(_row(spec, held[spec.key]) if spec.key in held else _unset(spec))
                rows.extend(_row(spec, found) for found in special.get(spec.key, ()))
        logic = tuple(statement.with_values(in_words) for statement in statements()[code])
        chapters.append(Section(code, f"{numeral(place)}、{title}", logic, tuple(rows)))
    return Book(on, region_zh(region), policy.hash, tuple(chapters))


def numeral(number: int) -> str:
    """A Chinese numeral from 1 to 99."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _NUMERALS[tens - 1] + "十"
    return head + (_NUMERALS[ones - 1] if ones else "")


def region_zh(region: str) -> str:
    """An area as the public reads it."""
    return "全国" if region == ANYWHERE else region


def title_zh(spec: KeySpec) -> str:
    """What a key is about; the review rows name their grade."""
    return (f"{spec.key.split('.')[1]} 级" if spec.key.startswith("review.") else "") + spec.zh


def source_zh(found: Resolved) -> str:
    """Where a value comes from, with its kind in front, and who approved it."""
    kind, _, text = found.source.partition(": ")
    approved = f"；批准：{'、'.join(found.approved_by)}" if found.approved_by else ""
    return f"{text if text.startswith(_OWN) else f'{_SOURCE_ZH[kind]}：{text}'}{approved}"


def value_zh(spec: KeySpec, value: Value) -> str:
    """A value in words, with its unit."""
    if value is None:
        return "未规定"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(_WORDS.get(word, word) for word in value)
    if isinstance(value, int | float):
        return f"{value:,.15g}{spec.unit}"
    return _WORDS.get(str(value), str(value))


def _row(spec: KeySpec, found: Resolved) -> Row:
    place = region_zh(found.region)
    if found.industry != ANYWHERE:
        place += f"，行业 {found.industry}"
    shown = value_zh(spec, found.value)
    return Row(title_zh(spec), spec.key, shown, place, str(found.valid_from), source_zh(found), found.assumption)


def _unset(spec: KeySpec) -> Row:
    return Row(title_zh(spec), spec.key, UNSET, "", "", "", False)
