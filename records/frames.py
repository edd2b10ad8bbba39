"""The row check for whole frames: the rules of `records.rules`, vectorised.

A raw frame may have any columns of any types. A column of the right type is checked by expressions; a
column of text where something else belongs is read value by value with the very reader of JSON cells,
so that one "abc" among a million amounts costs one row; any other type cannot be read without guessing
(a float is no amount of money) and costs every row that has a value there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from records.buckets import bucket_of
from records.contract import IDENTIFIER, Column, Table
from records.faults import FaultCode
from records.frame_columns import TEXTS, faults_in, faults_where, no_faults, typed_column, value_rules
from records.rules import describe
from records.tables import TABLES

FAULTS_SCHEMA = pl.Schema(
    {"row": pl.Int64(), "row_id": pl.String(), "column": pl.String(), "code": pl.String(), "detail": pl.String()}
)
# Per table: what earlier runs set aside, so that references to it are not called dangling.
IDS_SCHEMA = pl.Schema({"debtor_id": pl.String(), "row_id": pl.String(), "business_id": pl.String()})


@dataclass(frozen=True)
class RowCheck:
    """`accepted`: typed frame of the contract; `rejected`: the other rows as they came; `faults`: frame of
    FAULTS_SCHEMA, sorted by row and column; `rejected_rows`: positions of the rejected rows in the raw frame.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    faults: pl.DataFrame
    rejected_rows: pl.Series


@dataclass(frozen=True)
class _Typed:
    """A raw frame and its typed columns; `faults` so far, as (row, column, code)."""

    table: Table
    raw: pl.DataFrame
    frame: pl.DataFrame
    faults: pl.DataFrame


def check_rows(table: Table, raw: pl.DataFrame) -> RowCheck:
    """Check the rows of one table by themselves (references to other tables are not looked up)."""
    return _finish(_check(table, raw, _ids(table, raw))) if raw.height else _nothing(table, raw)


def check_tables(
    raw: Mapping[str, pl.DataFrame],
    set_aside: Mapping[str, pl.DataFrame] | None = None,
    unreadable: Iterable[str] = (),
    bucket: tuple[int, int] = (0, 1),
) -> dict[str, RowCheck]:
    """Check the tables of one bucket together, references included.

    `set_aside`: per table, rows of earlier quarantine (IDS_SCHEMA); `unreadable`: tables whose rows are
    unknown, so that nothing can be said about references into them; `bucket`: its number and how many there
    are. A table that is absent has no rows.
    """
    ids = {name: _ids(TABLES[name], frame) for name, frame in raw.items()}
    for name, rows in (set_aside or {}).items():
        earlier = _known_debtors(rows.select(IDS_SCHEMA.names()))
        ids[name] = pl.concat([ids.get(name, pl.DataFrame(schema=IDS_SCHEMA)), earlier])
    lost = frozenset(unreadable)
    checks = {}
    for name, frame in raw.items():
        if not frame.height:
            checks[name] = _nothing(TABLES[name], frame)
            continue
        checked = _check(TABLES[name], frame, ids[name])
        known = {target: rows for target, rows in ids.items() if target not in lost}
        checks[name] = _finish(_references(_misplaced(checked, *bucket), known, lost))
    return checks


def _nothing(table: Table, raw: pl.DataFrame) -> RowCheck:
    return RowCheck(table.empty(), raw, pl.DataFrame(schema=FAULTS_SCHEMA), pl.Series(dtype=pl.Int64))


def _ids(table: Table, raw: pl.DataFrame) -> pl.DataFrame:
    """Debtor, row and business ids as they were given, as text; the debtor null where it is no identifier."""
    names = {"debtor_id": "debtor_id", "row_id": "row_id", "business_id": table.business_id}
    return _known_debtors(pl.DataFrame({new: as_text(raw, old) for new, old in names.items()}, schema=IDS_SCHEMA))


def _known_debtors(ids: pl.DataFrame) -> pl.DataFrame:
    """`ids` with the debtor null where it is no identifier: such a row may be anybody's, now and in quarantine."""
    debtor = pl.col("debtor_id")
    return ids.with_columns(pl.when(debtor.str.contains(f"^(?:{IDENTIFIER})$")).then(debtor).alias("debtor_id"))


def as_text(raw: pl.DataFrame, column: str) -> pl.Series:
    """A column as text; null where it is missing or no text."""
    if column in raw.columns and raw.schema[column] in TEXTS:
        return raw[column].cast(pl.String)
    return pl.Series(column, [None] * raw.height, dtype=pl.String)


def _check(table: Table, raw: pl.DataFrame, ids: pl.DataFrame) -> _Typed:
    """Every rule but references."""
    columns, found = [], [_unknown(table, raw)]
    for column in table.columns:
        values, faults = _column(column, raw)
        columns.append(values)
        found.append(faults)
    frame, faults = _refuse(
        pl.DataFrame(columns), [(column, *rule) for column in table.columns for rule in value_rules(column)]
    )
    found.append(faults)
    number = pl.col(pl.Float64)
    frame = frame.with_columns(pl.when(number != 0).then(number).otherwise(number.abs()))  # -0.0 becomes 0.0
    frame, faults = _refuse(frame, [(column, "future", _late(column)) for column in table.columns if column.past])
    found += [faults, _duplicates(raw), _supersedings(table, raw, frame, ids)]
    return _Typed(table, raw, frame, pl.concat(found))


