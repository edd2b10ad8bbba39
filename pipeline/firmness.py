"""How firm the reasons of one record are: under noise in its figures, and over the other models of this home."""

from __future__ import annotations

import os
from typing import Final

from explain.phrases import Words
from explain.stability import Stability, over_models, stability, stability_said
from features.profiles import PROFILES
from models.bundle import Bundle
from models.faults import BundleFault
from pipeline.catalogues import describe_all
from pipeline.files import read_json
from pipeline.home import Home
from pipeline.refusals import IntegrityRefused
from pipeline.score import open_bundle
from pipeline.work import Record

OTHERS: Final = 5  # models that are asked beside the record's own, the latest first

Firmness = tuple[Stability | None, Stability | None]  # under noise, over models


def firmness(home: Home, record: Record, bundle: Bundle | None = None) -> Firmness:
    """Both verdicts on a record, computed from its indicators alone and never recorded; None where nothing is ranked
    by models, or no other model of the same catalogue is installed.

    Raises IntegrityRefused or BundleFault when the record's own bundle is gone or cannot be trusted.
    """
    if record["models"]["redefault_6"] is None:
        return None, None
    own = open_bundle(home, record["versions"]["bundle"]) if bundle is None else bundle
    catalogue = PROFILES[own.profile].catalogue
    values, key = {item["id"]: item["value"] for item in record["indicators"]}, record["case"]["case_key"]
    others = _others(home, own)
    return (
        stability(own, catalogue, values, key),
        over_models(own, others, catalogue, values, key) if others else None,
    )


def firmness_said(found: Firmness) -> tuple[Words, ...]:
    """Both verdicts in words."""
    names = describe_all()
    return stability_said(*found, lambda id_: (str(names[id_]["zh"]), str(names[id_]["en"])))


def _others(home: Home, own: Bundle) -> list[Bundle]:
    """Installed bundles that rank by the same models over the same indicators, the latest first."""
    found: list[Bundle] = []
    installed = [path for path in home.bundles.iterdir() if (path / "catalogue.json").is_file()]
    for path in sorted(installed, key=os.path.getmtime, reverse=True):
        if len(found) == OTHERS:
            break
        if path.name == own.id or read_json(path / "catalogue.json").get("hash") != own.catalogue_hash:
            continue
        try:
            other = open_bundle(home, path.name)
        except (BundleFault, IntegrityRefused):  # of no concern here: whoever scores with it is told
            continue
        if set(other.boosters) >= {"redefault_6"} and set(other.boosters) == set(own.boosters):
            found.append(other)
    return found
