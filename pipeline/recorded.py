"""Commands on what is recorded: explain, replay, verify."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from explain.card_scale import CardScale, card_scale
from explain.compare import differences
from explain.phrases import Words
from explain.report import report_html, report_pdf
from explain.text import explain_text
from ledger.keys import load_public
from ledger.rows import Entry
from ledger.store import Ledger
from ledger.verify import verify as verify_ledger
from pipeline.catalogues import describe_all, parameter_titles
from pipeline.firmness import firmness, firmness_said
from pipeline.home import Home
from pipeline.interacting import explain_interactions
from pipeline.refusals import InputRefused
from pipeline.say import DONE, INTEGRITY, Advance, Outcome, emit_json, emit_text, progress, tell
from pipeline.score import open_bundle, open_policy, rescore
from pipeline.work import Record
from records.files import write_atomically

CHUNK = 2_000  # records replayed at once: bounded memory, and a batch is much quicker than one by one


def explain(score_id: str, as_json: bool, report: Path | None, interactions: bool) -> Outcome:
    """Print one record's explanation in words, Chinese first, or write it as the assessment report."""
    home = Home.from_environment()
    entry = entry_of(home, score_id)
    if interactions:
        return explain_interactions(home, entry, as_json)
    if as_json and report is None:
        emit_json(dict(entry.record))
        return DONE
    firm, scale = _beside(home, entry.record)
    if report is not None:
        page = report_html(entry.record, describe_all(), firmness=firm, scale=scale, titles=parameter_titles())
        write_atomically(report, report_pdf(page) if report.suffix == ".pdf" else page.encode())
        tell(f"信用修复评估报告 assessment report in {report}")
    else:
        emit_text(explain_text(entry.record, describe_all(), firm, scale))
    return DONE


def _beside(home: Home, record: Record) -> tuple[tuple[Words, ...], CardScale | None]:
    """What the record's own bundle tells beside it: how firm the reasons are, and the scale of its card."""
    if record["models"]["redefault_6"] is None:  # nothing is ranked by models: both would be of no use
        return (), None
    bundle = open_bundle(home, record["versions"]["bundle"])
    return firmness_said(firmness(home, record, bundle)), card_scale(bundle.scorecard)


def replay(score_id: str | None, sample: int | None, as_json: bool) -> Outcome:
    """Compute records again from their stored indicators and compare every leaf, floats by their bits."""
    if score_id is not None and sample is not None:
        raise InputRefused("give either a score id or --sample, not both")
    home = Home.from_environment()
    ledger = _open(home)
    entries = _sampled(ledger, sample) if score_id is None else [_entry(ledger, score_id)]
    with progress("replaying") as advance:
        found = replay_entries(home, entries, advance)
    if as_json:
        emit_json({"replayed": len(entries), "different": found})
    for name, pointers in found.items():
        tell(f"{name} differs at {', '.join(pointers[:10])}" + (" …" if len(pointers) > 10 else ""), style="red")
    tell(f"{len(entries):,} records replayed, {len(found):,} different")
    return INTEGRITY if found else DONE


def replay_entries(home: Home, entries: Iterable[Entry], advance: Advance | None = None) -> dict[str, list[str]]:
    """Score id → JSON pointers that differ, for every entry that cannot be reproduced to the bit.

    Raises IntegrityRefused or BundleFault when a bundle or policy the records name is gone or was changed.
    """
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    total = 0
    for entry in entries:
        versions = entry.record["versions"]
        groups[(versions["bundle"], versions["policy"])].append(entry)
        total += 1
    found: dict[str, list[str]] = {}
    done = 0
    for (bundle_id, policy_hash), members in groups.items():
        bundle, policy = open_bundle(home, bundle_id), open_policy(home, policy_hash)
        for part in parts_of(members, CHUNK):
            for entry, again in zip(part, rescore([e.record for e in part], bundle, policy), strict=True):
                if pointers := differences(entry.record, again):
                    found[entry.score_id] = pointers
            done += len(part)
            if advance:
                advance(done, total)
    return found


def parts_of(entries: Sequence[Entry], most: int) -> Iterator[list[Entry]]:
    """All `entries` once, in parts of at most `most` in which no case stands twice: `rescore` tells cases apart by
    `case_key`, and a case scored again as of the same moment, on other rows, has the same one."""
    layers: dict[int, list[Entry]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for entry in entries:
        key = entry.record["case"]["case_key"]
        layers[seen[key]].append(entry)
        seen[key] += 1
    for layer in layers.values():
        yield from (layer[start : start + most] for start in range(0, len(layer), most))


def verify(as_json: bool) -> Outcome:
    """Check the ledger against its signed checkpoints, with the public key alone."""
    home = Home.from_environment()
    if not home.ledger.exists() and not home.checkpoints.exists():  # either alone is a fault that verify names
        raise InputRefused(f"{home.ledger} does not exist: nothing was scored in this home yet")
    report = verify_ledger(home.ledger, home.checkpoints, load_public(home.keys))
    if as_json:
        emit_json(report.to_json())
    tell(report.text())
    return DONE if report.ok else INTEGRITY


def _open(home: Home) -> Ledger:
    if not home.ledger.exists():
        raise InputRefused(f"{home.ledger} does not exist: nothing was scored in this home yet")
    return Ledger.open(home.ledger, home.checkpoints, read_only=True)


def entry_of(home: Home, score_id: str) -> Entry:
    """The recorded score of this id; InputRefused when there is none."""
    return _entry(_open(home), score_id)


def _entry(ledger: Ledger, score_id: str) -> Entry:
    entry = ledger.get(score_id)
    if entry is None:
        raise InputRefused(f"no score {score_id!r} is recorded in this home")
    return entry


def _sampled(ledger: Ledger, sample: int | None) -> list[Entry]:
    """All scores, or `sample` of them spread evenly over the whole history."""
    size = ledger.size
    chosen = range(1, size + 1) if sample is None or sample >= size else {1 + i * size // sample for i in range(sample)}
    return [entry for entry in ledger.entries() if entry.seq in chosen and entry.kind == "score"]
