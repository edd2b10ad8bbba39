"""The command `explain SCORE_ID --interactions`: which indicators act together in one recorded case."""

from __future__ import annotations

from dataclasses import asdict

from explain.text import name_zh, value_zh
from explain.words import vocabulary
from ledger.rows import Entry
from pipeline.catalogues import describe_all
from pipeline.home import Home
from pipeline.maker import Maker
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, emit_json, emit_text
from pipeline.score import open_bundle


def explain_interactions(home: Home, entry: Entry, as_json: bool) -> Outcome:
    """Print the strongest pairs in words, or with --json every margin's pairs. Nothing of it is recorded."""
    record = entry.record
    if not any(record["models"].values()):
        raise InputRefused(f"score {entry.score_id} has no model: the gate or the records let none be asked")
    maker = Maker(open_bundle(home, record["versions"]["bundle"]))
    found = maker.together(record)
    if as_json:
        told = {outcome: [asdict(pair) for pair in pairs] for outcome, pairs in found.items()}
        emit_json({"score_id": entry.score_id, "recorded": False, "interactions": told})
        return DONE
    names, values = describe_all(), {item["id"]: item["value"] for item in record["indicators"]}
    outcome = next(iter(found))
    lines = [f"成对作用 Interactions（{vocabulary()['outcomes'][outcome]}；精确SHAP交互值，对数几率）"]
    lines += [f"  {line}" for line in (() if maker.scale is None else maker.scale.meaning())]
    for pair in found[outcome]:
        shown = "；".join(
            f"{name_zh(id_, names)}＝{value_zh(id_, values.get(id_), names)}" for id_ in (pair.first, pair.second)
        )
        lines += [f"  {pair.zh}（{shown}）", f"  {pair.en}"]
    emit_text("\n".join(lines))
    return DONE
