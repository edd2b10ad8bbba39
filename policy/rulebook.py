"""The public rule book: every value in force on a day in an area, with its source; and what changed between days.

Rules are public, the process replayable, the conclusion explainable (S0a R47). In Chinese, as courts
and parties read it.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from policy.parameters import Policy
from policy.regions import ANYWHERE
from policy.rules import Resolved
from policy.schema import KeySpec, Value

_SECTIONS = (
    ("DT1", "一、法定退出（不经任何模型）"),
    ("DT2", "二、负面清单（人工审查，列明理由）"),
    ("DT3", "三、失信层级"),
    ("DT4", "四、最短公示期"),
    ("积分", "五、积分构成"),
    ("DT5", "六、等级、封顶与分级审查标准"),
    ("DT6", "七、简易程序与普通程序"),
    ("DT7", "八、建议方式"),
    ("DT8", "九、观察期"),
    ("DT9", "十、解除范围（仅及于本案）"),
    ("风险提示", "十一、风险提示"),
    ("DT12", "十二、期限"),
    ("指标窗口", "十三、事实的追溯窗口"),
)
_SOURCE_ZH = {"law": "法规", "seed": "文献", "assumption": "设定"}
_REGIMES = {"judicial_list": "司法名单规定", "public_credit": "公共信用信息规定"}
_GROUPS = {  # words that stand in values, as the public reads them
    "procurement": "政府采购",
    "bidding": "招标投标",
    "approval": "行政审批",
    "support": "政府扶持",
    "financing": "融资信贷",
    "market_access": "市场准入",
    "qualification": "资质认定",
    "consumption": "限制消费",
    "exit": "限制出境",
    "business_travel": "经营出行",
    "listing_hidden": "暂停公示",
    **_REGIMES,
}


class Change(NamedTuple):
    """A key whose value or source differs between two days; None where it has no value."""

    key: str
    before: Resolved | None
    after: Resolved | None


def rules(policy: Policy, on: date, region: str = ANYWHERE, points_table: str | None = None) -> str:
    """The rule book in force on `on` in `region`, as Markdown; `points_table` is added as it is.

    Values for single industries stand beside the general one. Raises PolicyLookupError before the
    first values, ValueError for a region that is no code.
    """
    by_industry = {section: policy.rules(on, region, section).all() for section in _industries(policy)}
    held = {found.key: found for found in policy.rules(on, region).all()}
    lines = [
        "# 司法信用修复评估规则",
        "",
        f"决定日：{on}　地区：{'全国' if region == ANYWHERE else region}　规则版本：`{policy.hash[:16]}`",
        "",
        "本规则只产生建议，由承办法官决定；任何申请不因分数被拒绝。标明“设定”的数值没有法规来源，可以质疑和修改。",
    ]
    for code, title in _SECTIONS:
        specs = [spec for spec in policy.schema.keys.values() if spec.rule == code]
        lines += ["", f"## {title}", "", "| 规则 | 值 | 适用 | 起始 | 依据 |", "|---|---|---|---|---|"]
        for spec in specs:
            if spec.key in held:
                lines.append(_row(spec, held[spec.key]))
            else:
                lines.append(f"| {_title(spec)} | 尚无规定 | | | |")
            for found in (item for items in by_industry.values() for item in items):
                if found.key == spec.key and found.industry != ANYWHERE:
                    lines.append(_row(spec, found))
        if code == "积分" and points_table is not None:
            lines += ["", points_table.strip()]
    return "\n".join(lines) + "\n"


def diff(policy: Policy, first: date, second: date, region: str = ANYWHERE) -> tuple[Change, ...]:
    """Every key whose value or legal source in `region` differs between the two days, by key."""
    old = {found.key: found for found in policy.rules(first, region).all()}
    new = {found.key: found for found in policy.rules(second, region).all()}
    return tuple(
        Change(key, old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    )


def diff_markdown(policy: Policy, first: date, second: date, region: str = ANYWHERE) -> str:
    """`diff` as a Markdown table."""
    lines = [
        f"# 规则变化：{first} 至 {second}",
        "",
        f"地区：{'全国' if region == ANYWHERE else region}",
        "",
        "| 规则 | 原值 | 新值 | 起始 | 依据 |",
        "|---|---|---|---|---|",
    ]
    for key, before, after in diff(policy, first, second, region):
        spec = policy.schema.keys[key]
        was = _shown(spec, before.value) if before else "尚无规定"
        now = _shown(spec, after.value) if after else "不再适用"
        start, source = (after.valid_from, _source(after)) if after else ("", "")
        lines.append(f"| {_title(spec)} | {was} | {now} | {start} | {source} |")
    return "\n".join(lines) + "\n"


def _industries(policy: Policy) -> list[str]:
    return sorted({entry.industry for entry in policy.entries} - {ANYWHERE})


def _row(spec: KeySpec, found: Resolved) -> str:
    place = "全国" if found.region == ANYWHERE else found.region
    if found.industry != ANYWHERE:
        place += f"，行业 {found.industry}"
    return f"| {_title(spec)} | {_shown(spec, found.value)} | {place} | {found.valid_from} | {_source(found)} |"


def _title(spec: KeySpec) -> str:
    prefix = f"{spec.key.split('.')[1]} 级" if spec.key.startswith("review.") else ""
    return f"{prefix}{spec.zh}（`{spec.key}`）"


def _source(found: Resolved) -> str:
    kind, _, text = found.source.partition(": ")
    return f"{_SOURCE_ZH[kind]}：{text}".replace("|", "／")


def _shown(spec: KeySpec, value: Value) -> str:
    if value is None:
        return "未规定"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(_GROUPS.get(word, word) for word in value)
    if isinstance(value, int | float):
        return f"{value:,.15g}{spec.unit}"
    return _GROUPS.get(str(value), str(value)).replace("|", "／")
