"""The assessment report (信用修复评估报告) of one record, as HTML and as PDF. It shows only what the record holds.

    html = report_html(record, describe, recourse=found)    # a file by itself: no script, no font, no address
    report_pdf(html)

The same record gives the same HTML. Nothing is fetched while the PDF is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from explain import phrases, suggested
from explain.calibration_words import curve, local
from explain.card_scale import CardScale
from explain.figures import converted, log_odds, number, signed
from explain.not_given import not_given
from explain.phrases import Words
from explain.record import record_of
from explain.recourse import Recourse
from explain.rollup import rolled_up
from explain.schema import ScoreRecord
from explain.sureness import meaning, sure
from explain.text import Descriptions, Named, name_zh, value_zh
from explain.words import vocabulary

_TEMPLATES = Path(__file__).parent / "templates"


class ReportError(Exception):
    """The report cannot be set as PDF here; the text says what is missing."""


def report_html(
    record: ScoreRecord | Mapping[str, Any],
    describe: Descriptions,
    *,
    recourse: Sequence[Recourse] = (),
    firmness: Sequence[Words] = (),
    scale: CardScale | None = None,
    titles: Mapping[str, str] | None = None,
) -> str:
    """The report of one record as one HTML file.

    `describe` maps an indicator's or fact's id to its description (`features.indicator.describe`). Recourse, and how
    firm the reasons are (`explain.stability.stability_said`), are shown where they are handed in. `scale` is that of
    the card the record names (`explain.card_scale`); with it contributions to re-default stand in converted points
    too. `titles` are the Chinese titles of the rules' parameters by key; without them the key stands bare.

    Raises RecordError when a mapping is not a whole record.
    """
    whole = record if isinstance(record, ScoreRecord) else record_of(record)
    return (
        _environment()
        .get_template("assessment.html")
        .render(
            record=whole,
            words=vocabulary(),
            more=suggested.lines(whole.suggestion),
            draft=draft_reasons(whole, describe),
            points=_points(whole, describe),
            rollup=rolled_up(whole, describe, scale),
            scale=scale,
            titles=titles or {},
            not_given=not_given(whole.nulls),
            sure={item.outcome: item for item in sure(whole)},
            meaning=meaning(),
            recourse=recourse,
            firmness=firmness,
            value=lambda id_, value: signed(value_zh(id_, value, describe)),
            name=lambda id_: name_zh(id_, describe),
        )
    )


def report_pdf(html: str) -> bytes:
    """The report as PDF (A4). Raises ReportError where the libraries that set it are not installed."""
    try:
        weasyprint = import_module("weasyprint")  # slow to import, and its libraries may be absent
    except (ImportError, OSError) as error:
        raise ReportError(
            f"a PDF needs WeasyPrint with Pango and a CJK font (apt install libpango-1.0-0 libpangoft2-1.0-0 "
            f"fonts-noto-cjk): {error}"
        ) from error
    pdf: bytes = weasyprint.HTML(string=html, url_fetcher=_no_address).write_pdf()
    return pdf


def draft_reasons(record: ScoreRecord, describe: Descriptions) -> str:
    """The draft paragraph of reasons (裁判理由) that a judge may take over or change."""
    told, words, found = _draft(), vocabulary(), record.suggestion
    said = [told["opening"].format(day=record.case.as_of[:10])]
    if record.gate.outcome != "assess":
        key = "gate" if record.gate.outcome == "no_discretion" else "human"
        said.append(told[key].format(ground=record.gate.zh or record.gate.ground))
    for direction in ("favourable", "adverse"):
        facts = [
            phrases.fact(_named(reason.indicator, describe), reason.value, bool(reason.evidence)).zh
            for reason in record.reasons
            if reason.direction == direction
        ]
        if facts:
            said.append(told[direction].format(facts="；".join(facts)))
    if record.points is not None:
        grade = told["grade"].format(grade=found.grade) if found.grade else told["no_grade"]
        said.append(told["points"].format(points=number(record.points.total).zh, grade=grade))
    if found.tier is not None:
        said.append(told["tier"].format(tier=words["tiers"][found.tier]))
    risk = record.probabilities.redefault_12
    if risk is not None:
        span = {item.outcome: item.span for item in sure(record)}.get("redefault_12")
        between = "" if span is None else told["between"].format(span=span)
        said.append(told["risk"].format(event=told["event"][record.kind], risk=f"{risk:.1%}", between=between))
    if record.gate.outcome == "assess":
        months = found.observation_months
        observation = told["observation"].format(months=months) if months else ""
        mode = words["modes"].get(found.mode, found.mode)
        template = told["suggested_by_mode"].get(found.mode, told["suggested"])
        said.append(template.format(mode=mode, route=words["routes"][found.route], observation=observation))
    for key, items in (("missing", found.missing), ("conditions", found.conditions)):
        if items:
            said.append(told[key].format(items="；".join(item.zh for item in items)))
    return "".join([*said, told["closing"]])


def _points(record: ScoreRecord, describe: Descriptions) -> list[dict[str, Any]]:
    """The card by dimension: its mark, its share, and every indicator with its value and points."""
    card = record.points
    if card is None:
        return []
    values = {fact.id: fact.value for fact in record.indicators}
    marks = {"all": card.total} if card.dimensions is None else card.dimensions.model_dump()
    shares = {"all": 100.0} if card.shares is None else card.shares.model_dump()
    return [
        {
            "id": name,
            "mark": mark,
            "share": shares[name],
            "cap": card.caps.get(name, 0.0),
            "lines": [
                {"id": id_, "value": values.get(id_), "points": scored}
                for id_, scored in card.indicators.items()
                if name in ("all", describe.get(id_, {}).get("dimension"))
            ],
        }
        for name, mark in marks.items()
    ]


def _named(id_: str, describe: Descriptions) -> Named:
    told = describe.get(id_, {})
    return Named(id_, told.get("zh", id_), told.get("en", id_), told.get("unit", "count"), told.get("maximum"))


def _plain(value: object) -> str:
    """A parameter's value as a reader meets it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(_plain, value))
    if isinstance(value, str):
        words = vocabulary()
        return str(words["scopes"].get(value) or words["regimes"].get(value, value))
    return "无" if value is None else f"{value:,g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _no_address(url: str, *_: object, **__: object) -> dict[str, Any]:
    raise ReportError(f"a report fetches nothing, not even {url}")


@lru_cache(maxsize=1)
def _draft() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((_TEMPLATES / "draft.yaml").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["figure"] = lambda value: signed(number(value).zh)
    made.filters["log_odds"] = lambda value: signed(log_odds(value))
    made.filters["converted"] = lambda value: signed(converted(value))
    made.filters["residual"] = lambda value: signed(f"{value:.0e}") if value else "0"
    made.filters["points"] = lambda value: signed(f"{value:+.1f}")
    made.filters["curve"], made.filters["local"] = curve, local
    made.filters["percent"] = lambda value: f"{value:.1%}"
    made.filters["plain"] = _plain
    made.filters["table_zh"] = phrases.table_zh
    return made
