"""What `validate` found, counted and listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from records.faults import MOST_LISTED, Fault, pointer
from records.suite import Verdict

ROW_FAULTS_SCHEMA = pl.Schema(
    {
        "table": pl.String(),
        "bucket": pl.Int64(),
        "row": pl.Int64(),  # position in the file as it was found
        "row_id": pl.String(),
        "column": pl.String(),
        "code": pl.String(),
        "detail": pl.String(),
    }
)


class RowsLost(RuntimeError):  # noqa: N818 - reads as what happened
    """Rows in are not rows accepted plus rows quarantined: stop, and restore the folder from a copy."""


@dataclass(frozen=True)
class TableCount:
    """Rows of one table: `rows_in` found in its files and in quarantine; of them `accepted` and `quarantined`
    now; of these `earlier` were in quarantine before; `unread` files that could not be read and are as they were.
    """

    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    earlier: int = 0
    unread: int = 0

    def __add__(self, other: TableCount) -> TableCount:
        return TableCount(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def prove(self, where: str) -> None:
        """Raise RowsLost unless every row that came in is accepted or quarantined."""
        if self.rows_in != self.accepted + self.quarantined:
            raise RowsLost(
                f"{where}: {self.rows_in} rows in, but {self.accepted} accepted and {self.quarantined} quarantined"
            )


@dataclass(frozen=True)
class ValidationReport:
    """`tables`: counts per table; `faults`: of the folder as a whole; `row_faults`: frame of ROW_FAULTS_SCHEMA,
    every fault of every row refused in this run; `verdicts`: of the Great Expectations suites; `fingerprint` of
    the accepted data.
    """

    tables: Mapping[str, TableCount]
    faults: tuple[Fault, ...]
    row_faults: pl.DataFrame
    verdicts: tuple[Verdict, ...]
    fingerprint: str

    def __post_init__(self) -> None:
        for name, count in self.tables.items():
            count.prove(name)

    @property
    def ok(self) -> bool:
        """Whether this run found nothing wrong (rows quarantined earlier do not count against it)."""
        return not self.faults and not self.row_faults.height

    @property
    def total(self) -> TableCount:
        """The counts of all tables together."""
        return sum(self.tables.values(), TableCount())

    def all_faults(self) -> list[Fault]:
        """Every fault, of the folder and of its rows, as Fault."""
        return [*self.faults, *(_fault(row) for row in self.row_faults.iter_rows(named=True))]

    def by_code(self) -> dict[str, int]:
        """How often each kind of fault occurs."""
        counts: dict[str, int] = {}
        for code in [*(fault.code for fault in self.faults), *self.row_faults["code"]]:
            counts[code] = counts.get(code, 0) + 1
        return dict(sorted(counts.items()))

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object. Beyond MOST_LISTED row faults it lists no more (`listed_all` is false):
        each lies in the quarantine beside its row.
        """
        rows = self.row_faults.head(MOST_LISTED).iter_rows(named=True)
        return {
            "ok": self.ok,
            "total": vars(self.total),
            "tables": {name: vars(count) for name, count in self.tables.items()},
            "faults_by_code": self.by_code(),
            "faults": [fault.to_json() for fault in (*self.faults, *(_fault(row) for row in rows))],
            "listed_all": self.row_faults.height <= MOST_LISTED,
            "suite": {
                "success": all(verdict.success for verdict in self.verdicts),
                "agrees": all(verdict.agrees for verdict in self.verdicts),
                "expectations": [verdict.to_json() for verdict in self.verdicts],
            },
            "fingerprint": self.fingerprint,
        }


def _fault(row: dict[str, Any]) -> Fault:
    named = row["row_id"] or f"bucket={row['bucket']:04d} row {row['row']}"
    where = pointer(row["table"], named, row["column"]).removeprefix("/")
    return Fault(row["code"], where, row["detail"], row["table"], row["row"], row["row_id"], row["column"])
