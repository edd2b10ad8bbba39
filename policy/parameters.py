"""Dated, regional parameters of law and rules: load, look up, resolve for a case, snapshot.

The YAML path reads like the key: `grade.limits.A` stands in `parameters/grade/limits.yaml` under
`A`. A value holds from `valid_from` to `valid_to`, both days included. Lookup is by decision
date; the more specific value wins, region before industry.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import rfc8785

from policy.checks import Entry, change_days, check_relations, check_timelines, entries_of
from policy.faults import PolicyFault, PolicyFaults, PolicyLookupError
from policy.regions import ANYWHERE, chain, industry_chain, is_region, within
from policy.rules import Resolved, Rules
from policy.schema import Schema, load_schema
from policy.yaml_files import RawValue, read_override, read_parameters
from records.regions import region_on

_FORMAT = 1


class Policy:
    """One parameter set. `hash` is the SHA-256 of its canonical content.

    `rules` keeps what it resolved: dates fall into few periods and cases into few areas that any
    parameter names, so a million cases share some hundred `Rules`.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.schema = load_schema()
        self.entries = tuple(sorted(entries, key=Entry.order))
        content = [entry.to_json() for entry in self.entries]
        self.hash = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
        self._by_scope: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in self.entries:
            self._by_scope.setdefault((entry.key, entry.region, entry.industry), []).append(entry)
        self._starts = sorted(change_days(self.entries))
        self._areas = {entry.region for entry in self.entries}
        self._sections = {entry.industry for entry in self.entries}
        self._rules: dict[tuple[int, str, str], Rules] = {}

    def value(self, key: str, on: date, region: str = ANYWHERE, industry: str | None = None) -> Resolved:
        """The value of `key` on a decision date; the narrowest area first, in it the industry first.

        Raises PolicyLookupError for an unknown key or a date before the first value, ValueError
        for a region or industry that is no code.
        """
        if key not in self.schema.keys:
            raise PolicyLookupError(f"unknown policy key {key!r}: see policy/schema.yaml for the keys there are")
        entry = self._find(key, on, chain(region_on(region, on)), industry_chain(industry))
        if entry is None:
            first = min(entry.valid_from for entry in self.entries if entry.key == key)
            raise PolicyLookupError(f"{key} has no value on {on}: its first value holds from {first}")
        return entry.resolved

    def rules(self, on: date, region: str = ANYWHERE, industry: str | None = None) -> Rules:
        """Every key resolved for one decision date, area and industry. The area is the one that bears the code's
        name on that day: rules of 九台区 220113 hold for a case filed under 220181.

        Raises PolicyLookupError on a date before the first values, ValueError as `value` does.
        """
        if on < self.schema.origin:
            raise PolicyLookupError(f"no rules on {on}: the first values hold from {self.schema.origin}")
        period = bisect_right(self._starts, on)
        areas = chain(region_on(region, on))
        area = next(code for code in areas if code in self._areas)
        section = next(code for code in industry_chain(industry) if code in self._sections)
        known = self._rules.get((period, area, section))
        if known is None:
            known = self._resolve(on, chain(area), industry_chain(section))
            self._rules[(period, area, section)] = known
        return known

    def change_days(self) -> tuple[date, ...]:
        """Every day on which some value begins or stops to hold, in order."""
        return tuple(self._starts)

    def to_json(self) -> dict[str, Any]:
        """Snapshot from which `from_json` rebuilds the very same policy."""
        return {"format": _FORMAT, "values": [entry.to_json() for entry in self.entries]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """The policy of a snapshot, checked as files are. Raises PolicyFaults listing all faults."""
        if data.get("format") != _FORMAT or not isinstance(data.get("values"), list):
            fault = PolicyFault("snapshot", 0, "", "is not a policy snapshot of format 1", "take one from to_json()")
            raise PolicyFaults([fault])
        raw = [
            RawValue(str(item.get("key")), "snapshot", 0, {k: v for k, v in item.items() if k != "key"})
            for item in data["values"]
        ]
        return cls(_checked(raw, load_schema(), []))

    def _find(self, key: str, on: date, areas: Sequence[str], sections: Sequence[str]) -> Entry | None:
        for area in areas:
            for section in sections:
                for entry in self._by_scope.get((key, area, section), ()):
                    if entry.holds(on):
                        return entry
        return None

    def _resolve(self, on: date, areas: Sequence[str], sections: Sequence[str]) -> Rules:
        found = {key: self._find(key, on, areas, sections) for key in self.schema.keys}
        return Rules({key: entry.resolved for key, entry in found.items() if entry is not None})


def load(root: Path | None = None, overrides: Sequence[Path] = ()) -> Policy:
    """Read the packaged parameters (or those under `root`) and courts' own override files.

    Raises PolicyFaults with every fault of every file: a value without a source, overlapping or
    gapped validity, an unknown key, region or industry, a wrong type, limits out of order, a key
    without a value.
    """
    folder = root if root is not None else Path(__file__).parent / "parameters"
    raw: list[RawValue] = []
    faults: list[PolicyFault] = []
    schema = load_schema()
    for path in sorted(folder.rglob("*.yaml")):
        relative = path.relative_to(folder)
        values, found = read_parameters(path, relative.as_posix(), ".".join(relative.with_suffix("").parts) + ".")
        raw.extend(values)
        faults.extend(found)
    for path in overrides:
        values, region, found = read_override(path)
        raw.extend(values)
        faults.extend(found)
        faults.extend(_foreign_values(values, region, schema))
    return Policy(_checked(raw, schema, faults))


def _checked(raw: Sequence[RawValue], schema: Schema, faults: list[PolicyFault]) -> list[Entry]:
    entries, found = entries_of(raw, schema)
    faults = [*faults, *found, *check_timelines(entries, schema, {item.key for item in raw})]
    faults += check_relations(entries, schema)  # among the values that could be read
    if faults:
        raise PolicyFaults(faults)
    return entries


def _foreign_values(values: Sequence[RawValue], region: str | None, schema: Schema) -> list[PolicyFault]:
    """A court's own file speaks for its own area only, and not on what national law fixes."""
    faults = []
    for item in values:
        spec = schema.keys.get(item.key)
        if spec is not None and not spec.local:
            remedy = "remove it: this key is national and is set in the packaged parameters only"
            faults.append(PolicyFault(item.file, item.line, item.key, "may not be set by a court", remedy))
        area = item.data.get("region") if isinstance(item.data, dict) else None
        if is_region(area) and is_region(region) and not within(str(area), str(region)):
            problem = f"is set for {area}, outside the file's region {region}"
            faults.append(PolicyFault(item.file, item.line, item.key, problem, "keep to the file's own area"))
        if area is None and isinstance(item.data, dict) and region is not None:
            item.data["region"] = region
    return faults
