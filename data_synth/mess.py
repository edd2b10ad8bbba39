"""Mess put into records on purpose, at a stated rate, each piece told in the truth.

Faults that validation must find carry the name of its fault code: `wrong_type` (words
where an amount or a day belongs; its column is then text in the file), `future`, `out_of_range`,
`not_finite`, `not_allowed`, `not_null`, `bad_pattern`, `bad_text`, `dangling_reference`, `bad_supersedes`,
`duplicate_row`. Mess that is valid and must be lived
with: `late` (a row known months after its time), `wrong_listing` (a listing, later annulled),
`same_case_twice` (one case number under two ids), `half_width` (brackets of a case number typed
half-width). The last two are found in public copies of court records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from data_synth.rng import Bools, Draws
from records.contract import Column, Table
from records.tables import TABLES

VALID = ("late", "wrong_listing", "same_case_twice", "half_width")  # to be lived with: no fault
_TOLD = pl.Schema({"table": pl.String, "row_id": pl.String, "debtor_id": pl.String, "fault": pl.String})
_WORDS = "不详"  # what clerks write where they know no figure
_LATE_TABLES = ("operating_monthly", "income_facts", "creditor_social_facts")
_KEYS = ("row_id", "supersedes_id", "debtor_id", "region_code", "known_at", "ingested_at")


@dataclass(frozen=True)
class Mess:
    """Spoils rows. `rate` is the share of rows that get a fault, and the chance of a debtor for each kind
    of valid mess; 0 leaves every row as it is."""

    seed: int
    rate: float

    def spoil(self, tables: dict[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        """The tables with mess in them, and what was done: table, row_id, debtor_id, fault."""
        told = [pl.DataFrame(schema=_TOLD)]
        if self.rate == 0:
            return tables, told[0]
        spoilt = dict(tables)
        for change in (self._case_numbers, self._late, self._wrong_listings, self._faults):
            for name, frame, note in change(spoilt):
                spoilt[name] = frame.sort("debtor_id", "known_at", "row_id")
                told.append(note)
        return spoilt, pl.concat(told)

    def _draws(self, frame: pl.DataFrame, lane: int) -> tuple[Draws, np.ndarray]:
        """Random numbers of the rows: by debtor and the row's place among the debtor's rows."""
        who = frame["debtor_id"].str.slice(1).cast(pl.Int64).to_numpy()
        order = frame.select(pl.int_range(pl.len()).over("debtor_id")).to_series().to_numpy()
        return Draws(self.seed, who, lane), order

    def _late(self, tables: dict[str, pl.DataFrame]) -> list[tuple[str, pl.DataFrame, pl.DataFrame]]:
        done = []
        for name in _LATE_TABLES:
            frame = tables[name]
            u, order = self._draws(frame, 1)
            hit = u.chance(f"mess/{name}", self.rate, order) & (frame["supersedes_id"].is_null()).to_numpy()
            wait = pl.duration(days=pl.lit(pl.Series(u.whole(f"mess/wait/{name}", 30, 120, order) * hit)))
            moved = frame.with_columns(pl.col("known_at") + wait, pl.col("ingested_at") + wait)
            done.append((name, moved, _note(name, frame, hit, "late")))
        return done

    def _case_numbers(self, tables: dict[str, pl.DataFrame]) -> list[tuple[str, pl.DataFrame, pl.DataFrame]]:
        name = "enforcement_cases"
        frame = tables[name]
        u, order = self._draws(frame, 2)
        half = u.chance("mess/half", self.rate, order)
        plain = pl.col("case_no").str.replace("（", "(", literal=True).str.replace("）", ")", literal=True)
        typed = frame.with_columns(pl.when(pl.Series(half)).then(plain).otherwise("case_no").alias("case_no"))
        twice = u.chance("mess/twice", self.rate, order) & frame["case_id"].str.ends_with("-C0").to_numpy()
        twice &= frame["row_id"].str.ends_with(".1").to_numpy()
        copies = typed.filter(pl.Series(twice)).with_columns(
            pl.col("case_id") + "X", row_id=pl.col("case_id") + "X.1", source_system=pl.lit("publicity_site")
        )
        notes = pl.concat([_note(name, frame, half, "half_width"), _note(name, copies, None, "same_case_twice")])
        return [(name, pl.concat([typed, copies]), notes)]

    def _wrong_listings(self, tables: dict[str, pl.DataFrame]) -> list[tuple[str, pl.DataFrame, pl.DataFrame]]:
        name = "restriction_measures"
        frame = tables[name]
        u, order = self._draws(frame, 3)
        first = (frame["measure_id"].str.ends_with("-M1") & frame["row_id"].str.ends_with(".1")).to_numpy()
        base = frame.filter(pl.Series(first & u.chance("mess/wrong", self.rate, order)))
        wrong = base.with_columns(
            pl.col("measure_id") + "W",
            row_id=pl.col("measure_id") + "W.1",
            kind=pl.lit("失信"),
            listing_reason=pl.lit("①"),
        )
        undone = wrong.with_columns(
            row_id=pl.col("measure_id") + ".2",
            lifted_date=pl.col("decided_date") + pl.duration(days=9),
            lift_ground=pl.lit("error"),
            known_at=pl.col("known_at") + pl.duration(days=10),
            ingested_at=pl.col("ingested_at") + pl.duration(days=10),
        )
        both = pl.concat([wrong, undone])
        return [(name, pl.concat([frame, both]), _note(name, both, None, "wrong_listing"))]

    def _faults(self, tables: dict[str, pl.DataFrame]) -> list[tuple[str, pl.DataFrame, pl.DataFrame]]:
        done = []
        for name, frame in tables.items():
            if not frame.height:
                continue
            kinds = _kinds(TABLES[name])
            u, order = self._draws(frame, 4)
            hit = u.chance(f"mess/fault/{name}", self.rate, order)
            kind = u.pick(f"mess/kind/{name}", [1.0] * (len(kinds) + 1), order)
            notes = []
            bad = frame
            for place, (fault, column) in enumerate(kinds):
                here = hit & (kind == place)
                if fault == "future":
                    here &= frame[column.name].is_not_null().to_numpy()
                if fault == "wrong_type":  # written by `mistyped`, when the rows go to their file
                    notes.append(_note(name, frame, here, fault))
                    continue
                bad = bad.with_columns(
                    pl.when(pl.Series(here)).then(_wrong(fault, column)).otherwise(column.name).alias(column.name)
                )
                notes.append(_note(name, frame, here, fault))
            again = hit & (kind == len(kinds))
            notes.append(_note(name, frame, again, "duplicate_row"))
            done.append((name, pl.concat([bad, bad.filter(pl.Series(again))]), pl.concat(notes)))
        return done


def mistyped(tables: Mapping[str, pl.DataFrame], told: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Those of the tables that hold rows told as `wrong_type`, with that column as text and words in these rows."""
    wrong = told.filter(pl.col("fault") == "wrong_type")
    found = {}
    for name, frame in tables.items():
        rows = wrong.filter(pl.col("table") == name)["row_id"]
        here = frame["row_id"].is_in(rows.implode())
        if here.any():
            column = dict(_kinds(TABLES[name]))["wrong_type"].name
            text = pl.when(pl.Series(here)).then(pl.lit(_WORDS)).otherwise(pl.col(column).cast(pl.String))
            found[name] = frame.with_columns(text.alias(column))
    return found


