"""How the points card is made, step by step; the result is a table (`models.scorecard`).

1. *Bins.* Each indicator with a declared direction for re-default is cut into monotone bins (`models.binning`).
2. *Choice.* By information value, strongest first; an indicator too weak or too like a stronger one is set aside
   (the raw and the ratio form of one debt should not both take points), but each dimension keeps its best few.
3. *Weights.* Logistic regression of "no re-default within 12 months" on the weights of evidence, under the shares of
   the dimensions where they are given (`models.card_weights`). An indicator whose weight goes against its direction is
   dropped, and the rest refitted; then the weakest until at most 20 are left.
4. *Scale.* In each dimension the weighted evidence is standardised on the reference population (mean 0, deviation 1,
   z), so that the shares mean what they say. The scale is dimension = share x (m + k z), kept within 0 and share, with
   m and k such that the 15 % quantile of the reference population's totals lies at 50 points and the 80 % quantile at
   80: then every grade is in use. Each indicator carries its part of it, the constant divided evenly, rounded to a
   tenth. Indicators whose points are all alike are dropped.
5. *Odds.* One logistic slope and intercept from the total to the odds, corrected on cases of the calibration period
   (or, of small data, on all) by cards made without them.

Every indicator that was set aside is named with its reason. Only granted cases with a mature label may be passed as
training rows; the reference population is a wider one (the fit period's cases of every outcome).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.binning import Binning, bin_numbers, fit_bins
from models.card_weights import Weights, free_weights, weights_within
from models.faults import FitFault
from models.metrics import logistic_line
from models.params import CardParams
from models.scorecard import (
    ONE_SCALE,
    Anchor,
    CardBin,
    CardIndicator,
    CardReference,
    Dropped,
    Odds,
    Scorecard,
)
from models.spec import CARD_OUTCOME, IndicatorSpec

FloatArray = NDArray[np.float64]
# Where the reference population's grades are counted; the limits themselves are policy's.
_GRADES = (("A", 80.0, 101.0), ("B", 65.0, 80.0), ("C", 50.0, 65.0), ("D", 0.0, 50.0))
OWN_ROWS = "the card's own training rows"
REFERENCE_RULE = "the cases of the fit period with a known outcome that a model learnt from, whatever it was"


@dataclass(frozen=True)
class Reference:
    """The reference population's indicators (n, k) and the first and last as-of date it covers (ISO text)."""

    X: pd.DataFrame
    first: str = ""
    last: str = ""
    rule: str = REFERENCE_RULE


@dataclass(frozen=True)
class _Candidate:
    spec: IndicatorSpec
    dimension: str
    binning: Binning
    woe: FloatArray  # (n,) of the training rows

    @property
    def id(self) -> str:
        return self.spec.id

    def woe_of(self, X: pd.DataFrame) -> FloatArray:
        numbers = bin_numbers(X[self.id].to_numpy(dtype=np.float64), self.binning.cuts, _allowed(self.spec))
        found: FloatArray = np.asarray(self.binning.woe)[numbers]
        return found


def fit_scorecard(
    X: pd.DataFrame,
    y: Sequence[int] | NDArray[np.int64] | FloatArray,
    specs: Sequence[IndicatorSpec],
    shares: Mapping[str, float] | None,
    params: CardParams,
    *,
    reference: Reference | None = None,
) -> Scorecard:
    """Fit the card on X (n, k) and y (n,), 1 where there was NO re-default within twelve months.

    `specs`: the indicators (those not scored or without direction are set aside); `shares`: points per dimension
    (None: one scale 0-100); `reference`: the population the scale stands on (None: the training rows). Raises
    FitFault when no card can be made.
    """
    good = np.asarray(y, dtype=np.float64)
    bad = 1.0 - good
    events = int(bad.sum())
    if min(events, int(good.sum())) < params.min_events:
        raise FitFault(
            [f"the points card needs {params.min_events} cases with and without re-default, found {events} "
             f"and {int(good.sum())}"]
        )  # fmt: skip
    population = reference or Reference(X)
    dropped: list[Dropped] = []
    chosen = _select(_candidates(X, bad, specs, shares=shares, params=params, dropped=dropped), params, dropped)
    while True:
        chosen, weights = _weigh(chosen, good, population.X, shares=shares, params=params, dropped=dropped)
        tenths = _scale(chosen, weights, population.X, shares, params)
        flat = {item.id for item in chosen if len(set(tenths[item.id][: len(item.binning.cuts) + 1])) < 2}
        if not flat:
            break
        dropped += [
            Dropped(id=name, reason="no_points", detail="all bins round to the same points") for name in sorted(flat)
        ]
        chosen = [item for item in chosen if item.id not in flat]
    draft = Scorecard(
        outcome=CARD_OUTCOME,
        indicators=tuple(_published(item, weights[item.id], tenths[item.id]) for item in chosen),
        shares=None if shares is None else {name: float(share) for name, share in shares.items()},
        anchors=(
            Anchor(quantile=params.low_quantile, points=params.low_points),
            Anchor(quantile=params.high_quantile, points=params.high_points),
        ),
        odds=Odds(slope=1.0, intercept=0.0, source=""),
        reference=CardReference(
            rule=population.rule,
            cases=len(population.X),
            first=population.first,
            last=population.last,
            total_quantiles=(),
            grade_shares={},
        ),
        dropped=tuple(dropped),
        cases=len(good),
        events=events,
    )
    totals = draft.total(draft.points(population.X))
    stated = draft.reference.model_copy(
        update={
            "total_quantiles": tuple(float(v) for v in np.quantile(totals, np.linspace(0, 1, 21))),
            "grade_shares": {grade: float(((totals >= low) & (totals < high)).mean()) for grade, low, high in _GRADES},
        }
    )
    return _own_odds(draft.model_copy(update={"reference": stated}), draft.total(draft.points(X)), good)


