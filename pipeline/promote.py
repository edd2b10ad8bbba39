"""Which bundle answers is decided by two people with different names, on evidence, and by nobody else.

A bundle must first pass the promotion gates (`models.gates`) on its newest evaluation kept at home. The first call of
`promote` then notes an approval; the second, by another name and on the same figures, makes the bundle champion. What
the gates said stands beside each approval. A running service reads `champion.json` before every answer, so the change
takes effect at once, and every record names the bundle that answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from models.gates import GateResult
from pipeline.files import read_kept, write_json
from pipeline.home import Home
from pipeline.refusals import IntegrityRefused
from records.clock import SHANGHAI


class PromotionRefused(Exception):  # noqa: N818 - it is a refusal, and says so
    """The approval cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Verdicts:
    """What the gates said of a bundle: on which evaluation (`number`, `figures` its digest), under which limits, beside
    which `champion` (the id of the bundle that answered then, unless it is the judged one itself)."""

    number: int
    figures: str
    gates: tuple[GateResult, ...]
    limits: Mapping[str, Any] = field(default_factory=dict)
    champion: str | None = None

    @property
    def refusals(self) -> tuple[GateResult, ...]:
        return tuple(gate for gate in self.gates if gate.refuses)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they stand beside an approval."""
        return {
            "evaluation": self.number,
            "figures": self.figures,
            "gates": [asdict(gate) for gate in self.gates],
            "limits": dict(self.limits),
            "champion": self.champion,
        }


@dataclass(frozen=True)
class Approval:
    """One person's approval of a bundle, with the figures it rests on (`Verdicts.to_json`)."""

    approver: str
    reason: str
    at: str
    verdicts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Promotion:
    """Where a bundle stands after an approval: champion, or waiting for a second name.

    `lapsed`: names whose approval rested on other figures and no longer counts.
    """

    bundle: str
    approvals: tuple[Approval, ...]
    champion: bool
    lapsed: tuple[str, ...] = ()


def pending(home: Home, bundle_id: str) -> tuple[Approval, ...]:
    """Approvals that wait for a second name."""
    path = home.root / "approvals" / f"{bundle_id}.json"
    return tuple(Approval(**item) for item in read_kept(path)["approvals"]) if path.exists() else ()


def approve(
    home: Home, bundle_id: str, profile: str, approver: str, reason: str, now: datetime, verdicts: Verdicts
) -> Promotion:
    """Note that `approver` approves `bundle_id` (installed in `home`, of `profile`); the second name promotes it.

    The caller holds the home's lock since before the verdicts were found, so that nothing changes between.
    Raises PromotionRefused, with every reason at once, when a gate refuses, the bundle is not installed, a name or
    reason is empty, the same person approves twice, the champion of this home assesses another kind of case, or it is
    no longer the one that the verdicts name.
    """
    name = " ".join(approver.split())
    problems = []
    if not home.bundle(bundle_id).is_dir():
        problems.append(f"bundle {bundle_id} is not installed in {home.bundles}")
    if not name:
        problems.append("the approver needs a name")
    if not reason.strip():
        problems.append("the approval needs a reason")
    current = champion(home)
    if current is not None and current["profile"] != profile:
        problems.append(f"this home answers for {current['profile']}; promote a bundle for {profile} in another home")
    if (reigning := reigning_beside(home, bundle_id)) != verdicts.champion:
        problems.append(
            f"judged beside champion {verdicts.champion or 'none'}, champion now is {reigning or 'none'}: promote it "
            "again, to be judged anew"
        )
    waiting = pending(home, bundle_id)
    earlier = tuple(one for one in waiting if one.verdicts.get("figures") == verdicts.figures)
    if any(approval.approver.casefold() == name.casefold() for approval in earlier):
        problems.append(f"{name} has approved this bundle already; a second person must")
    problems += [f"gate {gate.gate}: {gate.verdict}: {gate.says}" for gate in verdicts.refusals]
    if problems:
        raise PromotionRefused(_refusal(bundle_id, problems, verdicts.refusals))
    given = Approval(name, reason.strip(), now.astimezone(SHANGHAI).isoformat(), verdicts.to_json())
    approvals = (*earlier, given)
    note = {"bundle": bundle_id, "profile": profile, "approvals": [asdict(approval) for approval in approvals]}
    promoted = len(approvals) >= 2
    if promoted:
        previous = current["bundle"] if current else None
        write_json(home.champion, {**note, "previous": previous, "verdicts": verdicts.to_json()})
        (home.root / "approvals" / f"{bundle_id}.json").unlink(missing_ok=True)
    else:
        write_json(home.root / "approvals" / f"{bundle_id}.json", note)
    lapsed = tuple(one.approver for one in waiting if one not in earlier)
    return Promotion(bundle_id, approvals, promoted, lapsed)


def champion(home: Home) -> Mapping[str, Any] | None:
    """The content of `champion.json`, or None when no bundle was promoted yet."""
    if not home.champion.exists():
        return None
    content = read_kept(home.champion)
    if not isinstance(content, dict) or not {"bundle", "profile", "approvals"} <= set(content):
        raise IntegrityRefused(f"{home.champion} does not say which bundle answers: restore it, or promote again")
    return content


def reigning_beside(home: Home, bundle_id: str) -> str | None:
    """The bundle that a promotion of `bundle_id` would replace; None when there is none, or it is the very same."""
    approved = champion(home)
    return None if approved is None or approved["bundle"] == bundle_id else str(approved["bundle"])


def _refusal(bundle_id: str, problems: Sequence[str], refusing: Sequence[GateResult]) -> str:
    if len(problems) == 1 and not refusing:
        return problems[0]
    lines = [f"bundle {bundle_id} cannot be approved:", *(f"  {problem}" for problem in problems)]
    if refusing:
        lines.append(
            "what to do: evaluate it again on newer or more data, or train another; the limits stand in gates.yaml"
        )
    return "\n".join(lines)
