"""The gates applied to an installed bundle: its newest kept evaluation, replayed now, under the home's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from models.bundle import Bundle
from models.gates import GateLimits, judge
from pipeline.evidence import replayed
from pipeline.home import Home
from pipeline.kept import figures_digest, kept
from pipeline.promote import PromotionRefused, Verdicts, reigning_beside
from pipeline.refusals import InputRefused


def verdicts_of(home: Home, bundle: Bundle) -> Verdicts:
    """What the gates say of `bundle` today. PromotionRefused when no evaluation is kept for it."""
    evaluations = kept(home, bundle.id)
    if not evaluations:
        raise PromotionRefused(
            f"bundle {bundle.id} was never evaluated in this home: run `repair-risk evaluate {bundle.id} DIR --out DIR`"
        )
    newest = evaluations[-1]
    limits = limits_of(home, bundle.profile)
    reigning = reigning_beside(home, bundle.id)
    evidence = {**newest, "champion_now": reigning, "replayed": replayed(bundle, newest["sample"])}
    return Verdicts(newest["number"], figures_digest(newest), judge(evidence, limits), asdict(limits), reigning)


def limits_of(home: Home, profile: str) -> GateLimits:
    """The limits of a profile, overlaid by the home's `gates.yaml` (a mapping, and in it one per profile if any)."""
    path = home.root / "gates.yaml"
    if not path.exists():
        return GateLimits.of_profile(profile)
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    own: Any = content.get(profile, {}) if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(own, Mapping):
        raise InputRefused(f"{path} must hold a mapping of limits, and in it a mapping for {profile} if any")
    given = {key: value for key, value in content.items() if key not in ("applications", "first_listings")}
    return GateLimits.of_profile(profile, {**given, **own})
