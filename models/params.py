"""Training parameters: frozen, checked, with one profile for each kind of data.

`params.yaml` may override any of them (`FitParams.from_mapping`). All are choices of this project, measured or
argued where they stand; none is a number of law.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.faults import ParamsFault
from models.tree_check import DEPTH_LIMIT

_STRICT: Final = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class SplitParams:
    """How the calendar is cut. `mode`: "periods" (fit, calibrate, test), "fit_test" (all calibrate) or "cross_fit"
    (everything is fit). Shares are of the time left after the label gaps before the test and at the end of the data;
    the defaults leave some 13 % to test.

    `regimes`: outcome -> first day of the practice that still holds. Repair as courts know it began about 2019
    (docs/decisions/0009); decisions before it followed other grounds and teach nothing of today's.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    mode: str = "periods"
    fit_share: float = 0.76
    calibrate_share: float = 0.11
    folds: int = 5
    label_quantile: float = 0.9
    regimes: Mapping[str, str] = field(default_factory=lambda: {"success": "2019-01-01"})


@dataclass(frozen=True)
class BoosterParams:
    """LightGBM settings. Depth stays at six or below so that contributions stay exact and quick.

    `extra_trees`: thresholds drawn at random (Geurts, Ernst & Wehenkel 2006), which averages chance away where events
    are few. One thread: sums of histograms then have one order on every machine, and on small data it is also the
    quickest.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    rounds: int = 200
    learning_rate: float = 0.05
    num_leaves: int = 12
    max_depth: int = 4
    min_data_in_leaf: int = 60
    lambda_l2: float = 5.0
    feature_fraction: float = 0.8
    extra_trees: bool = False
    max_bin: int = 127
    num_threads: int = 1


@dataclass(frozen=True)
class HalvesParams:
    """Re-default in months 1-6 and 7-12: after the trees that both halves share (`models.halves`), how many `rounds`
    of trees each half gets of its own, and how fast they learn. Few and slow: events are rare, and what tells the
    halves apart is little."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    rounds: int = 100
    learning_rate: float = 0.02


@dataclass(frozen=True)
class CardParams:
    """The points card. `shares` are the points each dimension can give (they sum to 100), or None: one scale.

    The two anchors fix the scale on the reference population: its `low_quantile` of totals lies at `low_points`, its
    `high_quantile` at `high_points`. The defaults put some 15 % below grade C and some 20 % into grade A.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    shares: Mapping[str, float] | None = field(
        default_factory=lambda: {"ability": 40.0, "willingness": 40.0, "impact": 20.0}
    )
    max_indicators: int = 20
    min_per_dimension: int = 3
    max_bins: int = 8
    min_bin_share: float = 0.05
    min_missing: int = 30
    min_information: float = 0.01
    max_correlation: float = 0.8
    regularisation: float = 1.0
    low_quantile: float = 0.15
    low_points: float = 50.0
    high_quantile: float = 0.80
    high_points: float = 80.0
    min_events: int = 40


@dataclass(frozen=True)
class LocalParams:
    """What differs by place and year (`models.local`). Groups below `min_cases` keep what is common to all.

    `trends`: outcomes whose level follows a yearly trend, with what is expected of it beforehand, in log-odds a year
    (S0a: 10.1 % of applications succeeded in 2015, 41.2 % in 2025), and `trend_error`: by how much another court's may
    differ from that; `trend_years`: for how long after the last calibration case a trend is carried on. `level_drift`:
    how far the level of an outcome without a trend may move within a year, in log-odds, and by the root of the years
    in several: the economy and the courts' pressure change, and nobody foresees how [A]. `slope_drift`: how far the
    slope of the log-odds on the margin may have moved between the fit and the calibration period, or lie from the one
    that both halves of re-default have in common; it matters only where a calibration is a line [A].
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    min_cases: int = 50
    trends: Mapping[str, float] = field(default_factory=lambda: {"success": 0.18})
    trend_error: float = 0.07
    trend_years: float = 3.0
    level_drift: float = 0.05
    slope_drift: float = 0.05


