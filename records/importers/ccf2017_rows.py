"""Rows of our tables out of the judged rows of the ccf2017 source (`ccf2017.py` says what stands where)."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from records.importers.ccf2017_judged import Source, money, second_reasons
from records.importers.frames import shaped

SOURCE_SYSTEM = "import_ccf2017"


def tables_of(source: Source, moment: datetime) -> dict[str, pl.DataFrame]:
    """Typed frames of the tables that the source fills; `moment` is when the source was received."""
    listings = _numbered(source.accepted("breakfaith"), "EID", "TYPECODE")
    first_day = listings["day"].min()
    if not isinstance(first_day, date):  # _judge has made sure of a listing
        raise TypeError("no listing has a day")
    before = pl.lit(first_day).dt.month_start().dt.offset_by("-1d")
    suffix = pl.col("EID") + "-" + pl.col("TYPECODE").cast(pl.String)
    debtors = listings.select("EID").unique().select(
        pl.format("debtor-{}", "EID").alias("row_id"),
        pl.col("EID").alias("debtor_id"),
        before.alias("day"),
        pl.lit("enterprise").alias("subject_type"),
        pl.format("ccf2017:{}", "EID").alias("id_key"),  # the source's own pseudonym; it holds no identity number
        pl.lit("匿名企业").alias("name_masked"),
        pl.lit(value=False).alias("is_minor"),
        pl.lit(value=False).alias("lacks_capacity"),
        pl.lit("legal_rep").alias("represented_by"),
        before.alias("valid_from"),
    )  # fmt: skip
    cases = listings.sort("day", "position").unique(["EID", "TYPECODE"], keep="first", maintain_order=True).select(
        pl.format("case-{}", suffix).alias("row_id"),
        pl.col("EID").alias("debtor_id"),
        "day",
        pl.format("case-{}", suffix).alias("case_id"),
        pl.format("CCF2017 TYPECODE {}", pl.col("TYPECODE").cast(pl.String)).alias("case_no"),
        pl.lit("执").alias("case_type"),
        pl.lit("未载明").alias("basis_doc_no"),
        pl.lit("未载明").alias("cause_code"),
        pl.lit("open").alias("status"),
    )  # fmt: skip
    measures = listings.select(
        pl.format("listing-{}-{}", suffix, "n").alias("row_id"),
        pl.col("EID").alias("debtor_id"),
        "day",
        pl.format("listing-{}-{}", suffix, "n").alias("measure_id"),
        pl.format("case-{}", suffix).alias("case_id"),
        pl.lit("失信").alias("kind"),
        pl.col("day").alias("decided_date"),
        pl.col("day").alias("published_date"),
    )
    rows = {
        "debtors": debtors,
        "enforcement_cases": cases,
        "restriction_measures": measures,
        "creditor_social_facts": _facts(source),
    }
    return {name: shaped(name, frame, SOURCE_SYSTEM, moment) for name, frame in rows.items()}


def _numbered(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """`n` tells apart rows that the source names alike, in its own order."""
    return frame.with_columns((pl.int_range(pl.len()).over(*names) + 1).cast(pl.String).alias("n"))


def _facts(source: Source) -> pl.DataFrame:
    code = pl.col("TYPECODE").cast(pl.String)
    suits = _numbered(source.accepted("lawsuit"), "EID", "TYPECODE")
    tenders = _numbered(source.accepted("project"), "EID", "TYPECODE")
    qualifications = _numbered(source.accepted("qualification"), "EID", "ADDTYPE")
    holdings = _numbered(source.accepted("invest"), "EID", "BTEID")
    share = pl.when(pl.col("BTBL") > 0).then(pl.col("BTBL").cast(pl.String))
    frames = [
        _fact(suits, "civil_suit", pl.format("suit-{}-{}-{}", "EID", code, "n"), money("LAWAMOUNT")),
        _fact(tenders, "tender_won", pl.format("tender-{}-{}-{}", "EID", code, "n"), pl.lit(None, pl.String)),
    ]
    kind_of = pl.col("ADDTYPE").cast(pl.String)
    named = {
        "qualification": (qualifications, pl.format("qualification-{}-{}-{}", "EID", kind_of, "n"), kind_of),
        "invest": (holdings, pl.format("investment-{}-{}-{}", "EID", "BTEID", "n"), share),
    }
    for part, (frame, name, value) in named.items():
        kind = "investment" if part == "invest" else part
        ended = second_reasons(part, source).filter(pl.col("reasons").list.len() == 0)["position"]
        over = frame.filter(pl.col("position").is_in(ended.implode())).with_columns(pl.col("second_day").alias("day"))
        frames.append(_fact(frame, kind, name, value))
        frames.append(
            _fact(over, kind, name, pl.lit("0")).with_columns(
                pl.col("row_id").alias("supersedes_id"), (pl.col("fact_id") + ".2").alias("row_id")
            )
        )
    frames.append(_related(source))
    return pl.concat(frames, how="diagonal")


def _fact(frame: pl.DataFrame, kind: str, name: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    return frame.select(
        (name + ".1").alias("row_id"),
        pl.col("EID").alias("debtor_id"),
        "day",
        name.alias("fact_id"),
        pl.lit(kind).alias("kind"),
        value.alias("value"),
        pl.col("day").alias("event_date"),
    )


def _related(source: Source) -> pl.DataFrame:
    """One fact for each listed party on the other side of an investment, known once link and listing are."""
    firsts = source.accepted("breakfaith").group_by("EID").agg(pl.col("day").min().alias("listed_day"))
    links = source.accepted("invest").select(
        "EID", "BTEID", "day", pl.col("second_day").fill_null(date.max).alias("end")
    )
    sides = pl.concat([links, links.select(pl.col("BTEID").alias("EID"), pl.col("EID").alias("BTEID"), "day", "end")])
    found = (
        sides.join(firsts.select("EID"), on="EID", how="semi")
        .join(firsts.rename({"EID": "BTEID"}), on="BTEID")
        .with_columns(pl.max_horizontal("day", "listed_day").alias("day"))
        .filter(pl.col("day") <= pl.col("end"))
        .group_by("EID", "BTEID")
        .agg(pl.col("day").min())
        .sort("EID", "BTEID")
    )
    return _fact(found, "related_party_listed", pl.format("related-{}-{}", "EID", "BTEID"), pl.lit("1"))
