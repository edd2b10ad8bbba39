"""What training hands to the bundle; kept apart from training, so that scoring never imports a trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.calibration import Calibrator
from models.intervals import IntervalTable
from models.params import FitParams
from models.reference import ReferencePopulation
from models.scorecard import Scorecard
from models.spec import IndicatorSpec


@dataclass(frozen=True)
class FittedModels:
    """All that a bundle holds, in memory. `texts`: LightGBM text per fitted outcome; `intervals`: per head
    probability; `absent`: part -> why not."""

    profile: str
    specs: tuple[IndicatorSpec, ...]
    catalogue_hash: str
    params: FitParams
    texts: Mapping[str, str]
    calibrators: Mapping[str, Calibrator]
    intervals: Mapping[str, IntervalTable]
    scorecard: Scorecard | None
    absent: Mapping[str, str]
    reference: ReferencePopulation
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]

    @property
    def indicator_ids(self) -> tuple[str, ...]:
        """Scored indicators in catalogue order: the columns of every margin."""
        return tuple(spec.id for spec in self.specs if spec.scored)
