"""Whatever is done to a ledger's files is found, and the record it was done to is named."""

# ruff: noqa: S608  (statements are this file's own text)

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from ledger.checkpoints import register_path
from ledger.envelope import prepare, seal
from ledger.keys import LedgerKeys, load_or_create
from ledger.merkle import Frontier, TreeHash
from ledger.notes import sign
from ledger.report import Finding, VerifyReport, gathered
from ledger.store import Ledger
from ledger.verify import verify
from records.clock import SHANGHAI

TREE = TreeHash()
Change = Callable[[sqlite3.Connection], object]
_COLUMNS = "seq, kind, score_id, content, leaf_hash"


@dataclass(frozen=True)
class Made:
    """A sound ledger of 24 records in six commits (1, 3, 5, 10, 4 and 1 records)."""

    folder: Path
    keys: LedgerKeys
    names: tuple[str, ...]

    def copy(self, folder: Path) -> Made:
        for name in ("ledger.db", "checkpoints.log", "checkpoints.log.leaves"):
            shutil.copy(self.folder / name, folder / name)
        return replace(self, folder=folder)

    def verified(self) -> VerifyReport:
        return verify(self.folder / "ledger.db", self.folder / "checkpoints.log", self.keys.public)

    def change(self, change: Change | str) -> None:
        """Do to the database what its guards would refuse, and put the guards back."""
        connection = sqlite3.connect(self.folder / "ledger.db", isolation_level=None)
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        if isinstance(change, str):
            connection.executescript(change)
        else:
            change(connection)
        for _, text in guards:
            connection.execute(text)
        connection.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("sound")
    keys = load_or_create(folder / "keys")
    names: list[str] = []
    with Ledger.open(folder / "ledger.db", folder / "checkpoints.log", keys.private) as ledger:
        for count in (1, 3, 5, 10, 4, 1):
            records = [{"n": len(names) + n, "text": "被执行人" * 20} for n in range(count)]
            names += [entry.score_id for entry in ledger.append(records)]
    return Made(folder, keys, tuple(names))


@pytest.fixture
def made(sound: Made, tmp_path: Path) -> Made:
    return sound.copy(tmp_path)


def named(report: VerifyReport) -> list[tuple[str, int | None, str | None]]:
    return [(fault.code, fault.seq, fault.score_id) for fault in report.faults]


def row(text: str, seq: int) -> tuple[int, str, str, bytes, bytes]:
    """A row that agrees with itself: name, content and leaf hash recomputed."""
    prepared = prepare({"text": text}, "score")
    content = seal(prepared, datetime(2026, 4, 1, tzinfo=SHANGHAI))
    return seq, "score", prepared.score_id, content, TREE.leaf(content)


def resign(connection: sqlite3.Connection, sign_root: Callable[[int, bytes], str]) -> None:
    """Write every checkpoint of the database anew, over the entries as they now are."""
    sizes = [size for (size,) in connection.execute("SELECT size FROM ledger_checkpoints ORDER BY size")]
    frontier = Frontier(TREE)
    leaves = [leaf for (leaf,) in connection.execute("SELECT leaf_hash FROM ledger_entries ORDER BY seq")]
    for size in sizes:
        for leaf in leaves[frontier.size : size]:
            frontier.append(leaf)
        values = (sign_root(size, frontier.root()), frontier.to_bytes(), size)
        connection.execute("UPDATE ledger_checkpoints SET note = ?, frontier = ? WHERE size = ?", values)


def rewrite(connection: sqlite3.Connection, seq: int, text: str) -> None:
    new = row(text, seq)
    connection.execute(
        "UPDATE ledger_entries SET kind = ?, score_id = ?, content = ?, leaf_hash = ? WHERE seq = ?", (*new[1:], seq)
    )


