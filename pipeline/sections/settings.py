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
    """`seed`: of every random draw; `draws`: bootstrap samples; `min_cases`, `min_events`: below either, a group's
    figure is "insufficient" rather than a number. `refused_odds`: the stated assumption of the selection bounds, the
    odds of re-default of the refused against granted cases of like record, lowest and highest (`models.selection`);
    `least_propensity`: propensities below are raised to it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    seed: int = 20260501
    draws: int = 400
    min_cases: int = 100
    min_events: int = 10
    refused_odds: tuple[float, float] = (STATED.low, STATED.high)
    least_propensity: float = LEAST_PROPENSITY

    def problems(self) -> list[str]:
        """Every value out of range, in words; empty when all are sound."""
        checks = {
            "draws must be 50 to 10000": 50 <= self.draws <= 10_000,
            "min_cases must be at least 1": self.min_cases >= 1,
            "min_events must be at least 1": self.min_events >= 1,
            "refused_odds must be positive and rise": 0 < self.refused_odds[0] <= self.refused_odds[1],
            "least_propensity must lie between 0 and 1": 0 < self.least_propensity < 1,
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
