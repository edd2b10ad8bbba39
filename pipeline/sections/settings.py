"""What an evaluation decides by number: the section `evaluate` of `params.yaml`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Final

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.selection import LEAST_PROPENSITY, STATED
from pipeline.refusals import InputRefused


@dataclass(frozen=True)
class EvaluationParams:
    """`seed`: of every random draw; `draws`: bootstrap samples of debtors; `min_cases`, `min_events` (of either
    outcome): below one of them a group's figure is "insufficient" rather than a number.

    What is costly has its own number. `backtest_origins`: years whose first day is an origin, 0 for none; `refits`:
    with other seeds, and as many with other debtors; `slice_draws` and `slice_cases`: simulated searches, and the
    cases they look at; `challenger_cases`: cases that the additive model is fitted on; `additive_rounds`,
    `additive_bags`, `additive_pairs`: of that model, 0 rounds for none; `hazard_cases`: cases whose months the monthly
    hazard is fitted on. `share_low`, `share_high`: a grade is of use when its share of the reference population lies
    between them [A]. `refused_odds`: the stated assumption of the selection bounds, the odds of re-default of the
    refused against granted cases of like record, lowest and highest (`models.selection`); `least_propensity`:
    propensities below are raised to it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    seed: int = 20260501
    draws: int = 400
    min_cases: int = 100
    min_events: int = 10
    refused_odds: tuple[float, float] = (STATED.low, STATED.high)
    least_propensity: float = LEAST_PROPENSITY
    backtest_origins: int = 3
    refits: int = 2
    slice_draws: int = 100
    slice_cases: int = 10_000
    challenger_cases: int = 10_000
    additive_rounds: int = 1_000
    additive_bags: int = 2
    additive_pairs: int = 5
    hazard_cases: int = 20_000
    share_low: float = 0.05
    share_high: float = 0.50

    def problems(self) -> list[str]:
        """Every value out of range, in words; empty when all are sound."""
        checks = {
            "draws must be 50 to 10000": 50 <= self.draws <= 10_000,
            "min_cases must be at least 1": self.min_cases >= 1,
            "min_events must be at least 1": self.min_events >= 1,
            "refused_odds must be positive and rise": 0 < self.refused_odds[0] <= self.refused_odds[1],
            "least_propensity must lie between 0 and 1": 0 < self.least_propensity < 1,
            "backtest_origins must be 0 to 20": 0 <= self.backtest_origins <= 20,
            "refits must be 0 to 50": 0 <= self.refits <= 50,
            "slice_draws must be 20 to 10000": 20 <= self.slice_draws <= 10_000,
            "slice_cases must be at least 1000": self.slice_cases >= 1_000,
            "challenger_cases must be at least 500": self.challenger_cases >= 500,
            "additive_rounds must be 0 to 20000": 0 <= self.additive_rounds <= 20_000,
            "additive_bags must be 1 to 50": 1 <= self.additive_bags <= 50,
            "additive_pairs must be 0 to 100": 0 <= self.additive_pairs <= 100,
            "hazard_cases must be at least 500": self.hazard_cases >= 500,
            "share_low and share_high must be rising shares": 0 <= self.share_low < self.share_high <= 1,
        }
        return [text for text, sound in checks.items() if not sound]


_ADAPTER: Final[TypeAdapter[EvaluationParams]] = TypeAdapter(EvaluationParams)


def evaluation_params(path: Path | None) -> EvaluationParams:
    """Defaults, overlaid by the section `evaluate` of the YAML file at `path`. InputRefused lists every fault."""
    if path is None:
        return EvaluationParams()
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    section = content.get("evaluate", {}) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise InputRefused(f"{path} must hold a mapping, and in it a mapping `evaluate` if any")
    try:
        params = _ADAPTER.validate_json(json.dumps(asdict(EvaluationParams()) | section))
    except ValidationError as error:
        faults = [f"evaluate.{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
        raise InputRefused("\n".join(faults)) from None
    except (TypeError, ValueError) as error:
        raise InputRefused(f"evaluate must hold plain finite values: {error}") from None
    if faults := params.problems():
        raise InputRefused("\n".join(f"evaluate.{fault}" for fault in faults))
    return params
