"""Read parameter files so that nothing is taken silently: duplicate keys and bad shapes are faults."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policy.faults import PolicyFault
from policy.regions import ANYWHERE, is_region

# What PyYAML lets escape for a value of the right form and no sense: 2026-02-30, `!!int many`, `!!bool perhaps`.
_SENSELESS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_NAME_AREA = 'name the court\'s area: region: "220102"'


@dataclass(frozen=True)
class RawValue:
    """One entry as written: its key, its file and line, and the mapping that stands there."""

    key: str
    file: str
    line: int
    data: object


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that remembers duplicate keys (plain YAML keeps the last without a word) and names the place of
    whatever it cannot read."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[int, str]] = []

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node. Raises yaml.YAMLError, with the place, for one that has none."""
        try:
            return super().construct_object(node, deep)
        except _SENSELESS as error:
            written = node.value if isinstance(node, yaml.ScalarNode) else "this"
            problem = f"{written} is no value: {error}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.note_duplicates(node)
        return super().construct_mapping(node, deep)

    def note_duplicates(self, node: yaml.MappingNode) -> None:
        """Remember every key of `node` that stands there twice."""
        seen: set[str] = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):  # no key of ours, and refused when it is read
                continue
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
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        return [], [_unreadable(error, file, "", 0)]
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
            line = item.start_mark.line + 1
            try:
                entries.append(RawValue(key, file, line, loader.construct_object(item, deep=True)))
            except (RecursionError, yaml.YAMLError) as error:
                faults.append(_unreadable(error, file, key, line))
    faults.extend(PolicyFault(file, line, name, "is written twice", "keep one") for line, name in loader.duplicates)
    return entries, faults


def _unreadable(error: Exception, file: str, key: str, line: int) -> PolicyFault:
    """The fault of what YAML cannot read: on its own line where that is known, else on `line`."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    reason = " ".join(str(error).split())
    place = line if mark is None else mark.line + 1
    return PolicyFault(file, place, key, f"cannot be read as YAML ({reason})", "correct the file")


def _open_override(
    root: yaml.MappingNode, loader: _StrictLoader, file: str, region: list[str], faults: list[PolicyFault]
) -> yaml.Node | None:
    loader.note_duplicates(root)
    values: yaml.Node | None = None
    for name, body in root.value:
        if name.value == "region":
            region.append(str(body.value))
            if region[-1] == ANYWHERE or not is_region(region[-1]):
                line, problem = name.start_mark.line + 1, f"{region[-1]} is no area of a court"
                faults.append(PolicyFault(file, line, "region", problem, _NAME_AREA))
        elif name.value == "values":
            values = body
        else:
            line = name.start_mark.line + 1
            faults.append(
                PolicyFault(file, line, str(name.value), "is unknown here", "keep `region` and `values` only")
            )
    if not region:
        faults.append(PolicyFault(file, 0, "region", "is missing", _NAME_AREA))
    return values
