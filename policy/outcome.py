"""What goes into the decision tables and what comes out: plain immutable values, all JSON-serialisable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from policy.regions import ANYWHERE
from policy.rules import Resolved

Facts = Mapping[str, float | None]
Grade = Literal["A", "B", "C", "D"]
Tier = Literal["slight", "general", "severe"]  # 轻微, 一般, 严重
Route = Literal["simple", "ordinary", "no_discretion", "human_only"]
GateOutcome = Literal["assess", "no_discretion", "human_only"]

DIMENSIONS = ("ability", "willingness", "impact")
_DIMENSION_SET = set(DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Context:
    """When and where a decision would be taken; `region` a six-digit area code or "*", `industry` A-T."""

    on: date
    region: str = ANYWHERE
    industry: str | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a case. `points` 0-100, `dimensions` 0-100 each, probabilities 0-1; None = not given.

    `p_redefault_12_low`, `p_redefault_12_high`: the interval of the true rate among like cases; both or neither.
    ValueError lists every number that is not finite or out of range, and every missing dimension.
    """

    points: float | None = None
    dimensions: Mapping[str, float] | None = None
    p_success: float | None = None
    p_redefault_6: float | None = None
    p_redefault_12: float | None = None
    p_redefault_12_low: float | None = None
    p_redefault_12_high: float | None = None
    extrapolated: bool = False
    disagreement: bool = False

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be a number from 0 to {top:g}"
            for name, value, top in (
                ("points", self.points, 100.0),
                ("p_success", self.p_success, 1.0),
                ("p_redefault_6", self.p_redefault_6, 1.0),
                ("p_redefault_12", self.p_redefault_12, 1.0),
                ("p_redefault_12_low", self.p_redefault_12_low, 1.0),
                ("p_redefault_12_high", self.p_redefault_12_high, 1.0),
            )
            if value is not None and not 0.0 <= value <= top  # NaN fails the comparison too
        ]
        low, high = self.p_redefault_12_low, self.p_redefault_12_high
        if (low is None) != (high is None) or (low is not None and high is not None and low > high):
            problems.append("p_redefault_12_low and p_redefault_12_high go together, low at most high")
        if self.dimensions is not None:
            if self.dimensions.keys() != _DIMENSION_SET:
                problems.append(f"dimensions must be exactly {', '.join(DIMENSIONS)}")
            out = [name for name, value in self.dimensions.items() if not 0.0 <= value <= 100.0]
            problems += [f"{name} must be a number from 0 to 100" for name in out]
        if problems:
            raise ValueError("scores cannot be used: " + "; ".join(problems))


class Fired(NamedTuple):
    """One rule as it was applied: its outcome, the parameters it read, and words for the reader.

    `facts` are those of `read` that the rule looked at. They are picked out only when somebody looks: most of
    the time a trace costs is spent on facts that nobody asks for.
    """

    rule: str
    outcome: str
    names: tuple[str, ...]
    read: Facts
    parameters: tuple[Resolved, ...]
    zh: str

    @property
    def facts(self) -> dict[str, float | None]:
        """The facts that the rule read, None where one is unknown."""
        get = self.read.get
        return {name: get(name) for name in self.names}

    def to_json(self) -> dict[str, Any]:
        """JSON object of the trace."""
        return {
            "rule": self.rule,
            "outcome": self.outcome,
            "facts": self.facts,
            "parameters": [parameter.to_json() for parameter in self.parameters],
            "zh": self.zh,
        }


class Coded(NamedTuple):
    """A condition, a missing thing or a ground: a stable code and Chinese words."""

    code: str
    zh: str

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {"code": self.code, "zh": self.zh}


class RiskWarning(NamedTuple):
    """A risk warning; a serious one forces the ordinary procedure.

    `facts` is its evidence: the facts (whose rows the record names) or the scores it rests on, with their values.
    """

    code: str
    zh: str
    serious: bool
    facts: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {"code": self.code, "zh": self.zh, "serious": self.serious, "facts": dict(self.facts)}


