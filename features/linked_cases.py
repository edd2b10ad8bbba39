"""What rows of other tables say of an enforcement case, and what its state says of them."""

from __future__ import annotations

import polars as pl

from features.expressions import fen
from features.source import Source

_CASE = ("case_at", "case_id")
_NAMED, _RESUMED, _SETTLED, _DONE, _UNDONE, _PAID = range(6)  # what a row can say of a case
_NO_MONEY = pl.lit(None, pl.Int64).alias("fen")
_SAYS = ("case_at", "case_id", "says", "fen")


def _says(what: int, amount: pl.Expr | None = None) -> tuple[pl.Expr, ...]:
    money = _NO_MONEY if amount is None else amount.alias("fen")
    return pl.col(*_CASE), pl.lit(what, pl.Int32).alias("says"), money


_SAY_NAMED, _SAY_SETTLED, _SAY_PAID = _says(_NAMED), _says(_SETTLED), _says(_PAID, fen("amount"))
_SAY_RESUMED = (
    pl.col("case_at"), pl.col("prior_case_id").alias("case_id"), pl.lit(_RESUMED, pl.Int32).alias("says"), _NO_MONEY,
)  # fmt: skip
_IS_DONE = pl.col("performance_state") == "全部已履行"
_SAY_OWED = (
    pl.col(*_CASE),
    pl.when(_IS_DONE).then(pl.lit(_DONE, pl.Int32)).otherwise(pl.lit(_UNDONE, pl.Int32)).alias("says"),
    fen("principal").alias("fen"),
)


def _is(*what: int) -> pl.Expr:
    return pl.any_horizontal([pl.col("says") == one for one in what])


_COUNTED = {
    "named": _is(_NAMED).cast(pl.Int64),
    "resumed": _is(_RESUMED).cast(pl.Int64),
    "settled": _is(_SETTLED).cast(pl.Int64),
    "obligations": _is(_DONE, _UNDONE).cast(pl.Int64),
    "undone": _is(_UNDONE).cast(pl.Int64),
    "done_fen": pl.when(_is(_DONE)).then(pl.col("fen")),
    "undone_fen": pl.when(_is(_UNDONE)).then(pl.col("fen")),
    "paid_fen": pl.when(_is(_PAID)).then(pl.col("fen")),
}
_COUNTS = tuple(expression.alias(name) for name, expression in _COUNTED.items())
_SUMS = tuple(pl.col(name).sum() for name in _COUNTED)

_PENDING = (pl.col("closing_mode") == "终结本次执行程序").fill_null(False)
_HAS_OBLIGATIONS = (pl.col("obligations") > 0).fill_null(False)
_GOT = pl.max_horizontal(pl.col("paid_fen").fill_null(0), fen("recovered_amount"))
_LEFT = (
    pl.when(_HAS_OBLIGATIONS)
    .then(pl.col("undone_fen") - pl.max_horizontal(_GOT - pl.col("done_fen"), pl.lit(0, pl.Int64)))
    .otherwise(fen("requested_amount") - _GOT)
)
_STANDING = (pl.col("status") != "closed") | _PENDING
_IN_APPLICATION = (pl.col("named") > 0).fill_null(False)
_STATE = (
    _STANDING.alias("standing"),
    (pl.col("resumed") > 0).fill_null(False),
    (pl.col("settled") > 0).fill_null(False).alias("settlement_done"),
    (
        (pl.col("closing_mode") == "执行完毕").fill_null(False) | (_HAS_OBLIGATIONS & (pl.col("undone") == 0))
    ).fill_null(False).alias("performed"),
    pl.when(_HAS_OBLIGATIONS)
    .then(pl.col("done_fen") + pl.col("undone_fen"))
    .otherwise(fen("requested_amount"))
    .alias("due_fen"),
    pl.when(_STANDING).then(_LEFT.clip(lower_bound=0)).otherwise(0).alias("remaining_fen"),
)  # fmt: skip
_NAMED_ITSELF = _IN_APPLICATION.alias("in_application")
_NAMED_OR_PRIOR = (_IN_APPLICATION | pl.col("prior_named").fill_null(False)).alias("in_application")
_OWED = pl.col("standing") & ~pl.col("resumed")
_LISTED_BY_THEN = (pl.col("filed_date") <= pl.col("listing_day")).fill_null(pl.col("listing_day").is_not_null())
_LINKED = (
    pl.col("in_application", "resumed"),
    _OWED.alias("owed"),
    (_OWED & _LISTED_BY_THEN).alias("owed_at_listing"),
    ((_OWED | pl.col("in_application")) & ~pl.col("resumed")).alias("in_scope"),
    pl.col("performed", "settlement_done", "due_fen", "remaining_fen"),
)
_FLAGS = (
    pl.col("owed").alias("case_owed"),
    pl.col("in_scope").alias("case_in_scope"),
    pl.col("in_application").alias("case_in_application"),
)
_NO_FLAGS = tuple(pl.lit(False).alias(name) for name in ("case_owed", "case_in_scope", "case_in_application"))
_KNOWN_FLAGS = tuple(pl.col(name).fill_null(False) for name in ("case_owed", "case_in_scope", "case_in_application"))


