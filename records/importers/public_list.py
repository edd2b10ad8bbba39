"""Public lists 失信被执行人 and 被执行人 (JSON array, JSON lines, CSV) into our tables.

| record | becomes |
|---|---|
| 失信被执行人 | debtor, enforcement case, `restriction_measures` of kind 失信 |
| 被执行人 | debtor, enforcement case with its amount |
| sex, age | `debtor_audit` only; `is_minor` is set by the age, because a minor's listing must be withdrawn |

Identity numbers become keyed hashes (HMAC-SHA256, key given by the caller) and are never stored; a unit's USCC is
public and stays. Names are stored masked. Whole, masked and missing numbers of one party are brought together
(`listed_identity`), courts with and without province, case numbers in any brackets (`listed_places`), the three
date forms and epoch times (`listed_values`).

**Known at**: a listing at the end of the day it was published, which also stands for the day it was decided (the
list does not say); a case on the working day after it was filed (Monday to Friday; the lists do not reach holidays),
but not after its publication; what a record says of money paid when that record was published. Debtors are known
from one common day before the first record. **Not stated is null**: amounts on 失信 records, basis type, claim
kind, dates not given. The state of performance is not carried over: our obligations begin with an amount and a
due date, the list gives neither, and a debt of unknown size must not look like none.

A record is either imported or set aside with all its reasons (`REASONS`, each followed by the field it is about).
What is set aside is named by its position in the source and not repeated: it may hold personal data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from records.dataset import write_dataset
from records.dataset_info import DatasetInfo
from records.faults import Fault
from records.importers.listed_fields import Reading, read_fields
from records.importers.listed_identity import Identities, identify
from records.importers.listed_rows import SOURCE_SYSTEM, repeated, tables_of
from records.importers.listed_source import read_records
from records.importers.report import (
    DEFAULT_BUCKETS,
    SET_ASIDE_SCHEMA,
    ImportFault,
    ImportReport,
    account,
    received_at,
    write_set_aside,
)

REASONS: Mapping[str, str] = {
    "not_a_record": "is no JSON object",
    "broken_line": "the CSV line does not have the columns of the header, or a quote is never closed",
    "json_syntax": "the line is no JSON",
    "bad_text": "the line is not UTF-8, or holds a lone surrogate",
    "duplicate_key": "a key occurs twice in the record",
    "not_finite": "a number is NaN, infinite or too large",
    "out_of_range": "a number has too many digits",
    "too_deep": "the record is nested too deeply",
    "too_large": "the record is too large",
    "unknown_layout": "has the keys of neither list, or of both",
    "missing": "the field is not stated, and nothing can be imported without it",
    "unreadable": "the field is stated in a form that is not understood",
    "conflicting": "two spellings of the field say different things",
    "unclear": "person or unit cannot be told apart",
    "before_list_began": "published before 2013-10-01, when the list began",
    "filed_after_published": "the case was filed after it was published",
    "after_observation": "dated after the list was received",
    "ambiguous": "the number fits more than one party of that name",
    "same_listing_again": "the same party, case and day of publication occur before",
    "same_case_again": "the same party and case occur before, with the same content",
    "same_case_differs": "the same party and case occur before, with another date or amount",
}


def import_public_list(
    src: str | Path,
    out: str | Path,
    *,
    id_key: bytes,
    buckets: int = DEFAULT_BUCKETS,
    received: datetime | None = None,
) -> ImportReport:
    """Import the list in the file `src` as a dataset of profile "first_listings" at `out`.

    `id_key`: secret of at least 16 bytes that keys the hashes of identity numbers; keep it outside the data.
    `received` (default: the file's time of change): when the list was received; its day is the last one observed.
    Raises ImportFault when the file cannot be read as a whole, ValueError for a short key, DatasetFault when
    `out` already holds a dataset.
    """
    src, out = Path(src), Path(out)
    identify((), id_key)  # a short key is refused before anything is read
    raw = read_records(src)
    if not raw:
        raise ImportFault([Fault("row_count", src.name, "holds no record; nothing was written")])
    moment = received_at([src], received)
    readings = [read_fields(record, moment.date()) for record in raw]
    whole = [reading.record for reading in readings if not reading.reasons]
    identities = identify(whole, id_key)
    named = [record for record in whole if record.position in identities.parties]
    again = repeated(named, identities.parties)
    taken = [record for record in named if record.position not in again]
    tables = tables_of(taken, identities.parties, moment)
    set_aside = _set_aside(readings, identities, again)
    report = account(
        "public-list",
        rows_in={name: sum(reading.record.layout == name for reading in readings) for name in _PARTS},
        set_aside=set_aside,
        accepted=Counter(record.layout for record in taken),
        tables=tables,
        notes=_notes(readings),
    )
    origin = {"importer": SOURCE_SYSTEM, "parts": {part.name: part.rows_in for part in report.parts}}
    write_dataset(out, DatasetInfo("first_listings", buckets, moment.date(), origin), tables)
    write_set_aside(out, report)
    return report


_PARTS = ("listed", "executed", "unknown")
_KEY = re.compile("[a-z_]{1,40}")  # a damaged record may hold a number or a name where a key belongs


def _set_aside(readings: list[Reading], identities: Identities, again: Mapping[int, str]) -> pl.DataFrame:
    rows = []
    for reading in readings:
        position = reading.record.position
        late = [found[position] for found in (identities.reasons, again) if position in found]
        reasons = sorted({*reading.reasons, *late})
        if reasons:
            party = identities.parties.get(position)
            rows.append((reading.record.layout, position, party and party.debtor_id, reasons, None))
    return pl.DataFrame(rows, schema=SET_ASIDE_SCHEMA, orient="row")


def _notes(readings: list[Reading]) -> tuple[str, ...]:
    unknown = Counter(key for reading in readings for key in reading.unknown_keys)
    names = sorted(key for key in unknown if _KEY.fullmatch(key))[:50]
    notes = ["duty, state of performance, other people's names and the site's own numbers are not carried over"]
    if unknown:
        told = ", ".join(f"{name} ({unknown[name]})" for name in names)
        notes.append(f"{len(unknown)} keys of no known layout were not read" + (f": {told}" if told else ""))
    return tuple(notes)
