"""The packaged words of a record's codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, Any]:
    """Words of kinds, routes, tiers, modes, scopes, dimensions, outcomes and rights, read once: they are part of
    the code."""
    loaded: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "templates" / "text.yaml").read_text("utf-8"))
    return loaded
