"""What a column and a table of case records must be: one declaration, used by every check.

The Great Expectations suite, the row check of a single case, the importers, the synthetic
generator and the Parquet layout are all derived from these two classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal[
    "id",  # identifier, a string always (long digit strings must never become numbers)
    "text",
    "enum",  # one of Column.values
    "date",  # calendar day from 1901 to 2999, JSON "YYYY-MM-DD"
    "timestamp",  # instant, JSON "2024-01-31T09:30:00+08:00" (an offset always); Asia/Shanghai in frames
    "money",  # CNY, two decimals; JSON decimal string, DECIMAL(18,2) in frames
    "integer",  # within ±(2^53 - 1), which every JSON reader keeps exactly
    "number",  # finite float
    "flag",  # true or false
    "ids",  # list of identifiers
    "codes",  # list of values out of Column.values
    "plan",  # JSON text: [{"due_date": "YYYY-MM-DD", "amount": "0.00"}, …]
    "json",  # JSON text, any object or list
]
# public: the court's own lists (zxgk.court.gov.cn) publish it of every listed debtor; internal: whoever works on the
# case; sensitive: restricted, no model reads it (PIPL art. 28); audit: fairness audits by group only.
Sensitivity = Literal["public", "internal", "sensitive", "audit"]

# 1 to 80 characters, none of them a space, a control or a direction mark. Written out, because the two
# regular expression engines that apply it differ in what they call a space or a digit.
IDENTIFIER = "[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]{1,80}"

DTYPES: Mapping[Kind, pl.DataType] = {
    "id": pl.String(),
    "text": pl.String(),
    "enum": pl.String(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "Asia/Shanghai"),
    "money": pl.Decimal(18, 2),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "flag": pl.Boolean(),
    "ids": pl.List(pl.String()),
    "codes": pl.List(pl.String()),
    "plan": pl.String(),
    "json": pl.String(),
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it may be empty, its allowed values or range, and its class.

    `minimum` and `maximum` bound integers, numbers and money (money in CNY).
    `pattern` is a full-match regular expression for identifiers and texts; it must read the same to Python
    and to Rust (spell out `[0-9]`, no look-around). Identifiers without one must match IDENTIFIER.
    `past` marks a date or timestamp of something that has happened: it may not lie after the
    row's own `known_at` (deadlines and terms may).
    `references` names the table whose business id the value must be, within one debtor.
    """

    name: str
    kind: Kind
    nullable: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    past: bool = False
    references: str | None = None
    unit: str = ""
    sensitivity: Sensitivity = "internal"
    note: str = ""

    @property
    def full_pattern(self) -> str | None:
        """The pattern a value must match as a whole; None when any text will do."""
        return self.pattern or (IDENTIFIER if self.kind in ("id", "ids") else None)

    @property
    def dtype(self) -> pl.DataType:
        """Type of the column in a frame and in Parquet."""
        return DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: `business_id` names the thing a row tells of; a later row with the same
    business id supersedes an earlier one from its own `known_at` on."""

    name: str
    title_zh: str
    business_id: str
    known_by: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}")

    @property
    def schema(self) -> pl.Schema:
        """Column names and types, in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=self.schema)


SOURCE_SYSTEMS = (
    "case_system",  # 执行案件流程系统
    "query_control",  # 查控系统 (总对总、点对点)
    "publicity_site",  # 执行信息公开网
    "payment_system",  # 案款管理系统
    "registry",  # 市场监管登记
    "tax",
    "social_insurance",
    "utilities",
    "bank",
    "credit_bureau",
    "petition_system",
    "bankruptcy_system",
    "coordination_platform",  # 信用信息共享平台
    "party_submission",  # filed online by a party, stamped by the system
    "reviewer_attestation",
    "assessment_service",
    "import_ccf2017",
    "import_public_list",
    "import_csv",
)


def common_columns() -> tuple[Column, ...]:
    """The columns every table begins with (row identity, debtor, origin, time)."""
    return (
        Column("row_id", "id", note="names this version of the row; evidence points here"),
        Column("supersedes_id", "id", nullable=True, note="row_id of the row this one corrects, same business id"),
        Column("debtor_id", "id"),
        Column("region_code", "id", pattern=r"[0-9]{6}", note="GB/T 2260 code of the court's area; 000000 not stated"),
        Column("source_system", "enum", values=SOURCE_SYSTEMS),
        Column("ingested_at", "timestamp"),
        Column("known_at", "timestamp", note="earliest moment a reviewer could see the row"),
    )


def table(name: str, title_zh: str, business_id: str, known_by: str, *columns: Column) -> Table:
    """A table with the common columns before its own."""
    return Table(name, title_zh, business_id, known_by, common_columns() + columns)
