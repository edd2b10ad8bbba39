"""A record as the reviewer page shows it: words and figures only, all of them out of the record.

The template lays out; what is said, in which order and how a number is written is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explain import phrases, suggested
from explain.card_scale import CardScale
from explain.figures import converted, number, signed
from explain.not_given import not_given
from explain.schema import EvidenceRows, Fact, Reason, ScoreRecord
from explain.sureness import Sure, meaning, sure
from explain.text import Named, name_zh
from explain.words import vocabulary
from ledger.rows import Entry
from service.margins import MarginTable, margin_table
from service.rulebook import RuleBook, RuleView
from service.words import EN, OUTCOMES, said

Descriptions = Mapping[str, Mapping[str, Any]]
DIMENSIONS = ("ability", "willingness", "impact")
DASH = "—"


@dataclass(frozen=True)
class Said:
    """Chinese, and English beside it."""

    zh: str
    en: str = ""


@dataclass(frozen=True)
class Bar:
    """A labelled number with its length on a scale of 100; `sure`: how sure a probability is, with its ends."""

    label: Said
    figure: str
    length: float
    note: str = ""
    sure: Sure | None = None


@dataclass(frozen=True)
class TableRows:
    """Evidence rows of one table."""

    table: str
    zh: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class IndicatorView:
    """One indicator or fact: value, points, and the rows it was made from."""

    anchor: str
    name: Said
    value: str
    points: str
    evidence: tuple[TableRows, ...]


@dataclass(frozen=True)
class Group:
    """Indicators of one dimension."""

    name: Said
    rows: tuple[IndicatorView, ...]


@dataclass(frozen=True)
class ReasonView:
    """One reason, with the address of its evidence further down the page."""

    anchor: str
    favourable: bool
    dimension: Said
    name: Said
    value: str
    points: str
    converted: str
    text: Said
    review: str
    evidence: tuple[TableRows, ...]


@dataclass(frozen=True)
class Page:
    """Everything the template needs."""

    entry: Entry
    record: ScoreRecord
    kind: Said
    dimensions: tuple[Bar, ...]
    probabilities: tuple[Bar, ...]
    meaning: Said
    route: Said
    mode: Said
    tier: Said
    scope: tuple[str, ...]
    publication: str
    stages: tuple[str, ...]
    tasks: tuple[str, ...]
    reasons: tuple[ReasonView, ...]
    margins: MarginTable
    groups: tuple[Group, ...]
    facts: tuple[IndicatorView, ...]
    fact_ids: frozenset[str]
    rules: tuple[RuleView, ...]
    nulls: tuple[Said, ...]
    rights: tuple[Said, ...]
    input_rows: tuple[tuple[str, str, int], ...]
    total: str
    caps: str


class Names:
    """Names and figures of indicators and facts, as the running catalogue describes them.

    An id the catalogue does not know (an older record) is shown bare.
    """

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions

    def of(self, id_: str) -> Said:
        """Name of an indicator, a fact, or a score that a rule read."""
        told = self._descriptions.get(id_)
        if told is None:
            zh = name_zh(id_, {})  # a score that a rule read, or a fact that no indicator is made of
            return Said(zh, "" if zh != id_ else "not in the running catalogue")
        return Said(str(told.get("zh", id_)), str(told.get("en", "")))

    def dimension(self, id_: str) -> str | None:
        """Dimension of an indicator, None when the catalogue does not know it."""
        return self._descriptions.get(id_, {}).get("dimension")

    def review(self, id_: str) -> str:
        """What a reviewer should check."""
        return str(self._descriptions.get(id_, {}).get("review", ""))

    def figure(self, id_: str, value: float | None) -> str:
        """A value in its unit, in Chinese."""
        if value is None:
            return "不详"
        if id_.startswith("p_"):
            return percent(value)
        told = self._descriptions.get(id_)
        if told is None or "unit" not in told:
            return number(value).zh
        named = Named(id_, str(told["zh"]), str(told["en"]), str(told["unit"]), told.get("maximum"))
        try:
            return signed(phrases.figure(named, value).zh)
        except phrases.TemplateError:
            return number(value).zh


def percent(probability: float) -> str:
    """A probability to a tenth of a percent, never a rounded certainty."""
    if 0 < probability < 0.001:
        return "<0.1%"
    if 0.999 < probability < 1:
        return ">99.9%"
    return f"{probability:.1%}"


def page_of(
    entry: Entry,
    record: ScoreRecord,
    descriptions: Descriptions,
    rulebook: RuleBook,
    scale: CardScale | None = None,
) -> Page:
    """The page of one recorded score; with the `scale` of its own card contributions stand in points too."""
    names = Names(descriptions)
    suggestion = record.suggestion
    card = {} if record.points is None else record.points.indicators
    views = [(names.dimension(fact.id), _indicator("i", fact, card.get(fact.id), names)) for fact in record.indicators]
    groups = [Group(Said(said("dimensions", d), EN[d]), tuple(v for of, v in views if of == d)) for d in DIMENSIONS]
    groups.append(Group(Said("其他", "Other"), tuple(v for of, v in views if of not in DIMENSIONS)))
    facts = (_indicator("f", fact, None, names) for fact in record.facts)
    counted = sorted(record.input.rows.items(), key=lambda item: -item[1])
    return Page(
        entry=entry,
        record=record,
        kind=Said(said("kinds", record.kind), EN[record.kind]),
        dimensions=tuple(_dimension_bars(record)),
        probabilities=tuple(_probability_bars(record)),
        meaning=Said(*meaning()),
        route=_coded("routes", suggestion.route),
        mode=_coded("modes", suggestion.mode),
        tier=_coded("tiers", suggestion.tier),
        scope=tuple(said("scopes", code) for code in suggestion.scope),
        publication=suggested.publication(suggestion.publication),
        stages=suggested.stages(suggestion.stages),
        tasks=suggested.tasks(suggestion.tasks),
        reasons=tuple(_reason(reason, names, scale) for reason in record.reasons),
        margins=margin_table(record.models, lambda id_: (names.of(id_).zh, names.of(id_).en), scale),
        groups=tuple(group for group in groups if group.rows),
        facts=tuple(facts),
        fact_ids=frozenset(fact.id for fact in record.facts),
        rules=tuple(rulebook.view(fired, names.of, names.figure) for fired in suggestion.trace),
        nulls=tuple(Said(names, why) for names, why in not_given(record.nulls)),
        rights=_rights(),
        input_rows=tuple((name, phrases.table_zh(name), count) for name, count in counted if count),
        total=DASH if record.points is None else f"{record.points.total:.1f}",
        caps=_caps(record),
    )


def _coded(group: str, code: str | None) -> Said:
    return Said(said(group, code), EN.get(code or "", ""))


def _dimension_bars(record: ScoreRecord) -> Iterable[Bar]:
    card = record.points
    if card is None or card.dimensions is None or card.shares is None:
        return
    for name in DIMENSIONS:
        points, share = getattr(card.dimensions, name), getattr(card.shares, name)
        length = 100 * points / share if share else 0.0
        yield Bar(Said(said("dimensions", name), EN[name]), f"{points:.1f}", length, f"满分 {number(share).zh}")


def _probability_bars(record: ScoreRecord) -> Iterable[Bar]:
    intervals = {item.outcome: item for item in sure(record)}
    for name, probability in record.probabilities.model_dump().items():
        label = Said(OUTCOMES[name], EN[name])
        if probability is None:
            why = record.nulls.get(f"probabilities.{name}", record.nulls.get("probabilities", ""))
            yield Bar(label, DASH, 0.0, why)
        else:
            interval = intervals.get(name)
            why = "" if interval else record.nulls.get(f"intervals.{name}", "")
            yield Bar(label, percent(probability), 100 * probability, why and f"未给出区间：{why}", interval)


def _caps(record: ScoreRecord) -> str:
    if record.points is None:
        return ""
    shown = [
        f"{said('dimensions', name)} {signed(f'{points:+.1f}')}"
        for name, points in record.points.caps.items()
        if points
    ]
    return "、".join(shown)


def _reason(reason: Reason, names: Names, scale: CardScale | None) -> ReasonView:
    same = None
    if scale is not None and reason.contribution is not None:
        same = scale.points(reason.outcome, reason.contribution)
    return ReasonView(
        anchor=f"i-{reason.indicator}",
        favourable=reason.direction == "favourable",
        dimension=Said(said("dimensions", reason.dimension), EN[reason.dimension]),
        name=Said(reason.zh_name, reason.en_name),
        value=names.figure(reason.indicator, reason.value),
        points="" if reason.points is None else signed(f"{reason.points:+.1f}"),
        converted="" if same is None else signed(converted(same)),
        text=Said(reason.zh, reason.en),
        review=names.review(reason.indicator),
        evidence=_tables(reason.evidence),
    )


def _indicator(prefix: str, fact: Fact, points: float | None, names: Names) -> IndicatorView:
    return IndicatorView(
        anchor=f"{prefix}-{fact.id}",
        name=names.of(fact.id),
        value=names.figure(fact.id, fact.value),
        points="" if points is None else signed(f"{points:+.1f}"),
        evidence=_tables(fact.evidence),
    )


def _tables(evidence: Sequence[EvidenceRows]) -> tuple[TableRows, ...]:
    return tuple(TableRows(item.table, phrases.table_zh(item.table), item.rows) for item in evidence)


def _rights() -> tuple[Said, ...]:
    """Chinese and English lines of the rights, which stand in turn, as pairs."""
    lines = [str(line) for line in vocabulary()["rights"]]
    return tuple(Said(zh, en) for zh, en in zip(lines[::2], lines[1::2], strict=True))
