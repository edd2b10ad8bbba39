"""Rows of our tables out of public-list records whose parties are known."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from records.identifiers import REGION_NOT_STATED
from records.importers.frames import shaped
from records.importers.listed_fields import Listed
from records.importers.listed_identity import Party
from records.tables import TABLES

SOURCE_SYSTEM = "import_public_list"
TABLE_NAMES = ("debtors", "debtor_audit", "enforcement_cases", "restriction_measures")
ADULT = 18
_SATURDAY = 5
_NOT_STATED_TEXT = "未载明"

Row = dict[str, Any]


def repeated(records: Sequence[Listed], parties: Mapping[int, Party]) -> dict[int, str]:
    """Records that tell once more what an earlier one told, or contradict it; with the reason."""
    seen: dict[tuple[object, ...], Listed] = {}
    reasons: dict[int, str] = {}
    for record in records:
        key: tuple[object, ...] = (parties[record.position].debtor_id, record.case_key, record.layout)
        if record.layout == "listed":
            key = (*key, record.published)
        first = seen.setdefault(key, record)
        if first is record:
            continue
        if record.layout == "listed":
            reasons[record.position] = "same_listing_again"
        elif (first.filed, first.requested) == (record.filed, record.requested):
            reasons[record.position] = "same_case_again"
        else:
            reasons[record.position] = "same_case_differs"
    return reasons


def tables_of(records: Sequence[Listed], parties: Mapping[int, Party], moment: datetime) -> dict[str, pl.DataFrame]:
    """Typed frames of TABLE_NAMES; `moment` is when the list was received."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLE_NAMES}
    by_case: dict[tuple[str, str], list[Listed]] = defaultdict(list)
    by_party: dict[str, list[Listed]] = defaultdict(list)
    party_of = {party.debtor_id: party for party in parties.values()}
    for record in records:
        debtor_id = parties[record.position].debtor_id
        by_case[(debtor_id, record.case_key)].append(record)
        by_party[debtor_id].append(record)
    for (debtor_id, case_key), told in sorted(by_case.items()):
        _case_rows(rows, debtor_id, case_key, told)
    # All debtors are known from one day on, before any record tells of them: the day itself tells nothing.
    first = min((row["day"] for kind in rows.values() for row in kind), default=None)
    for debtor_id, told in sorted(by_party.items()):
        before = first.replace(day=1) - timedelta(days=1) if first else told[0].filed
        rows["debtors"].append(_debtor(party_of[debtor_id], told, before))
        rows["debtor_audit"].append(_audit(debtor_id, told, before))
    return {
        name: shaped(name, pl.DataFrame(found, schema=_loose(name), orient="row"), SOURCE_SYSTEM, moment)
        for name, found in rows.items()
    }


def _loose(table: str) -> dict[str, pl.DataType]:
    """The contract's columns that rows bring themselves, and `day`."""
    given = ("known_at", "source_system", "ingested_at")
    own: dict[str, pl.DataType] = {n: kind for n, kind in TABLES[table].schema.items() if n not in given}
    return {**own, "day": pl.Date()}


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _working_day_after(day: date) -> date:
    following = day + timedelta(days=1)
    while following.weekday() >= _SATURDAY:
        following += timedelta(days=1)
    return following


def _case_rows(rows: dict[str, list[Row]], debtor_id: str, case_key: str, told: Sequence[Listed]) -> None:
    name = _hash(debtor_id, case_key)
    case_id = f"case-{name}"
    listings = sorted((record for record in told if record.published), key=lambda record: record.published or date.max)
    filed = _first(record.filed for record in sorted(told, key=lambda record: record.layout))
    common = {"debtor_id": debtor_id, "region_code": _region(told), "case_id": case_id}
    case = told[0].case
    if case is None:  # a record without a case number is set aside before
        raise ValueError("a record without a case")
    published = listings[0].published if listings else None
    known = _working_day_after(filed) if filed else published
    if known and published:
        known = min(known, published)
    static = {
        **common,
        "case_no": case.text,
        "court_code": case.court_code,
        "case_type": case.case_type,
        "basis_doc_no": _first(record.basis for record in told) or _NOT_STATED_TEXT,
        "cause_code": _NOT_STATED_TEXT,
        "filed_date": filed,
        "requested_amount": _first(record.requested for record in told),
        "status": "open",
    }
    versions: list[Row] = [{**static, "day": known}]
    for number, record in enumerate(listings, start=1):
        measure = f"listing-{name}-{number}"
        rows["restriction_measures"].append(
            {
                **common,
                "row_id": measure,
                "measure_id": measure,
                "kind": "失信",
                "listing_reason": record.listing_reason,
                "decided_date": record.published,
                "published_date": record.published,
                "day": record.published,
            }
        )
        if record.performed is not None and record.performed != versions[-1].get("recovered_amount"):
            versions.append({**static, "recovered_amount": record.performed, "day": record.published})
    rows["enforcement_cases"] += _versioned(case_id, versions)


def _versioned(name: str, versions: Sequence[Row]) -> list[Row]:
    """Rows of one thing in the order in which they became known, each but the first superseding the one before."""
    return [
        {**row, "row_id": f"{name}.{n}", "supersedes_id": f"{name}.{n - 1}" if n > 1 else None}
        for n, row in enumerate(versions, start=1)
    ]


def _region(told: Sequence[Listed]) -> str:
    return _first(record.region_code for record in told if record.region_code != REGION_NOT_STATED) or REGION_NOT_STATED


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _debtor(party: Party, told: Sequence[Listed], before: date | None) -> Row:
    natural = told[0].subject == "natural"
    ages = [record.age for record in told if record.age is not None]
    minor = natural and min(ages) < ADULT if ages else (None if natural else False)
    name = told[0].name or ""
    return {
        "row_id": f"debtor-{party.debtor_id}",
        "debtor_id": party.debtor_id,
        "region_code": _region(told),
        "subject_type": "natural" if natural else _unit_kind(party.uscc, name),
        "id_key": party.id_key,
        "uscc": party.uscc,
        "name_masked": _masked(name, natural=natural),
        "is_minor": minor,
        "lacks_capacity": None if natural else False,
        "represented_by": ("guardian" if minor else "none") if natural else "legal_rep",
        "valid_from": before,
        "day": before,
    }


def _unit_kind(uscc: str | None, name: str) -> str:
    """GB 32100: the first two characters of the code name the registering body and the kind of unit."""
    if uscc is not None:
        return {"91": "enterprise", "92": "individual_business"}.get(uscc[:2], "other_unit")
    return "enterprise" if name.endswith(("公司", "企业", "厂", "集团")) else "other_unit"


def _masked(name: str, *, natural: bool) -> str:
    if natural or len(name) < 5:
        return name[:1] + "**"
    return name[:2] + "****" + name[-2:]


def _audit(debtor_id: str, told: Sequence[Listed], before: date | None) -> Row:
    born = _first((r.published or r.filed or date.max).year - r.age for r in told if r.age is not None)
    return {
        "row_id": f"audit-{debtor_id}",
        "debtor_id": debtor_id,
        "region_code": _region(told),
        "sex": _first(record.sex for record in told),
        "birth_year": born,
        "day": before,
    }
