"""How the models work as a whole, for the model report: importance, dependence and monotonicity, each by group.

*Importance* is the mean absolute contribution over cases. *Dependence* is the contribution against the indicator's
value: what the model adds to real cases that have it, with the spread that other indicators cause. *Monotonicity* asks
the model itself: each case keeps everything but one indicator, which walks over its known values; the margin may never
step against the declared direction. All in log-odds, all on a sample drawn by a fixed rule.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from lightgbm import Booster
from numpy.typing import NDArray

from explain.contributions import Explainable, contributions
from models.boosting import raw_margin
from models.spec import IndicatorSpec

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Masks = Mapping[str, Mapping[str, Bools]]  # grouping -> group -> which rows are its own

CASES: Final = 4_000  # whose contributions are shown
WALKED: Final = 240  # whose indicators walk
BINS: Final = 8
GRID: Final = 9
PICTURED: Final = 6  # indicators of each model
LARGEST: Final = 8  # groups of a grouping that are told apart
SMALLEST: Final = 30  # cases of a group that is told apart
OTHERS: Final = "—"  # the groups too small to tell, and cases of no group


class Declared(Explainable, Protocol):
    """A bundle that knows each indicator's declared direction."""

    @property
    def specs(self) -> Sequence[IndicatorSpec]: ...


def global_view(
    bundle: Declared, frame: pd.DataFrame, groups: pd.DataFrame, *, cases: int = CASES, walked: int = WALKED
) -> dict[str, Any]:
    """The whole picture as JSON values, by outcome: `importance`, `dependence`, `monotonicity`, and how many `cases`.

    `frame` has the bundle's indicators as columns and a case per row; `groups` a column of labels per grouping, by
    the same case keys. Raises as `explain.contributions.contributions` does, and KeyError for a case without groups.
    """
    rows = _every(frame[list(bundle.indicator_ids)], cases)
    values, masks = rows.to_numpy(dtype=np.float64), _masks(groups.loc[rows.index])
    explained = contributions(bundle, rows)
    few = _every(rows, walked)
    walking, few_masks = few.to_numpy(dtype=np.float64), _masks(groups.loc[few.index], smallest=1)
    place = {id_: column for column, id_ in enumerate(bundle.indicator_ids)}
    directions = {spec.id: spec for spec in bundle.specs}
    view: dict[str, Any] = {"cases": len(rows), "walked": len(few), "importance": {}, "dependence": {}}
    view["monotonicity"] = {}
    for outcome, part in explained.items():
        ranked = list(_importance(bundle.indicator_ids, part.values, masks))
        view["importance"][outcome] = ranked
        leading = [item["indicator"] for item in ranked[:PICTURED]]
        view["dependence"][outcome] = [
            {"indicator": id_, **dependence(values[:, place[id_]], part.values[:, place[id_]], masks)}
            for id_ in leading
        ]
        walks = []
        for item in ranked:
            id_ = item["indicator"]
            direction = directions[id_].direction(outcome)
            grid = _grid(values[:, place[id_]])
            if direction and len(grid) > 1:
                walk = monotonicity(bundle.boosters[outcome], walking, place[id_], direction, grid, masks=few_masks)
                walks.append({"indicator": id_, **walk, "pictured": id_ in leading})
        view["monotonicity"][outcome] = walks
    return view


def dependence(values: Floats, added: Floats, masks: Masks) -> dict[str, Any]:
    """Contributions `added` (n,) against the indicator's `values` (n,), in bins of about equally many cases.

    `bins` rise with the value (those without a case are left out), `missing` holds the cases without one (null where
    all have one), `by` the same for each group. Every case is in exactly one bin or is missing.
    """
    edges = _edges(values)

    def told(mine: Bools) -> dict[str, Any]:
        missing = np.isnan(values) & mine
        return {
            "bins": _bins(values[mine], added[mine], edges),
            "missing": _spread(added[missing]) if missing.any() else None,
        }

    everybody = np.ones(len(values), dtype=np.bool_)
    by = {grouping: {name: told(mine) for name, mine in named.items()} for grouping, named in masks.items()}
    return {**told(everybody), "by": by}


