"""Validation of a whole dataset: every fault is reported, every bad row is set aside, none is lost.

Bucket by bucket: the files are read as they are, the row check splits each table into accepted and
rejected rows, the rejected ones move to the quarantine, and the counts are proven from what then lies on
disk. The Great Expectations suites see the same rows as they were before. A second run finds nothing to
do; a run after a crash finishes what was begun.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from records.buckets import bucket_name, part_path
from records.dataset import REPORT_FILE, Dataset
from records.dataset_info import DatasetInfo
from records.faults import DatasetFault, Fault
from records.files import parquet_bytes, remove, sha256_file, write_atomically
from records.frames import RowCheck, check_tables
from records.layout import layout_faults
from records.quarantine import quarantine_path, read_quarantine, set_aside, write_quarantine
from records.suite import SuiteRunner
from records.tables import DATASET_TABLES, TABLES
from records.validation_report import ROW_FAULTS_SCHEMA, TableCount, ValidationReport

Progress = Callable[[int, int, str], None]

_BATCH_ROWS = 200_000  # rows that the suite sees at once: some hundred megabytes in pandas


@dataclass(frozen=True)
class _Part:
    """The rows of one table in one bucket: `raw` as found in the file with hash `source` ("" without a file),
    `earlier` those in quarantine already.
    """

    raw: pl.DataFrame
    source: str
    earlier: pl.DataFrame
    unfinished: bool


def validate(path: str | Path, progress: Progress | None = None, *, suite: bool = True) -> ValidationReport:
    """Validate the dataset at `path`, move its bad rows to `path`/quarantine, write `path`/validation.json.

    `progress(done, total, what)` is called as the work goes on. `suite=False` leaves Great Expectations out.
    Raises DatasetFault when there is no dataset at `path` or its dataset.json is wrong, OSError when the disk
    refuses (nothing is lost then: run it again), RowsLost when the counts do not prove.
    """
    root = Path(path)
    info = DatasetInfo.read(root)
    run = _Run(root, info, suite)
    steps = [(f"bucket {bucket}", partial(run.bucket, bucket)) for bucket in range(info.buckets)]
    steps += [(f"expectations on {name}", partial(batch.flush, run.runner)) for name, batch in run.batches.items()]
    for done, (what, step) in enumerate(steps):
        step()
        if progress:
            progress(done + 1, len(steps), what)
    report = run.report()
    content = json.dumps(report.to_json(), ensure_ascii=False, indent=2, sort_keys=True)
    write_atomically(root / REPORT_FILE, (content + "\n").encode())
    return report


class _Run:
    """One validation under way."""

    def __init__(self, root: Path, info: DatasetInfo, suite: bool) -> None:
        self.root = root
        self.info = info
        self.faults = layout_faults(root, info)
        self.counts = dict.fromkeys(DATASET_TABLES, TableCount())
        self.row_faults = [pl.DataFrame(schema=ROW_FAULTS_SCHEMA)]
        self.batches = {name: _Batch(name) for name in DATASET_TABLES} if suite else {}
        self.runner = SuiteRunner()

    def bucket(self, bucket: int) -> None:
        """Check the tables of one bucket and move what is rejected."""
        parts: dict[str, _Part] = {}
        unreadable = []
        for name in DATASET_TABLES:
            try:
                parts[name] = self._part(name, bucket)
            except DatasetFault as error:
                self.faults += error.faults
                self.counts[name] += TableCount(unread=1)
                unreadable.append(name)
        checks = check_tables(
            {name: part.raw for name, part in parts.items()},
            {name: part.earlier for name, part in parts.items()},
            unreadable,
            (bucket, self.info.buckets),
        )
        for name, check in checks.items():
            part = parts[name]
            self._note(name, bucket, part, check)
            if part.source:
                self._move(name, bucket, part, check)
            self._count(name, bucket, part)

    def report(self) -> ValidationReport:
        """What was found, once all buckets are checked and all batches are flushed."""
        self.faults += [*self._lost_rows(), *self.runner.disagreements()]
        return ValidationReport(
            tables=self.counts,
            faults=tuple(self.faults),
            row_faults=pl.concat(self.row_faults),
            verdicts=self.runner.verdicts(),
            fingerprint=Dataset(self.root, self.info).fingerprint(),
        )

    def _part(self, name: str, bucket: int) -> _Part:
        earlier = read_quarantine(self.root, name, bucket)
        path = part_path(self.root, name, bucket)
        if not path.exists():
            return _Part(TABLES[name].empty(), "", earlier, unfinished=False)
        try:
            source = sha256_file(path)
            raw = pl.read_parquet(path, hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError):
            where = path.relative_to(self.root).as_posix()
            detail = "is no readable Parquet file; it is left as it is, restore it from a copy"
            raise DatasetFault([Fault("unreadable_file", where, detail, table=name)]) from None
        kept = earlier.filter(pl.col("source") != source)
        return _Part(raw, source, kept, unfinished=kept.height < earlier.height)

    def _note(self, name: str, bucket: int, part: _Part, check: RowCheck) -> None:
        place = {"table": pl.lit(name), "bucket": pl.lit(bucket, dtype=pl.Int64)}
        self.row_faults.append(check.faults.with_columns(**place).select(ROW_FAULTS_SCHEMA.names()))
        for column in part.raw.columns:
            if column not in TABLES[name].schema and part.raw[column].null_count() == part.raw.height:
                where = f"{name}/{bucket_name(bucket)}/{column}"
                detail = "is no column of this table; it was empty and has been dropped"
                self.faults.append(Fault("unknown_column", where, detail, table=name, column=column))
        if self.batches:
            refusals = check.faults.select("column", "code").unique().rows()
            self.batches[name].add(self.runner, part.raw, bucket, refusals)

    def _move(self, name: str, bucket: int, part: _Part, check: RowCheck) -> None:
        """Set the rejected rows aside, then leave the accepted ones; both files stay as they are without need."""
        if check.rejected.height or part.unfinished:
            aside = set_aside(TABLES[name], check, bucket, part.source)
            write_quarantine(self.root, name, bucket, pl.concat([part.earlier, aside]))
        path = part_path(self.root, name, bucket)
        if not check.accepted.height:
            remove(path)
        elif check.rejected.height or part.raw.schema != check.accepted.schema:
            write_atomically(path, parquet_bytes(check.accepted))

    def _count(self, name: str, bucket: int, part: _Part) -> None:
        count = TableCount(
            rows_in=part.raw.height + part.earlier.height,
            accepted=_rows_on_disk(part_path(self.root, name, bucket)),
            quarantined=_rows_on_disk(quarantine_path(self.root, name, bucket)),
            earlier=part.earlier.height,
        )
        count.prove(f"{name}/{bucket_name(bucket)}")
        self.counts[name] += count

    def _lost_rows(self) -> list[Fault]:
        """Tables that hold fewer or more rows than were written into the dataset."""
        faults = []
        for name, written in self.info.rows.items():
            count = self.counts[name]
            if count.rows_in != written and not count.unread:
                detail = f"{written} rows were written, {count.rows_in} are there"
                faults.append(Fault("row_count", name, detail, table=name))
        return faults


class _Batch:
    """Rows of one table that wait for the suite: of one raw schema, from several buckets."""

    def __init__(self, name: str) -> None:
        self.table = TABLES[name]
        self.frames: list[pl.DataFrame] = []
        self.buckets: list[int] = []
        self.refusals: set[tuple[str, str]] = set()

    def add(self, runner: SuiteRunner, raw: pl.DataFrame, bucket: int, refusals: list[tuple[str, str]]) -> None:
        if not raw.height:
            return
        if self.frames and self.frames[0].schema != raw.schema:
            self.flush(runner)
        self.frames.append(raw)
        self.buckets += [bucket] * raw.height
        self.refusals.update(refusals)
        if len(self.buckets) >= _BATCH_ROWS:
            self.flush(runner)

    def flush(self, runner: SuiteRunner) -> None:
        if self.frames:
            buckets = pl.Series(self.buckets, dtype=pl.Int64)
            runner.run(self.table, pl.concat(self.frames), buckets, self.refusals)
        self.frames, self.buckets, self.refusals = [], [], set()


def _rows_on_disk(path: Path) -> int:
    if not path.exists():
        return 0
    return int(pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item())
