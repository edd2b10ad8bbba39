"""A folder of CSV files, one `<table>.csv` for a table, with the columns of the contract, into a dataset.

Values stand as in a case's JSON: `2024-01-31`, `2024-01-31T09:30:00+08:00`, `1234.50`, `true`, `["a","b"]`; an
empty cell is null. Columns that may be null may be missing; `source_system` and `ingested_at` may be missing too
and are then import_csv and the time when the files were received. Rows with faults are set aside and also lie in
the quarantine of their table, so that a debtor with one of them is not scored from half of the records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl

from records.buckets import bucket_of
from records.clock import SHANGHAI
from records.contract import Table
from records.dataset import DatasetWriter
from records.dataset_info import INFO_FILE, DatasetInfo, Profile
from records.faults import Fault
from records.files import sha256_file, write_atomically
from records.frames import RowCheck, check_tables
from records.importers.csv_sheet import Sheet, read_sheet
from records.importers.report import (
    DEFAULT_BUCKETS,
    SET_ASIDE_SCHEMA,
    ImportFault,
    ImportReport,
    account,
    received_at,
    write_set_aside,
)
from records.quarantine import QUARANTINE_SCHEMA, set_aside, write_quarantine
from records.tables import DATASET_TABLES, TABLES

SOURCE_SYSTEM = "import_csv"
BROKEN_LINE = "broken_line"


def import_csv_folder(
    src: str | Path,
    out: str | Path,
    *,
    profile: Profile = "applications",
    observed_until: date | None = None,
    buckets: int = DEFAULT_BUCKETS,
    received: datetime | None = None,
) -> ImportReport:
    """Import the CSV files in `src` as a dataset of `profile` at `out`.

    `observed_until`: the day after which nothing was observed (default: the last day on which an imported row
    became known). `received` (default: the files' time of change). Raises ImportFault, listing every file that
    is of no table or cannot be read, and DatasetFault when `out` already holds a dataset.
    """
    src, out = Path(src), Path(out)
    sheets = _read(src)
    files = {name: src / f"{name}.csv" for name in sheets}
    moment = received_at(list(files.values()), received)
    checks = check_tables({name: _frame(sheet, moment) for name, sheet in sheets.items()})
    tables = {name: check.accepted for name, check in checks.items()}
    aside = {
        name: _aside(sheets[name], TABLES[name], check, sha256_file(files[name]), buckets)
        for name, check in checks.items()
    }
    report = account(
        "csv",
        rows_in={name: len(sheet.rows) for name, sheet in sheets.items()},
        set_aside=_told(aside),
        accepted={name: frame.height for name, frame in tables.items()},
        tables=tables,
    )
    origin = {"importer": SOURCE_SYSTEM, "parts": {part.name: part.rows_in for part in report.parts}}
    last = observed_until or _last_known(tables) or moment.date()
    _write(out, DatasetInfo(profile, buckets, last, origin), tables, aside)
    write_set_aside(out, report)
    return report


def _read(src: Path) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    faults: list[Fault] = []
    paths = sorted(path for path in src.glob("*") if path.suffix.lower() == ".csv") if src.is_dir() else []
    if not paths:
        raise ImportFault([Fault("unreadable_file", src.name, "is no folder with CSV files in it")])
    for path in paths:
        if path.stem not in DATASET_TABLES or path.suffix != ".csv":
            faults.append(Fault("unknown_table", path.name, "is named after no table of a dataset"))
            continue
        try:
            sheets[path.stem] = read_sheet(path.name, path.read_bytes())
        except ImportFault as error:
            faults += error.faults
        except OSError:
            faults.append(Fault("unreadable_file", path.name, "cannot be read"))
    if faults:
        raise ImportFault(faults)
    return {name: sheets[name] for name in DATASET_TABLES if name in sheets}


def _frame(sheet: Sheet, moment: datetime) -> pl.DataFrame:
    """The whole rows as text, empty cells null, with the two columns filled in that a file may leave out."""
    cells = [row for row in sheet.rows if row is not None]
    columns = {name: [row[at] or None for row in cells] for at, name in enumerate(sheet.header)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(sheet.header, pl.String))
    given = {"source_system": SOURCE_SYSTEM, "ingested_at": moment.isoformat()}
    return frame.with_columns(pl.lit(value).alias(name) for name, value in given.items() if name not in frame.columns)


def _aside(sheet: Sheet, table: Table, check: RowCheck, source: str, buckets: int) -> pl.DataFrame:
    """Every row that was set aside, as the quarantine of its table holds it; `row` is its position in the file."""
    refused = set_aside(table, check, 0, source)
    whole = pl.Series([position for position, cells in enumerate(sheet.rows) if cells is not None], dtype=pl.Int64)
    refused = refused.with_columns(
        whole.gather(refused["row"]).alias("row"), bucket_of(refused["debtor_id"], buckets).fill_null(0).alias("bucket")
    )
    broken = [position for position, cells in enumerate(sheet.rows) if cells is None]
    fault = json.dumps([{"column": "", "code": BROKEN_LINE, "detail": "has not the cells of the header line"}])
    rows = [(0, source, position, None, None, None, fault, "{}") for position in broken]
    return pl.concat([refused, pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row")]).sort("row")


def _reasons(faults: str) -> list[str]:
    """What is wrong with a row, as "code:column"."""
    return sorted({f"{fault['code']}:{fault['column']}".rstrip(":") for fault in json.loads(faults)})


def _told(aside: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows set aside as the report tells of them; the rows themselves lie in the quarantine of their table."""
    rows = [
        (name, row, debtor_id, _reasons(faults), None)
        for name, frame in aside.items()
        for row, debtor_id, faults in frame.select("row", "debtor_id", "faults").iter_rows()
    ]
    return pl.DataFrame(rows, schema=SET_ASIDE_SCHEMA, orient="row")


def _write(out: Path, info: DatasetInfo, tables: Mapping[str, pl.DataFrame], aside: Mapping[str, pl.DataFrame]) -> None:
    """Rows, then quarantine, then `dataset.json`: before that, nobody can read half of a debtor's records."""
    writer = DatasetWriter(out, info)
    for bucket in range(info.buckets):
        mine = {
            name: frame.filter(bucket_of(frame["debtor_id"], info.buckets) == bucket) for name, frame in tables.items()
        }
        writer.write_bucket(bucket, mine)
        for name, frame in aside.items():
            write_quarantine(out, name, bucket, frame.filter(pl.col("bucket") == bucket))
    rows = {name: frame.height + aside[name].height for name, frame in tables.items()}
    write_atomically(out / INFO_FILE, info.with_rows(dict.fromkeys(DATASET_TABLES, 0) | rows).to_bytes())


def _last_known(tables: Mapping[str, pl.DataFrame]) -> date | None:
    latest = [moment for frame in tables.values() if isinstance(moment := frame["known_at"].max(), datetime)]
    return max(latest).astimezone(SHANGHAI).date() if latest else None
