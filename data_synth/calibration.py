"""The calibration report: what the world generated, beside what was published or assumed.

Targets, tolerances and sources are data (`targets.yaml`); the figures are counted by
`data_synth.figures`, what carries the best reachable AUC by `data_synth.carriers`. A published figure must lie
within its tolerance; an assumption is marked as one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from data_synth.carriers import Reach, reaches
from data_synth.figures import Figure, measure
from records.dataset import Dataset

TARGETS = Path(__file__).with_name("targets.yaml")
Verdict = Literal["inside", "outside", "too few", "not measured"]
_FIELDS = {"key", "value", "tolerance", "unit", "source", "needs", "note"}
_LEAST = 100


@dataclass(frozen=True)
class Target:
    """A figure to meet: `value` ± `tolerance` in `unit`; `needs` observations to be judged."""

    key: str
    value: float
    tolerance: float
    unit: str
    source: str
    needs: int
    note: str

    @property
    def published(self) -> bool:
        """Whether somebody published the figure; else it is our assumption."""
        return self.source != "assumption"


@dataclass(frozen=True)
class Line:
    """One target and what the world shows; `generated` is None where nothing was measured."""

    target: Target
    generated: float | None
    n: int
    verdict: Verdict


@dataclass(frozen=True)
class Targets:
    """All targets, where published figures contradict each other, and what such a world cannot show."""

    targets: tuple[Target, ...]
    contradictions: tuple[tuple[str, str], ...]
    not_shown: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CalibrationReport:
    """The report on one world. `origin` is what made it (generator, seed, debtors)."""

    origin: Mapping[str, object]
    lines: tuple[Line, ...]
    contradictions: tuple[tuple[str, str], ...]
    not_shown: tuple[tuple[str, str], ...]
    reaches: tuple[Reach, ...] = ()

    @property
    def met(self) -> bool:
        """Whether no published figure lies outside its tolerance or went unmeasured."""
        return not self.missed

    @property
    def missed(self) -> tuple[str, ...]:
        """Keys of published figures outside their tolerance, or not measured."""
        return tuple(
            line.target.key
            for line in self.lines
            if line.target.published and line.verdict in ("outside", "not measured")
        )

    @property
    def undecided(self) -> tuple[str, ...]:
        """Keys of published figures that rest on too few observations."""
        return tuple(line.target.key for line in self.lines if line.target.published and line.verdict == "too few")

    def to_json(self) -> dict[str, object]:
        """The report as plain JSON values."""
        return {
            "origin": dict(self.origin),
            "met": self.met,
            "missed": list(self.missed),
            "undecided": list(self.undecided),
            "figures": [
                {
                    "key": line.target.key,
                    "generated": line.generated,
                    "n": line.n,
                    "target": line.target.value,
                    "tolerance": line.target.tolerance,
                    "unit": line.target.unit,
                    "published": line.target.published,
                    "source": line.target.source,
                    "verdict": line.verdict,
                    "note": line.target.note,
                }
                for line in self.lines
            ],
            "reaches": [dataclasses.asdict(reach) for reach in self.reaches],
            "contradictions": [{"about": about, "text": text} for about, text in self.contradictions],
            "not_shown": [{"about": about, "reason": reason} for about, reason in self.not_shown],
        }

    def to_markdown(self) -> str:
        """The report as a page for people."""
        made = ", ".join(f"{name} {value}" for name, value in self.origin.items())
        published = [line for line in self.lines if line.target.published]
        inside = sum(line.verdict == "inside" for line in published)
        lines = [
            "# Calibration of the synthetic world",
            "",
            f"World: {made}. Published figures within tolerance: {inside} of {len(published)}.",
            "",
        ]
        if self.missed:
            lines += [f"Missed: {', '.join(self.missed)}.", ""]
        if self.undecided:
            lines += [f"Too few observations in a world of this size: {', '.join(self.undecided)}.", ""]
        for title, wanted in (("Published", True), ("Assumed: nobody published the figure", False)):
            lines += [f"## {title}", "", "| figure | generated | target | verdict | observations | unit | source |"]
            lines += ["|---|---:|---:|---|---:|---|---|"]
            lines += [_row(line) for line in self.lines if line.target.published is wanted]
            lines.append("")
        notes = [f"- `{line.target.key}`: {line.target.note}." for line in self.lines if line.target.note]
        lines += ["Notes", "", *notes, ""]
        lines += [line for reach in self.reaches for line in reach.to_markdown()]
        lines += ["## Where published figures contradict each other", ""]
        lines += [f"- **{about}.** {text}" for about, text in self.contradictions]
        lines += ["", "## What such a world cannot show", ""]
        lines += [f"- **{about}.** {reason}" for about, reason in self.not_shown]
        return "\n".join(lines) + "\n"


def report(
    out_dir: Path, truth_dir: Path | None, progress: Callable[[int, int], None] | None = None
) -> CalibrationReport:
    """Measure the world at `out_dir` (its truth at `truth_dir`) against all targets.

    Without `truth_dir` the figures of decisions and outcomes are "not measured". `progress(done, total)` counts
    buckets. Raises ValueError for a dataset that is no synthetic world, DatasetFault for one that cannot be read,
    FileNotFoundError for a truth that is not there.
    """
    wanted = load(TARGETS)
    figures = measure(Path(out_dir), None if truth_dir is None else Path(truth_dir), progress)
    lines = tuple(judge(target, figures.get(target.key)) for target in wanted.targets)
    carried = () if truth_dir is None else reaches(Path(truth_dir))
    origin = Dataset.open(out_dir).info.origin
    return CalibrationReport(origin, lines, wanted.contradictions, wanted.not_shown, carried)


def judge(target: Target, figure: Figure | None) -> Line:
    """Set a measured figure beside its target."""
    if figure is None:
        return Line(target, None, 0, "not measured")
    if figure.n < target.needs:
        return Line(target, figure.value, figure.n, "too few")
    inside = abs(figure.value - target.value) <= target.tolerance
    return Line(target, figure.value, figure.n, "inside" if inside else "outside")


def load(path: Path) -> Targets:
    """Read a file of targets. Raises ValueError with every fault of it."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or set(content) != {"targets", "contradictions", "not_shown"}:
        raise ValueError(f"{path.name}: must hold targets, contradictions and not_shown, and nothing else")
    faults: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(content["targets"], start=1):
        name = row.get("key", f"target {number}")
        faults += [f"{name}: lacks {field}" for field in sorted(_FIELDS - {"needs", "note"} - set(row))]
        faults += [f"{name}: unknown {field}" for field in sorted(set(row) - _FIELDS)]
        if not str(row.get("source", "x")).strip():
            faults.append(f"{name}: has no source; name a document or say assumption")
        if not float(row.get("tolerance", 1)) > 0:
            faults.append(f"{name}: tolerance must be above 0")
        if name in seen:
            faults.append(f"{name}: stands there twice")
        seen.add(name)
    if faults:
        raise ValueError(f"{path.name}: " + "; ".join(faults))
    return Targets(
        targets=tuple(
            Target(
                key=row["key"],
                value=float(row["value"]),
                tolerance=float(row["tolerance"]),
                unit=row["unit"],
                source=row["source"],
                needs=int(row.get("needs", _LEAST)),
                note=row.get("note", ""),
            )
            for row in content["targets"]
        ),
        contradictions=tuple((row["about"], row["text"]) for row in content["contradictions"]),
        not_shown=tuple((row["about"], row["reason"]) for row in content["not_shown"]),
    )


def _row(line: Line) -> str:
    target = line.target
    generated = "–" if line.generated is None else _number(line.generated)
    wanted = f"{_number(target.value)} ± {_number(target.tolerance)}"
    return f"| {target.key} | {generated} | {wanted} | {line.verdict} | {line.n:,} | {target.unit} | {target.source} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 1 else f"{value:.4g}"