def monotonicity(
    booster: Booster, rows: Floats, column: int, direction: int, grid: Floats, *, masks: Masks
) -> dict[str, Any]:
    """Walk one indicator of every row over `grid` (rising), all else kept.

    `mean`, `low`, `high`: change of the margin from the first value of the grid, on average and in nine tenths of
    cases. `steps` were taken by all cases together, `against` of them went against `direction`. `by`: the same counts,
    and the mean change, by group.
    """
    walking = np.repeat(rows, len(grid), axis=0)
    walking[:, column] = np.tile(grid, len(rows))
    margin = raw_margin(booster, walking, len(os.sched_getaffinity(0))).reshape(len(rows), len(grid))
    wrong = np.diff(margin, axis=1) * direction < 0.0  # sums of monotone terms in one order round monotonely: no slack
    change = margin - margin[:, :1]
    return {
        "direction": direction,
        "grid": grid.tolist(),
        "mean": change.mean(axis=0).tolist(),
        "low": np.quantile(change, 0.05, axis=0).tolist(),
        "high": np.quantile(change, 0.95, axis=0).tolist(),
        "steps": int(wrong.size),
        "against": int(wrong.sum()),
        "by": {
            grouping: {
                name: {
                    "mean": change[mine].mean(axis=0).tolist(),
                    "steps": int(wrong[mine].size),
                    "against": int(wrong[mine].sum()),
                }
                for name, mine in named.items()
            }
            for grouping, named in masks.items()
        },
    }


def _importance(ids: Sequence[str], added: Floats, masks: Masks) -> Iterator[dict[str, Any]]:
    """Indicators that add anything, the weightiest first; `mean_abs` over all cases and by group."""
    size = np.abs(added)
    mean = size.mean(axis=0)
    for column in sorted(range(len(ids)), key=lambda at: -mean[at]):
        if mean[column] > 0:
            yield {
                "indicator": ids[column],
                "mean_abs": float(mean[column]),
                "by": {
                    grouping: {name: float(size[mine, column].mean()) for name, mine in named.items()}
                    for grouping, named in masks.items()
                },
            }


def _masks(groups: pd.DataFrame, smallest: int = SMALLEST) -> dict[str, dict[str, Bools]]:
    """The rows of each group; groups too small, and cases of none, together as OTHERS, so that no case is lost."""
    found = {}
    for grouping in groups.columns:
        labels = groups[grouping].fillna(OTHERS).astype(str).to_numpy()
        names, counts = np.unique(labels, return_counts=True)
        order = sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda item: (-item[1], item[0]))
        named = [name for name, count in order if name != OTHERS and count >= smallest][:LARGEST]
        told = {name: labels == name for name in named}
        rest = ~np.isin(labels, named)
        found[str(grouping)] = told | ({OTHERS: rest} if rest.any() else {})
    return found


def _edges(values: Floats) -> Floats:
    """Upper edges of the bins: distinct quantiles of what is known, the largest value among them."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:], method="inverted_cdf"))


def _bins(values: Floats, added: Floats, edges: Floats) -> list[dict[str, Any]]:
    known = ~np.isnan(values)
    at = np.searchsorted(edges, values[known], side="left")
    return [
        {"bin": place, "value": float(np.median(values[known][at == place])), **_spread(added[known][at == place])}
        for place in range(len(edges))
        if (at == place).any()
    ]


def _spread(added: Floats) -> dict[str, Any]:
    low, high = np.quantile(added, (0.1, 0.9)).tolist()
    return {"cases": len(added), "mean": float(added.mean()), "low": low, "high": high}


def _grid(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return known
    return np.unique(np.quantile(known, np.linspace(0, 1, GRID), method="inverted_cdf"))


def _every(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most some `most` rows, spread evenly over the cases in the order of their keys."""
    return frame.loc[sorted(frame.index)[:: max(1, len(frame) // most)]]