@dataclass(frozen=True)
class IntervalParams:
    """Intervals of like cases (`models.intervals_fit`): confidence; the share of the calibration cases that each
    rate is fitted on, and that are shown as most like it, and their least number; on how many of the free bins
    that a curve is worth a rate rests at most; how far the fitted line may tilt (log-odds per log-odds); how finely it
    is tabulated."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    level: float = 0.9
    window_share: float = 0.4
    like_share: float = 0.1
    min_window: int = 100
    window_steps: float = 1.0
    tilt_sd: float = 0.7
    knots: int = 41
    min_events: int = 20


@dataclass(frozen=True)
class FitParams:
    """Everything `fit_models` decides by number. `required`: parts whose absence is an error, not a note."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    profile: str = "applications"
    seed: int = 20260401
    split: SplitParams = field(default_factory=SplitParams)
    booster: BoosterParams = field(default_factory=BoosterParams)
    halves: HalvesParams = field(default_factory=HalvesParams)
    card: CardParams = field(default_factory=CardParams)
    local: LocalParams = field(default_factory=LocalParams)
    intervals: IntervalParams = field(default_factory=IntervalParams)
    min_events: int = 20
    isotonic_min_events: int = 500
    platt_min_events: int = 20
    extrapolation_quantile: float = 0.02
    disagreement_quantile: float = 0.95
    disagreement_floor: float = 0.10
    required: tuple[str, ...] = ("success", "redefault_6", "redefault_7_12", "scorecard")

    @classmethod
    def of_profile(cls, profile: str) -> FitParams:
        """The defaults of "applications", "first_listings" or "table"; ParamsFault for any other name."""
        if profile not in PROFILES:
            raise ParamsFault([f"profile '{profile}' is unknown; known are {', '.join(sorted(PROFILES))}"])
        return PROFILES[profile]

    @classmethod
    def from_mapping(cls, profile: str, values: Mapping[str, Any]) -> FitParams:
        """Defaults of `profile` overlaid with `values` (nested as in `to_json`). ParamsFault lists every fault."""
        merged = _overlay(cls.of_profile(profile).to_json(), values)
        try:
            params = _ADAPTER.validate_json(json.dumps(merged, allow_nan=False))
        except ValidationError as error:
            raise ParamsFault(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
            ) from None
        except (TypeError, ValueError) as error:
            raise ParamsFault([f"parameters must be plain finite values: {error}"]) from None
        if faults := params.problems():
            raise ParamsFault(faults)
        return params

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for `params.json`."""
        return asdict(self)

    def problems(self) -> list[str]:
        """Every value out of range, in words; empty when all are sound."""
        b, c, i, s = self.booster, self.card, self.intervals, self.split
        checks = {
            f"booster.max_depth must be 1 to {DEPTH_LIMIT}": 1 <= b.max_depth <= DEPTH_LIMIT,
            "booster.num_leaves must be 2 to 2**max_depth": 2 <= b.num_leaves <= 2**b.max_depth,
            "booster.rounds must be 1 to 5000": 1 <= b.rounds <= 5000,
            "booster.learning_rate must be above 0 and at most 1": 0 < b.learning_rate <= 1,
            "booster.min_data_in_leaf must be at least 1": b.min_data_in_leaf >= 1,
            "booster.lambda_l2 must be at least 0": b.lambda_l2 >= 0,
            "booster.feature_fraction must be above 0 and at most 1": 0 < b.feature_fraction <= 1,
            "booster.max_bin must be 3 to 255": 3 <= b.max_bin <= 255,
            "booster.num_threads must be at least 1": b.num_threads >= 1,
            "halves.rounds must be 1 to 5000": 1 <= self.halves.rounds <= 5000,
            "halves.learning_rate must be above 0 and at most 1": 0 < self.halves.learning_rate <= 1,
            "card.shares must be positive and sum to 100": c.shares is None
            or (all(v > 0 for v in c.shares.values()) and abs(sum(c.shares.values()) - 100) < 1e-9),
            "card.max_indicators must be 1 to 20": 1 <= c.max_indicators <= 20,
            "card.max_bins must be 2 to 12": 2 <= c.max_bins <= 12,
            "card.min_bin_share must be above 0 and below 0.5": 0 < c.min_bin_share < 0.5,
            "card quantiles must rise from low to high within (0, 1)": 0 < c.low_quantile < c.high_quantile < 1,
            "card anchor points must rise from low to high within 0 to 100": 0 <= c.low_points < c.high_points <= 100,
            "intervals.level must be above 0.5 and below 1": 0.5 < i.level < 1,
            "intervals.window_share must be above 0 and at most 1": 0 < i.window_share <= 1,
            "intervals.like_share must be above 0 and at most intervals.window_share": 0
            < i.like_share
            <= i.window_share,
            "intervals.min_window must be at least 1": i.min_window >= 1,
            "intervals.window_steps must be above 0": i.window_steps > 0,
            "intervals.tilt_sd must be above 0": i.tilt_sd > 0,
            "intervals.knots must be 2 to 1001": 2 <= i.knots <= 1001,
            "intervals.min_events must be at least 1": i.min_events >= 1,
            "split.mode must be periods, fit_test or cross_fit": s.mode in ("periods", "fit_test", "cross_fit"),
            "split shares must be positive and leave time to test": min(s.fit_share, s.calibrate_share) > 0
            and s.fit_share + s.calibrate_share < 1,
            "split.folds must be 2 to 20": 2 <= s.folds <= 20,
            "split.label_quantile must be above 0.5 and at most 1": 0.5 < s.label_quantile <= 1,
            "split.regimes must be days, YYYY-MM-DD": all(_is_day(day) for day in s.regimes.values()),
            "local.min_cases must be at least 1": self.local.min_cases >= 1,
            "local.trend_error must be above 0": self.local.trend_error > 0,
            "local.trend_years must be at least 0": self.local.trend_years >= 0,
            "local.level_drift and local.slope_drift must be at least 0": min(
                self.local.level_drift, self.local.slope_drift
            )
            >= 0,
            "extrapolation_quantile must be 0 to 0.5": 0 <= self.extrapolation_quantile <= 0.5,
            "disagreement_quantile must be 0.5 to 1": 0.5 <= self.disagreement_quantile <= 1,
        }
        return [text for text, holds in checks.items() if not holds]


# 759 real cases with 88 events carry four-leaf trees and no more (published of them, docs/benchmarks.md: defaults .605,
# small and monotone .720).
PROFILES: Final[Mapping[str, FitParams]] = {
    # Chosen on a world of 1,000,000 debtors by the true probabilities of debtors who train and test nothing. From two
    # to four levels and 500 to 1,200 rounds the ranking moved by .0005 (docs/benchmarks.md): cases are what is short.
    # Many slow trees are worth the mean of three or four quick fits (.0005), and depend less on their seed.
    "applications": FitParams(
        booster=BoosterParams(
            rounds=800,
            learning_rate=0.03,
            num_leaves=8,
            max_depth=3,
            lambda_l2=20.0,
            feature_fraction=0.3,
            extra_trees=True,
        )
    ),
    "first_listings": FitParams(
        profile="first_listings",
        split=SplitParams(mode="cross_fit"),
        booster=BoosterParams(
            rounds=100, num_leaves=4, max_depth=2, min_data_in_leaf=40, lambda_l2=10.0, feature_fraction=0.5, max_bin=63
        ),
        card=CardParams(shares=None, max_bins=4, min_bin_share=0.08),
        required=("redefault_6",),
    ),
    # Any other table with a declared catalogue (`models.train`): without dates nothing can be held back, so every
    # figure is out of fold; `models.train` says what is required, from the labels it is given.
    "table": FitParams(profile="table", split=SplitParams(mode="cross_fit"), card=CardParams(shares=None), required=()),
}


_WHOLE: Final = ("shares", "regimes", "trends")
_ADAPTER: Final[TypeAdapter[FitParams]] = TypeAdapter(FitParams)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _overlay(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `values` over it; what belongs together (`_WHOLE`) is replaced as a whole."""
    merged = dict(base)
    for key, value in values.items():
        old = merged.get(key)
        nested = isinstance(old, Mapping) and isinstance(value, Mapping) and key not in _WHOLE
        merged[key] = _overlay(old, value) if nested else value  # type: ignore[arg-type]
    return merged