def test_a_sound_ledger_passes(made: Made) -> None:
    report = made.verified()
    assert report.ok
    assert (report.entries, report.checkpoints, report.signed_size) == (24, 7, 24)
    assert report.text() == "24 records compared with 7 signed checkpoints: nothing was changed"
    assert report.to_json()["ok"] is True


def test_an_edited_byte_names_the_record(made: Made) -> None:
    data = bytearray((made.folder / "ledger.db").read_bytes())
    at = data.index(b'"n":12,')
    data[at + 5] ^= 1
    (made.folder / "ledger.db").write_bytes(bytes(data))
    assert named(made.verified()) == [("edited", 13, made.names[12])]


def test_a_record_rewritten_with_its_hash_and_name_is_named(made: Made) -> None:
    made.change(lambda connection: rewrite(connection, 13, "another truth"))
    assert named(made.verified()) == [("edited", 13, made.names[12])]


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("UPDATE ledger_entries SET score_id = upper(score_id) WHERE seq = 5", "its name does not fit its content"),
        ("UPDATE ledger_entries SET kind = 'draft' WHERE seq = 5", "its kind does not fit its content"),
        ("UPDATE ledger_entries SET leaf_hash = zeroblob(32) WHERE seq = 5", "its leaf hash does not fit its content"),
        (
            "UPDATE ledger_entries SET content = CAST(content AS TEXT) WHERE seq = 5",
            "its content is not what was signed",
        ),
        ("UPDATE ledger_entries SET content = x'' WHERE seq = 5", "its content is not what was signed"),
    ],
)
def test_every_column_is_covered(made: Made, statement: str, detail: str) -> None:
    made.change(statement)
    report = made.verified()
    assert named(report) == [("edited", 5, made.names[4])]
    assert report.faults[0].detail == detail


def test_deleted_records_are_named(made: Made) -> None:
    made.change("DELETE FROM ledger_entries WHERE seq IN (6, 7)")
    assert named(made.verified()) == [("deleted", 6, made.names[5]), ("deleted", 7, made.names[6])]


def test_a_deletion_hidden_by_renumbering_is_named(made: Made) -> None:
    made.change("DELETE FROM ledger_entries WHERE seq = 20; UPDATE ledger_entries SET seq = seq - 1 WHERE seq > 20")
    assert named(made.verified()) == [
        ("deleted", 20, made.names[19]),
        ("moved", 20, made.names[20]),
        ("moved", 21, made.names[21]),
        ("moved", 22, made.names[22]),
        ("moved", 23, made.names[23]),
    ]


def test_an_inserted_record_is_named(made: Made) -> None:
    new = row("never happened", 23)

    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE ledger_entries SET seq = -seq WHERE seq >= 23")
        connection.execute("UPDATE ledger_entries SET seq = 1 - seq WHERE seq < 0")
        connection.execute(f"INSERT INTO ledger_entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)", new)

    made.change(insert)
    assert named(made.verified()) == [
        ("inserted", 23, new[2]),
        ("moved", 24, made.names[22]),
        ("moved", 25, made.names[23]),
        ("unsigned", 25, None),
    ]


def test_records_that_changed_places_are_named(made: Made) -> None:
    made.change(
        "UPDATE ledger_entries SET seq = -1 WHERE seq = 3; UPDATE ledger_entries SET seq = 3 WHERE seq = 8;"
        "UPDATE ledger_entries SET seq = 8 WHERE seq = -1"
    )
    report = made.verified()
    assert named(report) == [("moved", 3, made.names[7]), ("moved", 8, made.names[2])]
    assert report.faults[0].detail == "it was recorded as number 8"


@pytest.mark.parametrize("kept", [23, 19, 10, 0])
def test_a_ledger_cut_at_its_end_names_what_is_gone(made: Made, kept: int) -> None:
    made.change(f"DELETE FROM ledger_entries WHERE seq > {kept}; DELETE FROM ledger_checkpoints WHERE size > {kept}")
    report = made.verified()
    if 24 - kept > 20:  # a long run is told as one
        assert [(fault.code, fault.seq, fault.through) for fault in report.faults] == [("deleted", kept + 1, 24)]
    else:
        assert named(report) == [("deleted", n, made.names[n - 1]) for n in range(kept + 1, 25)]


