"""The Data Docs of case records: Great Expectations' own rendering of the suites and of what they found.

    OUT/index.html            every table: rows, refusals, expectations that hold
    OUT/<table>.html          every expectation of a table in words, with what was found
    OUT/suites/<table>.json   the suite as Great Expectations reads it
    OUT/results/<table>.json  its results

Great Expectations' page frame fetches styles and scripts from the network; ours stands in its place, so that the
pages open on a closed network. The suites of the contract also lie in `records/suites/`, where a change of a contract
shows as a change of the expectations; a test holds the two together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import ChoiceLoader, PackageLoader

from records.contract import Table
from records.files import write_atomically
from records.suite import Verdict, expectations, plain
from records.suite_view import view_of
from records.tables import TABLES
from records.validation_report import TableCount, ValidationReport

SUITES: Final = Path(__file__).parent / "suites"
# Expectations name controls, spaces and direction marks that no reader could see: on a page by their numbers.
_INVISIBLE = (
    *range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA1), 0x1680, *range(0x2000, 0x2010),
    *range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0xFEFF,
)  # fmt: skip
_VISIBLE: Final = {code: f"\\u{code:04x}" for code in _INVISIBLE}


def suite_json(table: Table) -> dict[str, Any]:
    """The suite of `table` as its contract demands it of typed rows, in Great Expectations' own JSON form."""
    empty = view_of(table, table.empty(), pl.Series([], dtype=pl.Int64))
    return _suite(table.name, [(one.kind, one.arguments) for one in expectations(table, empty)])


def suite_bytes(table: Table) -> bytes:
    """The file of a suite: the same bytes for the same contract."""
    return _json(suite_json(table))


def write_suites(out: Path) -> int:
    """Write the suites of all tables to `out`; returns how many."""
    for name, table in TABLES.items():
        write_atomically(out / f"{name}.json", suite_bytes(table))
    return len(TABLES)


def write_data_docs(out: Path, report: ValidationReport, title: str) -> Path:
    """Write the Data Docs of a validation to `out`; returns the page to open. `title` names the dataset."""
    view = _view()
    lines = []
    for name in report.tables:
        table = TABLES[name]
        verdicts = [verdict for verdict in report.verdicts if verdict.table == name]
        suite, result = _documents(table, verdicts, report.tables[name])
        write_atomically(out / "suites" / f"{name}.json", _json(suite.to_json_dict()))
        if result is not None:
            write_atomically(out / "results" / f"{name}.json", _json(result.to_json_dict()))
        page = view.render(_rendered(suite, result), heading=table.title_zh, table=name, title=title)
        write_atomically(out / f"{name}.html", page.translate(_VISIBLE).encode())
        lines.append(_line(table, report.tables[name], verdicts))
    index = view.env.get_template("data_docs_index.html").render(
        title=title, lines=lines, total=report.total, ok=report.ok, fingerprint=report.fingerprint
    )
    path = out / "index.html"
    write_atomically(path, index.encode())
    return path


def _line(table: Table, count: TableCount, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    held = sum(verdict.success for verdict in verdicts)
    return {"name": table.name, "zh": table.title_zh, "count": count, "held": held, "asked": len(verdicts)}


def _documents(table: Table, verdicts: Sequence[Verdict], count: TableCount) -> tuple[Any, Any | None]:
    """The suite and, when rows were there to be asked, its result, as objects of Great Expectations."""
    gx = _great_expectations()
    from great_expectations.core import (  # noqa: PLC0415
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )

    if not verdicts:
        return gx.ExpectationSuite(**_named(suite_json(table))), None
    suite = gx.ExpectationSuite(**_named(_suite(table.name, [(one.expectation, one.arguments) for one in verdicts])))
    results = [
        ExpectationValidationResult(
            success=verdict.success,
            expectation_config=expectation.configuration,
            result=_figures(verdict, count.rows_in),
            meta={},
            exception_info={
                "raised_exception": verdict.raised,
                "exception_message": None,
                "exception_traceback": None,
            },
        )
        for verdict, expectation in zip(verdicts, suite.expectations, strict=True)
    ]
    held = sum(verdict.success for verdict in verdicts)
    statistics = {
        "evaluated_expectations": len(verdicts),
        "successful_expectations": held,
        "unsuccessful_expectations": len(verdicts) - held,
        "success_percent": 100.0 * held / len(verdicts),
    }
    meta = {"great_expectations_version": gx.__version__, "run_id": None}
    success = held == len(verdicts)
    return suite, ExpectationSuiteValidationResult(
        success=success, results=results, suite_name=table.name, statistics=statistics, meta=meta
    )


def _figures(verdict: Verdict, rows: int) -> dict[str, Any]:
    if verdict.unexpected is None:
        return {}
    share = 100.0 * verdict.unexpected / rows if rows else 0.0
    return {"element_count": rows, "unexpected_count": verdict.unexpected, "unexpected_percent": share}


def _named(suite: Mapping[str, Any]) -> dict[str, Any]:
    return {name: suite[name] for name in ("name", "expectations", "meta")}


def _suite(name: str, asked: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    gx = _great_expectations()
    from great_expectations import expectations as classes  # noqa: PLC0415

    suite = gx.ExpectationSuite(name, [getattr(classes, kind)(**plain(arguments)) for kind, arguments in asked])
    return dict(suite.to_json_dict())


def _rendered(suite: Any, result: Any | None) -> Any:
    """What Great Expectations' renderers make of a result, or of the suite alone."""
    from great_expectations.render.renderer import (  # noqa: PLC0415
        ExpectationSuitePageRenderer,
        ValidationResultsPageRenderer,
    )

    if result is None:
        return ExpectationSuitePageRenderer().render(suite)
    return ValidationResultsPageRenderer().render(result)


def _view() -> Any:
    """Great Expectations' view of content blocks, with our page around them."""
    _great_expectations()
    from great_expectations.render.view import DefaultJinjaPageView  # noqa: PLC0415

    class Pages(DefaultJinjaPageView):  # type: ignore[misc]
        _template = "data_docs_table.html"

    view = Pages()
    view.env.loader = ChoiceLoader([PackageLoader("records", "templates"), view.env.loader])
    return view


def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # it reports home unless told otherwise before its import
    import great_expectations as gx  # noqa: PLC0415

    return gx


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True, default=str) + "\n").encode()
