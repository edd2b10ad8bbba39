"""Fields of one public-list record: spelling variants brought together, values read, every fault found.

Layouts: 失信被执行人 ("listed") and 被执行人 ("executed") as public clients spell them. Keys are compared without
regard to case. Sex and age are read here and go to `debtor_audit` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from records.identifiers import REGION_NOT_STATED
from records.importers.listed_numbers import Number, number_of
from records.importers.listed_places import (
    EnforcementCase,
    court_without_province,
    enforcement_case,
    region_of_area,
)
from records.importers.listed_source import RawRecord
from records.importers.listed_values import Unreadable, amount, compact, day, text, whole
from records.importers.listed_words import (
    CONDUCT,
    GRAVITY,
    KEYS,
    NOT_CARRIED,
    SEXES,
    TYPES,
    UNIT_ENDINGS,
    Layout,
    Subject,
)

_OLDEST = 130
_LIST_BEGINS = date(2013, 10, 1)  # 法释〔2013〕17号 in force: nothing was published before
_NAME_LENGTH = 200


@dataclass(frozen=True, repr=False)
class Listed:
    """A record as read. `name`, `number`, `sex` and `age` are personal and never printed."""

    position: int
    layout: Layout
    name: str | None = None
    subject: Subject | None = None
    number: Number | None = None
    case: EnforcementCase | None = None
    court: str | None = None
    region_code: str = REGION_NOT_STATED
    basis: str | None = None
    listing_reason: str | None = None
    performed: Decimal | None = None
    requested: Decimal | None = None
    published: date | None = None
    filed: date | None = None
    sex: str | None = None
    age: int | None = None

    @property
    def case_key(self) -> str:
        """What makes two records tell of one case: the number, and before 2016 the court too."""
        if self.case is None:
            return ""
        return self.case.text if self.case.court_code else f"{self.case.text}|{self.court or ''}"


@dataclass(frozen=True)
class Reading:
    """A record, the reasons against importing it, and its keys that no layout names."""

    record: Listed
    reasons: tuple[str, ...]
    unknown_keys: tuple[str, ...] = ()


class _Fields:
    """Takes fields by our names and notes what is wrong with them."""

    def __init__(self, members: Mapping[str, object], keys: Mapping[str, tuple[str, ...]]) -> None:
        self.reasons: set[str] = set()
        self._keys = keys
        self._values: dict[str, list[object]] = {}
        for key, value in members.items():
            self._values.setdefault(key.strip().lower(), []).append(value)

    def take(self, name: str, read: Callable[[object], Any]) -> Any:
        """The field's value; None when nothing is stated or it cannot be read (then a reason is noted)."""
        found: list[Any] = []
        for key in self._keys.get(name, ()):
            for value in self._values.get(key, ()):
                try:
                    found.append(read(value))
                except Unreadable:
                    self.reasons.add(f"unreadable:{name}")
        stated = [value for value in found if value is not None]
        if any(value != stated[0] for value in stated):
            self.reasons.add(f"conflicting:{name}")
        return stated[0] if stated else None

    def need(self, name: str, value: object) -> None:
        """Note that a field without which nothing can be imported is not stated."""
        if value is None and f"unreadable:{name}" not in self.reasons:
            self.reasons.add(f"missing:{name}")

    def unknown(self) -> tuple[str, ...]:
        named = {key for keys in self._keys.values() for key in keys}
        return tuple(sorted(key for key in self._values if key not in named | NOT_CARRIED))


