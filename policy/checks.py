"""Checks of the parameter set: each value alone, the timeline of each key, relations between keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

from policy.faults import PolicyFault
from policy.regions import ANYWHERE, chain, industry_chain, is_industry, is_region
from policy.rules import Resolved, json_value
from policy.schema import KeySpec, Schema, Value, day_of
from policy.yaml_files import RawValue
from records.regions import region_on, successors

_FIELDS = {"value", "region", "industry", "valid_from", "valid_to", "source", "approved_by"}
_SOURCE_KINDS = ("law", "decision", "seed", "assumption")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """One accepted value with its place, its validity (both days included), its source and who approved it."""

    key: str
    value: Value
    region: str
    industry: str
    valid_from: date
    valid_to: date | None
    source_kind: str
    source_text: str
    file: str
    line: int
    approved_by: tuple[str, ...] = ()

    def holds(self, on: date) -> bool:
        """Whether the value is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def lapses(self) -> date | None:
        """The first day on which the value no longer holds, None where it has no end."""
        return None if self.valid_to is None or self.valid_to == date.max else self.valid_to + _DAY

    def order(self) -> tuple[str, str, str, date]:
        """Canonical order of entries."""
        return (self.key, self.region, self.industry, self.valid_from)

    @property
    def resolved(self) -> Resolved:
        """The entry as a lookup returns it."""
        source = f"{self.source_kind}: {self.source_text}"
        assumption = self.source_kind == "assumption"
        return Resolved(
            self.key, self.value, self.region, self.industry, self.valid_from, source, assumption, self.approved_by
        )

    def to_json(self) -> dict[str, Any]:
        """JSON object with the whole content, without file and line."""
        content = {
            "key": self.key,
            "value": json_value(self.value),
            "region": self.region,
            "industry": self.industry,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "source": {self.source_kind: self.source_text},
        }
        return content | {"approved_by": list(self.approved_by)} if self.approved_by else content


def entries_of(raw: Sequence[RawValue], schema: Schema) -> tuple[list[Entry], list[PolicyFault]]:
    """The values that can be read, and a fault for everything that cannot."""
    entries: list[Entry] = []
    faults: list[PolicyFault] = []
    for item in raw:
        spec = schema.keys.get(item.key)
        problems: list[tuple[str, str]] = []
        entry = _entry(item, spec, problems)
        faults.extend(PolicyFault(item.file, item.line, item.key, problem, remedy) for problem, remedy in problems)
        if entry is not None and not problems:
            entries.append(entry)
    return entries, faults


def _entry(item: RawValue, spec: KeySpec | None, problems: list[tuple[str, str]]) -> Entry | None:
    if spec is None:
        problems.append(("is not a known key", "correct its name, or declare the key in policy/schema.yaml"))
        return None
    if not isinstance(item.data, dict):
        problems.append(("is not a mapping", "write value, valid_from and source"))
        return None
    data: dict[str, Any] = item.data
    for name in sorted(str(name) for name in set(data) - _FIELDS):
        problems.append((f"has an unknown field {name}", f"keep to {', '.join(sorted(_FIELDS))}"))
    value: Value = None
    try:
        if "value" not in data:
            raise ValueError("has no value")
        value = spec.read(data["value"])
    except ValueError as error:
        problems.append((f"value {error}" if "value" in data else str(error), "correct the value"))
    region = data.get("region", ANYWHERE)
    if not is_region(region):
        problems.append(("region is unknown", 'write a six-digit area code in quotes, "220102", or "*"'))
    industry = data.get("industry", ANYWHERE)
    if not is_industry(industry):
        problems.append(("industry is unknown", "write a section letter A-T in quotes, or '*'"))
    start = _day(data.get("valid_from"), "valid_from", True, problems)
    end = _day(data.get("valid_to"), "valid_to", False, problems)
    if start is not None and end is not None and end < start:
        problems.append((f"valid_to {end} lies before valid_from {start}", "correct one of the two days"))
    elif start is not None and is_region(region) and (later := region_on(region, end or date.max)) != region:
        since, _ = successors()[region]
        remedy = f"let it end before {since}, and state it for {later} from then on"
        problems.append((f"region {region} has borne another code since {since}", remedy))
    kind, text = _source(data.get("source"), problems)
    names = _approvers(data, spec, value, problems)
    if start is None or problems:
        return None
    return Entry(item.key, value, region, industry, start, end, kind, text, item.file, item.line, names)


def _day(raw: object, name: str, needed: bool, problems: list[tuple[str, str]]) -> date | None:
    if raw is None and not needed:
        return None
    found = day_of(raw)
    if found is not None:
        return found
    problem = f"has no {name}" if raw is None else f"{name} is not a day"
    problems.append((problem, "write it as YYYY-MM-DD"))
    return None


def _source(raw: object, problems: list[tuple[str, str]]) -> tuple[str, str]:
    remedy = "write source: {law: …}, {decision: …}, {seed: …} or {assumption: …}, with a text"
    if raw is None:
        problems.append(("has no source", remedy))
    elif not isinstance(raw, dict) or len(raw) != 1:
        problems.append(("source is not one of law, decision, seed, assumption", remedy))
    else:
        kind, text = next(iter(raw.items()))
        if kind in _SOURCE_KINDS and isinstance(text, str) and text.strip():
            return str(kind), text
        problems.append(("source is not one of law, decision, seed, assumption with a text", remedy))
    return "", ""


