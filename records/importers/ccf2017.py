"""Real dishonest-listing records of enterprises (CCF BDCI 2017, semi-final) into our tables.

The competition's enterprises are anonymous; five of its six tables are read. What stands where:

| source | becomes |
|---|---|
| breakfaith | a debtor for each enterprise; a case and a `restriction_measures` row (失信) for each listing |
| lawsuit | `creditor_social_facts` civil_suit, value = LAWAMOUNT in CNY |
| project | tender_won, value null (the source gives no amount) |
| qualification | qualification, value = ADDTYPE; once expired, a later version with value 0 |
| invest | investment, value = BTBL (share held, 0–1; null when 0); once ended, a later version with value 0 |
| invest and breakfaith | related_party_listed, value 1, for either side of an investment whose other side is listed |
| train | not read: TARGET and ENDDATE tell of the future and never enter |

**When a fact is known.** The source dates by the month, so a fact is known at 23:59:59 of the last day of
its month: at midnight that begins a month, all earlier months are known and the month itself is not.
Investments are dated by BTYEAR, which reads like the founding year of the enterprise invested in, so the
link is known on the last day of that year at the earliest; the year in which the source was taken counts as
known on the last observed day. Debtors and their cases carry no date: all debtors are known
just before the first listing month of the source, the same for each, so that the date tells nothing; a case
is known with its listing. `decided_date` and `published_date` are the last day of the listing month.

**What the source does not say is null**: court, dates and amounts of the case, listing reason, status,
region (000000). Texts that may not be empty say 未载明 (not stated).

**Set aside, with reasons** (`REASONS`): above all enterprises that were never listed, and removal months
(SXENDDATE), which are all of one month, an artefact of the snapshot. A column that becomes a row of its own
(removal, expiry, end of an investment) is counted as a part of its own. A listing or an investment that is
stated again is one; repeated suits and tenders stay, because the source does not say that they are
one, and the published figures count them (lawsuit count alone: AUC .722 with them, .719 without).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl

from records.dataset import write_dataset
from records.dataset_info import DatasetInfo
from records.faults import Fault
from records.importers.ccf2017_judged import SECOND, Source, all_reasons, money, no_reasons, second_reasons, when
from records.importers.ccf2017_rows import SOURCE_SYSTEM, tables_of
from records.importers.frames import month_end, year_end
from records.importers.report import (
    DEFAULT_BUCKETS,
    SET_ASIDE_SCHEMA,
    ImportFault,
    ImportReport,
    account,
    received_at,
    write_set_aside,
)

FIRST_STATED_YEAR = 1901  # 1899 and 1900 are what a spreadsheet shows for an empty date

REASONS: Mapping[str, str] = {
    "never_listed": "the enterprise has no listing in the source; the dataset holds listed enterprises only",
    "no_debtor": "the record names no enterprise",
    "no_code": "the record has no TYPECODE",
    "duplicate_row": "the same listing or investment is stated once more",
    "bad_month": "the month or year cannot be read",
    "year_not_stated": "the year is what a spreadsheet shows for an empty date",
    "bad_amount": "the amount or share is missing, negative or out of range",
    "self_investment": "the enterprise is said to invest in itself",
    "after_observation": "lies after the last month observed, so nothing may tell of it",
    "snapshot_artefact": "all removals are dated to one month; removal timing is not modelled",
    "row_set_aside": "the record it belongs to is set aside",
}

_ENTERPRISE = "^[0-9A-Za-z_-]{1,30}$"  # the source's pseudonyms: a letter and digits

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "breakfaith": ("EID", "TYPECODE", "FBDATE", "SXENDDATE"),
    "lawsuit": ("EID", "TYPECODE", "LAWDATE", "LAWAMOUNT"),
    "project": ("EID", "TYPECODE", "DJDATE", "IFHOME"),
    "qualification": ("EID", "ADDTYPE", "BEGINDATE", "EXPIRYDATE"),
    "invest": ("EID", "BTEID", "IFHOME", "BTBL", "BTYEAR", "BTENDYEAR"),
}
_TYPES: Mapping[str, type[pl.DataType]] = {
    "EID": pl.String,
    "BTEID": pl.String,
    "TYPECODE": pl.Int64,
    "ADDTYPE": pl.Int64,
    "BTBL": pl.Float64,
    "BTYEAR": pl.Float64,
}
_MONTH = {"breakfaith": "FBDATE", "lawsuit": "LAWDATE", "project": "DJDATE", "qualification": "BEGINDATE"}


def import_ccf2017(
    src: str | Path, out: str | Path, *, buckets: int = DEFAULT_BUCKETS, received: datetime | None = None
) -> ImportReport:
    """Import the parquet files in `src` as a dataset of profile "first_listings" at `out`.

    `received` (default: the files' time of change) becomes `ingested_at`. Raises ImportFault, listing every
    missing file and column, and DatasetFault when `out` already holds a dataset.
    """
    src, out = Path(src), Path(out)
    raw = _read(src)
    moment = received_at([src / f"{name}.parquet" for name in _COLUMNS], received)
    source = _judge(raw)
    tables = tables_of(source, moment)
    set_aside, rows_in, accepted = _accounts(source)
    related = tables["creditor_social_facts"].filter(pl.col("kind") == "related_party_listed").height
    notes = (
        f"listed enterprises: {tables['debtors'].height}; last observed day: {source.observed_until}",
        f"{related} facts of related parties listed are derived from investments and listings together",
        "train.parquet is not read: its TARGET and ENDDATE tell of the future",
        "IFHOME (home province) has no column in our tables and is not carried over",
    )
    report = account("ccf2017", rows_in=rows_in, set_aside=set_aside, accepted=accepted, tables=tables, notes=notes)
    origin = {"importer": SOURCE_SYSTEM, "parts": {part.name: part.rows_in for part in report.parts}}
    write_dataset(out, DatasetInfo("first_listings", buckets, source.observed_until, origin), tables)
    write_set_aside(out, report)
    return report


def _read(src: Path) -> dict[str, pl.DataFrame]:
    frames: dict[str, pl.DataFrame] = {}
    faults: list[Fault] = []
    for name, columns in _COLUMNS.items():
        place = f"{name}.parquet"
        try:
            frame = pl.read_parquet(src / place)
        except (OSError, pl.exceptions.PolarsError):
            faults.append(Fault("unreadable_file", place, "is missing or is no readable Parquet file"))
            continue
        missing = [column for column in columns if column not in frame.columns]
        faults += [Fault("missing_column", f"{place}/{column}", "the column is missing") for column in missing]
        if not missing:
            frames[name] = _typed(frame.select(columns))
    if faults:
        raise ImportFault(faults)
    return frames


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows numbered, as text in `raw`, and in the types expected (what cannot be read becomes null)."""
    return frame.with_row_index("position").with_columns(
        pl.col("position").cast(pl.Int64),
        pl.struct(frame.columns).struct.json_encode().alias("raw"),
        *[pl.col(name).cast(dtype, strict=False) for name, dtype in _TYPES.items() if name in frame.columns],
    )


def _judge(raw: Mapping[str, pl.DataFrame]) -> Source:
    """Read every date and find every reason for which a row cannot be imported."""
    parts = dict(raw)
    for name, column in _MONTH.items():
        parts[name] = parts[name].with_columns(month_end(column).alias("day"))
    last = max((day for name in _MONTH if isinstance(day := parts[name]["day"].max(), date)), default=None)
    if last is None or parts["breakfaith"]["day"].null_count() == parts["breakfaith"].height:
        detail = "holds no listing with a readable month"
        raise ImportFault([Fault("wrong_type", "breakfaith.parquet/FBDATE", detail)])
    parts["invest"] = parts["invest"].with_columns(
        year_end("BTYEAR", last).alias("day"), year_end("BTENDYEAR", last).alias("second_day")
    )
    parts["qualification"] = parts["qualification"].with_columns(month_end("EXPIRYDATE").alias("second_day"))
    listed = parts["breakfaith"].filter(no_reasons(_listing_reasons()))["EID"].unique()
    reasons = {
        "breakfaith": _listing_reasons(),
        "lawsuit": [*_common(listed), when(money("LAWAMOUNT").is_null(), "bad_amount"), _no_code()],
        "project": [*_common(listed), _no_code()],
        "qualification": [*_common(listed), when(pl.col("ADDTYPE").is_null(), "no_code")],
        "invest": [
            *_common(listed),
            when(_named("BTEID").not_(), "no_debtor"),
            when(pl.col("BTEID") == pl.col("EID"), "self_investment"),
            when((pl.col("BTBL").is_between(0, 1) & pl.col("BTBL").is_finite()).fill_null(False).not_(), "bad_amount"),
            when(pl.col("BTYEAR") < FIRST_STATED_YEAR, "year_not_stated"),
            when(pl.col("day") > last, "after_observation"),
            when(pl.col("raw").is_first_distinct().not_(), "duplicate_row"),
        ],
    }
    judged = {name: frame.with_columns(all_reasons(reasons[name]).alias("reasons")) for name, frame in parts.items()}
    return Source(judged, last)


def _no_debtor() -> pl.Expr:
    return when(_named("EID").not_(), "no_debtor")


def _named(column: str) -> pl.Expr:
    return pl.col(column).str.contains(_ENTERPRISE).fill_null(value=False)


def _no_code() -> pl.Expr:
    return when(pl.col("TYPECODE").is_null(), "no_code")


def _listing_reasons() -> list[pl.Expr]:
    return [
        _no_debtor(),
        _no_code(),
        when(pl.col("day").is_null(), "bad_month"),
        when(pl.struct("EID", "TYPECODE", "FBDATE").is_first_distinct().not_(), "duplicate_row"),
    ]


def _common(listed: pl.Series) -> list[pl.Expr]:
    never = pl.col("EID").is_in(listed.implode()).not_()
    return [_no_debtor(), when(never, "never_listed"), when(pl.col("day").is_null(), "bad_month")]


def _accounts(source: Source) -> tuple[pl.DataFrame, dict[str, int], dict[str, int]]:
    """All records set aside; records in and records accepted by part."""
    judged: dict[str, pl.DataFrame] = {}
    for part in _COLUMNS:
        judged[part] = source.parts[part]
        if part in SECOND:
            judged[f"{part}.{SECOND[part]}"] = second_reasons(part, source)
    aside = [
        frame.filter(pl.col("reasons").list.len() > 0).select(
            pl.lit(name).alias("part"),
            "position",
            pl.col("EID").alias("debtor_id"),
            "reasons",
            "raw",
        )
        for name, frame in judged.items()
    ]
    rows_in = {name: frame.height for name, frame in judged.items()}
    accepted = {name: int((frame["reasons"].list.len() == 0).sum()) for name, frame in judged.items()}
    return pl.concat(aside).cast(SET_ASIDE_SCHEMA), rows_in, accepted
