"""What a verification found: every fault names the record it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Literal

Code = Literal[
    "edited",  # the record at this place is not the one that was signed
    "deleted",  # a signed record is nowhere in the database
    "inserted",  # a record that was never signed, beside all those that were
    "moved",  # a signed record stands at another place
    "unreadable",  # the database cannot give the record
    "altered_between",  # some of these records changed; the register that would say which is missing
    "unsigned",  # records after the last signed checkpoint
    "checkpoint",  # a checkpoint in the database or the file is missing, changed or not signed
    "database",  # the database itself is damaged, or its tables, indexes or triggers were changed
]
_LISTED_ONE_BY_ONE = 20


@dataclass(frozen=True)
class Finding:
    """One fault. `seq` to `through` are the records it is about, `score_id` the first one's name;
    `shift` says by how many places a moved record is off."""

    code: Code
    detail: str
    seq: int | None = None
    through: int | None = None
    score_id: str | None = None
    shift: int = 0

    def text(self) -> str:
        """One line for people."""
        if self.seq is None:
            return f"{self.code}: {self.detail}"
        through = "" if self.through in {None, self.seq} else f" to {self.through}"
        name = f" (score {self.score_id})" if self.score_id else ""
        return f"{self.code}: record {self.seq}{through}{name}: {self.detail}"


def plain(text: object) -> str:
    """What a damaged database says, as text that can be shown anywhere."""
    return str(text).encode("ascii", "backslashreplace").decode()


@dataclass(frozen=True)
class VerifyReport:
    """`ok` when nothing at all is wrong. `entries` were read and compared with `checkpoints` signed
    notes, of which the newest covers `signed_size` entries. `warnings` are no faults, such as a
    checkpoint file one note short after a crash."""

    entries: int
    checkpoints: int
    signed_size: int | None
    faults: tuple[Finding, ...]
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the ledger is exactly what was signed."""
        return not self.faults

    def to_json(self) -> dict[str, object]:
        """The report as JSON values."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "signed_size": self.signed_size,
            "faults": [asdict(fault) for fault in self.faults],
            "warnings": list(self.warnings),
        }

    def text(self) -> str:
        """The report for people, one fault a line."""
        head = f"{self.entries} records compared with {self.checkpoints} signed checkpoints: "
        verdict = "nothing was changed" if self.ok else f"{len(self.faults)} faults"
        lines = [fault.text() for fault in self.faults] + [f"note: {warning}" for warning in self.warnings]
        return "\n".join([head + verdict, *lines])


def gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order of their records; long runs of the same fault are told as one."""
    placed = sorted((f for f in findings if f.seq is not None), key=lambda f: (f.seq or 0, f.code))
    result = [f for f in findings if f.seq is None]
    # Within a run of one fault, seq minus rank stays the same.
    by_kind: dict[tuple[str, int], list[Finding]] = {}
    for finding in placed:
        by_kind.setdefault((finding.code, finding.shift), []).append(finding)
    for same in by_kind.values():
        for _, numbered in groupby(enumerate(same), key=lambda pair: (pair[1].seq or 0) - pair[0]):
            run = [finding for _, finding in numbered]
            result += run if len(run) <= _LISTED_ONE_BY_ONE else [_joined(run)]
    return tuple(sorted(result, key=lambda f: (f.seq is None, f.seq or 0, f.code)))


def _joined(run: list[Finding]) -> Finding:
    first, last = run[0], run[-1]
    detail = f"{first.detail} (the same for all {len(run)}; the last is score {last.score_id})"
    return Finding(first.code, detail, first.seq, last.through or last.seq, first.score_id, first.shift)
