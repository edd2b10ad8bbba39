"""What a catalogue may not do, each refusal beside a neighbour that passes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from made import cohort, frames

from features.as_of import known
from features.catalogue import MAIN
from features.checks import check_catalogue
from features.engine import evaluate
from features.expressions import divided, fen
from features.facts import FACTS
from features.indicator import CatalogueError, Indicator, Part
from features.listings import LISTINGS

c = pl.col


def indicator(parts: dict[str, Part], combine: pl.Expr, **given: Any) -> Indicator:
    plain: dict[str, Any] = {
        "id": "made", "zh": "自拟", "en": "Made", "dimension": "ability", "unit": "count", "window": "all",
        "minimum": 0, "maximum": None, "success": 0, "redefault": 0, "missing": "none", "basis": "test",
        "review": "test",
    }  # fmt: skip
    return Indicator(**(plain | given), parts=parts, combine=combine)


def count(table: str, rows: pl.Expr, **given: Any) -> Indicator:
    return indicator({"n": Part(table, rows)}, c("n"), **given)


def problems(*catalogue: Indicator) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as caught:
        check_catalogue(catalogue)
    return caught.value.problems


def test_the_catalogues_of_the_project_are_sound() -> None:
    for catalogue in (MAIN, FACTS, LISTINGS):
        check_catalogue(catalogue)


def test_the_audit_table_and_its_columns_are_refused() -> None:
    assert problems(count("debtor_audit", c("sex") == "female")) == (
        "made, part n: table debtor_audit holds audit-only attributes or no input; no indicator may read it",
    )
    assert problems(count("debtors", c("birth_year") > 1980)) == (
        "made, part n: audit-only columns may not be read: birth_year",
    )
    check_catalogue((count("debtors", c("is_minor")),))


def test_the_engine_itself_refuses_them() -> None:
    whom = cohort("2024-03-01")
    seen = known(frames(), whom)
    with pytest.raises(CatalogueError, match="audit-only columns may not be read: ethnicity"):
        evaluate(seen, whom, (count("debtors", c("ethnicity").is_not_null()),))
    assert evaluate(seen, whom, (count("debtors", c("is_minor")),))["made"].item() == 0


def test_restricted_facts_may_serve_rules_but_no_score() -> None:
    rows = c("valid_to") >= c("as_of_day")
    assert problems(count("hardship_attestations", rows)) == (
        "made, part n: table hardship_attestations is for rules and reviewers only; set scored=False",
    )
    assert problems(count("debtors", c("id_key") == "x")) == (
        "made, part n: columns of a restricted class may not be scored: id_key",
    )
    check_catalogue((count("hardship_attestations", rows, scored=False),))


def test_float_sums_are_refused_because_they_depend_on_order() -> None:
    shares = indicator({"s": Part("creditor_social_facts", pl.lit(True), "sum", c("share_of_debt"))}, c("s"))
    assert problems(shares) == (
        "made, part s: only integers may be summed (money in 分, shares in millionths): float sums depend on order",
    )
    check_catalogue((indicator({"s": Part("payments", pl.lit(True), "sum", fen("amount"))}, c("s")),))


def test_a_literal_divisor_is_refused_because_its_bits_depend_on_the_number_of_rows() -> None:
    part = {"s": Part("payments", pl.lit(True), "sum", fen("amount"))}
    for divisor in (100, 365.25, pl.lit(7, pl.Int64)):
        assert "combine divides by a literal" in problems(indicator(part, c("s") / divisor))[0]
    check_catalogue((indicator(part, divided(c("s"), 100.0)),))


def test_unknown_tables_columns_and_parts_are_all_named_at_once() -> None:
    faulty = indicator(
        {
            "a": Part("payment", pl.lit(True)),
            "b": Part("payments", c("amont") > 0),
            "d": Part("payments", c("amount") > 0),
        },
        c("a") + c("b") + c("missing"),
        review="",
    )
    assert problems(faulty) == (
        "made: combine reads missing, which no part of it computes",
        "made: combine never reads d; make it support or drop it",
        "made: name, window, basis and review text must be filled",
        "made, part a: there is no table payment",
        "made, part b: table payments has no column amont",
    )


def test_names_mean_one_thing_each() -> None:
    one, other = count("payments", c("amount") > 0), count("payments", c("amount") > 1, id="other")
    assert problems(one, other) == (
        "other, part n: another indicator uses this part name for something else; rename one",
    )
    assert problems(one, one) == ("indicator made is declared 2 times",)
    check_catalogue((one, count("payments", c("amount") > 0, id="other")))


def test_a_sum_needs_a_value_and_a_count_takes_none() -> None:
    assert problems(indicator({"s": Part("payments", pl.lit(True), "sum")}, c("s"))) == (
        "made, part s: reduce=sum needs a value",
    )
    assert problems(indicator({"n": Part("payments", pl.lit(True), "count", fen("amount"))}, c("n"))) == (
        "made, part n: reduce=count takes no value",
    )


def test_expressions_whose_text_is_abridged_are_refused() -> None:
    long = c("kind").is_in([f"kind-{number}" for number in range(50)])
    assert "its text is abridged" in problems(count("behaviour_events", long))[0]
