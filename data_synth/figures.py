"""Figures of a generated world that can be set beside published ones.

Counted from the records as a court's statistician would, bucket by bucket; what no record shows (whether
an application was discretionary) comes from the truth. Case slots are read from the world's own
case ids: C0 is the case a repair is asked for, C1 to C4 are the debtor's other cases, which nobody chose
for being hard: rates over all cases of a court are measured on these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from data_synth.carriers import auc
from records.dataset import Dataset

NO_ASSETS = "终结本次执行程序"
REMOTE = ("220182", "611021")  # the mountain counties of the world
_TABLES = (
    "debtors", "enforcement_cases", "restriction_measures", "property_queries", "repair_applications",
    "behaviour_events", "creditor_social_facts",
)  # fmt: skip
# Cases in 100 that meet a consumption order (S4a: 1,852 of 12,385): the world holds these only.
LIMITED_PER_100 = 15.0
_CAUSES = {
    "loan": ("民间借贷",), "financial_loan": ("金融借款",), "sale": ("买卖",), "card": ("信用卡",),
    "labour": ("劳务", "劳动"), "works": ("工程",), "traffic": ("交通",), "family": ("抚养",),
    "other": ("公证", "罚金", "行政"),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A measured value and the number of observations it rests on."""

    value: float
    n: int


def measure(out: Path, truth: Path | None, progress: Callable[[int, int], None] | None = None) -> dict[str, Figure]:
    """All figures of the world at `out`; those that need the truth only with `truth`.

    Raises ValueError when the dataset is not a synthetic world, DatasetFault when it cannot be read.
    """
    dataset = Dataset.open(out)
    if dataset.info.origin.get("generator") != "data_synth" or dataset.info.profile != "applications":
        raise ValueError(f"calibration: {out} is no synthetic world of applications")
    parts: dict[str, list[pl.DataFrame]] = {}
    buckets = dataset.bucket_numbers()
    for done, bucket in enumerate(buckets, start=1):
        for name, frame in _slim(dataset.read_bucket(bucket, _TABLES)).items():
            parts.setdefault(name, []).append(frame)
        if progress is not None:
            progress(done, len(buckets))
    frames = {name: pl.concat(found) for name, found in parts.items()}
    figures: dict[str, Figure] = {}
    for group in (_debtors, _cases, _orders, _list, _queries, _petitions):
        figures |= group(frames)
    if truth is not None:
        figures |= _outcomes(pl.read_parquet(Path(truth) / "applications.parquet"), dataset.info.observed_until)
    return figures


def _latest(frame: pl.DataFrame, business: str) -> pl.DataFrame:
    return frame.sort("known_at", "row_id").unique(business, keep="last", maintain_order=True)


