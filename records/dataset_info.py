"""`dataset.json`: what a dataset is for, how it is split, until when the world was observed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast, get_args

from records.faults import DatasetFault, Fault, Faults, pointer
from records.strict_json import loads
from records.tables import DATASET_TABLES

INFO_FILE = "dataset.json"
FORMAT = 1
MOST_BUCKETS = 10_000  # bucket names have four digits
Profile = Literal["applications", "first_listings"]
_MEMBERS = ("format", "profile", "buckets", "observed_until", "origin")


@dataclass(frozen=True)
class DatasetInfo:
    """`profile`: who is assessed ("applications" | "first_listings"). `buckets`: 1 … 10,000.
    `observed_until`: the day after which nothing was observed. `origin`: JSON object, free (generator,
    seed, importer …). `rows`: rows written per table, filled in by the writer, so that a lost file is noticed;
    empty when unknown.
    """

    profile: Profile
    buckets: int
    observed_until: date
    origin: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse (DatasetFault) a profile or bucket count that no reader would take back."""
        faults = _value_faults(self.profile, self.buckets)
        if faults:
            raise DatasetFault(faults)

    def with_rows(self, rows: Mapping[str, int]) -> DatasetInfo:
        """The same info with the number of rows of every table."""
        return replace(self, rows=dict(rows))

    def to_bytes(self) -> bytes:
        """The text of `dataset.json`: equal infos give equal bytes."""
        content = {
            "format": FORMAT,
            "profile": self.profile,
            "buckets": self.buckets,
            "observed_until": self.observed_until.isoformat(),
            "origin": dict(self.origin),
            "rows": dict(self.rows),
        }
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
        return (text + "\n").encode()

    @staticmethod
    def read(root: Path) -> DatasetInfo:
        """The info of the dataset at `root`; DatasetFault with every fault of the file."""
        path = root / INFO_FILE
        if not path.is_file():
            detail = f"the folder holds no {INFO_FILE}: it is no dataset, or its writing was interrupted"
            raise DatasetFault([Fault("not_a_dataset", str(root), detail)])
        try:
            content = loads(path.read_bytes())
        except Faults as error:
            raise DatasetFault([replace(fault, where=f"{INFO_FILE}{fault.where}") for fault in error.faults]) from None
        except OSError:
            raise DatasetFault([Fault("unreadable_file", INFO_FILE, "cannot be read")]) from None
        return _parse(content)


def _parse(content: object) -> DatasetInfo:
    if not isinstance(content, dict):
        raise DatasetFault([_fault((), "must be a JSON object")])
    faults = [_fault((name,), "is missing") for name in _MEMBERS if name not in content]
    faults += [_fault((name,), "is unknown") for name in content if name not in (*_MEMBERS, "rows")]
    if "format" in content and content["format"] != FORMAT:
        faults.append(_fault(("format",), f"must be {FORMAT}"))
    if "profile" in content and "buckets" in content:
        faults += _value_faults(content["profile"], content["buckets"])
    day = _day(content.get("observed_until"))
    if day is None and "observed_until" in content:
        faults.append(_fault(("observed_until",), "must be a day YYYY-MM-DD"))
    if not isinstance(content.get("origin", {}), dict):
        faults.append(_fault(("origin",), "must be a JSON object"))
    rows = content.get("rows", {})
    faults += _row_faults(rows)
    if faults or day is None:
        raise DatasetFault(faults)
    return DatasetInfo(cast(Profile, content["profile"]), content["buckets"], day, content["origin"], rows)


def _value_faults(profile: object, buckets: object) -> list[Fault]:
    faults = []
    if profile not in get_args(Profile):
        faults.append(_fault(("profile",), "must be one of: " + ", ".join(get_args(Profile))))
    if type(buckets) is not int or not 1 <= buckets <= MOST_BUCKETS:
        faults.append(_fault(("buckets",), f"must be an integer from 1 to {MOST_BUCKETS}"))
    return faults


def _row_faults(rows: object) -> list[Fault]:
    if not isinstance(rows, dict):
        return [_fault(("rows",), "must be a JSON object of table names and counts")]
    faults = [_fault(("rows", name), "is no table of a dataset") for name in rows if name not in DATASET_TABLES]
    faults += [
        _fault(("rows", name), "must be a count of rows") for name, n in rows.items() if type(n) is not int or n < 0
    ]
    return faults


def _day(text: object) -> date | None:
    if not isinstance(text, str) or len(text) != len("YYYY-MM-DD") or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fault(parts: tuple[str, ...], detail: str) -> Fault:
    return Fault("bad_dataset_info", INFO_FILE + pointer(*parts), detail)
