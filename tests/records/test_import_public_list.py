"""The public-list import on made records (identities with the unassigned area prefix 99) and on damaged ones."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.import_damaged import damaged
from records.clock import SHANGHAI
from records.dataset import Dataset
from records.frames import check_tables
from records.importers.public_list import REASONS, import_public_list
from records.importers.report import SET_ASIDE_FILE, ImportFault, ImportReport
from records.tables import DATASET_TABLES
from records.validate import validate

KEY = b"a key that only the caller holds"
RECEIVED = datetime(2021, 3, 1, 8, tzinfo=SHANGHAI)


def id_number(body: str) -> str:
    """A whole identity number from its first 17 digits (check character by the standard's own sum)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


WANG = id_number("99010119850302123")
LI = id_number("99010119700101001")
MASKED_WANG = WANG[:10] + "****" + WANG[14:]
UNIT_CODE = "91350100M000100Y43"  # the example printed in GB 32100
UNIT_SHORT = UNIT_CODE[8:17]

COURT_SITE: dict[str, Any] = {
    "id": 7001,
    "iname": "王某甲",
    "cardNum": MASKED_WANG,
    "sexy": "男",
    "age": "35",
    "caseCode": "（2019）吉0102执123号",
    "courtName": "吉林省长春市南关区人民法院",
    "areaName": "吉林",
    "gistId": "（2018）吉0102民初77号",
    "duty": "支付若干",
    "performance": "全部未履行",
    "disruptTypeName": "违反财产报告制度,有履行能力而拒不履行生效法律文书确定义务",
    "publishDate": "2019年07月13日",
    "businessEntity": "—",
}
MIRROR: dict[str, Any] = {
    "iname": "星海测试有限公司",
    "businessentity": "赵某",
    "areaname": "福建",
    "courtname": "福州市鼓楼区人民法院",
    "type": "1",
    "cardnum": UNIT_CODE,
    "casecode": "(2020)闽0102执恢9号",
    "gistid": "—",
    "performance": "部分未履行",
    "performedPart": "12,000元",
    "disrupttypename": "其他规避执行",
    "regdate": 1577980800000,  # 2020-01-03 in court time
    "publishdate": "20200410",
    "staff": [{"role": "法定代表人", "name": "赵某", "code": "1"}],
}
EXECUTED: dict[str, Any] = {
    "pname": "王某甲",
    "partyCardNum": WANG,
    "sexname": "男",
    "caseCode": "(2019)吉0102执123号",
    "execCourtName": "长春市南关区人民法院",
    "caseCreateTime": "2019-05-10",
    "execMoney": "50000.5",
}


def run(tmp_path: Path, records: Iterable[object], name: str = "out") -> tuple[ImportReport, dict[str, pl.DataFrame]]:
    """Import `records` as JSON lines; the dataset must be valid and everything accounted for."""
    source = tmp_path / f"{name}.json"
    source.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    report = import_public_list(source, tmp_path / name, id_key=KEY, received=RECEIVED, buckets=1)
    assert report.rows_in == report.accepted + report.set_aside.height
    tables = Dataset.open(tmp_path / name).read(DATASET_TABLES)
    for table, check in check_tables(tables).items():  # what `validate` refuses rows by
        assert check.faults.rows() == [], table
    return report, tables


def reasons(report: ImportReport) -> list[list[str]]:
    return report.set_aside.sort("position")["reasons"].to_list()


def changed(record: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {**record, **fields}


def test_listed_and_executed_records_of_one_person_make_one_debtor(tmp_path: Path) -> None:
    report, tables = run(tmp_path, [COURT_SITE, MIRROR, EXECUTED])
    assert report.set_aside.height == 0
    person = tables["debtors"].filter(pl.col("subject_type") == "natural")
    assert person["id_key"].to_list() == [hmac.new(KEY, WANG.encode(), hashlib.sha256).hexdigest()]
    assert person.select("name_masked", "is_minor", "uscc").rows() == [("王**", False, None)]
    case = tables["enforcement_cases"].filter(pl.col("debtor_id") == person["debtor_id"][0])
    assert case["case_no"].to_list() == ["(2019)吉0102执123号"]
    told = case.select("court_code", "region_code", "filed_date", "requested_amount", "recovered_amount")
    assert told.rows() == [("吉0102", "220102", date(2019, 5, 10), Decimal("50000.50"), None)]
    assert case["known_at"].to_list() == [datetime(2019, 5, 13, 23, 59, 59, tzinfo=SHANGHAI)]  # filed on a Friday
    listing = tables["restriction_measures"].filter(pl.col("debtor_id") == person["debtor_id"][0])
    assert listing.select("kind", "listing_reason", "published_date").rows() == [("失信", "④", date(2019, 7, 13))]
    assert listing["known_at"].to_list() == [datetime(2019, 7, 13, 23, 59, 59, tzinfo=SHANGHAI)]


def test_what_a_unit_record_says_arrives_when_it_was_known(tmp_path: Path) -> None:
    _, tables = run(tmp_path, [MIRROR])
    unit = tables["debtors"].row(0, named=True)
    assert (unit["subject_type"], unit["uscc"], unit["name_masked"]) == ("enterprise", UNIT_CODE, "星海****公司")
    case = tables["enforcement_cases"].sort("known_at")
    assert case["case_type"].to_list() == ["执恢", "执恢"]
    assert case["recovered_amount"].to_list() == [None, Decimal("12000.00")]
    assert case["supersedes_id"].to_list() == [None, case["row_id"][0]]
    assert case["known_at"].dt.date().to_list() == [date(2020, 1, 6), date(2020, 4, 10)]
    assert tables["obligations"].height == 0  # the list tells no amount of what is owed
    assert tables["restriction_measures"]["listing_reason"].to_list() == ["③"]


def test_sex_and_age_lie_in_debtor_audit_and_nowhere_else(tmp_path: Path) -> None:
    _, told = run(tmp_path, [COURT_SITE], "told")
    _, untold = run(tmp_path, [changed(COURT_SITE, sexy="女", age=61)], "untold")
    assert told["debtor_audit"].select("sex", "birth_year").rows() == [("male", 1984)]
    assert untold["debtor_audit"].select("sex", "birth_year").rows() == [("female", 1958)]
    for name in DATASET_TABLES:
        if name != "debtor_audit":
            assert told[name].equals(untold[name]), name


def test_a_minor_is_marked_as_one(tmp_path: Path) -> None:
    _, tables = run(tmp_path, [changed(COURT_SITE, age=17)])
    assert tables["debtors"].select("is_minor", "represented_by").rows() == [(True, "guardian")]
    _, tables = run(tmp_path, [changed(COURT_SITE, age="—")], "silent")
    assert tables["debtors"].select("is_minor", "lacks_capacity").rows() == [(None, None)]


def test_no_identity_number_and_no_name_is_stored_anywhere(tmp_path: Path) -> None:
    records = [EXECUTED, changed(EXECUTED, execMoney="abc", duty=f"身份证{LI}"), changed(COURT_SITE, cardNum=LI)]
    run(tmp_path, [*records, {"cardNum": LI, WANG: 1}, changed(COURT_SITE, cardNum=LI + "0")])
    stored = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(stored) > 4
    for path in stored:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = pl.read_parquet(path, hive_partitioning=False).write_json().encode()
        for secret in (WANG, LI, MASKED_WANG, "王某甲"):
            assert secret.encode() not in content, path


def test_another_key_gives_other_debtors(tmp_path: Path) -> None:
    source = tmp_path / "list.json"
    source.write_text(json.dumps(EXECUTED), encoding="utf-8")
    import_public_list(source, tmp_path / "a", id_key=KEY, received=RECEIVED, buckets=1)
    import_public_list(source, tmp_path / "b", id_key=KEY[::-1], received=RECEIVED, buckets=1)
    ids = [set(Dataset.open(tmp_path / name).read(["debtors"])["debtors"]["debtor_id"]) for name in "ab"]
    assert not ids[0] & ids[1]
    with pytest.raises(ValueError, match="at least 16 bytes"):
        import_public_list(source, tmp_path / "c", id_key=b"short", received=RECEIVED)


def test_all_forms_of_a_day_are_read(tmp_path: Path) -> None:
    forms = [
        *("2019年07月13日", "2019年7月13日", "20190713", "2019-07-13", "2019/7/13", "2019-07-13 10:20:30"),
        *(1562947200000, "1562947200000", 1562947200, 1562947200000.0, "２０１９－０７－１３"),
    ]
    records = [
        changed(COURT_SITE, caseCode=f"（2019）吉0102执{number}号", publishDate=form)
        for number, form in enumerate(forms, start=1)
    ]
    report, tables = run(tmp_path, records)
    assert report.set_aside.height == 0
    assert tables["restriction_measures"]["published_date"].to_list() == [date(2019, 7, 13)] * len(forms)


def test_spelling_of_keys_does_not_matter(tmp_path: Path) -> None:
    spelt = [
        {(written if key == "caseCode" else key): value for key, value in COURT_SITE.items()}
        for written in ("caseCode", "casecode", "CASECODE")
    ]
    report, tables = run(tmp_path, spelt)
    assert reasons(report) == [["same_listing_again"], ["same_listing_again"]]
    assert tables["enforcement_cases"]["case_no"].to_list() == ["(2019)吉0102执123号"]


FAULTY: list[tuple[dict[str, object], list[str]]] = [
    ({"publishDate": "—"}, ["missing:published"]),
    ({"publishDate": "2019-02-30"}, ["unreadable:published"]),
    ({"publishDate": True, "age": -1}, ["unreadable:age", "unreadable:published"]),
    ({"publishDate": "2013-09-30"}, ["before_list_began"]),
    ({"publishDate": "2021-03-02"}, ["after_observation"]),
    ({"regDate": "2019-07-14"}, ["filed_after_published"]),
    ({"publishDateStamp": "2019-07-14"}, ["conflicting:published"]),
    ({"casecode": "（2019）吉0102执124号"}, ["conflicting:case_no"]),
    ({"caseCode": "（2019）吉0102民初123号"}, ["unreadable:case_no"]),
    ({"iname": ["王"], "sexy": "x"}, ["unreadable:name", "unreadable:sex"]),
    ({"cardNum": WANG[:-1] + ("0" if WANG[-1] != "0" else "1")}, ["unreadable:number"]),
    ({"cardNum": "****"}, ["missing:number"]),
    ({"disruptTypeName": "天气不好"}, ["unreadable:conduct"]),
    ({"pname": "王某甲"}, ["unknown_layout"]),
    ({"type": "7"}, ["unreadable:type"]),
    ({"iname": "王\u202e某"}, ["unreadable:name"]),
]


def test_faulty_records_are_set_aside_with_all_their_reasons(tmp_path: Path) -> None:
    report, _ = run(tmp_path, [MIRROR, *(changed(COURT_SITE, **fields) for fields, _ in FAULTY)])
    assert report.accepted == 1
    assert reasons(report) == [wanted for _, wanted in FAULTY]
    assert {reason.partition(":")[0] for _, wanted in FAULTY for reason in wanted} <= set(REASONS)


def test_one_case_under_two_numbers_of_a_unit_is_one_listing(tmp_path: Path) -> None:
    short = changed(MIRROR, cardnum=f"{UNIT_SHORT[:8]}-{UNIT_SHORT[8]}", type="—")
    old = changed(MIRROR, cardnum="350100100012345")
    other_name = changed(MIRROR, iname="月湖测试有限公司", cardnum="—")
    report, tables = run(tmp_path, [short, old, MIRROR, other_name])
    assert reasons(report) == [["same_listing_again"], ["same_listing_again"]]
    assert tables["restriction_measures"].height == 2
    assert sorted(tables["debtors"]["uscc"].to_list(), key=str) == [UNIT_CODE, None]


def test_masked_and_missing_numbers_join_only_where_they_cannot_mean_somebody_else(tmp_path: Path) -> None:
    twin = id_number("99010119850302125")  # same name, same visible digits but the last four
    other_case = "（2019）吉0102执500号"
    wide = WANG[:6] + "*" * 11 + WANG[17]  # too few visible digits to tell persons apart
    report, tables = run(
        tmp_path,
        [
            EXECUTED,
            changed(COURT_SITE, caseCode=other_case),  # visible digits fit WANG alone
            changed(COURT_SITE, cardNum=wide),  # joined through the case
            changed(COURT_SITE, cardNum=wide, caseCode="（2019）吉0102执501号"),  # nobody to join
            changed(EXECUTED, partyCardNum=twin, caseCode="（2019）吉0102执502号"),
        ],
    )
    assert reasons(report) == [["missing:number"]]
    listings = tables["restriction_measures"].group_by("debtor_id").len()
    assert listings["len"].to_list() == [2]
    assert tables["debtors"].height == 2


def test_two_persons_of_one_name_in_one_case_stay_two(tmp_path: Path) -> None:
    _, tables = run(tmp_path, [EXECUTED, changed(EXECUTED, partyCardNum=LI)])
    assert tables["debtors"].height == 2
    report, _ = run(
        tmp_path,
        [EXECUTED, changed(EXECUTED, partyCardNum=LI), changed(EXECUTED, partyCardNum="—", type="0")],
        "third",
    )
    assert reasons(report) == [["ambiguous:number"]]


def test_old_case_numbers_are_told_apart_by_court_with_or_without_province(tmp_path: Path) -> None:
    old = changed(
        COURT_SITE, caseCode="(2014)南执字第00123号", publishDate="2014-03-01", courtName="长春市南关区人民法院"
    )
    full = changed(old, courtName="吉林省长春市南关区人民法院", publishDate="2014-05-01")
    elsewhere = changed(old, courtName="吉林省长春市宽城区人民法院")
    report, tables = run(tmp_path, [old, full, elsewhere, old])
    assert reasons(report) == [["same_listing_again"]]
    assert tables["enforcement_cases"].height == 2
    assert set(tables["enforcement_cases"]["court_code"]) == {None}
    assert set(tables["enforcement_cases"]["region_code"]) == {"220000"}
    assert tables["restriction_measures"].height == 3


def test_executed_records_repeated_or_contradicting_are_told_apart(tmp_path: Path) -> None:
    report, _ = run(tmp_path, [EXECUTED, EXECUTED, changed(EXECUTED, execMoney="1")])
    assert reasons(report) == [["same_case_again"], ["same_case_differs"]]


def test_array_lines_and_csv_give_the_same_dataset(tmp_path: Path) -> None:
    records = [COURT_SITE, changed(COURT_SITE, caseCode="（2019）吉0102执9号", duty="一，\n二")]
    text = json.dumps(records, ensure_ascii=False, indent=1)
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, list(COURT_SITE))
    writer.writeheader()
    writer.writerows(records)
    sources = {
        "array.json": b"\xef\xbb\xbf" + text.encode(),
        "lines.jsonl": lines.encode(),
        "utf8.csv": sheet.getvalue().encode(),
        "chinese.csv": sheet.getvalue().encode("gb18030"),
    }
    prints = set()
    for name, content in sources.items():
        (tmp_path / name).write_bytes(content)
        report = import_public_list(tmp_path / name, tmp_path / f"{name}.out", id_key=KEY, received=RECEIVED, buckets=1)
        assert report.accepted == 2, name
        prints.add(Dataset.open(tmp_path / f"{name}.out").fingerprint())
    assert len(prints) == 1


def test_broken_lines_cost_only_themselves(tmp_path: Path) -> None:
    good = json.dumps(MIRROR)
    twice = good[:-1] + ', "type": "1"}'
    source = tmp_path / "list.jsonl"
    source.write_bytes(
        b"\n".join([b'{"iname": ', good.encode(), b"[1]", b"\xff{}", b"", twice.encode(), b'{"a": NaN}'])
    )
    report = import_public_list(source, tmp_path / "out", id_key=KEY, received=RECEIVED, buckets=1)
    assert reasons(report) == [
        ["json_syntax"],
        ["not_a_record"],
        ["bad_text"],
        ["duplicate_key"],
        ["not_finite", "unknown_layout"],
    ]
    assert (report.rows_in, report.accepted) == (6, 1)


def test_a_stray_quote_costs_one_csv_row(tmp_path: Path) -> None:
    header = "iname,cardNum,caseCode,publishDate\n"
    row = "星海测试有限公司,{code},（2020）闽0102执{n}号,2020-04-10\n"
    rows = [row.format(code=UNIT_CODE, n=n) for n in range(1, 6)]
    rows[1] = rows[1].replace("星海", '"星海')
    rows[3] = rows[3].replace(",2020-04-10", "")
    (tmp_path / "list.csv").write_text(header + "".join(rows), encoding="utf-8")
    report = import_public_list(tmp_path / "list.csv", tmp_path / "out", id_key=KEY, received=RECEIVED, buckets=1)
    assert reasons(report) == [["broken_line"], ["broken_line"]]
    assert (report.rows_in, report.accepted) == (5, 3)


def test_a_file_that_is_no_list_is_refused_with_the_place(tmp_path: Path) -> None:
    source = tmp_path / "list.json"
    source.write_text('[{"iname": "a"},\n {"iname" "b"}]', encoding="utf-8")
    with pytest.raises(ImportFault, match="line 2, column 11"):
        import_public_list(source, tmp_path / "out", id_key=KEY, received=RECEIVED, buckets=1)
    with pytest.raises(ImportFault, match="is missing or cannot be read"):
        import_public_list(tmp_path / "none.json", tmp_path / "out", id_key=KEY, received=RECEIVED, buckets=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_records_never_crash_and_none_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - test data, reproducible on purpose
    records: list[object] = []
    for number in range(1, 301):
        record = changed(chance.choice([COURT_SITE, MIRROR, EXECUTED]))
        key = "caseCode" if "caseCode" in record else "casecode"
        record[key] = f"（2019）吉0102执{number}号"
        records.append(damaged(record, chance) if chance.random() < 0.8 else record)
    source = tmp_path / "list.json"
    source.write_text(json.dumps(records), encoding="utf-8")
    report = import_public_list(source, tmp_path / "out", id_key=KEY, received=RECEIVED, buckets=1)
    assert report.rows_in == 300 == report.accepted + report.set_aside.height
    assert 60 < report.accepted < 290
    assert report.set_aside["position"].n_unique() == report.set_aside.height
    assert report.set_aside["reasons"].list.len().min() >= 1
    known = Counter(reason.partition(":")[0] for found in reasons(report) for reason in found)
    assert set(known) <= set(REASONS)
    assert validate(tmp_path / "out", suite=False).ok
    kept = pl.read_parquet(tmp_path / "out" / "quarantine" / SET_ASIDE_FILE)
    assert kept.equals(report.set_aside)


@pytest.mark.parametrize("content", ["[]", ""])
def test_a_list_without_a_record_writes_nothing(tmp_path: Path, content: str) -> None:
    source = tmp_path / "list.json"
    source.write_text(content, encoding="utf-8")
    with pytest.raises(ImportFault, match=r"list\.json"):
        import_public_list(source, tmp_path / "out", id_key=KEY)
    assert not (tmp_path / "out").exists()