def _slim(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """What of one bucket the figures need."""
    who = _latest(tables["debtors"], "debtor_id").select("debtor_id", "subject_type")
    cases = _latest(tables["enforcement_cases"], "case_id").join(who, on="debtor_id", how="left")
    slot = pl.col("case_id").str.extract(r"-C(\d+)$").cast(pl.Int64)
    prior = cases["prior_case_id"].drop_nulls().unique()
    leads = tables["property_queries"].filter(pl.col("channel") == "clue", pl.col("query_id").str.contains("-Q80"))
    lead = pl.concat_str("debtor_id", pl.lit("-C"), pl.col("query_id").str.extract(r"-Q80(\d)$")).alias("case_id")
    cases = cases.with_columns(
        slot=slot,
        resumed=pl.col("case_id").is_in(prior.implode()),
        lead=pl.col("case_id").is_in(leads.select(lead).to_series().unique().implode()),
        amount=pl.col("requested_amount").cast(pl.Float64),
        got=pl.col("recovered_amount").cast(pl.Float64),
        days=(pl.col("closed_date") - pl.col("filed_date")).dt.total_days(),
    )
    measures = _latest(tables["restriction_measures"], "measure_id").filter(
        (pl.col("lift_ground") != "error").fill_null(value=True)
    )
    petitions = tables["creditor_social_facts"].filter(pl.col("kind") == "petition").select("debtor_id")
    ended = cases.filter((pl.col("slot") == 0) & (pl.col("closing_mode") == NO_ASSETS)).select("debtor_id")
    crimes = tables["behaviour_events"].filter(pl.col("kind") == "refusal_crime").select("debtor_id")
    return {
        "cases": cases.select(
            "slot", "case_type", "closing_mode", "cause_code", "subject_type", "resumed", "lead", "amount", "got",
            "days",
        ),
        "measures": measures.select("debtor_id", "kind", "decided_date", "lifted_date").join(
            who, on="debtor_id", how="left"
        ),
        "queries": _asked(tables["property_queries"]),
        "petitions": petitions.with_columns(no_assets=pl.col("debtor_id").is_in(ended["debtor_id"].implode())),
        "crimes": crimes,
    }  # fmt: skip


def _asked(queries: pl.DataFrame) -> pl.DataFrame:
    """Queries counted by area, what came of them, and whether a second channel said the same."""
    answers = queries.filter(pl.col("feedback_status").is_not_null(), pl.col("channel").is_in(["总对总", "点对点"]))
    day = pl.col("requested_at").dt.date().alias("day")
    value = pl.col("gross_value").cast(pl.Float64)
    keys = ["debtor_id", "asset_class", "day"]
    national, local = (
        answers.filter(channel=name, feedback_status="ok").select("debtor_id", "asset_class", day, value.alias(name))
        for name in ("总对总", "点对点")
    )
    pairs = national.join(local, on=keys).filter(pl.max_horizontal("总对总", "点对点") > 0)
    apart = (pl.col("总对总") - pl.col("点对点")).abs() > 0.10 * pl.max_horizontal("总对总", "点对点")
    counted = queries.filter(pl.col("feedback_status").is_not_null()).select(
        remote=pl.col("region_code").is_in(REMOTE),
        failed=pl.col("feedback_status").is_in(["fail", "timeout"]),
        apart=pl.lit(None, dtype=pl.Boolean),
    )
    empty = pl.lit(None, dtype=pl.Boolean)
    return pl.concat([counted, pairs.select(remote=empty, failed=empty, apart=apart)])


def _share(flags: pl.Series) -> Figure:
    known = flags.drop_nulls()
    return Figure(float(known.cast(pl.Float64).mean() or 0.0), known.len())  # type: ignore[arg-type]


def _mean(values: pl.Series) -> Figure:
    known = values.drop_nulls().cast(pl.Float64)
    return Figure(float(known.mean() or 0.0), known.len())  # type: ignore[arg-type]


def _median(values: pl.Series) -> Figure:
    known = values.drop_nulls().cast(pl.Float64)
    return Figure(float(known.median() or 0.0), known.len())  # type: ignore[arg-type]


def _ratio(above: float, below: float, n: float | None = None) -> Figure:
    return Figure(above / below if below else 0.0, int(min(above, below) if n is None else n))


def _debtors(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    listed = frames["measures"].filter(kind="失信").unique("debtor_id")
    return {"natural_persons": _share(listed["subject_type"] == "natural")}


def _cases(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    first = frames["cases"].filter(case_type="执")
    main, other = first.filter(slot=0), first.filter(pl.col("slot").is_between(1, 4))
    closed = other.filter(pl.col("closing_mode").is_not_null())
    ended = first.filter(pl.col("slot") <= 4, closing_mode=NO_ASSETS)
    again = frames["cases"].filter(case_type="执恢", slot=5)
    person = pl.col("subject_type") == "natural"
    causes = first.filter(pl.col("slot") <= 4)["cause_code"]
    return {
        "first_time_no_assets": _share(closed["closing_mode"] == NO_ASSETS),
        "days_to_close": _mean(closed["days"]),
        "recovery_rate": _ratio(float(closed["got"].sum()), float(closed["amount"].sum()), closed.height),
        "no_assets_little_recovered": _share(ended["got"] < 0.3 * ended["amount"]),
        "leads": _share(ended["lead"]),
        "resumed": _share(ended["resumed"]),
        "resumed_completed": _share((again["closing_mode"] == "执行完毕").fill_null(value=False)),
        "resumed_no_assets_again": _share((again["closing_mode"] == NO_ASSETS).fill_null(value=False)),
        "resumed_recovered": _ratio(float(again["got"].sum()), float(again["amount"].sum()), again.height),
        "amount_closed_case": _mean(closed["amount"]),
        "amount_repair_case": _mean(main["amount"]),
        "amount_person_median": _median(main.filter(person)["amount"]),
        "amount_unit_median": _median(main.filter(~person)["amount"]),
        **{f"cause_{name}": _share(causes.str.contains_any(list(words))) for name, words in _CAUSES.items()},
    }


def _orders(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    """Measures per 100 cases: per consumption order, times the orders in 100 cases."""
    measures = frames["measures"]
    limits = measures.filter(kind="限消")
    in_2024 = pl.col("decided_date").dt.year() == 2024
    limits_2024 = limits.filter(in_2024).height
    listed = measures.filter(in_2024, kind="失信").height

    def per_100(count: int, orders: int) -> Figure:
        return Figure(LIMITED_PER_100 * count / orders if orders else 0.0, count)

    return {
        "listings_per_100": per_100(listed, limits_2024),
        "detentions_per_100": per_100(measures.filter(kind="拘留").height, limits.height),
        "refusal_crimes_per_100": per_100(frames["crimes"].height, limits.height),
    }


def _list(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    """How the list moves: new listings, deletions, stock."""
    listed = frames["measures"].filter(kind="失信")

    def of(column: str, year: int) -> int:
        return listed.filter(pl.col(column).dt.year() == year).height

    new = {year: of("decided_date", year) for year in (2023, 2024, 2025)}
    gone = {year: of("lifted_date", year) for year in (2023, 2024, 2025)}

    def stock(year: int) -> int:
        end = date(year, 12, 31)
        there = (pl.col("lifted_date") > end) | pl.col("lifted_date").is_null()
        return listed.filter((pl.col("decided_date") <= end) & there).height

    figures = {f"repairs_per_listing_{year}": _ratio(gone[year], new[year]) for year in (2023, 2024, 2025)}
    for year in (2024, 2025):
        figures[f"new_listings_{year}"] = _ratio(new[year], new[year - 1])
        figures[f"repairs_{year}"] = _ratio(gone[year], gone[year - 1])
    for year in (2024, 2025):
        before = stock(year - 1)
        figures[f"stock_change_{year}"] = Figure(100 * (stock(year) / before - 1) if before else 0.0, before)
    return figures


def _queries(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    asked = frames["queries"]
    return {
        "query_failure_remote": _share(asked.filter("remote")["failed"]),
        "query_failure_elsewhere": _share(asked.filter(~pl.col("remote"))["failed"]),
        "channels_apart": _share(asked["apart"]),
    }


def _petitions(frames: Mapping[str, pl.DataFrame]) -> dict[str, Figure]:
    return {"petitions_no_assets": _share(frames["petitions"]["no_assets"])}


def _by_year(frame: pl.DataFrame, column: str, year: int) -> pl.DataFrame:
    return frame.filter(pl.col(column).dt.year() == year)


def _outcomes(truth: pl.DataFrame, until: date) -> dict[str, Figure]:
    """Applications, decisions and what followed."""
    accepted = truth.filter(pl.col("accepted_on") <= until)
    decided = accepted.filter(pl.col("decided_on") <= until)
    counts = {year: _by_year(accepted, "accepted_on", year).height for year in (2015, 2025)}
    grants = {year: int(_by_year(decided, "decided_on", year)["granted"].sum()) for year in (2015, 2025)}
    recent = decided.filter(pl.col("p_success").is_not_null(), pl.col("decided_on") >= date(2019, 1, 1))
    courts = recent.group_by("success_court", "success_departments").agg(pl.col("granted").mean(), pl.len())
    mid = float(recent["granted"].mean() or 0.0)  # type: ignore[arg-type]
    spread = (courts["granted"] - mid).abs()
    figures = {
        "applications_growth": _ratio(counts[2025], counts[2015]),
        "lifted_growth": _ratio(grants[2025], grants[2015]),
        "success_2015": _share(_by_year(decided, "decided_on", 2015)["granted"]),
        "success_2025": _share(_by_year(decided, "decided_on", 2025)["granted"]),
        "success_court_spread": Figure(100 * float(spread.max() or 0.0), int(courts["len"].min() or 0)),  # type: ignore[arg-type]
        "decision_days_median": _median((decided["decided_on"] - decided["accepted_on"]).dt.total_days()),
    }
    return figures | _redefaults(truth, until) | _best_auc(accepted, decided)


def _best_auc(accepted: pl.DataFrame, decided: pl.DataFrame) -> dict[str, Figure]:
    """AUC of the true probabilities where a court has discretion: nobody can do better."""
    found = {}
    for key, frame, label, probability in (
        ("best_auc_success", decided, "granted", "p_success"),
        ("best_auc_redefault_6", accepted, "y_redefault_6", "p_redefault_6"),
        ("best_auc_redefault_12", accepted, "y_redefault_12", "p_redefault_12"),
    ):
        free = frame.filter(pl.col("p_success").is_not_null())
        y = free[label].to_numpy().astype(np.bool_)
        found[key] = Figure(auc(y, free[probability].to_numpy()), int(min(y.sum(), (~y).sum())))
    return found


def _redefaults(truth: pl.DataFrame, until: date) -> dict[str, Figure]:
    """Recorded re-default after a grant, for grants old enough; gone debtors are left out."""
    granted = truth.filter("granted", pl.col("competing_on").is_null())
    granted = granted.filter(pl.col("lifted_on").dt.offset_by("12mo").dt.offset_by("60d") <= until)

    def within(months: int) -> Iterable[bool]:
        end = pl.col("lifted_on").dt.offset_by(f"{months}mo")
        return granted.select((pl.col("event_on") < end).fill_null(value=False)).to_series()

    twelve = pl.Series(within(12))
    graded = granted.with_columns(bad=twelve)
    worst, best = (_share(graded.filter(observation_months=months)["bad"]) for months in (12, 6))
    return {
        "redefault_6": _share(pl.Series(within(6))),
        "redefault_12": _share(twelve),
        "redefault_longest_to_shortest": _ratio(worst.value, best.value, min(worst.n, best.n)),
    }
