"""Training: three margins, their calibration, the points card, the reference population and their figures.

The margins learn from the fit and the calibration period, starting from what differs by place and year
(`models.local`); each calibrator from the calibration period's cases, on margins that did not know them (or, for small
data, from all cases in that way: `models.margin_fit`), its slope and shifts drawn towards the fit period's, its trend
told by both; the points card and its odds likewise. Figures come from the test period, or out of fold where there is
none. Nothing here depends on the order of rows, on the clock or on the number of processors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_values
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import metrics
from models.faults import FitFault
from models.fitted import FittedModels
from models.horizons import HEADS, joined_cases, p12
from models.intervals_fit import Seen, fit_heads
from models.local_fit import Places, drift_of, lay_out_places
from models.margin_fit import Margin, fit_margins
from models.params import FitParams
from models.reference import ReferencePopulation, describe_groups, describe_indicators, quantile_grid
from models.scorecard import Scorecard
from models.scorecard_fit import OWN_ROWS, REFERENCE_RULE, Reference, fit_scorecard, temper_odds
from models.spec import CARD_OUTCOME, OUTCOMES, Described, IndicatorSpec, as_specs
from models.training_rows import Part, TrainingRows, lay_out

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Progress = Callable[[str, float], None]
_LIBRARIES = ("lightgbm", "numpy", "optbinning", "scikit-learn")


def fit_models(
    X: pd.DataFrame,
    labels: pd.DataFrame,
    splits: pd.DataFrame,
    catalogue: Sequence[Described],
    profile: str,
    *,
    catalogue_hash: str,
    params: FitParams | None = None,
    places: pd.DataFrame | None = None,
    figures: Mapping[str, Sequence[float | None]] | None = None,
    training: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> FittedModels:
    """Fit everything of one profile.

    X: float columns named by catalogue id, index case_key, NaN = missing. `labels`: case_key, outcome, label, status.
    `splits`: case_key, outcome, debtor_id, as_of, split (`splits.split_labels`). `places`: region, industry, as_of and
    tier of every case of X, by its index: what is told apart by place and year, and whom new cases are compared with.
    `figures`: courts' figures by area, in a fixed order (`features.courts`). `training`: JSON values to keep in
    the bundle (data fingerprint, split plan). `progress(what, share done)` is called before each step. Raises
    FitFault with every fault, also when a part that `params.required` names cannot be fitted.
    """
    settings = params or FitParams.of_profile(profile)
    say: Progress = progress or (lambda _what, _share: None)
    specs = as_specs(catalogue)
    # One order of rows, whatever came: sums inside the fits are not the same bits in another order.
    X = X.sort_index()
    rows = lay_out(X, labels, splits, specs, folds=settings.split.folds, salt=f"folds/{settings.seed}")
    where = None if places is None else lay_out_places(places.loc[X.index], figures)
    scored = X[[spec.id for spec in specs if spec.scored]].astype(np.float64)
    say("margins", 0.0)
    fitted, absent = fit_margins(
        scored, rows, specs, settings, where=where, done=lambda share: say("margins", 0.8 * share)
    )
    say("points card", 0.8)
    made: _Card | None = None
    try:
        made = _fit_card(X, rows, specs, settings)
    except FitFault as fault:
        absent["scorecard"] = str(fault)
    if missing := [f"{part} cannot be fitted: {absent[part]}" for part in settings.required if part in absent]:
        raise FitFault(missing)
    card = None if made is None else made.card
    say("reference population", 0.95)
    probabilities = _probabilities(fitted, held_out=False)
    intervals, uncertain = fit_heads(_seen(fitted, rows, where, settings), settings.intervals)
    reference = _reference(X, scored, rows, fitted, probabilities, card=card, params=settings, places=places)
    figures = _figures(X, rows, fitted, made)
    say("done", 1.0)
    return FittedModels(
        profile=profile,
        specs=specs,
        catalogue_hash=catalogue_hash,
        params=settings,
        texts={outcome: margin.booster.model_to_string() for outcome, margin in fitted.items()},
        calibrators={outcome: margin.calibrator for outcome, margin in fitted.items()},
        intervals=intervals,
        scorecard=card,
        absent=absent | uncertain,
        reference=reference,
        metrics=figures,
        training={
            **(training or {}),
            "seed": settings.seed,
            "rows": {f"{outcome}/{split}": len(part.y) for (outcome, split), part in sorted(rows.parts.items())},
            "events": {f"{outcome}/{split}": part.events for (outcome, split), part in sorted(rows.parts.items())},
            "libraries": {name: version(name) for name in _LIBRARIES},
        },
    )


@dataclass(frozen=True)
class _Card:
    """The fitted card; the cases its odds rest on, where they are from, and, where the card was made without each of
    them in turn, their ln(odds of no re-default) so."""

    card: Scorecard
    on: Part
    source: str
    held_out: FloatArray | None


def _fit_card(X: pd.DataFrame, rows: TrainingRows, specs: Sequence[IndicatorSpec], params: FitParams) -> _Card:
    """The card on all that is learnt, its odds on the calibration period's cases, or, where these are few, on all, by
    cards that did not know the case's debtor."""
    part = rows.learnt(CARD_OUTCOME)
    population = Reference(X.iloc[rows.reference], rows.first, rows.last)
    card = fit_scorecard(X.iloc[part.rows], 1.0 - part.y, specs, params.card.shares, params.card, reference=population)
    on, source = rows.part(CARD_OUTCOME, "calibrate"), "the calibration period"
    if on.rarer < params.card.min_events:
        on, source = part, "all learnt cases"
    try:
        held_out = _card_out_of_fold(X, rows, part, on, specs=specs, params=params)
    except FitFault:
        # Too few cases to make a card without one fold: the card stands, and its odds say on what they rest.
        return _Card(card, part, OWN_ROWS, None)
    tempered, held_out = temper_odds(card, held_out, 1.0 - on.y, f"out-of-fold totals of {source}")
    return _Card(tempered, on, source, held_out)


