"""The command that approves a bundle."""

from __future__ import annotations

from datetime import datetime

from pipeline.bundles import install
from pipeline.home import Home
from pipeline.promote import approve
from pipeline.say import DONE, Outcome, tell
from records.clock import SHANGHAI


def promote(reference: str, approver: str, reason: str) -> Outcome:
    """Note one approval; the second, by another name, makes the bundle champion."""
    home = Home.from_environment()
    bundle = install(home, reference)
    promotion = approve(home, bundle.id, bundle.profile, approver, reason, datetime.now(SHANGHAI))
    names = tuple(approval.approver for approval in promotion.approvals)
    if not promotion.champion:
        tell(f"{names[0]} approves bundle {bundle.id}; a second person must approve it before it answers")
        return DONE
    from pipeline.tracking import record_promotion

    registered = record_promotion(home, bundle.id, bundle.profile, names)
    tell(f"bundle {bundle.id} is champion, approved by {' and '.join(names)}")
    if not registered:
        tell("it was not trained in this home, so MLflow knows nothing of it")
    return DONE
