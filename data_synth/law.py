"""When a debtor may be listed and on what ground a listing ends, by the text in force on the day.

The list began with 法释〔2013〕17号: ability was a condition of every ground of listing, a listing had no
term, and three facts ended it (art. 7: performed, settlement performed, enforcement terminated). The
revision 法释〔2017〕7号, in force on 2017-05-01, kept ability for ground ① only, gave grounds ②–⑥ a term
of two years (art. 2), knew seven grounds of deletion (art. 10) and refused the creditor's request to list
again for six months after a deletion at the creditor's own request (domain brief, §2.1). Grounds carry the
numbers of 2017 throughout.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from data_synth.rng import Bools, Ints
from data_synth.sheet import NEVER, day_number

REVISED = day_number(date(2017, 5, 1))
# 法发〔2019〕35号: sanctions by degree, repair to be explored. Before it, what is called an application was
# mostly a request for plain removal (domain brief, §4.4).
REPAIR_KNOWN = day_number(date(2019, 1, 1))
TERM_DAYS = 730
BARRED_MONTHS = 6
GROUNDS_2013 = ("art10_1", "art10_2", "art10_7")


def revised(day: Ints) -> Bools:
    """Whether the text of 2017 is in force on the days (n,)."""
    return np.asarray(day >= REVISED, dtype=np.bool_)


def term_end(listed: Ints, reason: Ints, longer: Ints) -> Ints:
    """Last day of a listing made on the days `listed`, NEVER where it has no term: ground ① (position 0), and
    every listing made under the text of 2013. `longer` (n,) are the days added for grave or several conduct."""
    has = (reason > 0) & revised(listed)
    return np.asarray(np.where(has, listed + TERM_DAYS + longer, NEVER), dtype=np.int64)
