"""Recording and reading: idempotent, ordered, many threads at once, one process at a time."""

# ruff: noqa: S603, S608  (programs and statements are this file's own text)

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.checkpoints import read_notes, read_register, register_path
from ledger.errors import LedgerError, LedgerLockedError, LedgerStoppedError, UnrecordableError
from ledger.keys import LedgerKeys, load_or_create
from ledger.merkle import TreeHash, root_of
from ledger.notes import open_note
from ledger.store import Ledger
from records.clock import SHANGHAI

START = datetime(2026, 4, 1, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LedgerKeys:
    return load_or_create(tmp_path_factory.mktemp("keys"))


def opened(folder: Path, keys: LedgerKeys, **options: object) -> Ledger:
    return Ledger.open(folder / "ledger.db", folder / "checkpoints.log", keys.private, **options)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path, keys: LedgerKeys) -> Iterator[Ledger]:
    with opened(tmp_path, keys) as ledger:
        yield ledger


def test_what_is_appended_is_read_back_as_it_was(ledger: Ledger) -> None:
    records = [{"case": {"debtor_id": f"甲{n}"}, "points": n / 3, "null": None} for n in range(3)]
    entries = ledger.append(records)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert all(entry.created for entry in entries)
    for entry, record in zip(entries, records, strict=True):
        found = ledger.get(entry.score_id)
        assert found == entry
        assert found is not None
        assert found.record == record
        assert not found.created
    assert ledger.get("0" * 32) is None
    assert ledger.size == 3


def test_recording_the_same_again_gives_the_first_entry(ledger: Ledger) -> None:
    first, twin = ledger.append([{"a": 1.0}, {"a": 1}])
    again = ledger.append([{"b": 2}, {"a": 1}])
    assert first == twin
    assert (first.created, twin.created) == (True, False)
    assert again[1] == first
    assert not again[1].created
    assert [entry.seq for entry in again] == [2, 1]
    assert ledger.size == 2
    assert ledger.append([]) == []


def test_one_bad_record_stops_the_whole_call_and_all_bad_ones_are_named(ledger: Ledger) -> None:
    with pytest.raises(UnrecordableError, match=r"record 1 of 3: nan.*\nrecord 2 of 3: .* exceeds safe integer"):
        ledger.append([{"a": 1}, {"a": float("nan")}, {"a": 2**60}])
    assert ledger.size == 0
    assert ledger.append([{"a": 1}])[0].seq == 1


def test_newest_first_by_kind_and_all_in_order(tmp_path: Path, keys: LedgerKeys) -> None:
    moments = iter(START + timedelta(seconds=n) for n in range(10))
    with opened(tmp_path, keys, clock=lambda: next(moments)) as ledger:
        ledger.append([{"n": n} for n in range(1200)])
        ledger.append([{"decided": 1}], kind="decision")
        ledger.append([{"n": 1200}])
        assert [entry.seq for entry in ledger.recent(3)] == [1202, 1200, 1199]
        assert [entry.seq for entry in ledger.recent(2, before=1200)] == [1199, 1198]
        assert [entry.seq for entry in ledger.recent(5, kind="decision")] == [1201]
        assert [entry.seq for entry in ledger.entries()] == list(range(1, 1203))
        assert [entry.seq for entry in ledger.entries(after=1200)] == [1201, 1202]
        assert ledger.recent(1)[0].recorded_at == "2026-04-01T00:00:02.000000+08:00"


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_every_commit_leaves_a_signed_checkpoint_of_the_whole(tmp_path: Path, keys: LedgerKeys, algorithm: str) -> None:
    sizes = [1, 2, 5]
    with opened(tmp_path, keys, algorithm=algorithm) as ledger:
        for size in sizes:
            ledger.append([{"n": size, "i": index} for index in range(size)])
        contents = [entry.content for entry in ledger.entries()]
        assert ledger.checkpoint.size == 8
    notes = [open_note(note, keys.public) for note in read_notes(tmp_path / "checkpoints.log")]
    tree = TreeHash(algorithm)  # type: ignore[arg-type]
    leaves = [tree.leaf(content) for content in contents]
    assert [note.size for note in notes] == [0, 1, 3, 8]
    assert [note.root for note in notes] == [root_of(leaves[: note.size], tree) for note in notes]
    assert [entry.leaf_hash for entry in read_register(tmp_path / "checkpoints.log")] == leaves
    with opened(tmp_path, keys) as ledger:  # an old ledger keeps its own hash
        assert ledger.checkpoint.algorithm == algorithm


