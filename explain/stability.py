"""How firm the reasons of one case are: whether small errors in its figures, or another model fitted to the same task,
would change which reasons lead.

*Noise.* Registers round, banks answer in bands, a day's delay is nothing. So the figures are shaken within such limits,
the case is explained again each time, and every leading reason is told how often it still leads and points the same
way. Flags, counts and codes are not shaken: they are right or wrong. The draws depend on the case alone, so anybody
gets the same verdict.

*Models.* A reason that another fit on as good a sample of the same history would not give says more of the fit than of
the debtor. So the case is explained by other models of the same catalogue, and the leading reasons are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pandas as pd

from explain.contributions import Explainable, contributions
from explain.phrases import Described, Words
from explain.reasons import LIMIT, effects
from explain.reference import Reference
from explain.terms import model_terms
from explain.words import vocabulary
from models.calibration import Calibrator

DRAWS: Final = 64
LEADING: Final = 3  # reasons that must hold
HOLDS: Final = 0.8  # of the draws of noise, at least
MAJORITY: Final = 0.6  # of the models, at least: fits of one history differ more than readings of one case
NOISE: Final[Mapping[str, float]] = {  # relative, by unit: assumptions of this project
    "ratio": 0.02,
    "CNY": 0.02,
    "years": 0.02,
    "ln per month": 0.02,
    "days": 0.02,
}
Leading = Mapping[str, bool]  # indicator -> whether it raises the risk
_LOG_AMOUNT: Final = "ln(1+CNY)"  # two per cent of an amount is 0.02 on its logarithm


class Calibrated(Explainable, Protocol):
    """A bundle whose margins become probabilities."""

    @property
    def calibrators(self) -> Mapping[str, Calibrator]: ...


@dataclass(frozen=True)
class Stability:
    """`kept`: per leading reason, strongest first, the share of draws (0 to 1) in which it is among the first five with
    the same sign; `stable`: whether each of the first three is in four fifths or more (of models, a clear majority);
    `draws`: how many, of noise or of models."""

    kept: Mapping[str, float]
    stable: bool
    draws: int


def stability(
    bundle: Calibrated, catalogue: Sequence[Described], values: Mapping[str, float | None], key: str
) -> Stability:
    """Shake the figures of one case. `values` by indicator (None = missing), `key` names the case.

    Raises as `explain.contributions.contributions` does. A bundle without models has no reasons to shake: stable.
    """
    ids = list(bundle.indicator_ids)
    frame = pd.DataFrame(_shaken(_plain(ids, values), ids, catalogue, key), columns=ids)
    frame.index = pd.Index([f"{key}#{draw}" for draw in range(len(frame))])
    if not bundle.boosters:
        return Stability({}, True, 0)
    first, *draws = leading(bundle, catalogue, frame)
    return held(first, draws, HOLDS)


def over_models(
    bundle: Calibrated,
    others: Sequence[Calibrated],
    catalogue: Sequence[Described],
    values: Mapping[str, float | None],
    key: str,
) -> Stability:
    """Explain one case by `others` too, models with the indicators of `bundle`. Raises as `contributions` does."""
    frame = pd.DataFrame([_plain(bundle.indicator_ids, values)], columns=list(bundle.indicator_ids), index=[key])
    if not bundle.boosters or not others:
        return Stability({}, True, 0)
    (first,) = leading(bundle, catalogue, frame)
    return held(first, [leading(other, catalogue, frame)[0] for other in others], MAJORITY)


def leading(bundle: Calibrated, catalogue: Sequence[Described], frame: pd.DataFrame) -> list[Leading]:
    """The leading reasons of every row of `frame` (the bundle's indicators as columns), strongest first, and whether
    each raises what ranks them."""
    ids = list(bundle.indicator_ids)
    explained = contributions(bundle, frame)
    return [
        _leading(effects(catalogue, model_terms(ids, explained, bundle.calibrators, place), None, Reference())[1])
        for place in range(len(frame))
    ]


def held(first: Leading, draws: Sequence[Leading], wanted: float) -> Stability:
    """How often the reasons of `first` are among those of `draws` (at least one), pointing the same way; stable when
    each of the first three is so in a share of at least `wanted`."""
    kept = {id_: sum(draw.get(id_) == sign for draw in draws) / len(draws) for id_, sign in first.items()}
    return Stability(kept, all(share >= wanted for share in list(kept.values())[:LEADING]), len(draws))


def stability_said(
    noise: Stability | None, models: Stability | None, name: Callable[[str], tuple[str, str]]
) -> tuple[Words, ...]:
    """Both verdicts in words; nothing for what was not tried. `name` gives an indicator's Chinese and English name."""
    told = vocabulary()["stability"]
    said = []
    for kind, found in (("noise", noise), ("models", models)):
        if found is not None and found.draws:
            zh = "、".join(f"{name(id_)[0]} {share:.0%}" for id_, share in found.kept.items())
            en = ", ".join(f"{name(id_)[1]} {share:.0%}" for id_, share in found.kept.items())
            template = told[kind]["stable" if found.stable else "unstable"]
            draws = found.draws
            said.append(Words(template["zh"].format(draws=draws, kept=zh), template["en"].format(draws=draws, kept=en)))
    return tuple(said)


def _plain(ids: Sequence[str], values: Mapping[str, float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if values.get(id_) is None else values[id_] for id_ in ids], dtype=np.float64)


def _leading(found: Mapping[str, float]) -> dict[str, bool]:
    """The strongest effects and whether each is positive."""
    ranked = sorted((item for item in found.items() if item[1]), key=lambda item: -abs(item[1]))
    return {id_: strength > 0 for id_, strength in ranked[:LIMIT]}


def _shaken(
    plain: np.ndarray[tuple[int], np.dtype[np.float64]], ids: Sequence[str], catalogue: Sequence[Described], key: str
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The case itself in the first row, then the draws; ranges of the catalogue are kept."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    noise = np.random.Generator(np.random.PCG64(seed)).uniform(-1.0, 1.0, size=(DRAWS, len(ids)))
    by_id = {indicator.id: indicator for indicator in catalogue}
    rows = np.repeat(plain[np.newaxis], DRAWS + 1, axis=0)
    for column, id_ in enumerate(ids):
        indicator = by_id[id_]
        if indicator.unit == _LOG_AMOUNT:
            moved = rows[1:, column] + np.where(plain[column] > 0, noise[:, column] * 0.02, 0.0)
            rows[1:, column] = np.maximum(moved, 0.0)
        elif indicator.unit in NOISE:
            rows[1:, column] *= 1.0 + noise[:, column] * NOISE[indicator.unit]
            if indicator.maximum is not None:
                rows[1:, column] = np.minimum(rows[1:, column], indicator.maximum)
    return rows
