"""The ccf2017 import: on small made parquet files always, on the real data where it lies beside the project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from records.clock import SHANGHAI, day_start
from records.dataset import Dataset
from records.importers.ccf2017 import REASONS, import_ccf2017
from records.importers.report import SET_ASIDE_FILE, ImportFault, ImportReport, Part
from records.validate import validate

RECEIVED = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)

SMALL: Mapping[str, Mapping[str, list[Any]]] = {
    "breakfaith": {
        "EID": ["p1", "p1", "p1", "s2", None, "s3"],
        "TYPECODE": [11, 12, 12, 21, 31, 32],
        "FBDATE": ["2014年08月", "2015年2月", "2015年2月", "2014-09", "2014年08月", "2014年13月"],
        "SXENDDATE": [None, None, None, "2015-07", None, None],
    },
    "lawsuit": {
        "EID": ["p1", "p1", "p1", "s9", "s2"],
        "TYPECODE": [5, 6, 6, 7, 8],
        "LAWDATE": ["2014年07月", "2014年08月", "2014年08月", "2014年01月", "2014年09月"],
        "LAWAMOUNT": [100, 0, 0, 3, -4],
    },
    "project": {"EID": ["s2", "s9"], "TYPECODE": [1, 2], "DJDATE": ["2013-11", "x"], "IFHOME": [1, 0]},
    "qualification": {
        "EID": ["p1", "p1"],
        "ADDTYPE": [1, 2],
        "BEGINDATE": ["2009年5月", "2013年2月"],
        "EXPIRYDATE": ["2014年5月", "2018年2月"],
    },
    "invest": {
        "EID": ["p1", "p1", "p1", "s2", "s2", "p1"],
        "BTEID": ["s2", "w5", "w5", "s2", "w6", "w7"],
        "IFHOME": [0, 1, 1, 1, 1, 1],
        "BTBL": [0.343, 1.0, 1.0, 0.5, 0.2, 0.0],
        "BTYEAR": [2012, 2001, 2001, 2003, 1899, 2015],
        "BTENDYEAR": [None, 2003.0, 2003.0, None, None, None],
    },
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "ccf"
    folder.mkdir()
    for name, columns in SMALL.items():
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")
    return folder


def reasons_at(report: ImportReport, part: str) -> dict[int, list[str]]:
    mine = report.set_aside.filter(pl.col("part") == part)
    return dict(zip(mine["position"].to_list(), mine["reasons"].to_list(), strict=True))


def test_every_row_is_imported_or_set_aside_with_all_its_reasons(source: Path, tmp_path: Path) -> None:
    report = import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    assert reasons_at(report, "breakfaith") == {2: ["duplicate_row"], 4: ["no_debtor"], 5: ["bad_month"]}
    assert reasons_at(report, "breakfaith.SXENDDATE") == {3: ["snapshot_artefact"]}
    assert reasons_at(report, "lawsuit") == {3: ["never_listed"], 4: ["bad_amount"]}
    assert reasons_at(report, "project") == {1: ["bad_month", "never_listed"]}
    assert reasons_at(report, "qualification.EXPIRYDATE") == {1: ["after_observation"]}
    assert reasons_at(report, "invest") == {
        2: ["duplicate_row"],
        3: ["self_investment"],
        4: ["year_not_stated"],
    }
    assert reasons_at(report, "invest.BTENDYEAR") == {2: ["row_set_aside"]}
    assert {reason for found in report.reasons.values() for reason in found} <= set(REASONS)
    for part in report.parts:
        table = part.name.partition(".")[0]
        assert part.rows_in <= len(SMALL[table]["EID"])
        assert part.rows_in == part.accepted + part.set_aside
    assert report.rows_in == report.accepted + report.set_aside.height
    kept = pl.read_parquet(tmp_path / "out" / "quarantine" / SET_ASIDE_FILE)
    assert kept.equals(report.set_aside)


def test_dataset_is_valid_and_nobody_is_unscored_for_what_was_set_aside(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    assert validate(tmp_path / "out").ok
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.info.profile == "first_listings"
    assert dataset.info.observed_until == date(2015, 2, 28)
    assert dataset.quarantined().height == 0
    case = dataset.case("p1", None, day_start(date(2014, 8, 1)))
    assert case.tables["restriction_measures"].height == 2


def test_a_month_is_known_at_the_midnight_after_it_and_not_before(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    facts = Dataset.open(tmp_path / "out").read()["creditor_social_facts"].filter(pl.col("kind") == "civil_suit")
    known = facts.filter(pl.col("known_at") < day_start(date(2014, 8, 1)))
    assert known["event_date"].to_list() == [date(2014, 7, 31)]
    known = facts.filter(pl.col("known_at") < day_start(date(2014, 9, 1)))
    assert sorted(known["value"]) == ["0.00", "0.00", "100.00"]  # a suit stated twice stays twice


def test_expired_and_ended_things_become_later_versions_with_value_zero(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    facts = Dataset.open(tmp_path / "out").read()["creditor_social_facts"].sort("known_at", "row_id")
    held = facts.filter(pl.col("fact_id") == "investment-p1-w5-1")
    assert held["value"].to_list() == ["1.0", "0"]
    assert held["supersedes_id"].to_list() == [None, held["row_id"][0]]
    assert held["event_date"].to_list() == [date(2001, 12, 31), date(2003, 12, 31)]
    licence = facts.filter(pl.col("fact_id") == "qualification-p1-1-1")
    assert licence["value"].to_list() == ["1", "0"]
    new = facts.filter(pl.col("fact_id") == "investment-p1-w7-1")
    assert (new["value"].to_list(), new["event_date"].to_list()) == ([None], [date(2015, 2, 28)])


def test_related_party_is_told_to_either_side_once_link_and_listing_are_known(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    facts = Dataset.open(tmp_path / "out").read()["creditor_social_facts"]
    related = facts.filter(pl.col("kind") == "related_party_listed").sort("debtor_id")
    assert related.select("debtor_id", "event_date").rows() == [("p1", date(2014, 9, 30)), ("s2", date(2014, 8, 31))]


def test_what_the_source_does_not_say_is_null(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "out", received=RECEIVED, buckets=1)
    tables = Dataset.open(tmp_path / "out").read()
    for column in ("court_code", "basis_type", "filed_date", "requested_amount", "recovered_amount"):
        assert tables["enforcement_cases"][column].null_count() == tables["enforcement_cases"].height
    assert tables["debtors"]["operating_status"].null_count() == tables["debtors"].height
    assert tables["restriction_measures"]["lifted_date"].null_count() == tables["restriction_measures"].height


def test_same_files_give_same_bytes(source: Path, tmp_path: Path) -> None:
    import_ccf2017(source, tmp_path / "a")
    import_ccf2017(source, tmp_path / "b")
    assert Dataset.open(tmp_path / "a").fingerprint() == Dataset.open(tmp_path / "b").fingerprint()


def test_missing_files_and_columns_are_all_named(source: Path, tmp_path: Path) -> None:
    (source / "lawsuit.parquet").unlink()
    pl.DataFrame({"EID": ["p1"]}).write_parquet(source / "project.parquet")
    with pytest.raises(ImportFault, match=r"lawsuit\.parquet") as refused:
        import_ccf2017(source, tmp_path / "out")
    assert {fault.where for fault in refused.value.faults} == {
        "lawsuit.parquet",
        "project.parquet/TYPECODE",
        "project.parquet/DJDATE",
        "project.parquet/IFHOME",
    }
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_source_without_a_readable_listing_is_refused(source: Path, tmp_path: Path) -> None:
    empty = pl.DataFrame(SMALL["breakfaith"]).with_columns(pl.lit("?").alias("FBDATE"))
    empty.write_parquet(source / "breakfaith.parquet")
    with pytest.raises(ImportFault, match="no listing with a readable month"):
        import_ccf2017(source, tmp_path / "out")


def test_a_report_that_loses_a_record_cannot_be_made() -> None:
    nothing = pl.DataFrame(schema={"part": pl.String, "reasons": pl.List(pl.String)})
    with pytest.raises(ValueError, match=r"unaccounted for: a: 3 in, 2 accepted, 0 set aside"):
        ImportReport("x", (Part("a", 3, 2, 0),), nothing, {})
    assert ImportReport("x", (Part("a", 3, 3, 0),), nothing, {}).accepted == 3


# ---- the real data ----


def _shared_data() -> Path:
    given = os.environ.get("REPAIR_RISK_SHARED_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportReport, Path]:
    source = _shared_data() / "ccf2017"
    if not source.is_dir():
        pytest.skip("the real ccf2017 data is not here: put it in ../shared/data or set REPAIR_RISK_SHARED_DATA")
    out = tmp_path_factory.mktemp("real") / "out"
    return import_ccf2017(source, out), out


def _months(real: tuple[ImportReport, Path]) -> pl.DataFrame:
    """Every enterprise's first and next listing month, as numbers of months."""
    listings = Dataset.open(real[1]).read(["restriction_measures"])["restriction_measures"]
    day = pl.col("published_date")
    months = listings.select("debtor_id", (day.dt.year().cast(pl.Int64) * 12 + day.dt.month()).alias("month"))
    first = months.group_by("debtor_id").agg(pl.col("month").min().alias("first"))
    later = months.join(first, on="debtor_id").filter(pl.col("month") > pl.col("first"))
    return first.join(later.group_by("debtor_id").agg(pl.col("month").min().alias("next")), on="debtor_id", how="left")


