"""The page on sources resolves every key that rules, indicators, pages and their texts name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy.book import _SECTIONS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sources.md"
FOLDERS = ("benchmarks", "data_synth", "docs", "explain", "features", "ledger", "models", "pipeline", "policy",
           "records", "service")  # fmt: skip
KEY = re.compile(r"\b(?:S[0-4][a-z]|R\d\d|DT\d\d?)\b")
# In two parts, so that this file does not name it either.
UNKNOWN = re.compile("领域" + "规范|domain " + r"brief|domain\.md|anchors\.md|shared/" + "architecture")


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """Key → the cells of its row on the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| "))
    return {cells[0]: cells[1:] for cells in found}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every program and text but the page itself, by its path."""
    places = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    files = [path for path in places if path.suffix in (".py", ".yaml", ".md", ".html") and path != PAGE]
    assert len(files) > 300
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in (*files, ROOT / "README.md")
    }


def test_every_key_stands_there(rows: dict[str, list[str]], texts: dict[str, str]) -> None:
    missing = {place: keys for place, text in texts.items() if (keys := set(KEY.findall(text)) - rows.keys())}
    assert missing == {}


def test_a_requirement_is_cited_with_the_documents_it_stands_in(
    rows: dict[str, list[str]], texts: dict[str, str]
) -> None:
    cited = {pair for text in texts.values() for pair in re.findall(r"\b(S\d[a-z]) (R\d\d)\b", text)}
    assert len(cited) > 25
    assert {(document, key) for document, key in cited if document not in rows[key][0].split("、")} == set()
    named = {document for key, cells in rows.items() if key.startswith("R") for document in cells[0].split("、")}
    assert named <= rows.keys()


@pytest.mark.parametrize("number", range(1, 13))
def test_a_decision_table_has_the_title_of_the_rule_book_and_its_program(
    rows: dict[str, list[str]], number: int
) -> None:
    zh, _, programs = rows[f"DT{number}"]
    assert zh.startswith(dict(_SECTIONS)[f"DT{number}"].partition("（")[0])
    assert all((ROOT / program).is_file() for program in re.findall(r"`(.+?)`", programs))


def test_no_text_names_what_nobody_can_open(texts: dict[str, str]) -> None:
    assert [place for place, text in texts.items() if UNKNOWN.search(text)] == []
