"""The calibration step of a recorded margin in words: the curve, and what place and year add to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explain.figures import signed
from explain.words import vocabulary

_SHOWN = 0.005  # log-odds; less shows as nothing
_PARTS = (
    ("region", "本院辖区"),
    ("industry", "行业"),
    ("cell", "辖区内该行业"),
    ("trend", "年度趋势"),
    ("ruled", "经批准的规则"),
)


def curve(step: Mapping[str, Any]) -> str:
    """What turns the margin into a probability; a logistic line with its two numbers, to be recomputed by hand."""
    slope, intercept = step.get("slope"), step.get("intercept")
    if isinstance(slope, int | float) and isinstance(intercept, int | float):
        return signed(f"{slope:.3f} × 模型分 {intercept:+.3f}")
    method = str(step.get("method", "见记录"))
    return str(vocabulary()["calibrations"].get(method, method))


def local(step: Mapping[str, Any]) -> str:
    """What is added to the log-odds for the court's area, the industry and the year; "" where nothing is.

    It belongs to the place and the day, never to the person: two debtors of one court on one day get the same.
    """
    found = step.get("local") or {}
    parts = [f"{zh} {found[name]:+.2f}" for name, zh in _PARTS if abs(found.get(name, 0)) >= _SHOWN]
    return signed("，".join(parts))
