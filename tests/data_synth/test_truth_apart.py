"""The truth is for tests, evaluation and notebooks: nothing that learns, scores or serves knows that it exists."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_synth.world import generate
from records.dataset import Dataset
from records.faults import DatasetFault

ROOT = Path(__file__).parents[2]
FOLDERS = ("explain", "features", "ledger", "models", "pipeline", "policy", "records", "service")
# Commands that write it, measure a world by it, or hand its path on to the evaluation.
COMMANDS = {"pipeline/cli.py", "pipeline/data.py", "pipeline/demo.py"}
EVALUATION = ("pipeline/evaluate.py", "pipeline/sections/")


def may(place: str) -> bool:
    return place in COMMANDS or place.startswith(EVALUATION)


def words(tree: ast.AST) -> Iterator[str]:
    """Every name, attribute, argument, imported module and text of a program, without docstrings and comments."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.alias(name=word):
                yield word
            case ast.ImportFrom(module=str(word)) | ast.keyword(arg=str(word)):
                yield word
            case ast.Constant(value=str(word)) if id(node) not in documentation:
                yield word


def speaks_of_the_truth(source: str) -> bool:
    return any("truth" in word.lower() for word in words(ast.parse(source)))


def test_only_who_may_speaks_of_the_truth() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 150
    found = {
        path.relative_to(ROOT).as_posix() for path in sources if speaks_of_the_truth(path.read_text(encoding="utf-8"))
    }
    assert {place for place in found if not may(place)} == set()
    assert found >= COMMANDS


def test_no_file_of_the_truth_is_named_elsewhere() -> None:
    names = ("applications.parquet", "debtors.parquet", "mess.parquet", "world.json")
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            place = path.relative_to(ROOT).as_posix()
            if not may(place):
                assert not set(words(ast.parse(path.read_text(encoding="utf-8")))) & set(names), place


@pytest.mark.parametrize(
    "source",
    [
        "import data_synth.truth",
        "from data_synth.truth import write_truth",
        "frame = read(folder.with_name(name + '_truth'))",
        "def fit(rows, truth_dir): ...",
        "fit(rows, truth=1)",
    ],
)
def test_the_watch_sees_every_way_to_it(source: str) -> None:
    assert speaks_of_the_truth(source)
    assert not speaks_of_the_truth('"""In truth, nothing."""\nx = read(folder)  # the truth')


def test_the_truth_is_no_dataset_that_could_be_trained_on(tmp_path: Path) -> None:
    generate(tmp_path / "data", 30, 1, buckets=1)
    assert Dataset.open(tmp_path / "data").info.profile == "applications"
    with pytest.raises(DatasetFault, match=r"holds no dataset\.json"):
        Dataset.open(tmp_path / "data_truth")
