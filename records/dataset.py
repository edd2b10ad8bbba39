"""A folder of case records: Parquet tables bucketed by debtor, and `dataset.json` that describes it.

    DIR/dataset.json
    DIR/<table>/bucket=0007/part.parquet     bucket = CRC-32 of the debtor id, modulo the bucket count

Every row of a debtor lies in one bucket, so a bucket is self-contained: one machine loops over
buckets with bounded memory, a cluster maps over them. A table without rows in a bucket has no file.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from records.buckets import bucket_name, bucket_number, bucket_of, part_path
from records.case import Case
from records.clock import SHANGHAI
from records.dataset_info import INFO_FILE, DatasetInfo
from records.faults import DatasetFault, Fault, Faults
from records.files import parquet_bytes, sha256_file, write_atomically
from records.quarantine import QUARANTINE_FOLDER, read_quarantine
from records.strict_json import loads
from records.tables import CASE_TABLES, DATASET_TABLES, TABLES

__all__ = ["Dataset", "DatasetInfo", "DatasetWriter", "bucket_of", "part_path", "schema_faults", "write_dataset"]

REPORT_FILE = "validation.json"
MAX_REPORT_BYTES = 64 * 1024 * 1024


class Dataset:
    """A readable dataset. Make one with `Dataset.open`."""

    def __init__(self, path: Path, info: DatasetInfo) -> None:
        self.path = path
        self.info = info

    @classmethod
    def open(cls, path: str | Path) -> Dataset:
        """The dataset at `path`; DatasetFault (all faults) when `dataset.json` is missing or wrong."""
        root = Path(path)
        return cls(root, DatasetInfo.read(root))

    def bucket_numbers(self) -> range:
        """The buckets of this dataset."""
        return range(self.info.buckets)

    def read_bucket(self, bucket: int, tables: Sequence[str] = CASE_TABLES) -> dict[str, pl.DataFrame]:
        """Typed frames of one bucket, every asked table present.

        Raises DatasetFault when a file cannot be read or does not have the columns and types of the contract
        (`repair-risk validate` mends what can be mended).
        """
        frames: dict[str, pl.DataFrame] = {}
        faults: list[Fault] = []
        for name in tables:
            path = part_path(self.path, name, bucket)
            frames[name] = TABLES[name].empty()
            if not path.exists():
                continue
            try:
                frame = pl.read_parquet(path, hive_partitioning=False)
            except (OSError, pl.exceptions.PolarsError):
                faults.append(_file_fault("unreadable_file", self.path, path, name, "is no readable Parquet file"))
                continue
            if frame.schema == TABLES[name].schema:
                frames[name] = frame
            else:
                detail = "has other columns or types than the contract; run `repair-risk validate` on the folder"
                faults.append(_file_fault("wrong_schema", self.path, path, name, detail))
        if faults:
            raise DatasetFault(faults)
        return frames

    def read(self, tables: Sequence[str] = CASE_TABLES) -> dict[str, pl.DataFrame]:
        """Typed frames of all buckets, in bucket order. Raises DatasetFault as `read_bucket` does."""
        buckets = [self.read_bucket(bucket, tables) for bucket in self.bucket_numbers()]
        return {name: pl.concat([bucket[name] for bucket in buckets]) for name in tables}

    def quarantined(self) -> pl.DataFrame:
        """Rows that validation set aside: table, row_id, debtor_id (null where unreadable), faults (JSON text)."""
        frames = [pl.DataFrame(schema=dict.fromkeys(("table", "row_id", "debtor_id", "faults"), pl.String()))]
        for name in DATASET_TABLES:
            for bucket in self.bucket_numbers():
                rows = read_quarantine(self.path, name, bucket)
                frames.append(rows.select(pl.lit(name).alias("table"), "row_id", "debtor_id", "faults"))
        return pl.concat(frames)

    def is_validated(self) -> bool:
        """Whether `repair-risk validate` has seen the data exactly as they lie there now."""
        try:
            report = loads((self.path / REPORT_FILE).read_bytes(), max_bytes=MAX_REPORT_BYTES)
        except (OSError, Faults):
            return False
        return isinstance(report, dict) and report.get("fingerprint") == self.fingerprint()

    def case(self, debtor_id: str, application_id: str | None, as_of: datetime) -> Case:
        """One debtor's case with every row of it, also those known on or after `as_of` (scoring ignores them).

        Raises DatasetFault when the debtor has no rows, has quarantined rows, or lacks the application.
        """
        place = f"{self.path.name}/{debtor_id}"
        mine = pl.col("debtor_id") == debtor_id
        bucket = bucket_number(debtor_id, self.info.buckets)
        tables = {name: frame.filter(mine) for name, frame in self.read_bucket(bucket).items()}
        faults: list[Fault] = []
        if not any(frame.height for frame in tables.values()):
            faults.append(Fault("unknown_debtor", place, "the dataset holds no row of this debtor"))
        elif application_id is not None and application_id not in tables["repair_applications"]["application_id"]:
            faults.append(Fault("unknown_application", place, "the debtor has no application of this id"))
        aside = self.quarantined().filter(mine).height
        if aside:
            detail = f"{aside} rows of this debtor lie in quarantine; mend them at the source and import again"
            faults.append(Fault("quarantined_rows", place, detail))
        if faults:
            raise DatasetFault(faults)
        return Case(debtor_id, application_id, as_of.astimezone(SHANGHAI), tables)

    def fingerprint(self) -> str:
        """SHA-256 over the names and contents of all table files: the same data give the same text."""
        digest = hashlib.sha256()
        for name in DATASET_TABLES:
            for path in sorted((self.path / name).glob("bucket=*/part.parquet")):
                digest.update(f"{path.relative_to(self.path).as_posix()} {sha256_file(path)}\n".encode())
        return digest.hexdigest()


class DatasetWriter:
    """Writes a dataset bucket by bucket; `dataset.json` comes last, so an interrupted one cannot be opened.

    The same rows give the same bytes in any order: rows are laid down by debtor, known_at and row_id.
    """

    def __init__(self, path: str | Path, info: DatasetInfo) -> None:
        """Begin a dataset at `path`.

        Raises DatasetFault when the folder already holds one. What an interrupted writing left is cleared.
        """
        self.path = Path(path)
        self.info = info
        self._rows = dict.fromkeys(DATASET_TABLES, 0)
        self._written: set[tuple[int, str]] = set()
        if (self.path / INFO_FILE).exists():
            detail = "already holds a dataset; choose another folder or remove it"
            raise DatasetFault([Fault("already_exists", str(self.path), detail)])
        self.path.mkdir(parents=True, exist_ok=True)
        for name in DATASET_TABLES:
            shutil.rmtree(self.path / name, ignore_errors=True)
        shutil.rmtree(self.path / QUARANTINE_FOLDER, ignore_errors=True)
        (self.path / REPORT_FILE).unlink(missing_ok=True)

    def write_bucket(self, bucket: int, tables: Mapping[str, pl.DataFrame]) -> None:
        """Write the frames of one bucket (a table may be absent: it has no rows there; each file only once).

        Raises DatasetFault, listing every wrong table, column, type, null debtor and debtor of another bucket,
        before anything is written.
        """
        faults: list[Fault] = []
        for name, frame in tables.items():
            faults += self._faults(bucket, name, frame)
        if faults:
            raise DatasetFault(faults)
        for name, frame in tables.items():
            if frame.height:
                ordered = frame.sort("debtor_id", "known_at", "row_id", maintain_order=True)
                write_atomically(part_path(self.path, name, bucket), parquet_bytes(ordered))
                self._written.add((bucket, name))
                self._rows[name] += frame.height

    def close(self) -> Dataset:
        """Write `dataset.json` with the number of rows of every table, and hand back the dataset."""
        info = self.info.with_rows(self._rows)
        write_atomically(self.path / INFO_FILE, info.to_bytes())
        return Dataset(self.path, info)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self.close()

    def _faults(self, bucket: int, name: str, frame: pl.DataFrame) -> list[Fault]:
        place = f"{name}/{bucket_name(bucket)}"
        if name not in DATASET_TABLES:
            return [Fault("unknown_table", place, "is no table of a dataset", table=name)]
        if bucket not in range(self.info.buckets):
            detail = f"the dataset has the buckets 0 to {self.info.buckets - 1}"
            return [Fault("wrong_bucket", place, detail, table=name)]
        if (bucket, name) in self._written:
            return [Fault("already_exists", place, "was written before; hand over a bucket's rows at once", table=name)]
        faults = schema_faults(name, frame, place)
        if not faults:
            wrong = frame.filter(bucket_of(frame["debtor_id"], self.info.buckets).eq_missing(bucket).not_()).height
            if wrong:
                detail = f"{wrong} rows are of debtors of another bucket, or of none"
                faults.append(Fault("wrong_bucket", place, detail, table=name, column="debtor_id"))
        return faults


def schema_faults(name: str, frame: pl.DataFrame, place: str) -> list[Fault]:
    """Every way in which the columns of `frame` differ from the contract of table `name`, order included."""
    wanted = TABLES[name].schema
    faults: list[Fault] = []
    for column, dtype in wanted.items():
        where = f"{place}/{column}"
        if column not in frame.schema:
            faults.append(Fault("missing_column", where, f"the column is missing ({dtype})", table=name, column=column))
        elif frame.schema[column] != dtype:
            detail = f"is {frame.schema[column]} and must be {dtype}"
            faults.append(Fault("wrong_type", where, detail, table=name, column=column))
    for column in frame.columns:
        if column not in wanted:
            where = f"{place}/{column}"
            faults.append(Fault("unknown_column", where, "is no column of this table", table=name, column=column))
    if not faults and frame.columns != list(wanted):
        faults.append(Fault("wrong_schema", place, "the columns are not in the order of the contract", table=name))
    return faults


def write_dataset(path: str | Path, info: DatasetInfo, tables: Mapping[str, pl.DataFrame]) -> Dataset:
    """Write whole tables as a dataset, split by bucket.

    Raises DatasetFault as `DatasetWriter` does; nothing can be opened at `path` then.
    """
    writer = DatasetWriter(path, info)
    unknown = [
        Fault("unknown_table", name, "is no table of a dataset", table=name)
        for name in tables
        if name not in DATASET_TABLES
    ]
    wrong = [
        fault for name, frame in tables.items() if name in DATASET_TABLES for fault in schema_faults(name, frame, name)
    ]
    lost = [
        Fault("not_null", f"{name}/debtor_id", "rows without a debtor have no bucket", table=name, column="debtor_id")
        for name, frame in tables.items()
        if "debtor_id" in frame.columns and frame["debtor_id"].null_count()
    ]
    if unknown or wrong or lost:
        raise DatasetFault([*unknown, *wrong, *lost])
    split = {
        name: frame.with_columns(bucket_of(frame["debtor_id"], info.buckets).alias("__bucket")).partition_by(
            "__bucket", as_dict=True, include_key=False
        )
        for name, frame in tables.items()
        if frame.height
    }
    for bucket in range(info.buckets):
        parts = {name: buckets[(bucket,)] for name, buckets in split.items() if (bucket,) in buckets}
        writer.write_bucket(bucket, parts)
    return writer.close()


def _file_fault(code: str, root: Path, path: Path, table: str, detail: str) -> Fault:
    where = path.relative_to(root).as_posix()
    if code == "unreadable_file":
        return Fault("unreadable_file", where, detail, table=table)
    return Fault("wrong_schema", where, detail, table=table)
