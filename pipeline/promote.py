"""Which bundle answers is decided by two people with different names, and by nobody else.

The first call of `promote` for a bundle notes an approval; the second, by another name, makes the
bundle champion. A running service reads `champion.json` before every answer, so the change takes
effect at once, and every record names the bundle that answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.files import read_kept, write_json
from pipeline.home import Home
from pipeline.refusals import IntegrityRefused
from records.clock import SHANGHAI


class PromotionRefused(Exception):  # noqa: N818 - it is a refusal, and says so
    """The approval cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Approval:
    """One person's approval of a bundle."""

    approver: str
    reason: str
    at: str


@dataclass(frozen=True)
class Promotion:
    """Where a bundle stands after an approval: champion, or waiting for a second name."""

    bundle: str
    approvals: tuple[Approval, ...]
    champion: bool


def _pending(home: Home, bundle_id: str) -> tuple[Approval, ...]:
    path = home.root / "approvals" / f"{bundle_id}.json"
    return tuple(Approval(**item) for item in read_kept(path)["approvals"]) if path.exists() else ()


def approve(home: Home, bundle_id: str, profile: str, approver: str, reason: str, now: datetime) -> Promotion:
    """Note that `approver` approves `bundle_id` (installed in `home`, of `profile`); the second name promotes it.

    Raises PromotionRefused when the bundle is not installed, a name or reason is empty, the same person
    approves twice, or the champion of this home assesses another kind of case.
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
    earlier = _pending(home, bundle_id) if not problems else ()
    if any(approval.approver.casefold() == name.casefold() for approval in earlier):
        problems.append(f"{name} has approved this bundle already; a second person must")
    if problems:
        raise PromotionRefused("; ".join(problems))
    approvals = (*earlier, Approval(name, reason.strip(), now.astimezone(SHANGHAI).isoformat()))
    note = {"bundle": bundle_id, "profile": profile, "approvals": [asdict(approval) for approval in approvals]}
    promoted = len(approvals) >= 2
    if promoted:
        previous = champion(home)
        write_json(home.champion, {**note, "previous": previous["bundle"] if previous else None})
        (home.root / "approvals" / f"{bundle_id}.json").unlink(missing_ok=True)
    else:
        write_json(home.root / "approvals" / f"{bundle_id}.json", note)
    return Promotion(bundle_id, approvals, promoted)


def champion(home: Home) -> Mapping[str, object] | None:
    """The content of `champion.json`, or None when no bundle was promoted yet."""
    if not home.champion.exists():
        return None
    content = read_kept(home.champion)
    if not isinstance(content, dict) or not {"bundle", "profile", "approvals"} <= set(content):
        raise IntegrityRefused(f"{home.champion} does not say which bundle answers: restore it, or promote again")
    return content
