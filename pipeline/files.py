"""JSON files that are either whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.refusals import IntegrityRefused
from records.files import write_atomically


def write_json(path: Path, value: Mapping[str, Any] | list[Any], *, new: bool = False) -> None:
    """Write `value` as indented JSON with stable key order, atomically; `new`: FileExistsError rather than over one."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomically(path, text.encode(), new=new)


def read_json(path: Path) -> Any:
    """The JSON value in `path`."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_kept(path: Path) -> Any:
    """The JSON value of a file that this program wrote itself. IntegrityRefused when it can no longer be read."""
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise IntegrityRefused(f"{path} is not what was written there ({type(error).__name__}): restore it") from None