def test_many_threads_share_commits_and_lose_nothing(tmp_path: Path, keys: LedgerKeys) -> None:
    answers: dict[int, list[int]] = {}

    def client(number: int, ledger: Ledger) -> None:
        own = [{"client": number, "n": n} for n in range(10)] + [{"shared": n} for n in range(5)]
        answers[number] = [ledger.append([record])[0].seq for record in own]

    with opened(tmp_path, keys) as ledger:
        threads = [threading.Thread(target=client, args=(number, ledger)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ledger.size == 8 * 10 + 5
        assert sorted({seq for seqs in answers.values() for seq in seqs}) == list(range(1, 86))
        assert len({tuple(seqs[10:]) for seqs in answers.values()}) == 1  # all got the same shared entries
        assert [entry.seq for entry in ledger.entries()] == list(range(1, 86))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=6), max_size=6))
def test_against_a_plain_list(
    tmp_path_factory: pytest.TempPathFactory, keys: LedgerKeys, calls: list[list[int]]
) -> None:
    expected: list[int] = []
    with opened(tmp_path_factory.mktemp("ledger"), keys) as ledger:
        for call in calls:
            for number in call:
                if number not in expected:
                    expected.append(number)
            entries = ledger.append([{"n": number} for number in call])
            assert [entry.seq for entry in entries] == [expected.index(number) + 1 for number in call]
        assert [entry.record["n"] for entry in ledger.entries()] == expected


def test_a_reopened_ledger_goes_on(tmp_path: Path, keys: LedgerKeys) -> None:
    for round_ in range(3):
        with opened(tmp_path, keys) as ledger:
            assert ledger.size == 2 * round_
            ledger.append([{"round": round_}, {"round": -round_ - 1}])
    with opened(tmp_path, keys, read_only=True) as ledger:
        assert ledger.size == 6
        assert len(ledger.recent(10)) == 6
        with pytest.raises(LedgerError, match="for reading only"):
            ledger.append([{"a": 1}])


def test_no_statement_changes_or_removes_what_is_recorded(tmp_path: Path, keys: LedgerKeys) -> None:
    with opened(tmp_path, keys) as ledger:
        ledger.append([{"a": 1}, {"a": 2}])
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    values = "(7, 'score', hex(randomblob(16)), x'00', zeroblob(32))"
    for statement in (
        "UPDATE ledger_entries SET kind = 'x'",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_checkpoints SET note = ''",
        "DELETE FROM ledger_checkpoints",
        f"INSERT INTO ledger_entries VALUES {values}",
        f"REPLACE INTO ledger_entries VALUES {values.replace('7', '1')}",
        "REPLACE INTO ledger_entries SELECT 3, kind, score_id, content, leaf_hash FROM ledger_entries WHERE seq = 1",
        "REPLACE INTO ledger_checkpoints SELECT size, frontier, '' FROM ledger_checkpoints",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
            connection.execute(statement)
    assert connection.execute("SELECT count(*) FROM ledger_entries").fetchone() == (2,)
    connection.execute(f"INSERT INTO ledger_entries VALUES {values.replace('7', '3')}")  # only the next place is free
    connection.close()


def test_a_second_writer_is_turned_away_until_the_first_has_gone(tmp_path: Path, keys: LedgerKeys) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from ledger.keys import load_or_create; from ledger.store import Ledger\n"
        "folder = Path(sys.argv[1]); key = load_or_create(Path(sys.argv[2])).private\n"
        "Ledger.open(folder / 'ledger.db', folder / 'checkpoints.log', key, lock_timeout=0.0)\n"
    )
    key_folder = tmp_path / "keys"
    keys = load_or_create(key_folder)
    with opened(tmp_path, keys) as ledger:
        with pytest.raises(LedgerLockedError, match="is being written by process"):
            opened(tmp_path, keys, lock_timeout=0.1)
        other = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), str(key_folder)], capture_output=True, text=True, check=False
        )
        assert "LedgerLockedError" in other.stderr
        with opened(tmp_path, keys, read_only=True) as reader:
            ledger.append([{"a": 1}])
            assert reader.size == 1  # readers are welcome, and see what is committed
    with opened(tmp_path, keys) as ledger:
        assert ledger.append([{"a": 2}])[0].seq == 2


