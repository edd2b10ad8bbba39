"""Identity numbers of public lists: whole, masked or missing. A number lives here only until it is a keyed hash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from records.identifiers import normalise_id_number, normalise_uscc

_MASK = "*"
_CHECKED_LENGTHS = {9, 10, 18}  # numbers of these lengths end in a check character, and it was wrong
_ENOUGH_VISIBLE = 10  # of 18 characters: with the name, enough to tell persons apart
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

NumberKind = Literal["person", "organisation", "masked", "other", "none"]


@dataclass(frozen=True, repr=False)
class Number:
    """`kind` "person" (value: the 18 characters of GB 11643), "organisation" (value: the nine characters of
    GB 11714, also inside a USCC), "masked" (value: visible characters and *), "other" (a unit's number of
    another kind, such as the old registration number), or "none". Never printed."""

    kind: NumberKind
    value: str = ""
    uscc: str | None = None

    @property
    def tells_apart(self) -> bool:
        """Whether a masked number shows enough of itself to tell persons of one name apart."""
        return len(self.value.replace(_MASK, "")) >= _ENOUGH_VISIBLE

    def fits(self, whole: str) -> bool:
        """Whether this masked number can be the whole number `whole`."""
        if len(self.value) != len(whole):
            return False
        return all(mine in (_MASK, other) for mine, other in zip(self.value, whole, strict=True))


def organisation_code(words: str) -> str | None:
    """The organisation code (GB 11714) without its hyphen when `words` is one with a right check character."""
    plain = words.replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", plain):
        return None
    total = sum(weight * _ORG_ALPHABET.index(sign) for weight, sign in zip(_ORG_WEIGHTS, plain[:8], strict=True))
    return plain if "0123456789X0"[11 - total % 11] == plain[8] else None


def number_of(words: str | None) -> Number | None:
    """What kind of number `words` is; None when it is damaged (a whole number of a person or unit with a wrong
    check character, or letters and signs that no number has)."""
    if words is None:
        return Number("none")
    plain = words.upper().replace("＊", _MASK)
    if not re.fullmatch(r"[0-9A-Z*\-]{1,30}", plain):
        return None
    if _MASK in plain:
        return Number("masked", plain)
    if person := normalise_id_number(plain):
        return Number("person", person)
    code = normalise_uscc(plain)
    if short := code[8:17] if code else organisation_code(plain):
        return Number("organisation", short, code)
    return None if len(plain) in _CHECKED_LENGTHS else Number("other", plain)
