"""The model card: what a bundle is for, what it was made of, what was measured and what is not known, on one page.

Generated from the bundle, the newest evaluation kept at home, the gates as they stand today and the approvals; nothing
in it is written by hand. Markdown or HTML, by the ending of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from features.indicator import DIMENSIONS_ZH
from models.bundle import Bundle
from models.gates import GateResult
from models.proxy_words import in_words
from pipeline.bundles import install
from pipeline.charts import HEADS_ZH
from pipeline.gated import verdicts_of
from pipeline.home import Home
from pipeline.kept import kept
from pipeline.promote import PromotionRefused, champion, pending
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, tell
from pipeline.version import CODE_VERSION
from records.files import write_atomically

FORMS = {".md": "card.md", ".html": "card.html"}
VERDICTS_ZH = {"pass": "通过 pass", "fail": "不通过 fail", "insufficient": "证据不足 insufficient evidence"}
GATES_ZH = {
    "current": "时效 current",
    "ranking": "区分能力 ranking",
    "calibration": "校准 calibration",
    "monotone": "单调 monotone",
    "fairness": "公平 fairness",
    "replay": "可重放 replayable",
}
FAIR_ZH = {
    "within": "限内 within limits",
    "gap": "超限 gap",
    "undecided": "未定 undecided",
    "insufficient": "证据不足 insufficient evidence",
    "proxy": "可推知 proxy",
}
DIRECTIONS = {-1: "↓", 0: "·", 1: "↑"}
PARTS_ZH = {**HEADS_ZH, "redefault_7_12": "第七至十二个月再失信", "scorecard": "公开积分卡"}


def card(reference: str, out: Path) -> Outcome:
    """Write the card of a bundle to `out`, a .md or .html file."""
    if out.suffix not in FORMS:
        raise InputRefused(f"{out} must end in .md or .html")
    home = Home.from_environment()
    bundle = install(home, reference)
    write_atomically(out, render(contents(home, bundle), out.suffix).encode())
    tell(f"model card of bundle {bundle.id} in {out}")
    return DONE


def contents(home: Home, bundle: Bundle) -> dict[str, Any]:
    """Everything the card says, as plain values."""
    evaluations = kept(home, bundle.id)
    newest = evaluations[-1] if evaluations else None
    gates: tuple[GateResult, ...] = ()
    limits: Mapping[str, Any] = {}
    try:
        verdicts = verdicts_of(home, bundle)
        gates, limits = verdicts.gates, verdicts.limits
    except PromotionRefused:
        pass  # never evaluated here: the card says so
    reigning = champion(home)
    answers = reigning is not None and reigning["bundle"] == bundle.id
    approvals = list(reigning["approvals"]) if reigning is not None and answers else _waiting(home, bundle.id)
    scored = [spec for spec in bundle.specs if spec.scored]
    return {
        "bundle": bundle.id,
        "profile": bundle.profile,
        "catalogue": bundle.catalogue_hash,
        "training": dict(bundle.training),
        "counts": bundle.training.get("counts", {}),
        "calendar": bundle.training.get("calendar", {}),
        "absent": dict(bundle.absent),
        "parameters": _flat(bundle.params),
        "dimensions": {
            DIMENSIONS_ZH.get(name, name): [spec for spec in scored if spec.dimension == name]  # type: ignore[call-overload]
            for name in dict.fromkeys(spec.dimension for spec in scored)
        },
        "unscored": [spec for spec in bundle.specs if not spec.scored],
        "card": None if bundle.scorecard is None else bundle.scorecard,
        "calibrators": dict(bundle.calibrators),
        "reference": bundle.reference,
        "trained": dict(bundle.metrics),
        "evaluations": len(evaluations),
        "newest": newest,
        "gates": [asdict(gate) for gate in gates],
        "limits": dict(limits),
        "fairness": _fairness(newest),
        "answers": answers,
        "approvals": approvals,
        "code": CODE_VERSION,
    }


def render(found: Mapping[str, Any], suffix: str) -> str:
    """The card as Markdown or HTML."""
    environment = Environment(
        loader=PackageLoader("pipeline"),
        autoescape=suffix == ".html",  # noqa: S701 - Markdown has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "interval": lambda one: "—" if one is None else f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]",
        "gap": lambda one: f"{one['difference']:+.3f} [{one['low']:+.3f}, {one['high']:+.3f}]",
        "cell": lambda text: str(text).replace("|", "\\|").replace("\n", " "),
    }
    environment.globals |= {
        "verdicts": VERDICTS_ZH,
        "gate_names": GATES_ZH,
        "heads": PARTS_ZH,
        "arrows": DIRECTIONS,
        "fair": FAIR_ZH,
    }
    return environment.get_template(FORMS[suffix]).render(**found)


def _waiting(home: Home, bundle_id: str) -> list[dict[str, Any]]:
    return [asdict(approval) for approval in pending(home, bundle_id)]


def _fairness(newest: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """One row per outcome and attribute: verdict, and the outcome's largest gaps; then what indicators give away, and
    which lead."""
    metrics = {} if newest is None else newest["metrics"]
    told = metrics.get("proxy_indicators") or {}
    rows = []
    for outcome, one in (metrics.get("fairness") or {}).items():
        if outcome == "proxies":
            what = "可否由指标推知 told by indicators"
            figures = {name: in_words(told.get(name, [])) for name in one}
            verdicts = one
        else:
            what, verdicts = PARTS_ZH.get(outcome, outcome), one["verdicts"]
            figures = dict.fromkeys(verdicts, ", ".join(f"{gap} {value:.3f}" for gap, value in one["worst"].items()))
        rows += [
            {"what": what, "attribute": name, "verdict": verdict, "figures": figures[name]}
            for name, verdict in verdicts.items()
        ]
    return rows


def _flat(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in content.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return rows
