"""Points of each case on the public card, so laid out that anybody adds them up by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models.scorecard import FloatArray, Scorecard


def card_points(card: Scorecard, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Points of every row of `frame` (indicators as columns, NaN = missing), in the shape of `explain.schema.Points`.

    All to a tenth. `total` (0 to 100) = sum of `dimensions` = sum of `indicators` + sum of `caps`; a card with one
    scale has no dimensions and no shares.
    """
    points = card.points(frame)
    total, caps, marks = card.total(points).tolist(), card.caps(points), card.dimensions(points)
    return [
        {
            "total": total[place],
            "dimensions": None if marks is None else _row(marks, place),
            "shares": card.shares,
            "caps": _row(caps, place),
            # + 0.0: no negative zero, which canonical JSON cannot say
            "indicators": {id_: value + 0.0 for id_, value in zip(card.indicator_ids, values, strict=True)},
        }
        for place, values in enumerate(points.tolist())
    ]


def _row(columns: Mapping[str, FloatArray], place: int) -> dict[str, float]:
    return {name: float(values[place]) + 0.0 for name, values in columns.items()}
