"""Whether validation finds everything that was spoilt on purpose, blames nothing else and loses no row.

    python -m benchmarks.mess                            4,000 debtors, one row in twenty spoilt
    python -m benchmarks.mess --debtors 20000 --rate 0.01

A clean world is validated first (no fault may be found), then a messy one, both by the row check and by the
Great Expectations suites, which must agree. Ends with status 1 when anything does not hold.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

import polars as pl

from data_synth.mess import VALID
from data_synth.world import generate
from records.validate import validate
from records.validation_report import ValidationReport

KEY = ["table", "row_id", "fault"]


def accounts(report: ValidationReport) -> list[str]:
    """Tables whose rows in are not the accepted and the quarantined ones."""
    return [name for name, count in report.tables.items() if count.rows_in != count.accepted + count.quarantined]


def messy(folder: Path, debtors: int, seed: int, rate: float) -> bool:
    """Generate, spoil, validate and print a messy world; whether everything holds."""
    generate(folder / "messy", debtors, seed, buckets=4, mess=rate)
    told = pl.read_parquet(folder / "messy_truth" / "mess.parquet")
    wrong = told.filter(~pl.col("fault").is_in(VALID))
    begun = time.perf_counter()
    report = validate(folder / "messy")
    seconds = time.perf_counter() - begun
    found = report.row_faults.select("table", "row_id", fault="code")
    missed = wrong.join(found, on=KEY, how="anti")
    blamed = found.join(wrong, on=["table", "row_id"], how="anti")
    injected, lost = Counter(wrong["fault"]), Counter(missed["fault"])
    print(f"{report.total.rows_in:,} rows of {debtors:,} debtors validated in {seconds:.0f} s, suites included")
    print("kind of fault          injected     found")
    for kind, count in sorted(injected.items()):
        print(f"{kind:<20} {count:>10,} {count - lost[kind]:>9,}")
    print(f"{'all':<20} {wrong.height:>10,} {wrong.height - missed.height:>9,}")
    print(f"rows blamed without a fault: {blamed.height:,}; valid mess lived with: {told.height - wrong.height:,} rows")
    total = report.total
    print(f"rows in {total.rows_in:,} = accepted {total.accepted:,} + quarantined {total.quarantined:,}")
    tables = sum(count.quarantined > 0 for count in report.tables.values())
    print(f"tables with quarantined rows: {tables} of {len(report.tables)}; that do not add up: {accounts(report)}")
    failed = sum(not verdict.success for verdict in report.verdicts)
    apart = [fault for fault in report.faults if fault.code == "suite_disagrees"]
    print(f"expectations: {len(report.verdicts)}, failed {failed}, in disagreement with the row check {len(apart)}")
    return not (missed.height or blamed.height or apart or accounts(report))


def main() -> None:
    """Validate a clean and a messy world and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debtors", type=int, default=4_000)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "clean", asked.debtors, asked.seed, buckets=4)
        clean = validate(folder / "clean")
        held = sum(verdict.success for verdict in clean.verdicts)
        print(f"clean: {clean.total.rows_in:,} rows, {len(clean.all_faults())} faults, "
              f"{held} of {len(clean.verdicts)} expectations hold")  # fmt: skip
        good = clean.ok and not accounts(clean)
        good &= messy(folder, asked.debtors, asked.seed, asked.rate)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
