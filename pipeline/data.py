"""Commands that make, bring in, check and measure case records."""

from __future__ import annotations

import secrets
from pathlib import Path

from pipeline.home import Home
from pipeline.prepare import prepare, save
from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, DONE, Outcome, emit_bytes, emit_json, progress, tell
from records.dataset import Dataset
from records.files import write_new
from records.importers.report import ImportReport
from records.validation_report import ValidationReport

MOST_TOLD = 200
LAYOUTS = ("ccf2017", "public-list", "csv")


def synth(out: Path, debtors: int, seed: int, mess: float, buckets: int) -> Outcome:
    """Generate a synthetic world into `out`, its truth into `<out>_truth`."""
    from data_synth.world import generate

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputRefused(f"{out} already holds something: name a new folder or remove it")
    truth = out.with_name(f"{out.name}_truth")
    with progress("generating debtors") as advance:
        generate(out, debtors, seed, buckets=buckets, truth=truth, mess=mess, progress=advance)
    rows = sum(Dataset.open(out).info.rows.values())
    tell(f"{debtors:,} debtors, {rows:,} rows in {out}; the truth lies apart in {truth}")
    return DONE


def import_layout(layout: str, src: Path, out: Path) -> Outcome:
    """Bring `src` in the named outside layout into a dataset at `out`."""
    if layout not in LAYOUTS:
        raise InputRefused(f"unknown layout {layout!r}; known are {', '.join(LAYOUTS)}")
    if layout == "ccf2017":
        from records.importers.ccf2017 import import_ccf2017

        report = import_ccf2017(src, out)
    elif layout == "public-list":
        from records.importers.public_list import import_public_list

        report = import_public_list(src, out, id_key=identity_key(Home.from_environment()))
    else:
        from records.importers.csv_folder import import_csv_folder

        report = import_csv_folder(src, out)
    tell(imported(report, out))
    return DONE


def imported(report: ImportReport, out: Path) -> str:
    """The account of an import for people: what came in, what was set aside and why."""
    lines = [f"{report.rows_in:,} records read: {report.accepted:,} imported, {report.set_aside.height:,} set aside"]
    for part in report.parts:
        lines.append(f"  {part.name}: {part.rows_in:,} = {part.accepted:,} imported + {part.set_aside:,} set aside")
        lines += [f"    set aside {n:,}: {reason}" for reason, n in report.reasons.get(part.name, {}).items()]
    lines += [f"  note: {note}" for note in report.notes]
    rows = ", ".join(f"{table} {n:,}" for table, n in report.rows_out.items() if n)
    return "\n".join([*lines, f"rows in {out}: {rows}"])


def identity_key(home: Home) -> bytes:
    """The secret under which identity numbers become keyed hashes; made once, kept in the home's keys."""
    path = home.keys / "identity_hmac.key"
    if not path.exists():
        write_new(path, secrets.token_bytes(32), 0o600)
    return path.read_bytes()


def validate(directory: Path, as_json: bool) -> Outcome:
    """Check every row of a dataset; bad ones go to its quarantine."""
    from records.validate import validate as check

    with progress("validating") as advance:
        report = check(directory, lambda done, total, _what: advance(done, total))
    if as_json:
        emit_json(report.to_json())
    tell(validated(report))
    return DONE if report.ok else AT_FAULT


def validated(report: ValidationReport) -> str:
    """The verdict for people: counts that add up, then every fault, grouped by kind at the top."""
    total, verdicts = report.total, report.verdicts
    lines = [
        f"{total.rows_in:,} rows in = {total.accepted:,} accepted + {total.quarantined:,} quarantined",
        f"Great Expectations: {sum(one.success for one in verdicts):,} of {len(verdicts):,} expectations hold",
    ]
    lines += [f"  {code}: {n:,}" for code, n in report.by_code().items()]
    faults = report.all_faults()
    lines += [f"  {fault}" for fault in faults[:MOST_TOLD]]
    if len(faults) > MOST_TOLD:
        lines.append(f"  … and {len(faults) - MOST_TOLD:,} more, in the quarantine beside each row")
    return "\n".join(lines)


def features(directory: Path, out: Path, cluster: str | None) -> Outcome:
    """Compute cohort, indicators and labels."""
    from policy.parameters import load

    dataset = Dataset.open(directory)
    with progress("indicators") as advance:
        prepared = prepare(dataset, load(), advance, cluster)
    save(prepared, out)
    counts = prepared.labels.group_by("outcome", "status").len().sort("outcome", "status")
    tell(
        f"{prepared.cohort.height:,} cases, {prepared.indicators.width - 1} indicators in {out}\n"
        + "\n".join(f"  {outcome}: {status} {n:,}" for outcome, status, n in counts.iter_rows())
    )
    return DONE


def case(directory: Path, identifier: str) -> Outcome:
    """Print one case as JSON."""
    from pipeline.cohorts import find_case
    from records.case import case_to_json

    emit_bytes(case_to_json(find_case(Dataset.open(directory), identifier)) + b"\n")
    return DONE
