"""The three margins side by side, so that anyone can add them up: base + contributions = margin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from explain.calibration_words import curve, local
from explain.card_scale import RISKS, CardScale
from explain.figures import converted, log_odds, signed
from explain.schema import Model, Models
from service.words import EN, OUTCOMES

SHOWN = 12  # indicators in lines of their own; the rest is one line, so that the column still adds up


@dataclass(frozen=True)
class Cell:
    """A contribution: its figure, and a bar from the middle of a scale of 100, to the right when it raises
    the outcome; `favourable` when that speaks for the debtor. `converted`: the same in points of the public card."""

    figure: str
    converted: str
    start: float
    length: float
    favourable: bool


@dataclass(frozen=True)
class Line:
    """One indicator's contributions, in the order of the outcomes."""

    anchor: str
    zh: str
    en: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Foot:
    """How one margin ends: what is added, and what the calibration makes of it."""

    zh: str
    en: str
    cells: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True)
class MarginTable:
    """`heads` names the outcomes that exist; empty when no model was asked. `meaning`: what converted points are, in
    Chinese and in English, where any stand in the table."""

    meaning: tuple[str, str] | None
    heads: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    feet: tuple[Foot, ...]


def margin_table(
    models: Models, name: Callable[[str], tuple[str, str]], points: CardScale | None = None
) -> MarginTable:
    """The table of all margins that exist; `name` gives an indicator's Chinese and English name, `points` the scale of
    the record's own card."""
    found = models.by_outcome()
    if not found:
        return MarginTable(None, (), (), ())
    ranked = _ranked(found)
    # One scale for all three, so that bars compare across columns.
    scale = max((abs(c) for model in found.values() for c in model.contributions.values()), default=0.0) or 1.0
    lines = [
        Line(f"i-{id_}", *name(id_), tuple(_cell(o, m.contributions.get(id_), scale, points) for o, m in found.items()))
        for id_ in ranked[:SHOWN]
    ]
    rest = ranked[SHOWN:]
    if rest:
        sums = {o: math.fsum(m.contributions.get(id_, 0.0) for id_ in rest) for o, m in found.items()}
        zh, en = f"其余 {len(rest)} 项合计", f"the other {len(rest)} together"
        lines.append(Line("", zh, en, tuple(_cell(o, total, scale, points) for o, total in sums.items())))
    heads = tuple((OUTCOMES[outcome], EN[outcome]) for outcome in found)
    meaning = None if points is None or not RISKS & found.keys() else points.meaning()
    return MarginTable(meaning, heads, tuple(lines), tuple(_feet(found, points)))


def _ranked(found: Mapping[str, Model]) -> list[str]:
    """Indicators with any contribution, the one that weighs most in any margin first."""
    ids = dict.fromkeys(id_ for model in found.values() for id_ in model.contributions)
    weight = {id_: max(abs(model.contributions.get(id_, 0.0)) for model in found.values()) for id_ in ids}
    return sorted((id_ for id_ in ids if weight[id_]), key=lambda id_: -weight[id_])


def _cell(outcome: str, contribution: float | None, scale: float, points: CardScale | None) -> Cell | None:
    if contribution is None:
        return None
    length = min(50 * abs(contribution) / scale, 50.0)
    raises = contribution > 0
    favourable = raises == (outcome == "success")
    figure, same = signed(log_odds(contribution)), _converted(outcome, contribution, points)
    return Cell(figure, same, 50.0 if raises else 50 - length, length, favourable)


def _converted(outcome: str, log_odds: float, points: CardScale | None) -> str:
    found = None if points is None else points.points(outcome, log_odds)
    return "" if found is None else signed(converted(found))


def _feet(models: Mapping[str, Model], points: CardScale | None) -> list[Foot]:
    found = list(models.values())
    sums = {outcome: math.fsum(model.contributions.values()) for outcome, model in models.items()}
    same = tuple(_converted(outcome, total, points) for outcome, total in sums.items())
    return [
        Foot("贡献合计", "sum of contributions", tuple(signed(log_odds(total)) for total in sums.values())),
        *(
            [Foot("合计的换算分", "the sum in converted points", tuple(one or "—" for one in same))]
            if any(same)
            else []
        ),
        Foot("基准", "base", tuple(signed(log_odds(model.base)) for model in found)),
        Foot("模型分（基准 + 贡献）", "margin", tuple(signed(log_odds(model.margin)) for model in found), "total"),
        Foot(
            "误差",
            "residual",
            tuple(signed(f"{model.residual:.0e}") if model.residual else "0" for model in found),
            "minor",
        ),
        Foot("校准", "calibration", tuple(curve(model.calibration) for model in found)),
        *_local(found),
        Foot("概率", "probability", tuple(f"{model.probability:.1%}" for model in found), "total"),
    ]


def _local(found: Sequence[Model]) -> list[Foot]:
    """What place and year add in the calibration; no line where nothing is added."""
    parts = tuple(local(model.calibration) or "—" for model in found)
    return (
        [] if set(parts) == {"—"} else [Foot("辖区、行业与年度（不归于个人）", "place and year, not the person", parts)]
    )
