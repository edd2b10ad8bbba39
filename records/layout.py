"""Whether the files of a dataset are all there, and nothing else pretends to be one of them."""

from __future__ import annotations

from pathlib import Path

from records.buckets import bucket_name
from records.dataset_info import DatasetInfo
from records.faults import Fault
from records.tables import DATASET_TABLES


def layout_faults(root: Path, info: DatasetInfo) -> list[Fault]:
    """Missing and unknown tables, buckets out of range, and stray files in the folders of tables.

    A table without rows has no files; it is missing when `dataset.json` says that it has rows, or does not
    say and the table has no folder either.
    """
    faults: list[Fault] = []
    for name in DATASET_TABLES:
        folder = root / name
        if not folder.is_dir() and (name not in info.rows or info.rows[name] > 0):
            said = f" ({info.rows[name]} rows were written)" if name in info.rows else ""
            detail = f"the table has no folder{said}; write 0 rows of it into dataset.json if it is empty"
            faults.append(Fault("missing_table", name, detail, table=name))
    for folder in sorted(root.iterdir()):
        if folder.name in DATASET_TABLES and folder.is_dir():
            faults += _table_faults(folder, info)
        elif folder.is_dir() and any(folder.glob("bucket=*")):
            detail = "looks like a table and is none of a dataset; it is not read"
            faults.append(Fault("unknown_table", folder.name, detail, table=folder.name))
    return faults


def _table_faults(folder: Path, info: DatasetInfo) -> list[Fault]:
    buckets = {bucket_name(number) for number in range(info.buckets)}
    faults = []
    for entry in sorted(folder.iterdir()):
        where = f"{folder.name}/{entry.name}"
        if entry.name not in buckets:
            detail = f"is none of the buckets 0 to {info.buckets - 1}; its rows are not read"
            faults.append(Fault("unknown_file", where, detail, table=folder.name))
        elif not entry.is_dir():
            faults.append(Fault("unknown_file", where, "must be a folder that holds part.parquet", table=folder.name))
        else:
            faults += [
                Fault(
                    "unknown_file", f"{where}/{file.name}", "is not read; rows lie in part.parquet", table=folder.name
                )
                for file in sorted(entry.iterdir())
                if file.name != "part.parquet" and not file.name.endswith(".writing")
            ]
    return faults