def read_fields(raw: RawRecord, observed_until: date) -> Reading:
    """Read one record. `observed_until`: the day the list was received; a later day is a fault."""
    if raw.members is None:
        return Reading(Listed(raw.position, "unknown"), raw.reasons)
    layout = _layout(raw.members)
    if layout == "unknown":
        return Reading(Listed(raw.position, layout), tuple(sorted({*raw.reasons, "unknown_layout"})))
    fields = _Fields(raw.members, KEYS[layout])
    name = fields.take("name", _name)
    number = fields.take("number", _number)
    sex, age = fields.take("sex", _sex), fields.take("age", lambda value: whole(value, _OLDEST))
    case = fields.take("case_no", _case)
    published, filed = fields.take("published", day), fields.take("filed", day)
    stated = fields.take("type", _type)
    representative = fields.take("representative", text)
    area = fields.take("area", text)
    record = Listed(
        position=raw.position,
        layout=layout,
        name=name,
        subject=stated or _subject(name, number, personal=(sex, age), representative=representative),
        number=number,
        case=case,
        court=court_without_province(fields.take("court", compact)),
        region_code=case.region_code if case and case.court_code else region_of_area(area),
        basis=fields.take("basis", compact),
        listing_reason=fields.take("conduct", _conduct),
        performed=fields.take("performed", _performed),
        requested=fields.take("money", amount),
        published=published,
        filed=filed,
        sex=sex,
        age=age,
    )
    for need in ("name", "case_no", "published" if layout == "listed" else "filed"):
        fields.need(need, {"name": name, "case_no": case, "published": published, "filed": filed}[need])
    if record.subject is None and name is not None:
        fields.reasons.add("unclear:subject_type")
    fields.reasons |= _order_faults(record, observed_until)
    return Reading(record, tuple(sorted({*raw.reasons, *fields.reasons})), fields.unknown())


def _layout(members: Mapping[str, object]) -> Layout:
    keys = {key.strip().lower() for key in members}
    listed, executed = "iname" in keys, bool(keys & {"pname", "execmoney"})
    if listed == executed:
        return "unknown"
    return "listed" if listed else "executed"


def _order_faults(record: Listed, observed_until: date) -> set[str]:
    faults: set[str] = set()
    if record.published and record.published < _LIST_BEGINS:
        faults.add("before_list_began")
    if record.published and record.filed and record.filed > record.published:
        faults.add("filed_after_published")
    if any(stated and stated > observed_until for stated in (record.published, record.filed)):
        faults.add("after_observation")
    return faults


def _name(value: object) -> str | None:
    words = None if isinstance(value, int) else compact(value)
    if isinstance(value, int) or (words is not None and len(words) > _NAME_LENGTH):
        raise Unreadable
    return words


def _number(value: object) -> Number | None:
    number = number_of(compact(value))
    if number is None:
        raise Unreadable
    return None if number.kind == "none" else number


def _case(value: object) -> EnforcementCase | None:
    words = compact(value)
    if words is None:
        return None
    case = enforcement_case(words)
    if case is None:
        raise Unreadable
    return case


def _sex(value: object) -> str | None:
    words = compact(value)
    if words is None:
        return None
    if words.lower() not in SEXES:
        raise Unreadable
    return SEXES[words.lower()]


def _type(value: object) -> Subject | None:
    words = compact(value)
    if words is None:
        return None
    if words not in TYPES:
        raise Unreadable
    return TYPES[words]


def _performed(value: object) -> Decimal | None:
    """The amount performed when the text is just an amount: what else it may say is free text."""
    try:
        return amount(value)
    except Unreadable:
        text(value)
        return None


def _conduct(value: object) -> str | None:
    words = compact(value)
    if words is None:
        return None
    named: set[str] = set()
    for part in words.replace(";", ",").replace("、", ",").replace("。", ",").split(","):
        limb = next((limb for sign, limb in CONDUCT if sign in part), None)
        if limb:
            named.add(limb)
    if not named:
        raise Unreadable
    return min(named, key=GRAVITY.index)


def _subject(
    name: str | None, number: Number | None, *, personal: tuple[object, object], representative: str | None
) -> Subject | None:
    if number and number.kind == "organisation":
        return "unit"
    if number and number.kind == "person":
        return "natural"
    if representative is not None or (name or "").endswith(UNIT_ENDINGS):
        return "unit"
    if any(mark is not None for mark in personal) or (number and len(number.value) == 18):
        return "natural"
    return None
