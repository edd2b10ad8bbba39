"""Promotion gates: what a bundle's evaluation must show before two people may make it answer.

Each gate gives a verdict and says why in one sentence. "insufficient" is not a pass: it refuses too, save where the
limits say that a gate may lack evidence, and then people see the word. The gates read plain evidence, gathered by
`pipeline.evidence` on cases the bundle never saw, and touch neither files nor models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.faults import ParamsFault
from models.proxy_words import in_words

Verdict = Literal["pass", "fail", "insufficient"]
Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class GateLimits:
    """Limits of the gates; every one is a choice of this project and may be set anew in the home's `gates.yaml`.

    `min_cases`, `min_events`: fewer of either on the latest window show nothing; at 30 events an AUC has a standard
    error of some .05, at which no two models can be told apart. `max_loss`: the interval of the difference to the
    champion may not reach below -max_loss, about twice what the trees gain over the card on the synthetic world.
    `slope`, `in_the_large`: what the interval must reach. They refuse what would mislead a reader, and are wider than
    what is aimed at on large samples (.95-1.05 and .02): five points in the mean are about what lies between
    neighbouring grades, and at a slope of .75 a case one log-odds from the middle is told two to six points wrong.
    `slope_outer`, `in_the_large_outer`: what the estimate itself may never leave, however wide its interval. `ece`:
    beyond what chance alone would show. How large a gap between groups may be stands with the fairness section.
    `refusing_attributes`: a gap in one of these refuses; in an intersection of them, where groups are many and small,
    it is shown as what people must look at.
    `may_lack_evidence`: gates at which "insufficient" is shown but does not refuse.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    min_cases: int = 200
    min_events: int = 30
    max_loss: float = 0.03
    slope: tuple[float, float] = (0.75, 1.33)
    slope_outer: tuple[float, float] = (0.5, 2.0)
    in_the_large: float = 0.05
    in_the_large_outer: float = 0.10
    ece: float = 0.05
    refusing_attributes: tuple[str, ...] = ("sex", "age_band", "ethnicity", "household")
    may_lack_evidence: tuple[str, ...] = ("fairness",)

    @classmethod
    def of_profile(cls, profile: str, values: Mapping[str, Any] | None = None) -> GateLimits:
        """Limits of a profile, overlaid with `values`. ParamsFault lists every fault.

        First listings are so few that calibrator and figures rest on the same out-of-fold cases: calibration cannot
        be shown there, and the card says so.
        """
        base = cls(may_lack_evidence=("fairness", "calibration")) if profile == "first_listings" else cls()
        try:
            found = _ADAPTER.validate_json(json.dumps(asdict(base) | dict(values or {}), default=str))
        except ValidationError as error:
            raise ParamsFault(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()) from None
        if strange := sorted(set(found.may_lack_evidence) - {name for name, _ in GATES}):
            raise ParamsFault([f"may_lack_evidence names no gate: {', '.join(strange)}"])
        return found


@dataclass(frozen=True)
class GateResult:
    """One gate's verdict, in words, and whether it stands in the way."""

    gate: str
    verdict: Verdict
    says: str
    refuses: bool


def judge(evidence: Evidence, limits: GateLimits) -> tuple[GateResult, ...]:
    """All gates, in order, on the evidence of one bundle."""
    results = []
    for name, gate in GATES:
        verdict, says = _worst(list(gate(evidence, limits)))
        refuses = verdict == "fail" or (verdict == "insufficient" and name not in limits.may_lack_evidence)
        results.append(GateResult(name, verdict, says, refuses))
    return tuple(results)


