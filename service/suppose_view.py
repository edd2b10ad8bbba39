"""A supposition and the ways out as the reviewer reads them: the original and what would be, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explain.card_scale import CardScale
from explain.recourse import Recourse, outlook
from explain.what_if import WhatIf
from service.view import DASH, Names, Said, percent
from service.words import OUTCOMES, said

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Beside:
    """One figure as it is and as it would be; `moved` where they differ."""

    label: Said
    before: str
    after: str

    @property
    def moved(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class WayView:
    """A way out in words, what it presupposes, and what the case would then be."""

    text: Said
    notes: tuple[Said, ...]
    day: str
    then: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SupposedPage:
    """Everything the result needs."""

    heads: tuple[Beside, ...]
    moved: tuple[Beside, ...]
    reasons: tuple[tuple[str, str], ...]
    ways: tuple[WayView, ...]
    meaning: Said | None = None


def supposed_page(
    found: WhatIf, ways: Sequence[Recourse], names: Names, scale: CardScale | None = None
) -> SupposedPage:
    """The result of a supposition with the ways out of the case as it is. `scale`: that of the card which scored it,
    so that converted points in the reasons are explained."""
    before, after = _heads(found.before), _heads(found.after)
    texts = [[str(reason["zh"]) for reason in record["reasons"]] for record in (found.before, found.after)]
    longest = max(map(len, texts))
    padded = [text + [""] * (longest - len(text)) for text in texts]
    return SupposedPage(
        heads=tuple(Beside(Said(label), value, after[label]) for label, value in before.items()),
        moved=_moved(found, names),
        reasons=tuple(zip(*padded, strict=True)),
        ways=tuple(_way(one) for one in ways),
        meaning=Said(*scale.meaning()) if scale is not None and _converted(found, scale) else None,
    )


def _converted(found: WhatIf, scale: CardScale) -> bool:
    """Whether any reason, before or after, says a contribution in converted points."""
    return any(
        reason["contribution"] is not None and scale.points(reason["outcome"], reason["contribution"]) is not None
        for record in (found.before, found.after)
        for reason in record["reasons"]
    )


def _moved(found: WhatIf, names: Names) -> tuple[Beside, ...]:
    """What moved, once: a fact and an indicator of one name and one figure are one line."""
    told: dict[tuple[str, str, str], Beside] = {}
    for id_, was, would in found.moved:
        line = Beside(names.of(id_), names.figure(id_, was), names.figure(id_, would))
        told.setdefault((line.label.zh, line.before, line.after), line)
    return tuple(told.values())


def _way(found: Recourse) -> WayView:
    plan = found.plan
    return WayView(
        text=Said(found.zh, found.en),
        notes=() if plan is None else tuple(Said(note.zh, note.en) for note in plan.notes),
        day="" if plan is None else f"{plan.as_of:%Y-%m-%d}",
        then=() if plan is None else tuple(_heads(plan.record).items()),
    )


def _heads(record: Record) -> dict[str, str]:
    """The head figures in words, by label."""
    found = outlook(record)
    chances = {
        f"{OUTCOMES[name]}概率": DASH if value is None else percent(value)
        for name, value in found["probabilities"].items()
    }
    return {
        "建议等级": found["grade"] or DASH,
        "积分": DASH if found["points"] is None else f"{found['points']:.1f}",
        "程序": said("routes", found["route"]),
        "方式": said("modes", found["mode"]),
        **chances,
    }
