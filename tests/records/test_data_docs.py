"""Suites kept as JSON say what the contract says; the Data Docs tell what was found and fetch nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from records.data_docs import SUITES, suite_bytes, write_data_docs
from records.dataset import DatasetInfo, DatasetWriter
from records.tables import DATASET_TABLES, TABLES
from records.validate import validate

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(|@import|<script""")


@pytest.mark.parametrize("name", TABLES)
def test_the_kept_suite_is_the_contract_s(name: str) -> None:
    kept = (SUITES / f"{name}.json").read_bytes()
    assert kept == suite_bytes(TABLES[name]), "the contract changed: run `make suites` and read the difference"


def test_no_suite_is_kept_of_a_table_that_is_gone() -> None:
    assert {path.stem for path in SUITES.glob("*.json")} == set(TABLES)


@pytest.fixture
def dataset(tmp_path: Path, typed_tables) -> Path:
    root = tmp_path / "data"
    tables = typed_tables(["D1"], rows=4)
    info = DatasetInfo(
        profile="applications", buckets=1, observed_until=tables["payments"]["paid_date"].max(), origin={"made": "test"}
    )
    with DatasetWriter(root, info) as writer:
        writer.write_bucket(0, tables)
    return root


def test_every_table_has_a_page_that_says_what_was_found(dataset: Path, tmp_path: Path) -> None:
    report = validate(dataset)
    index = write_data_docs(tmp_path / "docs", report, "a small court")
    pages = {path.stem: path.read_text(encoding="utf-8") for path in index.parent.glob("*.html")}
    assert set(pages) == {"index", *DATASET_TABLES}
    assert not [name for name, page in pages.items() if OUTSIDE.search(page)]
    asked = [verdict for verdict in report.verdicts if verdict.table == "payments"]
    assert f"{sum(one.success for one in asked)} / {len(asked)}" in pages["index"]
    assert pages["payments"].count("values must be greater than or equal to") >= 2
    assert not any(INVISIBLE.search(page) for page in pages.values())
    assert r"\u202f" in pages["payments"]  # the pattern of an identifier, readable
    result = json.loads((index.parent / "results" / "payments.json").read_text(encoding="utf-8"))
    assert [one["success"] for one in result["results"]] == [one.success for one in asked]


def test_a_failed_expectation_is_counted_on_its_page(dataset: Path, tmp_path: Path) -> None:
    import polars as pl

    path = next((dataset / "payments").rglob("*.parquet"))
    pl.read_parquet(path).with_columns(nature=pl.lit("<b>stolen</b>")).write_parquet(path)
    report = validate(dataset)
    index = write_data_docs(tmp_path / "docs", report, "a small court")
    page = (index.parent / "payments.html").read_text(encoding="utf-8")
    assert "4 unexpected values found" in page
    assert "<b>stolen" not in page