def ranking(evidence: Evidence, limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """On the latest window, better than knowing nothing, and better than or equal to the champion within the interval.

    Where there is no champion, the trees must not be shown worse than the rival at hand: the card, or one count.
    """
    if not evidence["outcomes"]:
        yield "insufficient", "no outcome has labelled cases that the bundle never saw"
    for outcome, found in evidence["outcomes"].items():
        if short := _few(found, limits):
            yield "insufficient", f"{outcome}: {short}"
            continue
        low, value = found["auc"]["low"], found["auc"]["value"]
        verdict: Verdict = "pass" if low > 0.5 else "fail"
        yield verdict, f"{outcome}: AUC {value:.3f}, at least {low:.3f}, against .5 for the prevalence alone"
        for rival, gap in found["against"].items():
            if rival != "champion" and "champion" in found["against"]:
                continue
            said = f"{outcome}: against the {rival} {gap['difference']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]"
            if gap["high"] < 0:
                yield "fail", f"{said}: shown to be worse"
            elif rival == "champion" and gap["low"] < -limits.max_loss:
                yield (
                    "insufficient",
                    f"{said}: a loss beyond {limits.max_loss:g} is not ruled out",
                )
            else:
                yield "pass", said


def calibration(evidence: Evidence, limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """Slope, mean and ECE within their limits, as far as the cases can tell."""
    if not evidence["outcomes"]:
        yield "insufficient", "no outcome has labelled cases that the bundle never saw"
    for outcome, found in evidence["outcomes"].items():
        if short := _few(found, limits):
            yield "insufficient", f"{outcome}: {short}"
            continue
        one = found["calibration"]
        if one is None:
            yield "insufficient", f"{outcome}: calibrated and measured on the same cases"
            continue
        slope, large = one["slope"], one["in_the_large"]
        if slope is None:
            yield "fail", f"{outcome}: every case has the same probability"
            continue
        checks = (
            (f"slope {_shown(slope)} does not reach {_span(limits.slope)}", _reaches(slope, limits.slope)),
            (
                f"slope {slope['value']:.2f} lies outside {_span(limits.slope_outer)}",
                _within(slope, limits.slope_outer),
            ),
            (
                f"mean predicted minus observed {_shown(large)} does not reach ±{limits.in_the_large:g}",
                _reaches(large, (-limits.in_the_large, limits.in_the_large)),
            ),
            (
                f"mean predicted minus observed {large['value']:+.3f} lies outside ±{limits.in_the_large_outer:g}",
                _within(large, (-limits.in_the_large_outer, limits.in_the_large_outer)),
            ),
            (
                f"ECE {one['ece']:.3f} is more than {limits.ece:g} beyond chance ({one['ece_by_chance']:.3f})",
                one["ece"] <= limits.ece + one["ece_by_chance"],
            ),
        )
        if broken := [text for text, holds in checks if not holds]:
            yield "fail", f"{outcome}: {'; '.join(broken)}"
        else:
            yield "pass", f"{outcome}: slope {_shown(slope)}, mean {_shown(large)}, ECE {one['ece']:.3f}"


def monotone(evidence: Evidence, _limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """Every tree moves as declared: proved at every load, recorded here."""
    trees = evidence["monotone"]
    if not trees:
        yield "fail", "no model was checked against the declared directions"
    for outcome, found in trees.items():
        yield "pass", f"{outcome}: {found['trees']} trees keep {found['directions']} declared directions"


def fairness(evidence: Evidence, limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """No attribute with a gap beyond the limits that the fairness section states; what is undecided is no pass.

    Indicators that give an attribute away are not a gap: people are told which lead, and look.
    """
    found = evidence["metrics"].get("fairness")
    told = evidence["metrics"].get("proxy_indicators", {})
    if not found:
        yield "insufficient", "not measured: the data hold no audit table"
        return
    for outcome, one in found.items():
        if outcome == "proxies":
            for attribute, verdict in one.items():
                said = f"{attribute}: {_PROXY_WORDS.get(verdict, verdict)}"
                if attribute in told:
                    said += f": {in_words(told[attribute])}"
                yield "pass" if verdict == "within" else "insufficient", said
            continue
        verdicts = dict.fromkeys(limits.refusing_attributes, "not recorded of two groups") | one["verdicts"]
        for attribute, verdict in verdicts.items():
            judged = _FAIR.get(verdict, "insufficient")
            if judged == "fail" and attribute not in limits.refusing_attributes:
                judged = "insufficient"
            yield judged, f"{outcome}, {attribute}: {verdict}"


def replay(evidence: Evidence, _limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """The evaluation's sample, computed anew from the installed bundle, is the same to the bit."""
    found = evidence["replayed"]
    if found["cases"] == 0:
        yield "insufficient", "the evaluation kept no cases to compute again"
    elif found["differ"]:
        yield "fail", f"{found['differ']} of {found['cases']} cases are not the same to the bit when computed again"
    else:
        yield "pass", f"{found['cases']} cases computed again, every bit the same"


def current(evidence: Evidence, _limits: GateLimits) -> Iterator[tuple[Verdict, str]]:
    """The evaluation is of the newest data the bundle knew, and against the champion of today."""
    seen, trained = evidence["observed_until"], evidence["trained_until"]
    if seen < trained:
        yield "fail", f"evaluated on data until {seen}, trained on data until {trained}"
    before, now = evidence["champion"] or "none", evidence["champion_now"] or "none"
    if before != now:
        yield "fail", f"evaluated against champion {before}, champion now is {now}: evaluate again"
    window, made = evidence["window"], evidence["champion_made"]
    if made is not None and window["first"] < made:
        yield (
            "insufficient",
            f"the champion was made on {made} and may have learnt from cases of {window['first']} and later: train the "
            f"newcomer on data that reach as far",
        )
    yield "pass", f"cases of {window['first']} to {window['last']}, {evidence['basis']}"


GATES: Final[tuple[tuple[str, Callable[[Evidence, GateLimits], Iterator[tuple[Verdict, str]]]], ...]] = (
    ("current", current),
    ("ranking", ranking),
    ("calibration", calibration),
    ("monotone", monotone),
    ("fairness", fairness),
    ("replay", replay),
)

_ADAPTER: Final[TypeAdapter[GateLimits]] = TypeAdapter(GateLimits)
_FAIR: Final[Mapping[str, Verdict]] = {"within": "pass", "gap": "fail"}
_PROXY_WORDS: Final = {"within": "not told by any indicator", "proxy": "can be told from indicators, look at them"}
_ORDER: Final[Mapping[Verdict, int]] = {"fail": 0, "insufficient": 1, "pass": 2}


def _worst(found: list[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """The worst verdict, and everything said at it."""
    verdict: Verdict = "insufficient"
    if found:
        verdict = min((one for one, _ in found), key=_ORDER.__getitem__)
    return verdict, "; ".join(text for one, text in found if one == verdict)


def _few(found: Evidence, limits: GateLimits) -> str:
    cases, events = found["cases"], found["events"]
    least = max(1, limits.min_events)  # without one of the outcomes there is no figure at all, whatever a home sets
    if cases >= limits.min_cases and min(events, cases - events) >= least:
        return ""
    return f"{events} events among {cases} cases, needed are {limits.min_cases} with {least} of either outcome"


def _reaches(interval: Evidence, limits: tuple[float, float]) -> bool:
    return bool(interval["high"] >= limits[0] and interval["low"] <= limits[1])


def _span(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"


def _within(interval: Evidence, limits: tuple[float, float]) -> bool:
    return bool(limits[0] <= interval["value"] <= limits[1])


def _shown(interval: Evidence) -> str:
    return f"{interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
