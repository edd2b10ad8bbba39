"""Every dial of the synthetic world, so that a cause can be weakened, removed or shuffled.

Values are assumptions chosen to meet the calibration targets (`targets.yaml`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from data_synth.places import ECONOMY

# Log-odds per unit of each cause of re-default within 12 months of an effective lifting.
# hidden_* and later_shock are in no record known at the decision.
REDEFAULT_EFFECTS = {
    "ability": -0.68,
    "willingness": -0.78,
    "impact": 0.15,
    "burden": 0.20,
    "past_shock": 0.25,
    "region": 1.0,
    "industry": 1.0,
    "macro": 1.0,
    "hidden_resilience": -0.36,
    "hidden_debts": 0.26,
    "later_shock": 0.60,
}
# Log-odds per unit of each cause of a grant. All but panel_reading are facts of the record or of the
# court (some of them, such as the creditors' stance and the length of the cycle, become known only after
# acceptance). plain_removal is the practice before 2019: the share performed counted for more, and a
# settlement, security, hardship or jobs for nothing.
SUCCESS_EFFECTS = {
    "performed": 0.29,
    "cover": 0.2,
    "settlement": 0.28,
    "security": 0.3,
    "on_time": 0.20,
    "income": 0.14,
    "consent": 0.42,
    "objection": -0.5,
    "materials": 0.22,
    "discrepancies": -0.25,
    "violations": -0.25,
    "negative_list": -1.5,
    "report_bad": -0.36,
    "reason_rank": -0.12,
    "debt": -0.15,
    "contact": 0.16,
    "jobs": 0.15,
    "hardship": 0.15,
    "court": 0.95,
    "staffing": 0.15,
    "departments": 0.12,
    "cycle": -0.12,
    "path": 1.0,
    "plain_removal": 0.25,
    "panel_reading": 0.42,
}
HIDDEN = ("hidden_resilience", "hidden_debts", "later_shock", "panel_reading")


@dataclass(frozen=True)
class WorldParams:
    """Parameters of a world.

    `redefault` and `success` map a cause to its strength in log-odds; `shuffle` names one hidden
    cause (of HIDDEN) whose values are dealt to other debtors when outcomes are drawn.
    `grant_level` and `grant_slope` are the log-odds of a discretionary grant in 2020 and their
    yearly rise, `grant_break` how much lower they lay before 2019; `redefault_level` the log-odds of
    re-default within 12 months for a mean debtor; `later` the share of debtors who are under measures
    but would apply only after the last observed day; `detected` the share of breaches outside the court's
    own registers that come to light under mean monitoring; `insight` how much of the debtor's hidden
    resilience the panel's reading takes in (standard units; 0: none, so the record holds all that ties
    grants to re-default); `economy` the pressure on debtors, year means from 2014 on, that the cause `macro` of
    re-default takes its value from.
    """

    first_day: date = date(2015, 1, 1)
    observed_until: date = date(2025, 12, 31)
    yearly_growth: float = 0.179  # with second applications: accepted 636 → 3,312 in ten years (S0a)
    later: float = 0.13
    applies: float = 0.92
    person_share: float = 0.83
    grant_level: float = -0.60
    grant_slope: float = 0.215
    grant_break: float = 0.50
    redefault_level: float = -1.96
    detected: float = 0.70
    insight: float = 0.0
    economy: tuple[float, ...] = ECONOMY
    redefault: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(REDEFAULT_EFFECTS)))
    success: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(SUCCESS_EFFECTS)))
    shuffle: str | None = None

    def __post_init__(self) -> None:
        problems = []
        for label, given, known in (
            ("redefault", self.redefault, REDEFAULT_EFFECTS),
            ("success", self.success, SUCCESS_EFFECTS),
        ):
            problems += [f"{label} lacks the cause {name!r}" for name in known if name not in given]
            problems += [f"{label} has an unknown cause {name!r}" for name in given if name not in known]
        if self.shuffle is not None and self.shuffle not in HIDDEN:
            problems.append(f"shuffle must be one of {', '.join(HIDDEN)}, not {self.shuffle!r}")
        if not self.economy:
            problems.append("economy must name the pressure of a year at least")
        if self.first_day >= self.observed_until:
            problems.append("first_day must lie before observed_until")
        if problems:
            raise ValueError("world parameters: " + "; ".join(problems))

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], WorldParams], tuple[dict[str, Any]]]:
        # Read-only mappings cannot be handed to another process.
        return _made, ({**vars(self), "redefault": dict(self.redefault), "success": dict(self.success)},)

    def without(self, outcome: str, cause: str) -> WorldParams:
        """The same world with one cause of "redefault" or "success" removed (strength 0)."""
        return self.changed(outcome, cause, 0.0)

    def selecting(self, factor: float) -> WorldParams:
        """The same world with every cause of a grant but the trend of the years `factor` times as strong."""
        scaled = {name: value if name == "path" else factor * value for name, value in self.success.items()}
        return dataclasses.replace(self, success=MappingProxyType(scaled))

    def changed(self, outcome: str, cause: str, strength: float) -> WorldParams:
        """The same world with another strength of one cause."""
        if outcome == "redefault":
            return dataclasses.replace(self, redefault=MappingProxyType({**self.redefault, cause: strength}))
        if outcome == "success":
            return dataclasses.replace(self, success=MappingProxyType({**self.success, cause: strength}))
        raise ValueError(f'outcome must be "redefault" or "success", not {outcome!r}')


def _made(values: dict[str, Any]) -> WorldParams:
    frozen = {name: MappingProxyType(values[name]) for name in ("redefault", "success")}
    return WorldParams(**{**values, **frozen})