def _refuse(frame: pl.DataFrame, rules: list[tuple[Column, FaultCode, pl.Expr]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Apply `rules` (column, code, expression true where it is broken) in their order: a refused cell becomes
    null and takes no further fault. All are evaluated at once, for most of them never apply.
    """
    masks = frame.select(bad.fill_null(value=False).alias(str(i)) for i, (_, _, bad) in enumerate(rules))
    broken = masks.select(pl.all().any()).row(0) if masks.width and masks.height else ()
    found = []
    for i, breaks in enumerate(broken):
        if breaks:
            column, code, _ = rules[i]
            bad = masks[str(i)] & frame[column.name].is_not_null()
            found.append(faults_where(bad, column.name, code))
            frame = frame.with_columns(pl.when(~bad).then(pl.col(column.name)).alias(column.name))
    return frame, pl.concat([no_faults(), *found])


def _late(column: Column) -> pl.Expr:
    """Whether an event lies after the row became known: by the court-time day for days, exactly for instants."""
    known_at = pl.col("known_at")
    return pl.col(column.name) > (known_at.dt.date() if column.kind == "date" else known_at)


def _column(column: Column, raw: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """The typed column (null where it is missing or of a wrong type) and its faults."""
    if column.name not in raw.columns:
        values = pl.Series(column.name, [None] * raw.height, dtype=column.dtype)
        return values, no_faults() if column.nullable else faults_where(values.is_null(), column.name, "missing_column")
    given = raw[column.name]
    values, refused = typed_column(column, given)
    if column.nullable or not given.null_count():
        return values, refused
    return values, pl.concat([faults_where(given.is_null(), column.name, "not_null"), refused])


def _unknown(table: Table, raw: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold something in a column the table does not have."""
    names = [name for name in raw.columns if name not in table.schema]
    return pl.concat([no_faults(), *(faults_where(raw[name].is_not_null(), name, "unknown_column") for name in names)])


def _duplicates(raw: pl.DataFrame) -> pl.DataFrame:
    ids = as_text(raw, "row_id")
    return faults_where(ids.is_duplicated() & ids.is_not_null(), "row_id", "duplicate_row")


def _supersedings(table: Table, raw: pl.DataFrame, frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """supersedes_id names another row of the same thing and debtor."""
    claims = _ids(table, raw).with_columns(frame["supersedes_id"]).with_row_index("row")
    claims = claims.drop_nulls(["supersedes_id", "business_id"])
    if not claims.height:
        return no_faults()
    versions = ids.select("debtor_id", "business_id", pl.col("row_id").alias("supersedes_id")).unique()
    itself = claims.filter(pl.col("row_id").eq_missing(pl.col("supersedes_id")))
    lost = _without(claims, versions, ["business_id", "supersedes_id"])
    return faults_in(pl.concat([itself["row"], lost["row"]]).unique(), "supersedes_id", "bad_supersedes")


def _without(claims: pl.DataFrame, targets: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Claims that name no target of their debtor. A row whose debtor is not known may be anybody's: that is its
    own fault, and not one of the rows that point to it or that it points to.
    """
    mine = claims.join(targets, on=["debtor_id", *on], how="anti")
    mine = mine.join(targets.filter(pl.col("debtor_id").is_null()), on=on, how="anti")
    nobodys = mine.filter(pl.col("debtor_id").is_null())
    return pl.concat([mine.filter(pl.col("debtor_id").is_not_null()), nobodys.join(targets, on=on, how="anti")])


def _misplaced(checked: _Typed, bucket: int, buckets: int) -> _Typed:
    """Add a fault for every row of a debtor who belongs to another bucket: no reader would look for it here."""
    wrong = (bucket_of(checked.frame["debtor_id"], buckets) != bucket).fill_null(value=False)
    faults = pl.concat([checked.faults, faults_where(wrong, "debtor_id", "wrong_bucket")])
    return _Typed(checked.table, checked.raw, checked.frame, faults)


def _references(checked: _Typed, ids: Mapping[str, pl.DataFrame], lost: frozenset[str]) -> _Typed:
    """Add a fault for every id that names no row of its debtor."""
    found = [checked.faults]
    debtors = _ids(checked.table, checked.raw)["debtor_id"]
    for column in checked.table.columns:
        if column.references is None or column.references in lost:
            continue
        named = pl.DataFrame([debtors, checked.frame[column.name].alias("business_id")]).with_row_index("row")
        if column.kind == "ids":
            named = named.explode("business_id")
        named = named.drop_nulls("business_id")
        targets = ids.get(column.references, pl.DataFrame(schema=IDS_SCHEMA))
        dangling = _without(named, targets, ["business_id"])
        found.append(faults_in(dangling["row"].unique(), column.name, "dangling_reference"))
    return _Typed(checked.table, checked.raw, checked.frame, pl.concat(found))


def _finish(checked: _Typed) -> RowCheck:
    faults = checked.faults.sort("row", "column", "code")
    columns = {column.name: column for column in checked.table.columns}
    kinds = faults.select("column", "code").unique(maintain_order=True)
    details = [
        describe(columns[name], code) if name in columns else "is no column of this table"
        for name, code in kinds.rows()
    ]
    faults = faults.join(
        kinds.with_columns(pl.Series("detail", details, dtype=pl.String)),
        on=["column", "code"],
        how="left",
        maintain_order="left",
    )
    row_ids = as_text(checked.raw, "row_id")
    faults = faults.with_columns(row_ids.gather(faults["row"]).alias("row_id")).select(FAULTS_SCHEMA.names())
    bad_rows = faults["row"].unique().sort()
    bad = pl.Series(range(checked.raw.height), dtype=pl.Int64).is_in(bad_rows.implode())
    return RowCheck(checked.frame.filter(~bad), checked.raw.filter(bad), faults, bad_rows)
