"""The score record, field by field: what is stored before anybody sees a score.

Everything a reviewer, a replay or a court needs stands in it: whose case, which input, which versions,
the gate, every indicator and fact with its evidence rows, points, margins with contributions, the
calibration as a step of its own, the suggestion with the rules that fired, and the reasons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

from explain.canonical import canonical

SCHEMA: Final = "repair-risk/score/1"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Text = Annotated[str, Field(min_length=1)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
JsonObject = dict[str, JsonValue]
Dimension = Literal["ability", "willingness", "impact"]
Grade = Literal["A", "B", "C", "D"]
Route = Literal["simple", "ordinary", "no_discretion", "human_only"]


def _aware(text: str) -> str:
    if datetime.fromisoformat(text).utcoffset() is None:
        raise ValueError("must be an ISO 8601 time with an offset")
    return text


def _day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("must be a day, YYYY-MM-DD")
    return text


Day = Annotated[str, AfterValidator(_day)]
Moment = Annotated[str, AfterValidator(_aware)]


class Part(BaseModel):
    """Base of every part: no unknown fields, no conversion between types, not changed once made."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, protected_namespaces=(), serialize_by_alias=True
    )


class EvidenceRows(Part):
    """Rows of one table, by `row_id`, sorted."""

    table: Text
    rows: tuple[Text, ...] = Field(min_length=1)


class Case(Part):
    """Whose score, and as of when. `as_of`: ISO 8601 with offset; only rows known before it were used."""

    case_key: Text
    debtor_id: Text
    application_id: Text | None
    as_of: Moment
    region_code: Text
    industry_section: Text | None
    subject_type: Text | None


class Input(Part):
    """What was read: hash of the known rows (`records.fingerprint`) and how many of each table."""

    hash: Hash
    rows: dict[str, Annotated[int, Field(ge=0)]]


class Versions(Part):
    """What computed it: ids of the bundle, the policy snapshot and the catalogue, and the code's version."""

    bundle: Text
    profile: Text
    policy: Text
    catalogue: Text
    code: Text


class GateResult(Part):
    """The statutory gate: whether any model is asked at all, and if not, on which ground."""

    outcome: Literal["assess", "no_discretion", "human_only"]
    ground: Text | None
    zh: Text | None
    grounds: tuple[Text, ...]


class Fact(Part):
    """A named number (an indicator or a fact of the rules) with the rows it was made from. Null = missing."""

    id: Text
    value: Finite | None
    evidence: tuple[EvidenceRows, ...]


class Marks(Part):
    """Points of the three dimensions."""

    ability: Finite
    willingness: Finite
    impact: Finite


class Points(Part):
    """The public card, to a tenth: total (0 to 100) = sum of `dimensions` = sum of `indicators` + sum of `caps`.

    A dimension's points lie between 0 and its share; `caps` is what those two limits added or took away, by
    dimension. A card with one scale has no dimensions and no shares, and its one cap is called "all".
    """

    total: Finite
    dimensions: Marks | None
    shares: Marks | None
    caps: dict[str, Finite]
    indicators: dict[str, Finite]


class Model(Part):
    """One margin: base + contributions = margin (log-odds), then the calibration to a probability.

    `residual` is margin minus the correctly rounded sum, within 1e-9 of max(1, |margin|).
    """

    base: Finite
    contributions: dict[str, Finite]
    margin: Finite
    residual: Finite
    calibration: JsonObject = Field(min_length=1)
    probability: Probability


class Models(Part):
    """The three margins. `redefault_7_12` is for those still clean at six months."""

    success: Model | None
    redefault_6: Model | None
    redefault_7_12: Model | None

    def by_outcome(self) -> Mapping[str, Model]:
        """The margins that exist, by outcome."""
        found = {"success": self.success, "redefault_6": self.redefault_6, "redefault_7_12": self.redefault_7_12}
        return {outcome: model for outcome, model in found.items() if model is not None}


class Probabilities(Part):
    """The head figures: p(12) = p(6) + (1 - p(6)) q, never below p(6)."""

    success: Probability | None
    redefault_6: Probability | None
    redefault_12: Probability | None


