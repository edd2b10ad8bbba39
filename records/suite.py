"""Great Expectations suites, generated from the contract: a second, independent opinion on every table.

The row check decides what is set aside; the suite must come to the same verdict. Each expectation says
which refusals of the row check oblige it to fail, and in which columns others may explain that it fails:
a day in the year 3500 is out of range for the row check and also later than known_at for the suite. A
failure without explanation, or an obliging refusal without failure, is a fault of the checks themselves.

Not expressed here, and left to the row check: references, supersedes_id, the bucket of a debtor, and the
inside of lists and of JSON texts.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

import polars as pl

from records.clock import SHANGHAI
from records.contract import Column, Table
from records.faults import Fault
from records.rules import CONTROLS, FIRST_DAY, LARGEST_INTEGER, LAST_DAY
from records.suite_view import (
    BUCKET,
    KIND_TEXTS,
    KNOWN_DAY,
    SuiteView,
    given_name,
    refused_name,
    text_name,
    view_of,
)

LARGEST_FLOAT: Final = 1.7976931348623157e308


@dataclass(frozen=True)
class Expected:
    """One expectation: its class in `great_expectations.expectations` and its arguments; the column it is
    about (None: the table); the codes of refusals in that column (None: in any) that oblige it to fail; and
    the columns any refusal in which may explain that it fails.
    """

    kind: str
    arguments: Mapping[str, Any]
    column: str | None
    obliging: frozenset[str]
    explaining: frozenset[str] = frozenset()

    def obliged_by(self, refusals: Collection[tuple[str, str]]) -> bool:
        """Whether one of the refusals (column, code) must make it fail."""
        return any(code in self.obliging and self.column in (None, column) for column, code in refusals)

    def explained_by(self, refusals: Collection[tuple[str, str]]) -> bool:
        """Whether one of the refusals can be why it fails."""
        return self.obliged_by(refusals) or any(column in self.explaining for column, _ in refusals)


@dataclass(frozen=True)
class Verdict:
    """What the suite said of one expectation over all batches of a table: `unexpected` rows (None: it counts
    no rows); `raised` when it could not be evaluated; `agrees` with the row check; `arguments` as Great
    Expectations took them.
    """

    table: str
    expectation: str
    column: str | None
    success: bool
    unexpected: int | None
    raised: bool
    agrees: bool
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return vars(self) | {"arguments": plain(self.arguments)}


def plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as JSON values: instants as ISO text."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in arguments.items()}


def expectations(table: Table, view: SuiteView) -> list[Expected]:
    """The expectations on a batch of `table`, from its contract."""
    names = table.schema.names()
    columns = {"column_set": sorted([*names, *view.helpers]), "exact_match": True}
    unique = {"column_list": [BUCKET, "row_id"], "ignore_row_if": "any_value_is_missing"}
    found = [Expected("ExpectTableColumnsToMatchSet", columns, None, frozenset({"missing_column", "unknown_column"}))]
    if "row_id" in view.frame.columns:
        found.append(Expected("ExpectCompoundColumnsToBeUnique", unique, "row_id", frozenset({"duplicate_row"})))
    for column in table.columns:
        if column.name in view.frame.columns:
            found += _of_column(column, view)
    return found


def _of_column(column: Column, view: SuiteView) -> list[Expected]:
    name = column.name
    given, text, refused = given_name(name), text_name(name), refused_name(name)
    found = []
    if not column.nullable:
        on = given if given in view.helpers else name
        found.append(_expected("ExpectColumnValuesToNotBeNull", column, "not_null", column=on))
    if refused in view.helpers:
        found.append(_expected("ExpectColumnValuesToBeNull", column, "wrong_type", column=refused))
    if text in view.helpers and column.kind in KIND_TEXTS:
        regex = _whole(KIND_TEXTS[column.kind])
        found.append(_expected("ExpectColumnValuesToMatchRegex", column, "wrong_type", column=text, regex=regex))
    found += _of_values(column)
    if column.past and KNOWN_DAY in view.helpers:
        pair = {
            "column_A": KNOWN_DAY if column.kind == "date" else "known_at",
            "column_B": name,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        }
        explaining = frozenset({name, "known_at"})
        kind = "ExpectColumnPairValuesAToBeGreaterThanB"
        found.append(Expected(kind, pair, name, frozenset({"future"}), explaining))
    return found


def _of_values(column: Column) -> list[Expected]:
    match column.kind:
        case "id" | "text":
            regex = _whole(column.full_pattern or "[^" + CONTROLS.removeprefix("[").removesuffix("]") + "]+")
            return [_expected("ExpectColumnValuesToMatchRegex", column, "bad_text", "bad_pattern", regex=regex)]
        case "enum":
            values = list(column.values)
            return [_expected("ExpectColumnValuesToBeInSet", column, "not_allowed", value_set=values)]
        case "date" | "timestamp" | "integer" | "number" | "money":
            low, high = _limits(column)
            kind = "ExpectColumnValuesToBeBetween"
            return [_expected(kind, column, "out_of_range", "not_finite", min_value=low, max_value=high)]
        case _:
            return []


def _limits(column: Column) -> tuple[Any, Any]:
    """Least and greatest value of the column as the view holds it."""
    match column.kind:
        case "date":
            return datetime.combine(FIRST_DAY, time.min), datetime.combine(LAST_DAY, time.min)
        case "timestamp":
            return _in_utc(FIRST_DAY, time.min), _in_utc(LAST_DAY, time.max)
        case "integer":
            low, high = float(-LARGEST_INTEGER), float(LARGEST_INTEGER)
        case _:
            low, high = -LARGEST_FLOAT, LARGEST_FLOAT
    return (
        low if column.minimum is None else column.minimum,
        high if column.maximum is None else column.maximum,
    )


def _in_utc(day: date, moment: time) -> datetime:
    """A court-time instant as the view holds it: in UTC, without a zone."""
    return datetime.combine(day, moment, tzinfo=SHANGHAI).astimezone(UTC).replace(tzinfo=None)


def _expected(kind: str, of: Column, *obliging: str, **arguments: Any) -> Expected:
    return Expected(kind, {"column": of.name} | arguments, of.name, frozenset(obliging), frozenset({of.name}))


def _whole(pattern: str) -> str:
    return rf"^(?:{pattern})\Z"


@dataclass
class SuiteRunner:
    """Runs the suites batch by batch and compares them with the row check. Great Expectations is imported
    (some three seconds) when the first batch comes.
    """

    _verdicts: dict[tuple[str, str, str | None, str], Verdict] = field(default_factory=dict)
    _batches: Any = None

    def run(self, table: Table, raw: pl.DataFrame, buckets: pl.Series, refusals: Collection[tuple[str, str]]) -> None:
        """Validate one batch: `raw` rows before quarantine, the bucket of each, and the (column, code) pairs
        that the row check refused among them.
        """
        if not raw.height:
            return
        view = view_of(table, raw, buckets)
        expected = expectations(table, view)
        for one, result in zip(expected, self._validate(table.name, view, expected), strict=True):
            raised = bool(result.exception_info) and any(_raised(result.exception_info))
            success = bool(result.success) and not raised
            agrees = one.explained_by(refusals) if not success else not one.obliged_by(refusals)
            unexpected = result.result.get("unexpected_count")
            agrees = agrees and not raised
            self._add(
                one, Verdict(table.name, one.kind, one.column, success, unexpected, raised, agrees, one.arguments)
            )

    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts so far, in the order of tables and columns."""
        return tuple(self._verdicts.values())

    def disagreements(self) -> list[Fault]:
        """Where the suite and the row check do not agree: a fault of this program, not of the data."""
        return [
            Fault(
                "suite_disagrees",
                "/".join(part for part in (verdict.table, verdict.column) if part),
                f"{verdict.expectation} {'passed' if verdict.success else 'failed'}, the row check says otherwise; "
                "report this, the checks contradict each other",
                table=verdict.table,
                column=verdict.column,
            )
            for verdict in self._verdicts.values()
            if not verdict.agrees
        ]

    def _add(self, one: Expected, verdict: Verdict) -> None:
        key = (verdict.table, one.kind, one.column, str(one.arguments.get("column")))
        former = self._verdicts.get(key)
        if former is not None:
            counts = [n for n in (former.unexpected, verdict.unexpected) if n is not None]
            verdict = replace(
                verdict,
                success=verdict.success and former.success,
                unexpected=sum(counts) if counts else None,
                raised=verdict.raised or former.raised,
                agrees=verdict.agrees and former.agrees,
            )
        self._verdicts[key] = verdict

    def _validate(self, name: str, view: SuiteView, expected: list[Expected]) -> list[Any]:
        os.environ["GX_ANALYTICS_ENABLED"] = "False"  # it reports home unless told otherwise before its import
        import great_expectations as gx  # noqa: PLC0415
        from great_expectations import expectations as classes  # noqa: PLC0415

        if self._batches is None:
            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas("records").add_dataframe_asset("rows")
            self._batches = asset.add_batch_definition_whole_dataframe("batch")
        batch = self._batches.get_batch({"dataframe": view.frame})
        # The results come in another order than the expectations: each carries its position with it.
        suite = gx.ExpectationSuite(
            name, [getattr(classes, one.kind)(**one.arguments, meta={"at": at}) for at, one in enumerate(expected)]
        )
        outcome = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
        return sorted(outcome.results, key=lambda result: result.expectation_config.meta["at"])


def _raised(information: Mapping[str, Any]) -> list[bool]:
    """Whether an evaluation raised: the information is flat, or one such mapping per metric."""
    if "raised_exception" in information:
        return [bool(information["raised_exception"])]
    return [bool(one.get("raised_exception")) for one in information.values() if isinstance(one, Mapping)]
