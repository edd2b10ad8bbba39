"""Areas change: which GB/T 2260 code a court's county bears on a day.

九台市 220181 became 九台区 220113 in 2014, 公主岭市 220381 became 220184 in 2020. A case keeps the code it was filed
under; its rules are those of the area as it is on the day of the decision. `regions.yaml` says which code followed
which, by the year of the annual list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("regions.yaml")


@lru_cache(maxsize=1)
def successors() -> Mapping[str, tuple[date, str]]:
    """Old code -> (first day of the new one, new code). The lists tell years: a code counts from the next 1 January."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {old: (date(year + 1, 1, 1), new) for year, changes in content.items() for old, new in changes.items()}


@lru_cache(maxsize=65536)
def region_on(code: str, on: date) -> str:
    """The code that the area `code` bears on the day `on`; `code` itself where nothing changed."""
    known = successors()
    while code in known and known[code][0] <= on:
        code = known[code][1]
    return code
