"""Commands that suppose: the way out of a score, and what a score would be were a fact otherwise. Neither records.

A record names its input by a hash and keeps no rows, so both are handed the rows again: a dataset, or the case's JSON.
What does not hash to the record's input is refused, since it would answer for another case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from explain.card_scale import card_scale
from explain.case_rows import KnownCase
from explain.edits import edits_of_text
from explain.recourse import GOALS, Goal, Recourse, Rescore, open_goals, outlook
from explain.recourse import recourse as find_way
from explain.report import report_html, report_pdf
from explain.text import name_zh, value_zh
from explain.what_if import NOTICE, WhatIf
from explain.what_if import what_if as suppose
from explain.words import vocabulary
from pipeline.bundles import install
from pipeline.catalogues import describe_all, parameter_titles
from pipeline.firmness import firmness, firmness_said
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.recorded import entry_of
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, emit_json, emit_text, tell
from pipeline.score import Scorer, open_bundle, open_policy
from pipeline.work import Record
from records.case import Case, parse_case
from records.clock import SHANGHAI
from records.dataset import Dataset
from records.files import write_atomically

Asked = tuple[Scorer, KnownCase, Record, Rescore]


def recourse(score_id: str, data: Path | None, goals: Sequence[str], report: Path | None, as_json: bool) -> Outcome:
    """The least burdensome plans that reach each open goal of a recorded score; or that there is none."""
    scorer, case, record, rescore = _of_record(score_id, data)
    wanted = _goals(goals, record)
    found = [find_way(case, record, rescore, goal) for goal in wanted]
    if report is not None:
        firm = firmness_said(firmness(Home.from_environment(), record, scorer.bundle))
        scale = card_scale(scorer.bundle.scorecard)
        page = report_html(
            record, describe_all(), recourse=found, firmness=firm, scale=scale, titles=parameter_titles()
        )
        write_atomically(report, report_pdf(page) if report.suffix == ".pdf" else page.encode())
        tell(f"信用修复评估报告 assessment report in {report}")
    if as_json:
        emit_json({"score_id": score_id, "recorded": False, "recourse": [one.to_json() for one in found]})
    elif report is None:
        emit_text("\n".join(_way_out(found)))
    return DONE


def what_if(source: str, changes: Sequence[str], data: Path | None, bundle: str | None, as_json: bool) -> Outcome:
    """A score beside what it would be were some facts otherwise. `source`: a score id, or a case's JSON file."""
    edits = edits_of_text(changes)
    path = Path(source)
    if path.is_file():
        if data is not None:
            raise InputRefused("--data finds the rows of a recorded score; a case file has its own")
        home = Home.from_environment()
        scorer = Scorer(install(home, bundle), rules_in_force(home))  # the rules that `score` would score it under
        case, record, rescore = scorer.suppose(parse_case(path.read_bytes()))
    elif bundle is not None:
        raise InputRefused("--bundle is for a case file; a recorded score is supposed under the bundle it names")
    else:
        _, case, record, rescore = _of_record(source, data)
    found = suppose(case, record, edits, rescore)
    if as_json:
        emit_json(found.to_json())
    else:
        emit_text("\n".join(_beside(found)))
    return DONE


def _of_record(score_id: str, data: Path | None) -> Asked:
    home = Home.from_environment()
    record = entry_of(home, score_id).record
    versions = record["versions"]
    scorer = Scorer(open_bundle(home, versions["bundle"]), open_policy(home, versions["policy"]))
    case, again, rescore = scorer.suppose(_rows(record, data))
    if again["input"]["hash"] != record["input"]["hash"]:
        raise InputRefused(
            f"{data} holds other rows of this case than those it was scored on: name the data of that day, "
            "or score the case again"
        )
    return scorer, case, record, rescore


def _rows(record: Record, data: Path | None) -> Case:
    named = record["case"]
    if data is None:
        raise InputRefused(
            "a score record holds no rows: name them with --data, the dataset that was scored or the case's JSON"
        )
    as_of = datetime.fromisoformat(named["as_of"]).astimezone(SHANGHAI)
    if data.is_dir():
        return Dataset.open(data).case(named["debtor_id"], named["application_id"], as_of)
    case = parse_case(data.read_bytes())
    if (case.debtor_id, case.application_id, case.as_of) != (named["debtor_id"], named["application_id"], as_of):
        raise InputRefused(f"{data} is another case, or the same as of another day")
    return case


def _goals(asked: Sequence[str], record: Record) -> tuple[Goal, ...]:
    if strange := [goal for goal in asked if goal not in GOALS]:
        raise InputRefused(f"there is no goal {', '.join(strange)}; goals are {', '.join(GOALS)}")
    unmet = open_goals(record)
    return tuple(goal for goal in GOALS if goal in (asked or unmet) and goal in unmet)


def _way_out(found: Sequence[Recourse]) -> Iterator[str]:
    yield "改善途径 Ways out（推演所得，未作记录；按真实评分程序逐案复算 found and scored again, never recorded）"
    if not found:
        yield "  没有尚待达到的目标 nothing more is asked: no goal is open"
    for one in found:
        yield f"  {one.zh}"
        yield f"  {one.en}"
        if one.plan is None:
            continue
        yield from (f"    {step.day} {step.zh} / {step.en}" for step in one.plan.steps)
        yield from (f"    前提：{note.zh} / {note.en}" for note in one.plan.notes)
        yield f"    届时 then（{one.plan.as_of:%Y-%m-%d}）：{_head(one.plan.record)}"


def _beside(found: WhatIf) -> Iterator[str]:
    names = describe_all()
    yield NOTICE
    yield f"  原评分 as it is：{_head(found.before)}"
    yield f"  假设后 as supposed：{_head(found.after)}"
    yield "变动的指标和事实 What moved" if found.moved else "没有任何指标或事实变动 Nothing moved"
    for id_, was, would in found.moved:
        yield f"  {name_zh(id_, names)}（{id_}）：{value_zh(id_, was, names)} → {value_zh(id_, would, names)}"


def _head(record: Record) -> str:
    """The head figures in one line."""
    found, words = outlook(record), vocabulary()
    parts = [
        f"等级 {found['grade'] or '无'}",
        f"积分 {'无' if found['points'] is None else found['points']}",
        f"程序 {words['routes'][found['route']]}",
        f"方式 {words['modes'].get(found['mode'], found['mode'])}",
    ]
    chances: dict[str, Any] = found["probabilities"]
    parts += [f"{words['outcomes'][name]} {value:.1%}" for name, value in chances.items() if value is not None]
    return "，".join(parts)