class Interval(Part):
    """How sure a probability is: `low` <= it <= `high`, at confidence `level`.

    `meaning` "mean_of_like_cases": of the `cases` of the calibration whose predicted probability was most like this
    one (`like_from` to `like_to`), `events` had the outcome; reckoned from them and their neighbours, the true share
    among cases with this prediction lies between `low` and `high`. It is no statement about this debtor's own chance.
    `years`: how long after the calibration's cases this one is assessed, for which the interval was widened; null where
    the calibration knows no days.
    """

    low: Probability
    high: Probability
    level: Annotated[float, Field(gt=0.5, lt=1.0)]
    cases: Annotated[int, Field(ge=1)]
    events: Annotated[int, Field(ge=0)]
    like_from: Probability
    like_to: Probability
    years: Annotated[float, Field(ge=0)] | None
    meaning: Literal["mean_of_like_cases"]


class Intervals(Part):
    """The interval of each head figure, null where it has none (`nulls` says why)."""

    success: Interval | None
    redefault_6: Interval | None
    redefault_12: Interval | None


class Coded(Part):
    """A condition, or what is still missing for a repair."""

    code: Text
    zh: Text


class RiskWarning(Part):
    """A coded risk warning (风险提示) with the facts or scores it rests on; a serious one forces the ordinary
    procedure."""

    code: Text
    zh: Text
    serious: bool
    facts: dict[str, Finite | None]


class Review(Part):
    """What is published for a grade: depth of review, standard of proof, hearing flow, materials."""

    grade: Grade
    depth: Text
    proof: Text
    frame: Text
    points: tuple[Text, ...]
    hearing: Text
    materials: tuple[Text, ...]


class Publication(Part):
    """How long the conduct stays public under the regime that applies, in months; null = no such limit.

    `status`: none, passed, runs, over or unknown, as `policy.outcome.Publication` says.
    """

    regime: Text
    minimum_months: int | None
    maximum_months: int | None
    elapsed_months: Finite | None
    status: Text
    early: bool


class Stage(Part):
    """What is lifted once so many of the agreed payments have arrived."""

    payments: Annotated[int, Field(ge=1)]
    scope: tuple[Text, ...]


class Task(Part):
    """What a judge must look at by `due`, with the draft ready; nothing is revoked by it."""

    code: Text
    zh: Text
    due: Day
    lockout_months: int | None
    draft: Text


class Fired(Part):
    """One rule as it was applied, with the facts and the dated parameters it read."""

    rule: Text
    outcome: Text
    facts: dict[str, Finite | None]
    parameters: tuple[JsonObject, ...]
    zh: Text


class Suggestion(Part):
    """What the decision tables suggest (`policy.outcome.Suggestion`), with the rules that fired."""

    grade: Grade | None
    tier: Literal["slight", "general", "severe"] | None
    route: Route
    provisional: bool
    hearing: bool
    third_party: bool
    mode: Text
    priority_start: bool
    missing: tuple[Coded, ...]
    conditions: tuple[Coded, ...]
    observation_months: int | None
    scope: tuple[Text, ...]
    stages: tuple[Stage, ...]
    publication: Publication | None
    tasks: tuple[Task, ...]
    warnings: tuple[RiskWarning, ...]
    review: Review | None
    trace: tuple[Fired, ...]


class Reason(Part):
    """Why, in words: one indicator, its value against the reference population, its points and its effect."""

    indicator: Text
    dimension: Dimension
    zh_name: Text
    en_name: Text
    value: Finite | None
    points: Finite | None
    contribution: Finite | None
    outcome: Literal["redefault_12", "redefault_6", "success", "points"]
    direction: Literal["favourable", "adverse"]
    zh: Text
    en: Text
    evidence: tuple[EvidenceRows, ...]


class ScoreRecord(Part):
    """One score with its whole explanation. Made by `explain.record`; read back with `parse_record`."""

    schema_: Literal["repair-risk/score/1"] = Field(alias="schema")
    kind: Literal["application", "first_listing", "observation"]
    case: Case
    input: Input
    versions: Versions
    gate: GateResult
    indicators: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    points: Points | None
    models: Models
    probabilities: Probabilities
    intervals: Intervals
    suggestion: Suggestion
    reasons: tuple[Reason, ...]
    nulls: dict[str, Text]

    _raw: bytes | None = PrivateAttr(default=None)

    def content(self) -> JsonObject:
        """The record as JSON values, ready to be stored."""
        return self.model_dump(mode="json")

    @property
    def canonical(self) -> bytes:
        """RFC 8785 bytes: the same for the same record, whoever writes them."""
        return canonical(self.content()) if self._raw is None else self._raw

    @property
    def score_id(self) -> str:
        """Name of the record: the first 32 hexadecimal digits of SHA-256 over its canonical bytes."""
        return hashlib.sha256(self.canonical).hexdigest()[:32]
