"""Faults of the parameter set: every one is listed, with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class PolicyFault:
    """One fault: the file, the key (and which of its values, by line), what is wrong, what to do."""

    file: str
    line: int
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f" {self.key}:" if self.key else ""
        return f"{place}:{subject} {self.problem}; {self.remedy}"


class PolicyFaults(Exception):  # noqa: N818 - the project names its fault lists so
    """The parameter set cannot be used. `faults` holds all of them; `str()` lists all."""

    def __init__(self, faults: Iterable[PolicyFault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        lines = "\n".join(f"- {fault}" for fault in self.faults)
        super().__init__(f"{len(self.faults)} fault(s) in the policy parameters:\n{lines}")


class PolicyLookupError(LookupError):
    """A key is unknown, or has no value on the date that was asked for."""
