"""Read parameter files so that nothing is taken silently: duplicate keys and bad shapes are faults."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policy.faults import PolicyFault


@dataclass(frozen=True)
class RawValue:
    """One entry as written: its key, its file and line, and the mapping that stands there."""

    key: str
    file: str
    line: int
    data: object


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that remembers duplicate keys (plain YAML keeps the last without a word)."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[int, str]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.note_duplicates(node)
        return super().construct_mapping(node, deep)

    def note_duplicates(self, node: yaml.MappingNode) -> None:
        """Remember every key of `node` that stands there twice."""
        seen: set[str] = set()
        for name, _ in node.value:
            if name.value in seen:
                self.duplicates.append((name.start_mark.line + 1, str(name.value)))
            seen.add(name.value)


def read_parameters(path: Path, file: str, prefix: str) -> tuple[list[RawValue], list[PolicyFault]]:
    """Entries of one packaged file, whose keys are `prefix` + the file's own keys."""
    return _read(path, file, prefix, None)


def read_override(path: Path) -> tuple[list[RawValue], str | None, list[PolicyFault]]:
    """Entries of a court's own file `{region: "220102", values: {grade.limits.A: [...]}}`.

    Returns the entries, the file's region (None when it is not given), and the faults.
    """
    region: list[str] = []
    entries, faults = _read(path, path.name, "", region)
    return entries, region[0] if region else None, faults


def _read(path: Path, file: str, prefix: str, region: list[str] | None) -> tuple[list[RawValue], list[PolicyFault]]:
    faults: list[PolicyFault] = []
    try:
        loader = _StrictLoader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        return [], [PolicyFault(file, 0, "", f"cannot be read as YAML ({reason})", "correct the file")]
    if region is not None and isinstance(root, yaml.MappingNode):
        root = _open_override(root, loader, file, region, faults)
    entries: list[RawValue] = []
    if not isinstance(root, yaml.MappingNode):
        return [], [*faults, PolicyFault(file, 0, "", "holds no keys", "write `key:` and its list of values")]
    loader.note_duplicates(root)
    for name, body in root.value:
        key = prefix + str(name.value)
        if not isinstance(body, yaml.SequenceNode) or not body.value:
            line = name.start_mark.line + 1
            faults.append(
                PolicyFault(file, line, key, "is not a list of dated values", "write at least one `- value:`")
            )
            continue
        for item in body.value:
            data: Any = loader.construct_object(item, deep=True)
            entries.append(RawValue(key, file, item.start_mark.line + 1, data))
    faults.extend(PolicyFault(file, line, name, "is written twice", "keep one") for line, name in loader.duplicates)
    return entries, faults


def _open_override(
    root: yaml.MappingNode, loader: _StrictLoader, file: str, region: list[str], faults: list[PolicyFault]
) -> yaml.Node | None:
    loader.note_duplicates(root)
    values: yaml.Node | None = None
    for name, body in root.value:
        if name.value == "region":
            region.append(str(body.value))
        elif name.value == "values":
            values = body
        else:
            line = name.start_mark.line + 1
            faults.append(
                PolicyFault(file, line, str(name.value), "is unknown here", "keep `region` and `values` only")
            )
    if not region:
        faults.append(PolicyFault(file, 0, "region", "is missing", 'name the court\'s area: region: "220102"'))
    return values