def _probabilities(fitted: Mapping[str, Margin], *, held_out: bool) -> dict[str, FloatArray]:
    """Calibrated probabilities (n,) of all rows, with twelve months joined from its two parts."""
    found = {outcome: margin.probability(slice(None), held_out=held_out) for outcome, margin in fitted.items()}
    if "redefault_6" in found and "redefault_7_12" in found:
        found[CARD_OUTCOME] = p12(found["redefault_6"], found["redefault_7_12"])
    return found


def _seen(fitted: Mapping[str, Margin], rows: TrainingRows, where: Places | None, params: FitParams) -> dict[str, Seen]:
    """Per head probability, the calibration's cases, by margins that did not know them: what its intervals rest on."""
    honest = _probabilities(fitted, held_out=True)
    found: dict[str, Seen] = {}
    for head, parts in HEADS.items():
        if head not in honest or not all(part in fitted for part in parts):
            continue
        margins = [fitted[part] for part in parts]
        # What both halves rest on: their own period, or, where one of them has too few there, all learnt cases.
        own = all(margin.own_period for margin in margins)
        told_by = [_rests_on(rows, part, own) for part in parts]
        chosen = _rests_on(rows, head, own)
        source = next(margin.calibrator.source for margin in margins if margin.own_period == own)
        steps = max(margin.calibrator.worth for margin in margins)
        drift = None
        if where is not None:
            learnt = where.days[rows.learnt(parts[0]).rows]
            drift = drift_of(margins[0].calibrator.local, where.days[chosen.rows], learnt, params.local)
        told = 1.0 if len(margins) == 1 else joined_cases(*(part.y for part in told_by)) / len(chosen.y)
        found[head] = Seen(honest[head][chosen.rows], chosen.y, source, steps, drift, told)
    return found


def _rests_on(rows: TrainingRows, outcome: str, own: bool) -> Part:
    """Cases of `outcome` that a calibration rests on: the calibration period's (`own`), or all learnt cases."""
    return rows.part(outcome, "calibrate") if own else rows.learnt(outcome)


