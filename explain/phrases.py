"""One indicator of one case in words, from the templates beside this file. No judgement is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import yaml

from explain.card_scale import RISKS, CardScale
from explain.figures import CAPPED, WAYS, Figure, converted, log_odds, number, signed
from explain.reference import Reference
from models.spec import Named
from records.tables import TABLES

Direction = Literal["favourable", "adverse"]
_LANGUAGES = ("zh", "en")


class Described(Named, Protocol):
    """The part of `features.indicator.Indicator` that is put into words."""

    @property
    def unit(self) -> str: ...


class TemplateError(Exception):
    """Indicators that cannot be put into words; `problems` lists every one."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("reason templates (explain/templates) are incomplete: " + "; ".join(problems))


class Words(NamedTuple):
    """One text in Chinese and in English."""

    zh: str
    en: str


def check_catalogue(catalogue: Iterable[Described]) -> None:
    """Raise TemplateError naming every indicator without a way to say its unit."""
    units = _templates().sentences["units"]
    problems = [f"{i.id} has unit {i.unit!r}, which units does not list" for i in catalogue if _unit(i) not in units]
    if problems:
        raise TemplateError(problems)


def figure(indicator: Described, value: float) -> Figure:
    """A value of an indicator in its unit."""
    unit = _templates().sentences["units"].get(_unit(indicator))
    if unit is None:
        raise TemplateError([f"{indicator.id} has unit {indicator.unit!r}, which units does not list"])
    levels = _templates().indicators.get(indicator.id, {}).get("levels", {})
    if value in levels:
        return Figure(**levels[value])
    said = WAYS[unit["say"]](value)
    if (
        indicator.maximum is not None
        and value >= indicator.maximum
        and unit["say"] in CAPPED
        and indicator.maximum != 1
    ):
        return Figure(f"{said.zh}及以上", f"{said.en} or more")
    return said


def fact(indicator: Described, value: float | None, has_rows: bool) -> Words:
    """What is the case: the value in its unit, or that it is not known."""
    templates = _templates()
    if value is None:
        return _fill(templates.sentences["missing"]["rows" if has_rows else "no_rows"], indicator)
    own = templates.indicators.get(indicator.id, {})
    by_unit = templates.sentences["units"].get(_unit(indicator), {})
    key = "zero" if value == 0 else "top" if value == indicator.maximum else "value"
    template = own.get(key) or own.get("value") or by_unit.get(key) or by_unit.get("value")
    said = figure(indicator, value)
    return _fill(template, indicator, v=said)


def standing(indicator: Described, value: float | None, reference: Reference) -> Words | None:
    """How the value compares with the reference cases; None where there is nothing to compare with."""
    templates = _templates().sentences["standing"]
    who = compared_with(reference)
    if value is None:
        share = reference.missing.get(indicator.id)
        return None if not share else _fill(templates["missing"], indicator, share=_percent(share), who=who)
    found = reference.standing(indicator.id, value)
    if found is None:
        return None
    median = figure(indicator, found.median)
    same = found.not_higher - found.lower
    if same >= 0.25:
        return _fill(templates["same"], indicator, share=_percent(same), who=who)
    if found.lower > 0.5:
        key = "top" if found.lower >= 0.99 else "above"
        return _fill(templates[key], indicator, share=_percent(found.lower), median=median, who=who)
    if found.not_higher < 0.5:
        key = "bottom" if found.not_higher <= 0.01 else "below"
        return _fill(templates[key], indicator, share=_percent(1 - found.not_higher), median=median, who=who)
    return _fill(templates["middle"], indicator, median=median, who=who)


def compared_with(reference: Reference) -> Figure:
    """Whose cases a value is compared with: those of the same region and tier, or as many of the two as hold."""
    templates = _templates().sentences["compared_with"]
    key = "_".join(name for name in ("region", "tier") if getattr(reference, name) is not None) or "all"
    tier = templates["tiers"].get(reference.tier, {"zh": reference.tier, "en": reference.tier})
    return Figure(*(templates[key][at].format(region=reference.region, tier=tier[at]) for at in _LANGUAGES))


