"""A court's own file of rules, for tests to change and load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

OVERRIDE = """region: "220102"
values:
  route.simple.major_amount:
    - value: 600000
      valid_from: 2025-01-01
      source: {assumption: "the court's own figure"}
"""


def override(tmp_path: Path, change: Callable[[str], str], text: str = OVERRIDE) -> Path:
    path = tmp_path / "nanguan.yaml"
    path.write_text(change(text), encoding="utf-8")
    return path