def temper_odds(card: Scorecard, log_odds: FloatArray, good: FloatArray, source: str) -> tuple[Scorecard, FloatArray]:
    """The card with its odds corrected for the optimism of its own training, and the corrected log-odds (n,).

    `log_odds` (n,): ln(odds of no re-default) from cards that did not see the case; `good` (n,): what became of it. A
    line through them is applied to the card's own line and to `log_odds`. Raises FitFault when it does not rise.
    """
    slope, intercept = logistic_line(log_odds, good)
    if not slope > 0:
        raise FitFault([f"out of fold, more points do not mean better odds (slope {slope:.4f})"])
    odds = Odds(
        slope=slope * card.odds.slope,
        intercept=intercept + slope * card.odds.intercept,
        source=source,
    )
    return card.model_copy(update={"odds": odds}), np.asarray(intercept + slope * log_odds, dtype=np.float64)


def _own_odds(card: Scorecard, total: FloatArray, good: FloatArray) -> Scorecard:
    """The card with slope and intercept of ln(odds of no re-default) fitted on its own rows' total (n,)."""
    slope, intercept = logistic_line(total, good)
    if not slope > 0:
        raise FitFault([f"on these {len(good)} cases more points do not mean better odds (slope {slope:.4f})"])
    return card.model_copy(update={"odds": Odds(slope=slope, intercept=intercept, source=OWN_ROWS)})


def _allowed(spec: IndicatorSpec) -> tuple[float | None, float | None]:
    return spec.minimum, spec.maximum


def _candidates(
    X: pd.DataFrame,
    bad: FloatArray,
    specs: Sequence[IndicatorSpec],
    *,
    shares: Mapping[str, float] | None,
    params: CardParams,
    dropped: list[Dropped],
) -> list[_Candidate]:
    found = []
    for spec in specs:
        dimension = ONE_SCALE if shares is None else spec.dimension
        if not spec.scored:
            dropped.append(Dropped(id=spec.id, reason="not_scored", detail="the catalogue bars it from scores"))
        elif spec.redefault == 0:
            dropped.append(Dropped(id=spec.id, reason="no_direction", detail="no declared direction for re-default"))
        elif shares is not None and dimension not in shares:
            dropped.append(Dropped(id=spec.id, reason="no_share", detail=f"dimension {dimension} has no share"))
        else:
            x = X[spec.id].to_numpy(dtype=np.float64)
            binning = fit_bins(x, bad, spec.redefault, _allowed(spec), params)
            if binning.cuts:
                woe = np.asarray(binning.woe)[bin_numbers(x, binning.cuts, _allowed(spec))]
                found.append(_Candidate(spec, dimension, binning, woe))
            else:
                dropped.append(Dropped(id=spec.id, reason="no_bins", detail="no two bins in the declared direction"))
    return found


def _select(candidates: list[_Candidate], params: CardParams, dropped: list[Dropped]) -> list[_Candidate]:
    """Strongest first; weak ones and near copies are set aside, but a dimension keeps its best few if they differ."""
    ranked = sorted(candidates, key=lambda item: (-item.binning.information, item.id))
    kept: list[_Candidate] = []
    for item in ranked:
        twin = next((other for other in kept if _correlation(item, other) > params.max_correlation), None)
        enough = sum(other.dimension == item.dimension for other in kept) >= params.min_per_dimension
        if twin is not None:
            dropped.append(Dropped(id=item.id, reason="too_like", detail=f"correlates with {twin.id}"))
        elif enough and item.binning.information < params.min_information:
            detail = f"information value {item.binning.information:.4f}"
            dropped.append(Dropped(id=item.id, reason="too_weak", detail=detail))
        else:
            kept.append(item)
    return kept


def _correlation(a: _Candidate, b: _Candidate) -> float:
    return float(np.corrcoef(a.woe, b.woe)[0, 1])