def _note(table: str, frame: pl.DataFrame, rows: Bools | None, fault: str) -> pl.DataFrame:
    picked = frame if rows is None else frame.filter(pl.Series(rows))
    return picked.select(pl.lit(table).alias("table"), "row_id", "debtor_id", pl.lit(fault).alias("fault"))


def _kinds(table: Table) -> list[tuple[str, Column]]:
    """One fault of each kind that the table has a column for."""
    own = [column for column in table.columns if column.name not in (*_KEYS, table.business_id)]
    found: list[tuple[str, Column]] = []
    fits: Callable[[Column], bool]
    for fault, fits in (
        ("wrong_type", lambda c: c.kind in ("money", "date")),
        ("not_finite", lambda c: c.kind == "number"),
        ("bad_pattern", lambda c: c.kind == "id" and c.references is None and c.pattern is None),
        ("bad_text", lambda c: c.kind == "text" and c.pattern is None),
        ("future", lambda c: c.kind == "date" and c.past),
        ("out_of_range", lambda c: c.kind in ("money", "integer", "number") and c.minimum is not None),
        ("not_allowed", lambda c: c.kind == "enum"),
        ("not_null", lambda c: not c.nullable and c.kind != "enum"),
        ("dangling_reference", lambda c: c.references is not None and c.kind == "id"),
    ):
        columns = [column for column in own if fits(column)]
        if columns:
            found.append((fault, columns[-1]))
    return [*found, ("bad_supersedes", table.column("supersedes_id"))]


def _wrong(fault: str, column: Column) -> pl.Expr:
    """A value that is at fault in the stated way."""
    values = {
        "future": pl.col("known_at").dt.date() + pl.duration(days=40),
        "out_of_range": pl.lit(-1),
        "not_finite": pl.lit(float("inf")),
        "not_allowed": pl.lit("未知"),
        "bad_pattern": pl.lit("两 处"),
        "bad_text": pl.lit(""),
        "dangling_reference": pl.lit("nowhere"),
        "bad_supersedes": pl.lit("nowhere"),
        "not_null": pl.lit(None),
    }
    return values[fault].cast(column.dtype)