def test_an_older_copy_of_the_database_is_found_out(made: Made, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    made.copy(old)
    with Ledger.open(made.folder / "ledger.db", made.folder / "checkpoints.log", made.keys.private) as ledger:
        new = ledger.append([{"later": 1}])[0]
    shutil.copy(old / "ledger.db", made.folder / "ledger.db")
    assert named(made.verified()) == [("deleted", 25, new.score_id)]


@pytest.mark.parametrize("own_key", [True, False])
def test_a_whole_history_written_anew_is_found_even_with_the_key(made: Made, own_key: bool) -> None:
    key = made.keys.private if own_key else load_or_create(made.folder / "forged").private

    def forge(connection: sqlite3.Connection) -> None:
        rewrite(connection, 13, "another truth")
        resign(connection, lambda size, root: sign("sha256", size, root, key).note)

    made.change(forge)
    faults = named(made.verified())
    assert ("edited", 13, made.names[12]) in faults
    assert [code for code, seq, _ in faults if seq is None] == ["checkpoint"] * (3 if own_key else 7)


def test_a_history_written_anew_with_both_files_is_found_without_the_key(made: Made) -> None:
    forger = load_or_create(made.folder / "forged")
    for name in ("ledger.db", "checkpoints.log", "checkpoints.log.leaves"):
        (made.folder / name).unlink()
    with Ledger.open(made.folder / "ledger.db", made.folder / "checkpoints.log", forger.private) as ledger:
        ledger.append([{"n": n} for n in range(24)])
    report = made.verified()
    assert not report.ok
    assert any("signed with another key" in fault.detail for fault in report.faults)


def test_records_added_behind_the_ledgers_back_are_named(made: Made) -> None:
    made.change(lambda c: c.execute(f"INSERT INTO ledger_entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)", row("x", 25)))
    assert [(fault.code, fault.seq, fault.through) for fault in made.verified().faults] == [("unsigned", 25, 25)]


class TestWithoutTheRegister:
    """The register lost: the ledger is still proven, a careful change is told by its commit."""

    @pytest.fixture
    def bare(self, made: Made) -> Made:
        register_path(made.folder / "checkpoints.log").unlink()
        return made

    def test_a_sound_ledger_passes_with_a_warning(self, bare: Made) -> None:
        report = bare.verified()
        assert report.ok
        assert "proves only the first 0 of 24 leaves" in report.warnings[0]

    def test_a_plain_edit_is_named_all_the_same(self, bare: Made) -> None:
        bare.change("UPDATE ledger_entries SET content = CAST(replace(content, '12', '13') AS BLOB) WHERE seq = 13")
        assert ("edited", 13, bare.names[12]) in named(bare.verified())

    def test_a_careful_edit_is_told_by_its_commit(self, bare: Made) -> None:
        bare.change(lambda connection: rewrite(connection, 13, "another truth"))
        report = bare.verified()
        assert [(f.code, f.seq, f.through) for f in report.faults] == [("altered_between", 10, 19)]

    def test_a_cut_end_is_told(self, bare: Made) -> None:
        bare.change("DELETE FROM ledger_entries WHERE seq > 20; DELETE FROM ledger_checkpoints WHERE size > 20")
        assert [(f.code, f.seq, f.through) for f in bare.verified().faults] == [("deleted", 21, 24)]

    def test_a_gap_is_told(self, bare: Made) -> None:
        bare.change("DELETE FROM ledger_entries WHERE seq IN (6, 7)")
        faults = [(f.code, f.seq, f.through) for f in bare.verified().faults]
        assert ("deleted", 6, 7) in faults


def test_a_register_that_was_edited_too_proves_nothing(made: Made) -> None:
    new = row("another truth", 13)
    made.change(lambda connection: rewrite(connection, 13, "another truth"))
    register = register_path(made.folder / "checkpoints.log")
    lines = register.read_text().splitlines(keepends=True)
    lines[12] = f"13 {new[2]} {new[4].hex()}\n"
    register.write_text("".join(lines))
    report = made.verified()
    assert [(f.code, f.seq, f.through) for f in report.faults] == [("altered_between", 10, 19)]
    assert "proves only the first 9 of 24 leaves" in report.warnings[0]


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        (
            "UPDATE ledger_checkpoints SET note = '' WHERE size = 9",
            "the database's checkpoint at 9 records was changed",
        ),
        ("UPDATE ledger_checkpoints SET frontier = zeroblob(64) WHERE size = 9", "at 9 records was changed"),
        ("DELETE FROM ledger_checkpoints WHERE size = 9", "the database's checkpoint at 9 records is missing"),
        ("UPDATE alembic_version SET version_num = '0000'", "the version of the schema"),
        ("CREATE TABLE notes (x)", "the table notes is not as the ledger makes it"),
        ("DROP TABLE ledger_checkpoints", "no such table: ledger_checkpoints"),
    ],
)
def test_the_rest_of_the_database_is_covered(made: Made, statement: str, detail: str) -> None:
    if statement.startswith("DROP"):
        connection = sqlite3.connect(made.folder / "ledger.db", isolation_level=None)
        connection.execute(statement)
        connection.close()
    else:
        made.change(statement)
    assert any(detail in fault.detail for fault in made.verified().faults)


