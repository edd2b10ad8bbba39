"""Commands that make, bring in, check and measure case records."""

from __future__ import annotations

import secrets
from pathlib import Path

from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import prepare, save
from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, DONE, Outcome, emit_bytes, emit_json, progress, tell
from records.dataset import Dataset
from records.files import write_atomically, write_new
from records.importers.report import ImportReport
from records.validation_report import ValidationReport

MOST_TOLD = 200
MANY_DEBTORS = 60_000  # from here on two processes are quicker than one, their start included
PROCESSES = 2
BUCKET_DEBTORS = 15_000  # a bucket is what one process holds in memory
FEWEST_BUCKETS = 16
LAYOUTS = ("ccf2017", "public-list", "csv")


def synth(out: Path, debtors: int, seed: int, mess: float, buckets: int | None) -> Outcome:
    """Generate a synthetic world into `out`, its truth into `<out>_truth`."""
    from data_synth.world import generate

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputRefused(f"{out} already holds something: name a new folder or remove it")
    truth = out.with_name(f"{out.name}_truth")
    side_by_side = PROCESSES if debtors >= MANY_DEBTORS else 1
    with progress("generating debtors") as advance:
        generate(
            out,
            debtors,
            seed,
            buckets=buckets or max(FEWEST_BUCKETS, -(-debtors // BUCKET_DEBTORS)),
            truth=truth,
            mess=mess,
            processes=side_by_side,
            progress=advance,
        )
    rows = sum(Dataset.open(out).info.rows.values())
    tell(f"{debtors:,} debtors, {rows:,} rows in {out}; the truth lies apart in {truth}")
    return DONE


def calibrate(directory: Path, truth: Path | None, out: Path | None, as_json: bool) -> Outcome:
    """Set the figures of a synthetic world beside the published ones."""
    from data_synth.calibration import report

    truth = truth or directory.with_name(f"{directory.name}_truth")
    Dataset.open(directory)
    if not truth.is_dir():
        raise InputRefused(f"{truth} is not there: --truth names the truth of the synthetic world")
    with progress("measuring the world") as advance:
        found = report(directory, truth, advance)
    if out is not None:
        write_atomically(out, found.to_markdown().encode())
    if as_json:
        emit_json(found.to_json())
    tell(found.to_markdown() if out is None else f"calibration report in {out}")
    published = sum(line.target.published for line in found.lines)
    tell(
        f"{published - len(found.missed) - len(found.undecided)} of {published} published figures inside their "
        f"tolerance, {len(found.missed)} outside, {len(found.undecided)} rest on too few observations"
    )
    return DONE if found.met else AT_FAULT


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


def validate(directory: Path, as_json: bool, docs: Path | None = None) -> Outcome:
    """Check every row of a dataset; bad ones go to its quarantine. `docs`: where Data Docs are wanted, if at all."""
    from records.validate import validate as check

    if docs is not None and docs.exists() and any(docs.iterdir()) and not (docs / "suites").is_dir():
        raise InputRefused(f"{docs} holds other files: name a new folder for the Data Docs")
    with progress("validating") as advance:
        report = check(directory, lambda done, total, _what: advance(done, total))
    if docs is not None:
        from records.data_docs import write_data_docs

        tell(f"Data Docs: {write_data_docs(docs, report, directory.name)}")
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
    dataset, policy = Dataset.open(directory), rules_in_force(Home.from_environment())
    with progress("indicators") as advance:
        prepared = prepare(dataset, policy, advance, cluster)
    save(prepared, out)
    counts = prepared.labels.group_by("outcome", "status").len().sort("outcome", "status")
    tell(
        f"{prepared.cohort.height:,} cases, {prepared.indicators.width - 1} indicators in {out}\n"
        + "\n".join(f"  {outcome}: {status} {n:,}" for outcome, status, n in counts.iter_rows())
    )
    if prepared.left_out:
        tell(f"{len(prepared.left_out):,} debtors are left out: rows of theirs lie in quarantine ({directory})")
    return DONE


def case(directory: Path, identifier: str) -> Outcome:
    """Print one case as JSON."""
    from pipeline.cohorts import find_case
    from records.case import case_to_json

    emit_bytes(case_to_json(find_case(Dataset.open(directory), identifier)) + b"\n")
    return DONE