class Gate(NamedTuple):
    """Whether a model is asked at all. `ground` is the first of `grounds`; `zh` says it in words."""

    outcome: GateOutcome
    ground: str | None
    zh: str | None
    grounds: tuple[str, ...]
    trace: tuple[Fired, ...]

    @property
    def asks_model(self) -> bool:
        """False on a statutory exit and whenever a person alone decides: points and probabilities stay null."""
        return self.outcome == "assess"

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "outcome": self.outcome,
            "ground": self.ground,
            "zh": self.zh,
            "grounds": list(self.grounds),
            "trace": [fired.to_json() for fired in self.trace],
        }


class ReviewRow(NamedTuple):
    """What is published for a grade: how deep the review goes, and on what standard (R10, R49)."""

    grade: Grade
    depth: str
    proof: str
    frame: str
    points: tuple[str, ...]
    hearing: str
    materials: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {
            "grade": self.grade,
            "depth": self.depth,
            "proof": self.proof,
            "frame": self.frame,
            "points": list(self.points),
            "hearing": self.hearing,
            "materials": list(self.materials),
        }


class Publication(NamedTuple):
    """How long dishonest conduct stays public (DT4), in months; None where the regime sets no such limit.

    `status`: "none" no minimum, "passed", "runs", "over" the maximum is reached, "unknown" how long
    it has been public is not known. `early`: the shorter minimum for good points applies (R18).
    """

    regime: str
    minimum_months: int | None
    maximum_months: int | None
    elapsed_months: float | None
    status: Literal["none", "passed", "runs", "over", "unknown"]
    early: bool

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return self._asdict()


class Stage(NamedTuple):
    """What is lifted once so many of the agreed payments have arrived (Jinyun, S1c R44)."""

    payments: int
    scope: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {"payments": self.payments, "scope": list(self.scope)}


class Task(NamedTuple):
    """Something a judge must look at by `due`, with the draft ready. It changes nothing by itself.

    `lockout_months`: how long a new application would be barred if the judge revokes (DT11); None
    where no revocation is in question.
    """

    code: str
    zh: str
    due: date
    lockout_months: int | None
    draft: str

    def to_json(self) -> dict[str, Any]:
        """JSON object."""
        return {**self._asdict(), "due": self.due.isoformat()}


class Suggestion(NamedTuple):
    """What the rules suggest to the judge, with the rules that fired. Nothing here decides.

    `hearing` and `third_party` go with the ordinary procedure; `missing` names what is not yet
    shown for a repair; `observation_months` is null where no repair is suggested; `scope` holds
    for this case only; `stages` widens it as payments arrive; `tasks` are for a judge.
    """

    gate: Gate
    grade: Grade | None
    tier: Tier | None
    route: Route
    provisional: bool
    hearing: bool
    third_party: bool
    mode: str
    priority_start: bool
    missing: tuple[Coded, ...]
    conditions: tuple[Coded, ...]
    observation_months: int | None
    scope: tuple[str, ...]
    stages: tuple[Stage, ...]
    publication: Publication | None
    tasks: tuple[Task, ...]
    warnings: tuple[RiskWarning, ...]
    review: ReviewRow | None
    trace: tuple[Fired, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON object of the score record's `suggestion`; the gate's own trace leads `trace`."""
        return {
            "grade": self.grade,
            "tier": self.tier,
            "route": self.route,
            "provisional": self.provisional,
            "hearing": self.hearing,
            "third_party": self.third_party,
            "mode": self.mode,
            "priority_start": self.priority_start,
            "missing": [item.to_json() for item in self.missing],
            "conditions": [item.to_json() for item in self.conditions],
            "observation_months": self.observation_months,
            "scope": list(self.scope),
            "stages": [item.to_json() for item in self.stages],
            "publication": self.publication.to_json() if self.publication else None,
            "tasks": [item.to_json() for item in self.tasks],
            "warnings": [item.to_json() for item in self.warnings],
            "review": self.review.to_json() if self.review else None,
            "trace": [fired.to_json() for fired in self.trace],
        }
