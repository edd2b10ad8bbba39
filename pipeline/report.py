"""The model report: one HTML file that needs no network, for data scientists and reviewers alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from models.bundle import Bundle
from pipeline import charts
from pipeline.bundles import install
from pipeline.files import read_json
from pipeline.global_pictures import GROUPINGS_ZH, GROUPS_ZH, OUTCOMES_ZH, pictures
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, tell
from records.files import write_atomically

DIMENSIONS_ZH = {"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响", "all": "总分"}
NONE = "—"


def report(evaluation: Path, reference: str, out: Path) -> Outcome:
    """Write the report of an evaluated bundle to `out`."""
    bundle = install(Home.from_environment(), reference)
    write_atomically(out, render(evaluation, bundle).encode())
    tell(f"report in {out}")
    return DONE


def render(evaluation: Path, bundle: Bundle) -> str:
    """The HTML: every section that gave tables, in order; then the points table and where it all comes from."""
    metrics, sections = read_json(evaluation / "metrics.json"), read_json(evaluation / "tables.json")
    if metrics.get("bundle") != bundle.id:
        raise InputRefused(f"{evaluation} is the evaluation of bundle {metrics.get('bundle')}, not of {bundle.id}")
    return (
        environment()
        .get_template("report.html")
        .render(
            bundle=bundle,
            metrics=metrics,
            sections=sections,
            dimensions=DIMENSIONS_ZH,
            card=[] if bundle.scorecard is None else bundle.scorecard.table(),
            pictures=pictures(evaluation),
            indicators={spec.id: spec.zh for spec in bundle.specs},
            plotly=get_plotlyjs(),
        )
    )


def environment() -> Environment:
    """Jinja as the reports' templates expect it: numbers as text, charts, and the outcomes' names."""
    made = Environment(
        loader=PackageLoader("pipeline"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": lambda value: _written(value, ".1%"),
        "three": lambda value: _written(value, ".3f"),
        "signed": lambda value: _written(value, "+.3f"),
        "interval": lambda one, form=".3f": Markup('<span class="soft range">[{}, {}]</span>').format(
            _written(one["low"], form), _written(one["high"], form)
        ),
        "for_heads": _columns,
        "combined": lambda first, second: {**first, **second},
        "having": lambda rows, key, value: [row for row in rows if row[key] == value],
        "count": lambda value: _written(value, ",d"),
    }
    made.globals |= {"charts": charts, "heads": charts.HEADS_ZH, "parts": OUTCOMES_ZH}
    made.globals |= {"groupings": GROUPINGS_ZH, "groups_zh": GROUPS_ZH}
    return made


def _columns(outcomes: Mapping[str, Any], card: Any) -> list[Any]:
    """What was found of each outcome, in the order of the head figures, and of the card where there is one."""
    found = [outcomes[name] for name in charts.HEADS_ZH if name in outcomes]
    return found if card is None else [*found, card]


def _written(value: Any, form: str) -> str:
    return NONE if value is None else format(value, form)