def _weigh(
    chosen: list[_Candidate],
    good: FloatArray,
    population: pd.DataFrame,
    *,
    shares: Mapping[str, float] | None,
    params: CardParams,
    dropped: list[Dropped],
) -> tuple[list[_Candidate], dict[str, float]]:
    """Logistic weights, all above zero, of at most `max_indicators`; the worst offender goes first."""
    standing = {item.id: item.woe_of(population) for item in chosen} if shares is not None else {}
    before: dict[str, float] = {}
    while chosen:
        evidence = np.stack([item.woe for item in chosen], axis=1)
        if shares is None:
            fit = free_weights(evidence, good, params.regularisation)
        else:
            fit = weights_within(
                shares,
                evidence,
                good,
                dimension=[item.dimension for item in chosen],
                population=np.stack([standing[item.id] for item in chosen], axis=1),
                start=np.array([before[item.id] for item in chosen]) if before else None,
            )
        before = dict(zip([item.id for item in chosen], fit.values.tolist(), strict=True))
        worst = min(chosen, key=lambda item: (before[item.id], item.id))
        if before[worst.id] <= 0:
            detail = f"weight {before[worst.id]:.4f} goes against the declared direction"
            dropped.append(Dropped(id=worst.id, reason="against_direction", detail=detail))
        elif len(chosen) > params.max_indicators:
            worst = _weakest(chosen, fit, params.min_per_dimension)
            dropped.append(Dropped(id=worst.id, reason="beyond_limit", detail=f"at most {params.max_indicators}"))
        else:
            return chosen, before
        chosen = [item for item in chosen if item.id != worst.id]
    raise FitFault(["no indicator is left for the points card: none moves with its declared direction"])


def _weakest(chosen: list[_Candidate], fit: Weights, keep: int) -> _Candidate:
    """The one that adds least among dimensions that can spare one (or among all when none can)."""
    size = {name: sum(item.dimension == name for item in chosen) for name in {item.dimension for item in chosen}}
    loss = dict(zip([item.id for item in chosen], fit.loss.tolist(), strict=True))
    spare = [item for item in chosen if size[item.dimension] > keep] or chosen
    return min(spare, key=lambda item: (loss[item.id], item.id))


def _scale(
    chosen: list[_Candidate],
    weights: Mapping[str, float],
    population: pd.DataFrame,
    shares: Mapping[str, float] | None,
    params: CardParams,
) -> dict[str, list[int]]:
    """Points in tenths per indicator and bin (known bins, missing, other), by step 4 of the module's rule."""
    full = dict(shares) if shares is not None else {ONE_SCALE: 100.0}
    members = {name: [item for item in chosen if item.dimension == name] for name in full}
    faults = [f"no indicator is left for dimension '{name}' of the points card" for name in full if not members[name]]
    if faults:
        raise FitFault(faults)
    mean, deviation, z = {}, {}, {}
    for name in full:
        raw = np.sum([weights[item.id] * item.woe_of(population) for item in members[name]], axis=0)
        mean[name], deviation[name] = float(raw.mean()), float(raw.std())
        if deviation[name] == 0.0:
            raise FitFault([f"dimension '{name}' is the same for the whole reference population"])
        z[name] = (raw - mean[name]) / deviation[name]
    m, k = _anchored(z, full, params)
    tenths = {}
    for name, share in full.items():
        for item in members[name]:
            slope = share * k * weights[item.id] / deviation[name]
            even = share * (m - k * mean[name] / deviation[name]) / len(members[name])
            tenths[item.id] = [round((even + slope * woe) * 10) for woe in item.binning.woe]
    return tenths


def _anchored(z: Mapping[str, FloatArray], full: Mapping[str, float], params: CardParams) -> tuple[float, float]:
    """m and k of step 4. The caps at 0 and share pull the quantiles in a little, so the aim is moved until they sit."""
    standing = np.sum([share / 100.0 * z[name] for name, share in full.items()], axis=0)
    at = [params.low_quantile, params.high_quantile]
    low, high = np.quantile(standing, at).tolist()
    if high - low < 1e-9:
        # Few distinct standings: the anchors fall together, and the deviation gives the scale instead.
        low, high = float(standing.mean() - standing.std()), float(standing.mean() + standing.std())
    goal = np.array([params.low_points, params.high_points])
    aim = goal.copy()
    for _ in range(30):
        k = (aim[1] - aim[0]) / 100.0 / (high - low)
        m = aim[0] / 100.0 - k * low
        total = np.sum([np.clip(share * (m + k * z[name]), 0.0, share) for name, share in full.items()], axis=0)
        # Never further than ten points: where the caps leave no way to the goal, the scale stays a sane one.
        aim = np.clip(aim + 0.5 * (goal - np.quantile(total, at)), goal - 10.0, goal + 10.0)
    return float(m), float(k)


def _published(item: _Candidate, weight: float, tenths: Sequence[int]) -> CardIndicator:
    binning = item.binning
    rows = [
        CardBin(good=good, bad=bad, woe=woe, tenths=points)
        for good, bad, woe, points in zip(binning.good, binning.bad, binning.woe, tenths, strict=True)
    ]
    return CardIndicator(
        id=item.id,
        zh=item.spec.zh,
        en=item.spec.en,
        dimension=item.dimension,
        direction=item.spec.redefault,
        weight=weight,
        minimum=item.spec.minimum,
        maximum=item.spec.maximum,
        cuts=binning.cuts,
        bins=tuple(rows[:-2]),
        missing=rows[-2],
        other=rows[-1],
    )