def _reference(
    X: pd.DataFrame,
    scored: pd.DataFrame,
    rows: TrainingRows,
    fitted: Mapping[str, Margin],
    probabilities: Mapping[str, FloatArray],
    *,
    card: Scorecard | None,
    params: FitParams,
    places: pd.DataFrame | None,
) -> ReferencePopulation:
    population = X.iloc[rows.reference]
    total = np.empty(0) if card is None else card.total(card.points(population))
    limit = None
    if card is not None and CARD_OUTCOME in probabilities:
        apart = np.abs(card.probability(total) - probabilities[CARD_OUTCOME][rows.reference])
        limit = max(params.disagreement_floor, float(np.quantile(apart, params.disagreement_quantile)))
    low = None
    if "success" in fitted:
        # Cases the margin never saw, so that its optimism on its own training does not raise the bar.
        margin = fitted["success"]
        granted = margin.calibrated_on.rows[margin.calibrated_on.y == 1]
        low = float(np.quantile(margin.probability(granted, held_out=True), params.extrapolation_quantile))
    seen = scored.iloc[rows.reference].isna().any()
    return ReferencePopulation(
        rule=REFERENCE_RULE,
        cases=len(population),
        first=rows.first,
        last=rows.last,
        indicators=describe_indicators(population[list(scored.columns)]),
        probabilities={name: quantile_grid(values[rows.reference]) for name, values in sorted(probabilities.items())},
        card_total=quantile_grid(total),
        never_missing=tuple(str(name) for name in scored.columns if not seen[name]),
        propensity_quantile=params.extrapolation_quantile,
        propensity_low=low,
        disagreement_limit=limit,
        groups=() if places is None else describe_groups(scored.iloc[rows.reference], places.loc[population.index]),
    )


def _figures(
    X: pd.DataFrame,
    rows: TrainingRows,
    fitted: Mapping[str, Margin],
    made: _Card | None,
) -> dict[str, Any]:
    """Figures per outcome on the test period, or, where there is none, out of fold on what the calibrations rest on."""
    figures: dict[str, Any] = {}
    later, inside = _probabilities(fitted, held_out=False), _probabilities(fitted, held_out=True)
    own = all(margin.own_period for margin in fitted.values())
    for outcome in (*OUTCOMES, CARD_OUTCOME):
        if outcome not in later:
            continue
        part, place, probability = rows.part(outcome, "test"), "test period", later[outcome]
        if not len(part.y):
            part = rows.part(outcome, "calibrate") if own else rows.learnt(outcome)
            place = f"out of fold, {'the calibration period' if own else 'all learnt cases'}"
            probability = inside[outcome]
        figures[outcome] = {"on": place, **metrics.summary(part.y, probability[part.rows])}
    if made is not None:
        part, place = rows.part(CARD_OUTCOME, "test"), "test period"
        if not len(part.y) and made.held_out is not None:
            part, place = made.on, f"out of fold, {made.source}"
            risk = 1.0 / (1.0 + np.exp(made.held_out))
        else:
            if not len(part.y):
                part, place = made.on, made.source
            risk = made.card.probability(made.card.total(made.card.points(X.iloc[part.rows])))
        figures["scorecard"] = {"on": place, **metrics.summary(part.y, risk)}
    return figures


def _card_out_of_fold(
    X: pd.DataFrame,
    rows: TrainingRows,
    part: Part,
    on: Part,
    *,
    specs: Sequence[IndicatorSpec],
    params: FitParams,
) -> FloatArray:
    """ln(odds of no re-default) of the cases `on`, some or all of the `part` that is learnt, from cards that did not
    see the case's debtor."""
    log_odds = np.zeros(len(on.y))
    fewer = with_values(params.card, min_events=1)
    for fold in range(params.split.folds):
        held = rows.folds[on.rows] == fold
        kept = ~np.isin(part.rows, on.rows[held])
        card = fit_scorecard(X.iloc[part.rows[kept]], 1.0 - part.y[kept], specs, params.card.shares, fewer)
        log_odds[held] = card.log_odds(card.total(card.points(X.iloc[on.rows[held]])))
    return log_odds
