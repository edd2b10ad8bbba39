"""The data dictionary: every indicator at length, what was missing and how values lay, in Markdown and as a page."""

from __future__ import annotations

import re
from datetime import timedelta

import polars as pl
import pytest
from made import cohort

from features.catalogue import MAIN
from features.dictionary import definition, formula, rows_read, to_html, to_markdown
from features.distribution import SCHEMA, distribution
from features.wording import DEFINITIONS


@pytest.fixture(scope="module")
def spread() -> pl.DataFrame:
    cases = pl.concat([cohort(f"{year}-03-01", f"A{at}") for year in (2022, 2023) for at in range(5)])
    values = pl.DataFrame({"case_key": cases["case_key"]}).with_columns(
        pl.Series([1.0, 2.0, 3.0, None, 4.0, 10.0, 20.0, 30.0, 40.0, None]).alias(item.id) for item in MAIN
    )
    return distribution(values, cases)


def test_shares_and_quantiles_are_those_of_the_year(spread: pl.DataFrame) -> None:
    assert spread.schema == SCHEMA
    first = spread.filter(pl.col("indicator") == MAIN[0].id)
    assert first["year"].to_list() == [2022, 2023, None]
    assert first["cases"].to_list() == [5, 5, 10]
    assert first["missing"].to_list() == [0.2, 0.2, 0.2]
    assert first["mean"].to_list() == [2.5, 25.0, 13.75]
    assert first["p90"].to_list()[:2] == [4.0, 40.0]


def test_the_markdown_says_of_each_indicator_what_it_is_and_how_it_lay(spread: pl.DataFrame) -> None:
    text = to_markdown(MAIN, spread)
    parts = dict(re.findall(r"### .*? `(\w+)`\n(.*?)(?=\n### |\n## |\Z)", text, re.S))
    assert set(parts) == {item.id for item in MAIN}
    for item in MAIN:
        said = parts[item.id]
        wanted = (
            definition(item),
            rows_read(item),
            item.review,
            item.basis,
            "公式",
            "| 2022 | 5 | 20.0% |",
            "| 全部 | 10 |",
        )
        for words in wanted:
            assert words in said, (item.id, words)
    assert "可接受的答复** 数值、分档、是否" in parts["cashflow_positive_share_6m"]
    assert "| 2022 |" not in to_markdown(MAIN)


def test_the_page_stands_alone(spread: pl.DataFrame) -> None:
    page = to_html(MAIN, spread)
    assert page.count("<section ") == len(MAIN) == page.count("<svg ")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<svg" not in to_html(MAIN)
    for item in MAIN:
        assert f'id="{item.id}"' in page


def test_a_formula_names_every_part_and_step() -> None:
    for item in MAIN:
        heads = [line.split(" = ")[0] for line in formula(item)]
        assert heads == [*item.parts, *item.steps, item.id]


def test_values_of_one_moment_make_one_year(spread: pl.DataFrame) -> None:
    one = cohort("2024-03-01").with_columns(as_of=pl.col("as_of") + timedelta(hours=1))
    alone = distribution(one.select("case_key", only=pl.lit(None, pl.Float64)), one)
    assert alone.select("indicator", "year", "missing").rows() == [("only", 2024, 1.0), ("only", None, 1.0)]
    assert spread.height == 3 * len(MAIN)


def test_every_indicator_of_the_main_catalogue_is_defined_in_a_sentence_of_its_own() -> None:
    assert set(DEFINITIONS) == {item.id for item in MAIN}
    assert len(set(DEFINITIONS.values())) == len(MAIN)
    assert all(sentence.endswith("。") for sentence in DEFINITIONS.values())