def test_real_import_keeps_the_published_counts(real: tuple[ImportReport, Path]) -> None:
    months = _months(real)
    assert months.height == 1451
    assert (months["first"].min(), months["first"].max()) == (2013 * 12 + 10, 2015 * 12 + 8)
    assert months["next"].is_not_null().sum() == 204
    half = months.filter(pl.col("first") <= 2015 * 12 + 2)
    assert (half.height, half.filter(pl.col("next") - pl.col("first") <= 6).height) == (759, 88)
    year = months.filter(pl.col("first") <= 2014 * 12 + 8)
    assert (year.height, year.filter(pl.col("next") - pl.col("first") <= 12).height) == (383, 95)
    assert Dataset.open(real[1]).info.observed_until == date(2015, 8, 31)


def test_real_lawsuit_count_alone_has_the_published_auc(real: tuple[ImportReport, Path]) -> None:
    half = _months(real).filter(pl.col("first") <= 2015 * 12 + 2)
    as_of = pl.date((pl.col("first") - 1) // 12, (pl.col("first") - 1) % 12 + 1, 1).cast(pl.Datetime("us"))
    half = half.with_columns(as_of.dt.replace_time_zone("Asia/Shanghai").alias("as_of"))
    facts = Dataset.open(real[1]).read(["creditor_social_facts"])["creditor_social_facts"]
    suits = facts.filter(pl.col("kind") == "civil_suit").join(half, on="debtor_id")
    counts = suits.filter(pl.col("known_at") < pl.col("as_of")).group_by("debtor_id").len()
    counted = half.join(counts, on="debtor_id", how="left", maintain_order="left").with_columns(
        pl.col("len").fill_null(0), (pl.col("next") - pl.col("first") <= 6).fill_null(value=False).alias("relisted")
    )
    assert roc_auc_score(counted["relisted"].to_numpy(), counted["len"].to_numpy()) == pytest.approx(0.722, abs=5e-4)


def test_real_rows_are_all_accounted_for(real: tuple[ImportReport, Path]) -> None:
    parts = {part.name: part.rows_in for part in real[0].parts}
    assert {name: count for name, count in parts.items() if "." not in name} == {
        "breakfaith": 4388,
        "lawsuit": 40102,
        "project": 49601,
        "qualification": 6693,
        "invest": 84189,
    }
    assert real[0].reasons["breakfaith.SXENDDATE"]["snapshot_artefact"] == 131


def test_real_dataset_is_valid(real: tuple[ImportReport, Path]) -> None:
    assert validate(real[1]).ok