def test_a_closed_ledger_records_nothing(tmp_path: Path, keys: LedgerKeys) -> None:
    ledger = opened(tmp_path, keys)
    ledger.append([{"a": 1}])
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerStoppedError, match="the ledger is closed"):
        ledger.append([{"a": 2}])


def test_opening_needs_a_key_or_an_existing_ledger(tmp_path: Path, keys: LedgerKeys) -> None:
    with pytest.raises(LedgerError, match="needs the ledger's signing key"):
        Ledger.open(tmp_path / "ledger.db", tmp_path / "checkpoints.log")
    with pytest.raises(LedgerError, match="there is no ledger at"):
        opened(tmp_path, keys, read_only=True)
    (tmp_path / "ledger.db").write_bytes(b"not a database, by no means one; " * 40)
    with pytest.raises(LedgerError, match="cannot be read as a ledger"):
        opened(tmp_path, keys)
    with pytest.raises(LedgerError, match="cannot be read as a ledger"):
        opened(tmp_path, keys, read_only=True)


def test_a_ledger_of_a_newer_program_is_left_alone(tmp_path: Path, keys: LedgerKeys) -> None:
    opened(tmp_path, keys).close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="schema 9999, which this program does not know"):
        opened(tmp_path, keys)
    with pytest.raises(LedgerError, match="schema 9999"):
        opened(tmp_path, keys, read_only=True)


def test_another_key_or_checkpoint_file_is_refused(tmp_path: Path, keys: LedgerKeys) -> None:
    with opened(tmp_path, keys) as ledger:
        ledger.append([{"a": 1}])
        ledger.append([{"a": 2}])
    with pytest.raises(LedgerError, match="signed with another key"):
        opened(tmp_path, load_or_create(tmp_path / "other"))
    log = tmp_path / "checkpoints.log"
    whole = log.read_bytes()
    for wrong in (b"", whole[: len(whole) // 3 + 1], whole + whole[:50], b"x" * len(whole)):
        log.write_bytes(wrong)
        with pytest.raises(LedgerError, match="does not end with the checkpoint the database ends with"):
            opened(tmp_path, keys)
    log.write_bytes(whole)
    with opened(tmp_path, keys) as ledger:
        assert ledger.size == 2


def test_a_crash_between_database_and_file_is_mended_at_the_next_start(tmp_path: Path, keys: LedgerKeys) -> None:
    with opened(tmp_path, keys) as ledger:
        ledger.append([{"a": 1}])
        ledger.append([{"a": 2}])
    log, register = tmp_path / "checkpoints.log", register_path(tmp_path / "checkpoints.log")
    whole, lines = log.read_bytes(), register.read_bytes()
    last_note = len(whole.rpartition(b"repair-risk/ledger/sha256\n2\n")[0])
    for kept in (last_note, last_note + 1, last_note + 40, len(whole) - 1):
        log.write_bytes(whole[:kept])
        register.write_bytes(lines[: kept - last_note])
        opened(tmp_path, keys).close()
        assert log.read_bytes() == whole
        assert register.read_bytes() == lines
