"""When a debtor may be listed and on what ground a listing ends, by the rules in force on the day.

What law and rules fix is read from `policy/`: the grounds that end a listing and since when (`gate.statutory`),
the term of a listing (`publication.judicial_list`), the months of observation and of lock-out, what a grant
lifts. The list began with 法释〔2013〕17号: ability was a condition of every ground of listing, a listing had
no term, and three facts ended it (art. 7: performed, settlement performed, enforcement terminated). The
revision 法释〔2017〕7号, in force on 2017-05-01, kept ability for ground ① only, gave grounds ②–⑥ a term
of two years (art. 2), knew seven grounds of deletion (art. 10) and refused the creditor's request to list
again for six months after a deletion at the creditor's own request. Grounds carry the
numbers of 2017 throughout. The world knows no court's own rules: the nation's are applied everywhere.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from data_synth.rng import Bools, Ints
from data_synth.sheet import NEVER, day_number
from policy.parameters import Policy, load
from records.tables.measures import LIFT_SCOPES

# 法发〔2019〕35号: sanctions by degree, repair to be explored. Before it, what is called an application was
# mostly a request for plain removal (an assumption: "repair" came into court practice about 2019).
REPAIR_KNOWN = day_number(date(2019, 1, 1))
BARRED_MONTHS = 6  # 法释〔2017〕7号 art. 10; a rule for creditors, so no parameter of the assessment
_TERM = "publication.judicial_list.term_months"
_RULED_ON = date(2019, 1, 1)  # what repair brings is ruled the same over the world's years (a test watches it)
_LOCKOUTS = ("false_material", "condition_breach", "new_dishonesty")
_IN_RECORDS = {"business_travel": "consumption"}  # a trip allowed is a consumption limit lifted in part


@cache
def rules() -> Policy:
    """The packaged rules, read once a process."""
    return load()


@cache
def since(key: str) -> int:
    """First day (number) on which the rule `key` says anything but no; ValueError when it never does."""
    for day in rules().change_days():
        if rules().value(key, day).value not in (None, False):
            return day_number(day)
    raise ValueError(f"the rules never say yes to {key}")


def in_force(key: str, day: Ints) -> Bools:
    """Whether the rule `key` says anything but no on the days (n,)."""
    return np.asarray(day >= since(key), dtype=np.bool_)


def revised(day: Ints) -> Bools:
    """Whether the text of 2017 is in force on the days (n,)."""
    return in_force(_TERM, day)


def term_end(listed: Ints, reason: Ints, longer: Ints) -> Ints:
    """Last day of a listing made on the days `listed`, NEVER where it has no term: ground ① (position 0), and
    every listing made under the text of 2013. `longer` (n,) are the days added for grave or several conduct."""
    term = _days(int(str(rules().value(_TERM, _RULED_ON).value)))
    has = (reason > 0) & revised(listed)
    return np.asarray(np.where(has, listed + term + longer, NEVER), dtype=np.int64)


def observation_months() -> Ints:
    """Months of observation of the grades A to D."""
    return np.array([int(str(_ruled(f"observation.months.{grade}"))) for grade in "ABCD"], dtype=np.int64)


def lockout_days() -> Ints:
    """Days without a new application after a revocation for false material, a breach, new dishonesty."""
    return np.array([_days(int(str(_ruled(f"revocation.lockout.{ground}")))) for ground in _LOCKOUTS], dtype=np.int64)


def lifted_by(mode: str) -> tuple[str, ...]:
    """What a grant in the mode lifts, as fields of the records."""
    words = _ruled(f"scope.lifted.{mode}")
    if not isinstance(words, tuple | list):
        raise TypeError(f"scope.lifted.{mode} must be a list of fields")
    named = {_IN_RECORDS.get(str(word), str(word)) for word in words}
    return tuple(field for field in LIFT_SCOPES if field in named)


def _ruled(key: str) -> object:
    return rules().value(key, _RULED_ON).value


def _days(months: int) -> int:
    return -(-months * 365 // 12)