def cases(source: Source) -> pl.LazyFrame:
    """The linked columns of enforcement cases: what they still owe, and whether the application names them."""
    frame = source.frames["enforcement_cases"]
    rows, named, listed = frame.lazy(), source.named(), source.first_live_listing()
    resumes = frame["prior_case_id"].null_count() < frame.height
    said = _said(source, named, resumes=resumes)
    rows = rows.join(said, on=_CASE, how="left", maintain_order="left")
    in_application = _NAMED_ITSELF
    if named is not None and resumes:
        prior = named.unique().select("case_at", pl.col("case_id").alias("prior_case_id"), _PRIOR_NAMED)
        rows = rows.join(prior, on=["case_at", "prior_case_id"], how="left", maintain_order="left")
        in_application = _NAMED_OR_PRIOR
    if listed is None:
        rows = rows.with_columns(_NOT_LISTED)
    else:
        rows = rows.join(listed, on="case_at", how="left", maintain_order="left")
    return rows.select("filed_date", "listing_day", in_application, *_STATE).select(_LINKED)


_PRIOR_NAMED = pl.lit(True).alias("prior_named")
_NOT_LISTED = pl.lit(None, pl.Date()).alias("listing_day")


def of_case(source: Source, name: str, linked: pl.DataFrame | None, *carried: str) -> pl.LazyFrame:
    """Rows of a table with `case_at`, `case_id`, `carried`, and the three flags of their case.

    `linked` are the columns that `cases` gave; None where there is no case.
    """
    rows = source.need(name).select(*_CASE, *carried)
    if linked is None:
        return rows.with_columns(_NO_FLAGS)
    flags = source.frames["enforcement_cases"].select(_CASE).hstack(linked.select(_FLAGS)).lazy()
    return rows.join(flags, on=_CASE, how="left", maintain_order="left").with_columns(_KNOWN_FLAGS)


def _said(source: Source, named: pl.LazyFrame | None, *, resumes: bool) -> pl.LazyFrame:
    """All that is said of a case in one row: one grouping and one join instead of one for each table."""
    obligations, payments, settlements = map(source.rows, ("obligations", "payments", "settlements"))
    parts = [
        None if obligations is None else obligations.select(_SAY_OWED),
        None if payments is None else payments.select(_SAY_PAID),
        None if settlements is None else settlements.filter(_COMPLETED).select(_SAY_SETTLED),
        None if named is None else named.select(_SAY_NAMED),
        source.need("enforcement_cases").filter(_RESUMES).select(_SAY_RESUMED) if resumes else None,
    ]
    filled = [part for part in parts if part is not None] or [_NOTHING.lazy()]
    return pl.concat(filled).with_columns(_COUNTS).group_by(_CASE).agg(_SUMS)


_COMPLETED = pl.col("status") == "completed"
_RESUMES = pl.col("prior_case_id").is_not_null()
_NOTHING = pl.DataFrame(schema={"case_at": pl.UInt32, "case_id": pl.String, "says": pl.Int32, "fen": pl.Int64})