def _approvers(
    data: Mapping[str, Any], spec: KeySpec, value: Value, problems: list[tuple[str, str]]
) -> tuple[str, ...]:
    """Who approved a value, each person once however the name is spaced or written large and small."""
    raw = data.get("approved_by")
    if not spec.approvals:
        if raw is not None:
            problems.append(("has approved_by, which nobody reads for this key", "remove it"))
        return ()
    if raw is None:
        raw = []
    if not isinstance(raw, list) or not all(isinstance(name, str) and name.strip() for name in raw):
        problems.append(("approved_by is not a list of names", "write approved_by: [name, name]"))
        return ()
    names = {" ".join(name.split()).casefold(): " ".join(name.split()) for name in raw}
    if value != 0 and len(names) < spec.approvals:
        problem = f"is approved by {len(names)} person(s), where {spec.approvals} are needed for a value other than 0"
        problems.append((problem, "name them: approved_by: [name, name]"))
    return tuple(names.values())


def check_timelines(entries: Sequence[Entry], schema: Schema, mentioned: set[str]) -> list[PolicyFault]:
    """Overlaps and gaps within each area and industry; a general value from the origin, without end."""
    scopes: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in sorted(entries, key=Entry.order):
        scopes.setdefault((entry.key, entry.region, entry.industry), []).append(entry)
    faults: list[PolicyFault] = []
    for timeline in scopes.values():
        faults.extend(_check_timeline(timeline))
    for key, spec in schema.keys.items():
        general = scopes.get((key, ANYWHERE, ANYWHERE))
        if general is None:
            if key not in mentioned and spec.required:
                faults.append(PolicyFault("", 0, key, "has no value", "add one with a source, for region '*'"))
            if any(entry.key == key for entry in entries):
                faults.append(PolicyFault("", 0, key, "has no general value", "add one for region '*', industry '*'"))
            continue
        first, last = general[0], general[-1]
        if spec.required and first.valid_from > schema.origin:
            problem = f"has no general value from {schema.origin} to {first.valid_from - _DAY}"
            faults.append(PolicyFault(first.file, first.line, key, problem, "state what held before, with its source"))
        if last.valid_to is not None:
            problem = f"has no general value after {last.valid_to}"
            faults.append(PolicyFault(last.file, last.line, key, problem, "leave valid_to out, or state what follows"))
    return faults


def _check_timeline(timeline: Sequence[Entry]) -> list[PolicyFault]:
    faults = []
    for before, after in pairwise(timeline):
        place = f"for region {after.region}, industry {after.industry}"
        if before.valid_to is None or before.valid_to >= after.valid_from:
            problem = f"overlaps the value from {before.valid_from} ({before.file}:{before.line}) {place}"
            same_day = before.valid_from == after.valid_from
            remedy = "keep one" if same_day else f"end that one on {after.valid_from - _DAY}"
        elif before.valid_to + _DAY < after.valid_from:
            problem = f"leaves a gap from {before.valid_to + _DAY} to {after.valid_from - _DAY} {place}"
            remedy = "state what held between, with its source"
        else:
            continue
        faults.append(PolicyFault(after.file, after.line, after.key, problem, remedy))
    return faults


@dataclass(frozen=True)
class _Relation:
    """Keys whose values must stand in an order, or add up to a total."""

    keys: tuple[str, ...]
    wanted: str
    total: float | None = None

    def broken(self, values: Sequence[float]) -> bool:
        """Whether the values, in the order of the keys, break the relation."""
        if self.total is not None:
            return abs(sum(values) - self.total) > 1e-9
        if self.wanted == _FALLING:
            return any(high <= low for high, low in pairwise(values))
        return any(low > high for low, high in pairwise(values))


_FALLING = "must fall strictly in this order"
_RISING = "must not fall in this order"


def check_relations(entries: Sequence[Entry], schema: Schema) -> list[PolicyFault]:
    """Order and sums between keys, on every day of change, in every area and industry named.

    A value's end is a change too: from the next day on a wider area's value stands beside those that stay.
    """
    relations = [_Relation(keys, _FALLING) for keys in schema.descending]
    relations += [_Relation(keys, _RISING) for keys in schema.ascending]
    relations += [_Relation(keys, f"must add up to {total:g}", total) for keys, total in schema.sums]
    faults: list[PolicyFault] = []
    for relation in relations:
        mine = [entry for entry in entries if entry.key in relation.keys]
        days = sorted(change_days(mine))
        places = product(sorted({entry.region for entry in mine}), sorted({entry.industry for entry in mine}))
        for (region, industry), on in product(places, days):
            found = [_lookup(mine, key, on, region, industry) for key in relation.keys]
            faults.extend(_check_relation(relation, found, f"on {on}, region {region}, industry {industry}"))
    return faults


def change_days(entries: Iterable[Entry]) -> set[date]:
    """Every day on which one of the values begins or no longer holds."""
    return {day for entry in entries for day in (entry.valid_from, entry.lapses()) if day is not None}


def _check_relation(relation: _Relation, found: Sequence[Entry | None], place: str) -> list[PolicyFault]:
    held = [entry for entry in found if entry is not None]
    values = [entry.value for entry in held if isinstance(entry.value, int | float)]
    if len(values) < len(relation.keys) or not relation.broken(values):
        return []
    shown = ", ".join(f"{entry.key} = {entry.value}" for entry in held)
    newest = max(held, key=lambda entry: (entry.region != ANYWHERE, entry.valid_from))
    problem = f"{shown} {relation.wanted} ({place})"
    return [PolicyFault(newest.file, newest.line, newest.key, problem, "correct the values")]


def _lookup(mine: Sequence[Entry], key: str, on: date, region: str, industry: str) -> Entry | None:
    for area, section in product(chain(region), industry_chain(industry)):
        for entry in mine:
            if (entry.key, entry.region, entry.industry) == (key, area, section) and entry.holds(on):
                return entry
    return None