def points_said(points: float | None, mean: float | None) -> Words:
    """The points of the indicator on the public card, beside the reference mean."""
    templates = _templates().sentences["points"]
    if points is None:
        return Words(**templates["none"])
    if mean is None:
        return _fill(templates["alone"], points=signed(number(points).zh))
    return _fill(templates["scored"], points=signed(number(points).zh), mean=signed(number(round(mean, 1)).zh))


def effect(outcome: str, direction: Direction, strength: float, scale: CardScale | None = None) -> Words:
    """What the indicator does: to a model's margin in log-odds (and in points, where `scale` gives them), or against
    the mean points."""
    template = _templates().sentences["effect"][outcome][direction]
    if outcome == "points":
        return _fill(template, c=number(round(abs(strength), 1)).zh)
    return _fill(template, c=signed(log_odds(strength)), converted=_converted(outcome, strength, scale))


def together_said(
    first: tuple[str, str], second: tuple[str, str], outcome: str, strength: float, scale: CardScale | None = None
) -> Words:
    """What two indicators (their Chinese and English names) add together to a margin, as `effect` says it."""
    direction = direction_of(outcome, strength)
    template = _templates().sentences["together"][outcome][direction]
    return _fill(
        template,
        a=Figure(*first),
        b=Figure(*second),
        c=signed(log_odds(strength)),
        converted=_converted(outcome, strength, scale),
    )


def _converted(outcome: str, strength: float, scale: CardScale | None) -> Figure:
    points = None if scale is None else scale.points(outcome, strength)
    if points is None:
        return Figure("", "")
    return Figure(*_fill(_templates().sentences["converted"], p=signed(converted(points))))


def direction_of(outcome: str, strength: float) -> Direction:
    """Whether an effect speaks for the debtor. Of re-default, less is good; of success and points, more."""
    good = strength < 0 if outcome in RISKS else strength > 0
    return "favourable" if good else "adverse"


def evidence_said(evidence: Sequence[Mapping[str, Any]]) -> Words:
    """The rows it rests on, counted by table; or that the absence of rows is the reason."""
    templates = _templates().sentences["evidence"]
    if not evidence:
        return Words(**templates["none"])
    parts = [(item["table"], len(item["rows"])) for item in evidence]
    zh = "、".join(templates["row"]["zh"].format(table=table_zh(table), n=n) for table, n in parts)
    en = ", ".join(templates["row"]["en"].format(table=table.replace("_", " "), n=n) for table, n in parts)
    return _fill(templates["rows"], rows=Figure(zh, en))


def reason_said(fact: Words, standing: Words | None, points: Words, effect: Words, evidence: Words) -> Words:
    """The whole sentence."""
    templates = _templates().sentences["reason"]
    said = []
    for place, language in enumerate(_LANGUAGES):
        template = templates[language if standing else f"{language}_plain"]
        parts = {"fact": fact[place], "points": points[place], "effect": effect[place], "evidence": evidence[place]}
        text = template.format(**parts, standing="" if standing is None else standing[place])
        said.append(text[:1].upper() + text[1:])
    return Words(*said)


def table_zh(table: str) -> str:
    """Chinese title of a table of case records; its name where the contract does not know it."""
    return TABLES[table].title_zh if table in TABLES else table


class _Templates(NamedTuple):
    indicators: Mapping[str, Any]
    sentences: Mapping[str, Any]


@lru_cache(maxsize=1)
def _templates() -> _Templates:
    """The packaged templates, read once: they are part of the code."""
    folder = Path(__file__).parent / "templates"
    return _Templates(*(yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in _Templates._fields))


def _unit(indicator: Described) -> str:
    unit = indicator.unit
    return unit if unit in _templates().sentences["units"] else unit.split(" ")[0]


def _fill(template: Mapping[str, str], indicator: Described | None = None, **values: Figure | str) -> Words:
    said = []
    for place, language in enumerate(_LANGUAGES):
        fields = {name: value if isinstance(value, str) else value[place] for name, value in values.items()}
        if indicator is not None:
            fields["name"] = indicator.zh if language == "zh" else indicator.en
        said.append(template[language].format(**fields))
    return Words(*said)


def _percent(share: float) -> str:
    return f"{share * 100:.0f}"
