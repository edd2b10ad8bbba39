"""What a catalogue may not do: reach protected facts, name unknown columns, sum floats, clash in names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from features.expressions import WINDOW_STARTS
from features.indicator import ANSWERS, CatalogueError, Indicator, Part, part_text
from features.linked_columns import LINKED
from records.contract import DTYPES
from records.tables import CASE_TABLES, TABLES

AUDIT_COLUMNS = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.sensitivity == "audit"
)
# Facts of restricted class may help a debtor through the rules, but no model learns from them
# (PIPL art. 28: sensitive data need a specific purpose; a guardian's acts are never the ward's).
RULES_ONLY_TABLES = frozenset({"hardship_attestations", "guardian_conduct"})
RESTRICTED_COLUMNS = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.sensitivity == "sensitive"
)
_LITERAL_DIVISOR = re.compile(r"/ \((?:dyn \w+: )?-?[\d.]+\)")
CASE_COLUMNS = frozenset({"case_key", "as_of", "as_of_day", "case_application_id", *WINDOW_STARTS})


def readable_columns(table: str) -> frozenset[str]:
    """Columns that a part of `table` may name, without cohort parameters."""
    return frozenset(TABLES[table].schema.names()) | frozenset(LINKED.get(table, {})) | CASE_COLUMNS


def check_catalogue(catalogue: Sequence[Indicator]) -> None:
    """Raise CatalogueError stating every problem of the catalogue; pass in silence when there is none."""
    problems = [
        f"indicator {name} is declared {count} times"
        for name, count in Counter(indicator.id for indicator in catalogue).items()
        if count > 1
    ]
    texts: dict[str, str] = {}
    for indicator in catalogue:
        for name, step in indicator.steps.items():
            if texts.setdefault(name, str(step)) != str(step):
                problems.append(f"{indicator.id}, step {name}: the name stands for something else already; rename one")
        problems.extend(_declaration_problems(indicator))
        for name, part in indicator.parts.items():
            where = f"{indicator.id}, part {name}"
            problems.extend(f"{where}: {problem}" for problem in _part_problems(indicator, part))
            text = part_text(part)
            if texts.setdefault(name, text) != text:
                problems.append(f"{where}: another indicator uses this part name for something else; rename one")
    if problems:
        raise CatalogueError(problems)


def _declaration_problems(indicator: Indicator) -> Iterator[str]:
    numbers = {name for name, part in indicator.parts.items() if part.reduce != "support"}
    made, named = set(numbers), set[str]()
    for name, step in (*indicator.steps.items(), ("combine", indicator.combine)):
        read = set(step.meta.root_names())
        named |= read
        unknown = sorted(other for other in read - made - {"as_of_day"} if not other.startswith("p_"))
        if unknown:
            yield f"{indicator.id}: {name} reads {', '.join(unknown)}, which no part of it computes"
        if _LITERAL_DIVISOR.search(str(step)):
            yield f"{indicator.id}: {name} divides by a literal, whose bits depend on the number of rows; use divided()"
        made.add(name)
    unread = sorted((numbers | set(indicator.steps)) - named)
    if unread:
        yield f"{indicator.id}: combine never reads {', '.join(unread)}; make it support or drop it"
    if not (indicator.zh and indicator.en and indicator.basis and indicator.review and indicator.window):
        yield f"{indicator.id}: name, window, basis and review text must be filled"


def _part_problems(indicator: Indicator, part: Part) -> Iterator[str]:
    if part.table not in CASE_TABLES:
        if part.table in TABLES:
            yield f"table {part.table} holds audit-only attributes or no input; no indicator may read it"
        else:
            yield f"there is no table {part.table}"
        return
    named = set(part.rows.meta.root_names()) | set(part.value.meta.root_names() if part.value is not None else ())
    protected = sorted(named & AUDIT_COLUMNS)
    if protected:
        yield f"audit-only columns may not be read: {', '.join(protected)}"
    unknown = sorted(name for name in named - readable_columns(part.table) - AUDIT_COLUMNS if not name.startswith("p_"))
    if unknown:
        yield f"table {part.table} has no column {', '.join(unknown)}"
    if indicator.scored and part.table in RULES_ONLY_TABLES:
        yield f"table {part.table} is for rules and reviewers only; set scored=False"
    restricted = sorted(named & RESTRICTED_COLUMNS)
    if indicator.scored and restricted:
        yield f"columns of a restricted class may not be scored: {', '.join(restricted)}"
    if (part.value is None) != (part.reduce in ("count", "support")):
        yield f"reduce={part.reduce} {'needs a value' if part.value is None else 'takes no value'}"
    if part.reduce == "sum" and part.value is not None and not unknown and not _is_integer(part):
        yield "only integers may be summed (money in 分, shares in millionths): float sums depend on order"
    if not part.answers or set(part.answers) - set(ANSWERS):
        yield f"answers must be some of {', '.join(ANSWERS)}"
    if "…" in part_text(part):
        yield "its text is abridged, so its hash would not cover it; spell the values out"


def _is_integer(part: Part) -> bool:
    assert part.value is not None  # noqa: S101  (narrows the type; the caller has checked)
    linked = {name: column.dtype for name, column in LINKED.get(part.table, {}).items()}
    days = dict.fromkeys(("as_of_day", *WINDOW_STARTS), pl.Date())
    schema = pl.Schema({**TABLES[part.table].schema, **linked, "as_of": DTYPES["timestamp"], **days})
    parameters = {name: pl.Float64() for name in part.value.meta.root_names() if name not in schema}
    frame = pl.LazyFrame(schema={**schema, **parameters})
    return frame.select(part.value).collect_schema().dtypes()[0].is_integer()
