"""Who a public record is about: whole, masked and missing numbers of one person or unit brought together.

One case number is often published twice under two numbers of the same party. Units are one when name and case
are one; persons only when their numbers do not contradict each other, because two people may bear one name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from records.identifiers import keyed_hash
from records.importers.listed_fields import Listed
from records.importers.listed_numbers import Number


@dataclass(frozen=True)
class Party:
    """`debtor_id` and `id_key` are keyed hashes (HMAC-SHA256); `uscc` is the unit's public code, if stated."""

    debtor_id: str
    id_key: str
    uscc: str | None = None


@dataclass(frozen=True)
class Identities:
    """The party of each record (by position), and why a record has none."""

    parties: Mapping[int, Party]
    reasons: Mapping[int, str]


def identify(records: Sequence[Listed], key: bytes) -> Identities:
    """The parties of `records`, which all have a name, a subject and a case. Raises ValueError for a short key."""
    keyed_hash("", key)  # a short key is refused even when there is nobody to identify
    groups: dict[tuple[str, str], list[Listed]] = defaultdict(list)
    for record in records:
        groups[(record.subject or "", record.name or "")].append(record)
    named: dict[int, str] = {}
    reasons: dict[int, str] = {}
    codes: dict[str, str] = {}
    for (subject, name), group in groups.items():
        resolve = _unit if subject == "unit" else _person
        found, lost = resolve(name, group)
        named |= found
        reasons |= lost
        for record in group:
            if subject == "unit" and record.number and record.number.uscc and record.position in found:
                codes.setdefault(found[record.position], record.number.uscc)
    made = {identity: _party(identity, codes.get(identity), key) for identity in sorted(set(named.values()))}
    return Identities({position: made[identity] for position, identity in named.items()}, reasons)


def _party(identity: str, uscc: str | None, key: bytes) -> Party:
    # A whole number is hashed as it stands, so that the same party from another source has the same key.
    number = uscc or identity.removeprefix("number:")
    return Party("pl-" + keyed_hash("debtor:" + identity, key)[:24], keyed_hash(number, key), uscc)


def _whole(number: Number | None) -> str | None:
    if number is None or number.kind in ("masked", "none"):
        return None
    return f"number:{number.value}"


def _person(name: str, group: Sequence[Listed]) -> tuple[dict[int, str], dict[int, str]]:
    found = {record.position: whole for record in group if (whole := _whole(record.number))}
    wholes = sorted(set(found.values()))
    for record in group:
        if record.number and record.number.kind == "masked" and record.number.tells_apart:
            fitting = [whole for whole in wholes if record.number.fits(whole.removeprefix("number:"))]
            if len(fitting) > 1:
                fitting = [whole for whole in fitting if whole in _in_case(record, group, found)] or fitting
            if len(fitting) < 2:
                found[record.position] = fitting[0] if fitting else f"masked:{record.number.value}|{name}"
    reasons: dict[int, str] = {}
    known = dict(found)
    for record in group:
        if record.position in found:
            continue
        beside = _in_case(record, group, known)
        if len(beside) == 1:
            found[record.position] = beside.pop()
        else:
            reasons[record.position] = "ambiguous:number" if beside or _masked(record) else "missing:number"
    return found, reasons


def _masked(record: Listed) -> bool:
    return record.number is not None and record.number.tells_apart


def _in_case(record: Listed, group: Sequence[Listed], found: Mapping[int, str]) -> set[str]:
    """Identities that records of the same name and case have."""
    return {
        found[other.position]
        for other in group
        if other is not record and other.case_key == record.case_key and other.position in found
    }


def _unit(name: str, group: Sequence[Listed]) -> tuple[dict[int, str], dict[int, str]]:
    found = {record.position: whole for record in group if (whole := _whole(record.number))}
    # Two codes of one name in one case are one unit (registration number, organisation code, USCC).
    same: dict[str, str] = {}
    by_case: dict[str, set[str]] = defaultdict(set)
    for record in group:
        if record.position in found:
            by_case[record.case_key].add(found[record.position])
    for codes in by_case.values():
        _join(same, codes)
    found = {position: _root(same, code) for position, code in found.items()}
    codes_of_name = set(found.values())
    reasons: dict[int, str] = {}
    for record in group:
        if record.position in found:
            continue
        beside = {_root(same, code) for code in by_case[record.case_key]} or codes_of_name
        if len(beside) > 1:
            reasons[record.position] = "ambiguous:number"
        else:
            found[record.position] = next(iter(beside), f"name:{name}")
    return found, reasons


def _root(same: Mapping[str, str], code: str) -> str:
    while code in same:
        code = same[code]
    return code


def _join(same: dict[str, str], codes: set[str]) -> None:
    roots = sorted({_root(same, code) for code in codes})
    for code in roots[1:]:
        same[code] = roots[0]
