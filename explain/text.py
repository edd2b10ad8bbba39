"""One record as plain text: Chinese, with English heads, for the terminal and for a file.

It shows only what the record holds, in the order in which a judge asks: what is suggested, how the points and
the probabilities come about, why, by which rules, from what, and what the debtor may do about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explain import phrases, suggested
from explain.calibration_words import curve, local
from explain.card_scale import CardScale
from explain.figures import converted, log_odds, number
from explain.not_given import not_given
from explain.record import record_of
from explain.rollup import Sum, rolled_up
from explain.schema import ScoreRecord
from explain.sureness import meaning, sure
from explain.words import vocabulary
from policy.facts import EXTRA_FACTS, FACTS

_ROWS_SHOWN = 6  # row ids named per table in the text; the record holds all of them

Descriptions = Mapping[str, Mapping[str, Any]]


def explain_text(
    record: ScoreRecord | Mapping[str, Any],
    describe: Descriptions,
    firmness: Sequence[phrases.Words] = (),
    scale: CardScale | None = None,
) -> str:
    """The explanation of one record in words.

    `firmness`: how firm its reasons are (`explain.stability.stability_said`), shown where it was tried. `scale`: that
    of the card the record names; with it contributions to re-default are said in converted points too.

    `describe` maps an indicator's or fact's id to its description (`features.indicator.describe`: zh, en, unit,
    maximum); an id it does not know is shown bare. Raises RecordError when a mapping is not a whole record.
    """
    whole = record if isinstance(record, ScoreRecord) else record_of(record)
    sections = (
        _suggestion(whole),
        _points(whole, describe),
        _probabilities(whole, scale),
        _families(whole, describe, scale),
        _reasons(whole, firmness),
        _rules(whole, describe),
        _missing_figures(whole),
        _origin(whole),
        _rights(),
    )
    told = [list(_head(whole))]
    for numeral, lines in zip("一二三四五六七八九", filter(None, map(list, sections)), strict=False):
        told.append([f"{numeral}、{lines[0]}", *lines[1:]])
    return "\n\n".join("\n".join(lines) for lines in told) + "\n"


@dataclass(frozen=True)
class Named:
    """An indicator as its description tells it."""

    id: str
    zh: str
    en: str
    unit: str
    maximum: float | None
    dimension: str = ""
    scored: bool = True


def value_zh(id_: str, value: float | None, describe: Descriptions) -> str:
    """A value as a reader meets it, in its unit; 不详 where it is missing."""
    told = describe.get(id_, {})
    if value is None:
        return "不详"
    if id_.startswith("p_") and id_ in vocabulary()["scores"]:
        return f"{value:.1%}"
    if "unit" not in told:
        return number(value).zh
    return phrases.figure(Named(id_, told["zh"], told["en"], told["unit"], told.get("maximum")), value).zh


def name_zh(id_: str, describe: Descriptions) -> str:
    """The Chinese name of an indicator or fact, or of a score that a rule read; the id where there is none."""
    told = describe.get(id_, {}).get("zh")
    return str(told or vocabulary()["scores"].get(id_) or FACTS.get(id_) or EXTRA_FACTS.get(id_, id_))


def _head(record: ScoreRecord) -> Iterator[str]:
    case, words = record.case, vocabulary()
    yield f"评分记录 Score record {record.score_id}"
    yield f"  类别 Kind：{words['kinds'][record.kind]}"
    yield f"  案件 Case：{case.case_key}"
    yield f"  被执行人 Debtor：{case.debtor_id}，申请 {case.application_id or '无'}，地区 {case.region_code}"
    yield f"  截至 As of：{case.as_of}（只采用此前已可查知的记录）"


def _suggestion(record: ScoreRecord) -> Iterator[str]:
    words, found, gate = vocabulary(), record.suggestion, record.gate
    yield "建议 Suggestion"
    if gate.outcome != "assess":
        yield f"  门槛审查 Gate：{gate.zh or gate.ground}"
    yield f"  等级 Grade：{found.grade or '无'}"
    if record.points is not None:
        yield f"  初始信用积分 Points：{number(record.points.total).zh}（满分100）"
    extras = [zh for holds, zh in ((found.hearing, "听证"), (found.third_party, "第三方评估")) if holds]
    extras += ["债权人意见未齐，为暂定"] if found.provisional else []
    more = f"（{'；'.join(extras)}）" if extras else ""
    yield f"  程序 Route：{words['routes'][found.route]}{more}"
    yield f"  方式 Mode：{_said(words['modes'], found.mode)}"
    if found.tier is not None:
        yield f"  失信情节 Tier：{words['tiers'][found.tier]}"
    if found.observation_months is not None:
        yield f"  观察期 Observation：{found.observation_months}个月"
    if found.scope:
        yield f"  建议解除的限制（仅限本案） Scope：{'、'.join(_said(words['scopes'], code) for code in found.scope)}"
    yield from (f"  {label}：{line}" for label, line in suggested.lines(found))
    yield from _coded("条件 Condition", found.conditions)
    yield from _coded("尚缺 Missing", found.missing)
    for warning in found.warnings:
        yield f"  {'重大' if warning.serious else ''}风险提示 Warning：{warning.zh}"


def _points(record: ScoreRecord, describe: Descriptions) -> Iterator[str]:
    card = record.points
    if card is None:
        return
    words = vocabulary()["dimensions"]
    dimension_of = {id_: str(describe.get(id_, {}).get("dimension", "all")) for id_ in card.indicators}
    values = {fact.id: fact.value for fact in record.indicators if fact.id in card.indicators}
    yield "积分 Points（公开积分卡，可逐项手工相加）"
    marks = {"all": card.total} if card.dimensions is None else card.dimensions.model_dump()
    for name, mark in marks.items():
        share = 100.0 if card.shares is None else getattr(card.shares, name)
        yield f"  {_said(words, name)}：{number(mark).zh}分（满分{number(share).zh}）"
        for id_, value in values.items():
            if dimension_of[id_] == name or name == "all":
                yield f"    {name_zh(id_, describe)}（{value_zh(id_, value, describe)}）：{card.indicators[id_]:+.1f}"
        if card.caps.get(name):
            yield f"    上下限调整（不低于零分、不超过满分）：{card.caps[name]:+.1f}"
    yield f"  合计 Total：{number(card.total).zh}"


def _probabilities(record: ScoreRecord, scale: CardScale | None) -> Iterator[str]:
    models = record.models.by_outcome()
    if not models:
        return
    words, premise = vocabulary()["outcomes"], vocabulary()["premises"][record.kind]
    yield "预测概率 Probabilities"
    yield from (f"  {premise[language]}" for language in ("zh", "en"))
    intervals = {item.outcome: item for item in sure(record)}
    for outcome, probability in record.probabilities.model_dump().items():
        if probability is None:
            continue
        interval = intervals.get(outcome)
        yield f"  {words[outcome]}：{probability:.1%}" + (f"（区间 {interval.span}）" if interval else "")
        yield from (f"    {line}" for line in ((interval.zh, interval.en) if interval else ()))
    yield from (f"  {line}" for line in (meaning() if intervals else ()))
    yield "  每一概率的来历：基准 + 各指标贡献之和 = 模型分（对数几率），再经校准为概率"
    for outcome, model in models.items():
        share = sum(model.contributions.values())
        points = None if scale is None else scale.points(outcome, share)
        same = "" if points is None else f"，贡献之和换算分 {converted(points)}"
        beside = local(model.calibration)
        method = curve(model.calibration) + (f"；辖区、行业与年度：{beside}" if beside else "")
        yield (
            f"    {words[outcome]}：{log_odds(model.base)} + ({log_odds(share)}) = {log_odds(model.margin)}"
            f"（误差 {model.residual:.1e}{same}）→ 校准（{method}）→ {model.probability:.1%}"
        )


def _families(record: ScoreRecord, describe: Descriptions, scale: CardScale | None) -> Iterator[str]:
    found = rolled_up(record, describe, scale)
    if found is None:
        return
    words = vocabulary()
    yield "各类指标的影响 Families of indicators"
    yield f"  对{words['outcomes'][found.outcome]}；对数几率，正为上升"
    yield from (f"  {line}" for line in (() if scale is None else scale.meaning()))
    for dimension, added in found.dimensions.items():
        yield f"  {_said(words['dimensions'], dimension)}：{_summed(added)}"
        for row in found.rows:
            if row.dimension == dimension and row.added.log_odds:
                yield f"    {row.family.zh} {row.family.en}：{_summed(row.added)}"
    yield f"  合计 Total：{_summed(found.whole)}"


def _summed(added: Sum) -> str:
    same = "" if added.converted is None else f"（换算分 {converted(added.converted)}）"
    return f"{log_odds(added.log_odds)}{same}"


def _reasons(record: ScoreRecord, firmness: Sequence[phrases.Words]) -> Iterator[str]:
    if not record.reasons:
        return
    words = vocabulary()
    yield "主要理由 Reasons（按影响大小）"
    for place, reason in enumerate(record.reasons, 1):
        tag = f"{words['directions'][reason.direction]}·{words['dimensions'][reason.dimension]}"
        yield f"  {place}. 【{tag}】{reason.zh}"
        yield f"     {reason.en}"
        for item in reason.evidence:
            more = f" 等{len(item.rows)}行" if len(item.rows) > _ROWS_SHOWN else ""
            yield f"     {phrases.table_zh(item.table)} {item.table}：{'、'.join(item.rows[:_ROWS_SHOWN])}{more}"
    for line in firmness:  # never part of the record
        yield f"  {line.zh}"
        yield f"  {line.en}"


def _rules(record: ScoreRecord, describe: Descriptions) -> Iterator[str]:
    yield "适用规则 Rules that fired"
    for fired in record.suggestion.trace:
        yield f"  [{fired.rule}] {fired.zh}"
        if fired.facts:
            shown = "；".join(
                f"{name_zh(id_, describe)}={value_zh(id_, value, describe)}" for id_, value in fired.facts.items()
            )
            yield f"     事实：{shown}"
        for parameter in fired.parameters:
            yield f"     参数：{parameter.get('key')}={parameter.get('value')}（自{parameter.get('valid_from')}起）"


def _missing_figures(record: ScoreRecord) -> Iterator[str]:
    if record.nulls:
        yield "没有给出的数值 Figures not given"
        yield from (f"  {names}：{why}" for names, why in not_given(record.nulls))


def _origin(record: ScoreRecord) -> Iterator[str]:
    versions = record.versions
    yield "版本与输入 Versions and input"
    yield f"  模型包 bundle {versions.bundle}（{versions.profile}）  规则集 policy {versions.policy}"
    yield f"  指标目录 catalogue {versions.catalogue}  程序 code {versions.code}"
    rows = "、".join(f"{phrases.table_zh(table)}{n}" for table, n in record.input.rows.items() if n)
    yield f"  输入指纹 input {record.input.hash}（行数：{rows or '无'}）"


def _rights() -> Iterator[str]:
    yield "权利与异议 Rights"
    yield from (f"  {line}" for line in vocabulary()["rights"])


def _coded(head: str, items: Sequence[Any]) -> Iterator[str]:
    yield from (f"  {head}：{item.zh}" for item in items)


def _said(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)
