from __future__ import annotations

from pathlib import Path

import pytest

from records.contract import Column
from records.faults import FAULT_CODES, CaseFaults, DatasetFault, Fault, Faults, listed, pointer
from records.files import remove, sha256_file, write_atomically
from records.rules import describe


def test_all_faults_are_told_together() -> None:
    error = CaseFaults([Fault("not_null", "/a", "must be given"), Fault("wrong_type", "", "must be a JSON object")])
    assert str(error) == "/a: must be given [not_null]\n(whole document): must be a JSON object [wrong_type]"
    assert isinstance(error, Faults)
    assert not isinstance(error, DatasetFault)


def test_faults_as_json_leave_out_what_they_have_not() -> None:
    fault = Fault("future", "/tables/payments/0/paid_date", "late", table="payments", row=0, column="paid_date")
    assert fault.to_json() == {
        "code": "future",
        "where": "/tables/payments/0/paid_date",
        "detail": "late",
        "table": "payments",
        "row": 0,
        "column": "paid_date",
    }
    assert all(code in FAULT_CODES for code in ("missing_table", "duplicate_key", "too_many"))


def test_pointers_are_those_of_rfc_6901() -> None:
    assert pointer() == ""
    assert pointer("tables", "a/b", 3, "m~n", "") == "/tables/a~1b/3/m~0n/"


def test_ten_thousand_faults_are_listed_and_the_rest_counted() -> None:
    one = Fault("not_null", "/a", "must be given")
    assert listed([one] * 10_000) == (one,) * 10_000
    more = listed([one] * 10_007)
    assert len(more) == 10_001
    assert "7 further" in more[-1].detail


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (Column("x", "integer"), "must be within ±9007199254740991"),
        (Column("x", "integer", minimum=0), "must be at least 0"),
        (Column("x", "number", maximum=1), "must be at most 1"),
        (Column("x", "money", minimum=0, maximum=9, unit="CNY"), "must be from 0 to 9 (CNY)"),
        (Column("x", "date"), "must lie between 1901-01-01 and 2999-12-31"),
    ],
)
def test_ranges_in_words(column: Column, words: str) -> None:
    assert describe(column, "out_of_range") == words


def test_lists_are_told_of_their_elements() -> None:
    assert describe(Column("x", "codes", values=("a", "b")), "not_allowed") == "every element must be one of: a, b"
    assert describe(Column("x", "ids"), "bad_pattern") == "every element must be 1 to 80 characters without spaces"
    assert describe(Column("x", "id", pattern="[0-9]"), "bad_pattern") == "must match [0-9]"


def test_a_file_is_the_old_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"old")
    before = sha256_file(path)

    def refuses(_: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", refuses)
        with pytest.raises(OSError, match="no space"):
            write_atomically(path, b"new")
    assert sha256_file(path) == before
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    remove(path)
    remove(path)
    assert not path.exists()
