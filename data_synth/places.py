"""The places and trades of the synthetic world: what differs by court and by industry.

Area codes and court codes follow GB/T 2260 and the court-code rule of 法院案号规定, with the code a place had before
its area changed (九台 became a district in 2014, 公主岭 came under 长春 in 2020). The figures are assumptions spread
around the calibration targets (`targets.yaml`); a remote county loses a quarter of its network queries, as Shangluo
reported for two mountain counties in 2023 (S4a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from data_synth.rng import Floats, Ints
from data_synth.sheet import coded, day_number


@dataclass(frozen=True)
class Former:
    """The codes of a place until (and without) a day."""

    until: date
    code: str
    court: str


@dataclass(frozen=True)
class Place:
    """One court's area. `severity` shifts the log-odds of a grant, `hazard` those of re-default;
    `query_failure` is the share of queries without answer (failed or timed out); `living_cost` CNY a
    month; `wage` the median monthly income; `staffing` the court's officers for its load and `departments`
    how promptly the bodies of the place act (both 0 at the mean, standard units); `provident_cap` CNY
    that may be deducted in a year (infinite: none)."""

    code: str
    name: str
    court: str
    weight: float
    severity: float
    hazard: float
    query_failure: float
    living_cost: float
    wage: float
    staffing: float
    departments: float
    provident_cap: float = float("inf")
    notice_from_year: int = 2020
    former: Former | None = None


PLACES = (
    Place("220102", "长春市南关区", "吉0102", 2.4, -0.10, 0.00, 0.05, 1500, 4300, 0.2, 0.4),
    Place("220103", "长春市宽城区", "吉0103", 1.0, -0.30, 0.05, 0.06, 1500, 4100, -0.4, 0.2),
    Place("220113", "长春市九台区", "吉0113", 0.5, -0.30, 0.08, 0.08, 1250, 3400, -0.5, -0.4,
          former=Former(date(2014, 10, 20), "220181", "吉0181")),
    Place("220184", "公主岭市", "吉0184", 0.5, -0.30, 0.08, 0.08, 1250, 3400, -0.3, -0.3,
          former=Former(date(2020, 6, 19), "220381", "吉0381")),
    Place("220182", "榆树市", "吉0182", 0.6, -0.45, 0.15, 0.25, 1150, 3100, -0.9, -1.2, 50_000),
    Place("611002", "商洛市商州区", "陕1002", 0.9, -0.20, 0.05, 0.07, 1200, 3300, -0.2, -0.3),
    Place("611021", "洛南县", "陕1021", 0.5, -0.40, 0.20, 0.25, 1100, 3000, -0.8, -1.4),
    Place("330881", "江山市", "浙0881", 1.1, 0.35, -0.10, 0.03, 1900, 5200, 0.6, 1.0),
    Place("331122", "缙云县", "浙1122", 0.9, 0.45, -0.05, 0.04, 1800, 4900, 0.7, 0.9),
    Place("460203", "三亚市吉阳区", "琼0203", 0.7, 0.00, 0.10, 0.06, 1600, 4500, 0.0, -0.2),
    Place("370283", "平度市", "鲁0283", 1.1, 0.15, -0.05, 0.04, 1500, 4400, 0.2, 0.4, 50_000),
    Place("320118", "南京市高淳区", "苏0118", 1.0, 0.30, -0.10, 0.03, 2000, 5600, 0.6, 0.8),
    Place("350524", "安溪县", "闽0524", 0.9, 0.25, 0.00, 0.05, 1600, 4600, 0.4, 0.3),
    Place("430281", "醴陵市", "湘0281", 0.9, 0.05, 0.05, 0.06, 1400, 4000, 0.1, 0.0, float("inf"), 2022),
    Place("110102", "北京市西城区", "京0102", 0.8, -0.15, -0.10, 0.03, 2500, 7800, -0.7, 0.9),
)  # fmt: skip

# Industry sections of units, their share, and the shift of the log-odds of re-default.
INDUSTRIES = (
    ("C", 0.24, -0.05), ("F", 0.26, 0.00), ("E", 0.14, 0.25), ("K", 0.05, 0.35), ("L", 0.09, 0.00),
    ("I", 0.06, -0.15), ("G", 0.06, 0.05), ("H", 0.05, 0.15), ("A", 0.03, 0.00), ("O", 0.02, 0.00),
)  # fmt: skip

# Pressure of the economy on debtors, year means from 2014 on, in log-odds of re-default.
ECONOMY = (0.0, 0.0, -0.05, -0.05, 0.0, 0.05, 0.20, 0.05, 0.20, 0.10, 0.05, 0.0, 0.0)

# Causes: name, share, livelihood claim, typical basis (position in the contract's list).
CAUSES = (
    ("民间借贷纠纷", 0.30, False, 0), ("金融借款合同纠纷", 0.20, False, 0), ("买卖合同纠纷", 0.12, False, 0),
    ("信用卡纠纷", 0.08, False, 1), ("劳务合同纠纷", 0.07, True, 1), ("追索劳动报酬纠纷", 0.05, True, 2),
    ("建设工程施工合同纠纷", 0.06, False, 0), ("机动车交通事故责任纠纷", 0.05, True, 0),
    ("抚养费纠纷", 0.03, True, 1), ("公证债权文书", 0.015, False, 3), ("罚金", 0.01, False, 4),
    ("行政非诉执行", 0.015, False, 5),
)  # fmt: skip


def column(name: str) -> Floats:
    """One figure of every place, in order."""
    return np.array([getattr(place, name) for place in PLACES], dtype=np.float64)


def area_codes(place: Ints, day: Ints) -> pl.Series:
    """Area code of each place (n,) on a day (n,)."""
    return _dated(place, day, "code")


def court_codes(place: Ints, day: Ints) -> pl.Series:
    """Court code of each place (n,) on a day (n,)."""
    return _dated(place, day, "court")


def _dated(place: Ints, day: Ints, name: str) -> pl.Series:
    now = [getattr(item, name) for item in PLACES]
    before = [getattr(item.former or item, name) for item in PLACES]
    until = np.array([day_number(item.former.until) if item.former else -(10**6) for item in PLACES])
    return coded(place + len(PLACES) * (day < until[place]), [*now, *before])


def macro(year: Floats, economy: Sequence[float] = ECONOMY) -> Floats:
    """Pressure of the economy at a (fractional) year, interpolated between year means that begin in 2014."""
    return np.asarray(np.interp(year, np.arange(2014, 2014 + len(economy)) + 0.5, economy), dtype=np.float64)
