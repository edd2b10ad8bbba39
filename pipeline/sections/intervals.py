"""How wide intervals are on the test period, whom the abstain band sends to a person, and whether intervals hold the
average truth of like cases, by group, where the truth is given.

One world has one calibration: its intervals hold or fail together. That they hold as often as they claim is shown over
repeated worlds by `benchmarks/intervals.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models.interval_coverage import Held, held
from models.intervals import IntervalTable
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import GROUPINGS, HEADS, Evaluated, Floats, HeldOut, Section

TENTHS = "tenth_of_risk"


def intervals(given: Evaluated) -> Section:
    """Per head probability with intervals: width, coverage where the truth is known, and the abstain band."""
    metrics: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for outcome in HEADS:
        cases, table = given.held_out(outcome), given.bundle.intervals.get(outcome)
        if table is None or cases.p is None or not len(cases.y):
            continue
        days = given.days(cases.keys)
        width = np.array([one.high - one.low for one in table.of(cases.p.tolist(), days)])
        metrics[outcome] = {"level": table.level, "cases": len(width), "mean_width": float(width.mean())}
        if outcome == CARD_OUTCOME:
            metrics[outcome]["uncertain"] = _uncertain(given, cases, table)
        if given.truth is None:
            continue
        true = given.truth.loc[cases.keys, f"recorded_{outcome}"].to_numpy(dtype=np.float64)
        known = ~np.isnan(true)
        if known.sum() >= given.settings.min_cases:
            p = cases.p[known]
            hit = held(table, p, true[known], [on for on, is_known in zip(days, known, strict=True) if is_known])
            metrics[outcome]["held"] = float(hit.inside.mean())
            tables[outcome] = by_group(given.groups(cases.keys[known]), p, hit, given.settings.min_cases)
    return Section({"intervals": metrics} if metrics else {}, tables, tuple(_line(*item) for item in metrics.items()))


def _line(outcome: str, found: dict[str, Any]) -> str:
    held_in = f", hold the mean truth of like cases in {found['held']:.1%}" if "held" in found else ""
    return f"  intervals of {outcome}: {found['mean_width']:.3f} wide{held_in} (claim {found['level']:.0%})"


def by_group(groups: pd.DataFrame, p: Floats, hit: Held, least: int) -> list[dict[str, Any]]:
    """Cases, mean width and share held of every group and tenth of risk with at least `least` cases."""
    tenth = np.argsort(np.argsort(p, kind="stable"), kind="stable") * 10 // len(p) + 1
    columns = {**{name: groups[name].to_numpy() for name in GROUPINGS}, TENTHS: np.array([f"{n:02d}" for n in tenth])}
    rows = []
    for by, names in columns.items():
        for name in sorted(set(names.tolist())):
            mine = names == name
            if mine.sum() >= least:
                rows.append(
                    {
                        "by": by,
                        "group": str(name),
                        "cases": int(mine.sum()),
                        "width": float(hit.width[mine].mean()),
                        "held": float(hit.inside[mine].mean()),
                    }
                )
    return rows


def _uncertain(given: Evaluated, cases: HeldOut, table: IntervalTable) -> float:
    """Share of test cases that the abstain band of the rules of the last test day sends to a person."""
    if cases.p is None:
        return 0.0
    number = given.policy.rules(given.frames.splits["as_of"].max().date()).number
    cap, widest = number["grade.caps.p_redefault_12"], number["warnings.limits.interval_width"]
    found = table.of(cases.p.tolist(), given.days(cases.keys))
    return float(np.mean([one.low <= cap < one.high or one.high - one.low > widest for one in found]))
