"""The places and trades of the synthetic world: what differs by court and by industry.

Area codes and court codes follow GB/T 2260 and the court-code rule of 法院案号规定 (domain brief,
§3.2). The figures are assumptions spread around the calibration targets of §4.3; a remote county
loses a quarter of its network queries, as Shangluo reported for two mountain counties in 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_synth.rng import Floats


@dataclass(frozen=True)
class Place:
    """One court's area. `severity` shifts the log-odds of a grant, `hazard` those of re-default;
    `query_failure` is the share of queries without answer; `living_cost` CNY a month; `wage` the
    median monthly income; `provident_cap` CNY that may be deducted in a year (infinite: none)."""

    code: str
    name: str
    court: str
    weight: float
    severity: float
    hazard: float
    query_failure: float
    living_cost: float
    wage: float
    provident_cap: float = float("inf")
    notice_from_year: int = 2020


PLACES = (
    Place("220102", "长春市南关区", "吉0102", 2.4, -0.10, 0.00, 0.05, 1500, 4300),
    Place("220103", "长春市宽城区", "吉0103", 1.0, -0.30, 0.05, 0.06, 1500, 4100),
    Place("220182", "榆树市", "吉0182", 0.6, -0.45, 0.15, 0.25, 1150, 3100, 50_000),
    Place("611002", "商洛市商州区", "陕1002", 0.9, -0.20, 0.05, 0.07, 1200, 3300),
    Place("611021", "洛南县", "陕1021", 0.5, -0.40, 0.20, 0.25, 1100, 3000),
    Place("330881", "江山市", "浙0881", 1.1, 0.35, -0.10, 0.03, 1900, 5200),
    Place("331122", "缙云县", "浙1122", 0.9, 0.45, -0.05, 0.04, 1800, 4900),
    Place("460203", "三亚市吉阳区", "琼0203", 0.7, 0.00, 0.10, 0.06, 1600, 4500),
    Place("370283", "平度市", "鲁0283", 1.1, 0.15, -0.05, 0.04, 1500, 4400, 50_000),
    Place("320118", "南京市高淳区", "苏0118", 1.0, 0.30, -0.10, 0.03, 2000, 5600),
    Place("350524", "安溪县", "闽0524", 0.9, 0.25, 0.00, 0.05, 1600, 4600),
    Place("430281", "醴陵市", "湘0281", 0.9, 0.05, 0.05, 0.06, 1400, 4000, float("inf"), 2022),
    Place("110102", "北京市西城区", "京0102", 0.8, -0.15, -0.10, 0.03, 2500, 7800),
)

# Industry sections of units, their share, and the shift of the log-odds of re-default.
INDUSTRIES = (
    ("C", 0.24, -0.05), ("F", 0.26, 0.00), ("E", 0.14, 0.25), ("K", 0.05, 0.35), ("L", 0.09, 0.00),
    ("I", 0.06, -0.15), ("G", 0.06, 0.05), ("H", 0.05, 0.15), ("A", 0.03, 0.00), ("O", 0.02, 0.00),
)  # fmt: skip

# Pressure of the economy on debtors by year (log-odds of re-default), 2014 to 2026.
_MACRO = (0.0, 0.0, -0.05, -0.05, 0.0, 0.05, 0.20, 0.05, 0.20, 0.10, 0.05, 0.0, 0.0)

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


def macro(year: Floats) -> Floats:
    """Pressure of the economy at a (fractional) year, interpolated between year means."""
    return np.asarray(np.interp(year, np.arange(2014, 2014 + len(_MACRO)) + 0.5, _MACRO), dtype=np.float64)
