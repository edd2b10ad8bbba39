"""Expressions that declarations share: windows, money, membership, guarded ratios."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

DAY = pl.col("as_of_day")  # court-time day on which the as-of moment falls
EVERY = pl.lit(True)
WINDOWS = (6, 12, 24, 36, 60)  # months, longest last


# First day of each window by its column name: worked out once a case, not once a row.
WINDOW_STARTS: Mapping[str, pl.Expr] = MappingProxyType(
    {f"day_{months}m": DAY.dt.offset_by(f"-{months}mo").alias(f"day_{months}m") for months in WINDOWS}
)


def months_before(months: int) -> pl.Expr:
    """Day `months` calendar months before the as-of day (31 March less one month is the last of February).

    A column of the case (`features.as_of`); KeyError when `WINDOWS` does not list the months.
    """
    if months not in WINDOWS:
        raise KeyError(f"no window of {months} months; WINDOWS has {', '.join(map(str, WINDOWS))}")
    return pl.col(f"day_{months}m")


def parameter_months_before(parameter: str) -> pl.Expr:
    """As `months_before`, the number of months read from the cohort column `p_<parameter>`."""
    return DAY.dt.offset_by(pl.format("-{}mo", pl.col(f"p_{parameter}").cast(pl.Int64)))


def since(day: pl.Expr, months: int) -> pl.Expr:
    """Whether `day` lies in the window of `months` calendar months that ends at the as-of day."""
    return day >= months_before(months)


def one_of(column: str, *values: str) -> pl.Expr:
    """Whether the column holds one of the values (spelled out, so that its text names them all)."""
    return pl.any_horizontal([pl.col(column) == value for value in values])


def coded(column: str, codes: Mapping[str, int]) -> pl.Expr:
    """The column's value as its integer code; null where it has none (spelled out, as in `one_of`)."""
    return pl.coalesce(pl.when(pl.col(column) == value).then(pl.lit(code, pl.Int64)) for value, code in codes.items())


def fen(column: str) -> pl.Expr:
    """Money column as integer 分: integer sums do not depend on order."""
    return pl.col(column).to_physical().cast(pl.Int64)


def day_number(column: str) -> pl.Expr:
    """Date column as days since 1970-01-01."""
    return pl.col(column).to_physical().cast(pl.Int64)


def as_of_number() -> pl.Expr:
    """The as-of day as days since 1970-01-01."""
    return DAY.to_physical().cast(pl.Int64)


def flag(condition: pl.Expr) -> pl.Expr:
    """1 where the condition holds, 0 where not, null where it cannot be told."""
    return condition.cast(pl.Int64)


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Quotient, null when the denominator is not positive."""
    return pl.when(denominator > 0).then(numerator / denominator)


def divided(number: pl.Expr, by: float) -> pl.Expr:
    """`number / by`, to the same bits for one row or many.

    Polars divides a column by a literal as a product with its reciprocal, but a column of one row
    truly, and the last bit differs (measured on 2.1). Dividing by a column is the same division
    always; `features.checks` refuses a literal divisor.
    """
    return number / (number * 0 + by)


def yuan(amount: pl.Expr) -> pl.Expr:
    """CNY of an amount in 分."""
    return divided(amount, 100.0)


def log_yuan(amount: pl.Expr) -> pl.Expr:
    """ln(1 + CNY) of an amount in 分."""
    return (yuan(amount) + 1).log()


def micro(column: str) -> pl.Expr:
    """A share (0 to 1) as integer millionths, so that shares add in any order."""
    return (pl.col(column) * 1_000_000).round().cast(pl.Int64)