def test_guards_taken_away_are_missed(made: Made) -> None:
    connection = sqlite3.connect(made.folder / "ledger.db", isolation_level=None)
    connection.execute("DROP TRIGGER ledger_entries_no_update")
    connection.close()
    faults = made.verified().faults
    assert [fault.detail for fault in faults] == ["the trigger ledger_entries_no_update is not as the ledger makes it"]


class TestTheCheckpointFile:
    def log(self, made: Made) -> Path:
        return made.folder / "checkpoints.log"

    def test_one_note_short_is_what_a_crash_leaves(self, made: Made) -> None:
        whole = self.log(made).read_bytes()
        start = len(whole.rpartition(b"repair-risk/ledger/sha256\n24\n")[0])
        for kept in (start, start + 7, len(whole) - 5):
            self.log(made).write_bytes(whole[:kept])
            report = made.verified()
            assert report.ok
            assert "lacks the newest checkpoint, as after a crash" in report.warnings[-1]

    def test_two_notes_short_was_cut(self, made: Made) -> None:
        whole = self.log(made).read_bytes()
        self.log(made).write_bytes(whole.rpartition(b"repair-risk/ledger/sha256\n23\n")[0])
        report = made.verified()
        assert "the checkpoint file lacks what the database has signed at 23, 24 records" in report.text()
        assert ("unsigned", 20, None) in named(report)

    def test_a_torn_end_that_is_no_beginning_of_the_next_note_is_a_fault(self, made: Made) -> None:
        with self.log(made).open("ab") as stream:
            stream.write(b"repair-risk")
        assert "ends with a text that is no checkpoint" in made.verified().text()

    def test_a_damaged_note_does_not_hide_the_others(self, made: Made) -> None:
        whole = bytearray(self.log(made).read_bytes())
        whole[whole.index(b"\n9\n") + 1] = ord("8")
        self.log(made).write_bytes(bytes(whole))
        report = made.verified()
        assert report.checkpoints == 6
        assert "note 4 of the checkpoint file: the signature does not fit the note" in report.text()

    def test_swapped_notes_are_a_fault(self, made: Made) -> None:
        notes = self.log(made).read_text().split("\n\nrepair-risk")
        notes[2], notes[3] = notes[3], notes[2]
        self.log(made).write_text("\n\nrepair-risk".join(notes))
        assert "does not follow the one before" in made.verified().text()

    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\n"])
    def test_nothing_is_proven_without_it(self, made: Made, content: bytes | None) -> None:
        self.log(made).unlink()
        if content is not None:
            self.log(made).write_bytes(content)
        report = made.verified()
        assert not report.ok
        assert "nothing is proven" in report.text()


