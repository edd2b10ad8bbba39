"""The command that approves a bundle."""

from __future__ import annotations

from datetime import datetime

from pipeline.bundles import install
from pipeline.gated import verdicts_of
from pipeline.home import Home
from pipeline.home_lock import alone
from pipeline.promote import Verdicts, approve
from pipeline.say import DONE, Outcome, tell
from records.clock import SHANGHAI


def promote(reference: str, approver: str, reason: str) -> Outcome:
    """Show what the gates say and note one approval; the second, by another name, makes the bundle champion."""
    home = Home.from_environment()
    bundle = install(home, reference)
    with alone(home):  # between judging and approving no other champion, approval or evaluation may come
        verdicts = verdicts_of(home, bundle)
        tell(told(verdicts))
        promotion = approve(home, bundle.id, bundle.profile, approver, reason, datetime.now(SHANGHAI), verdicts)
    names = tuple(approval.approver for approval in promotion.approvals)
    if promotion.lapsed:
        tell(f"evaluated anew since {', '.join(promotion.lapsed)} approved it: that approval no longer counts")
    if not promotion.champion:
        tell(f"{names[0]} approves bundle {bundle.id}; a second person must approve it before it answers")
        return DONE
    from pipeline.tracking import record_promotion

    registered = record_promotion(home, bundle.id, bundle.profile, names)
    tell(f"bundle {bundle.id} is champion, approved by {' and '.join(names)}")
    if not registered:
        tell("it was not trained in this home, so MLflow knows nothing of it")
    return DONE


def told(verdicts: Verdicts) -> str:
    """What an approver reads before the approval is noted."""
    lines = [f"gates, on evaluation {verdicts.number}:"]
    lines += [f"  {gate.gate}: {_WORDS[gate.verdict]}: {gate.says}" for gate in verdicts.gates]
    return "\n".join(lines)


_WORDS = {"pass": "pass", "fail": "FAIL", "insufficient": "INSUFFICIENT EVIDENCE (no pass)"}
