"""Whatever is spoilt, validation finds all of it, blames nothing else, and loses no row."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from data_synth.mess import VALID
from data_synth.world import generate
from records.validate import validate


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.004, 0.05, 0.3]), st.integers(1, 3))
def test_every_fault_is_found_and_no_other_and_every_row_is_somewhere(seed, rate, buckets):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"
        generate(out, 25, seed, buckets=buckets, mess=rate)
        told = pl.read_parquet(Path(folder) / "data_truth" / "mess.parquet").filter(~pl.col("fault").is_in(VALID))
        written = {
            name: sum(
                pl.read_parquet(path, hive_partitioning=False).height for path in (out / name).glob("*/part.parquet")
            )
            for name in folders(out)
        }
        report = validate(out, suite=False)
        found = report.row_faults.select("table", "row_id", fault="code")
        assert told.join(found, on=["table", "row_id", "fault"], how="anti").rows() == []
        assert found.join(told, on=["table", "row_id"], how="anti").rows() == []
        for name, count in report.tables.items():
            assert count.rows_in == count.accepted + count.quarantined
            assert count.rows_in == written.get(name, 0)


def folders(out):
    """Tables that have a folder in the dataset."""
    return [path.name for path in out.iterdir() if path.is_dir()]