def test_a_missing_or_unreadable_database_names_all_records(made: Made) -> None:
    path = made.folder / "ledger.db"
    path.write_bytes(b"\0" * path.stat().st_size)
    report = made.verified()
    assert [(f.code, f.seq, f.through, f.score_id) for f in report.faults] == [("unreadable", 1, 24, made.names[0])]
    path.unlink()
    report = made.verified()
    assert [(f.code, f.seq, f.through) for f in report.faults] == [("deleted", 1, 24)]
    assert not path.exists()


def test_a_page_that_cannot_be_read_names_its_records_and_the_rest_is_read(made: Made) -> None:
    data = bytearray((made.folder / "ledger.db").read_bytes())
    page = data.index(b'"n":12,') // 4096
    data[page * 4096] = 0xEE  # the page's type
    (made.folder / "ledger.db").write_bytes(bytes(data))
    report = made.verified()
    unreadable = [fault for fault in report.faults if fault.code == "unreadable"]
    assert ("unreadable", 13, made.names[12]) in named(report)
    assert 0 < len(unreadable) < 24
    assert report.entries == 24 - len(unreadable)
    assert not [fault for fault in report.faults if fault.code in {"edited", "deleted", "moved"}]


def everything(path: Path) -> object:
    """All that can be read of the ledger, by table and by index; the error's name when it cannot be."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT *, typeof(content), typeof(leaf_hash), typeof(kind) FROM ledger_entries NOT INDEXED",
                "SELECT score_id, seq FROM ledger_entries ORDER BY score_id",
                "SELECT *, typeof(note), typeof(frontier) FROM ledger_checkpoints ORDER BY size",
                "SELECT type, name, tbl_name, sql FROM sqlite_master",
                "SELECT * FROM alembic_version",
            )
        ]
    except sqlite3.DatabaseError as error:
        return type(error).__name__
    finally:
        connection.close()


def test_any_flipped_bit_is_found_unless_nothing_that_can_be_read_changed(made: Made) -> None:
    path = made.folder / "ledger.db"
    clean, before = path.read_bytes(), everything(path)
    draw = random.Random(20260401)  # noqa: S311  (a reproducible sample, no secret)
    found = 0
    for _ in range(300):
        data = bytearray(clean)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        if everything(path) != before:
            assert not made.verified().ok
            found += 1
    assert found > 60  # the rest fell on free space


def test_every_record_is_named_when_a_byte_of_it_flips(made: Made) -> None:
    path = made.folder / "ledger.db"
    clean = path.read_bytes()
    draw = random.Random(7)  # noqa: S311
    for n, name in enumerate(made.names):
        data = bytearray(clean)
        start = clean.index(f'{{"kind":"score","record":{{"n":{n},'.encode())
        data[start + draw.randrange(330)] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        assert named(made.verified()) == [("edited", n + 1, name)]


def test_a_running_ledger_can_be_verified_beside(made: Made) -> None:
    with Ledger.open(made.folder / "ledger.db", made.folder / "checkpoints.log", made.keys.private) as ledger:
        for n in range(5):
            ledger.append([{"later": n}])
            assert made.verified().ok
        assert made.verified().entries == 29


def test_long_runs_are_told_as_one() -> None:
    run = [Finding("deleted", "gone", n, n, f"name{n}") for n in range(5, 105)]
    single = Finding("deleted", "gone", 200, 200, "name200")
    assert [fault.text() for fault in gathered([single, *run])] == [
        "deleted: record 5 to 104 (score name5): gone (the same for all 100; the last is score name104)",
        "deleted: record 200 (score name200): gone",
    ]
