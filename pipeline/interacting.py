"""The command `explain SCORE_ID --interactions`: which indicators act together in one recorded case."""

from __future__ import annotations

from typing import Any

from explain.interactions import blended, interactions, strongest
from explain.phrases import together_said
from explain.record import ModelTerms
from explain.text import name_zh, value_zh
from explain.words import vocabulary
from ledger.rows import Entry
from pipeline.catalogues import describe_all
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, emit_json, emit_text
from pipeline.score import open_bundle


def explain_interactions(home: Home, entry: Entry, as_json: bool) -> Outcome:
    """Print the strongest pairs in words, or with --json every margin's pairs. Nothing of it is recorded."""
    record = entry.record
    models = {outcome: model for outcome, model in record["models"].items() if model}
    if not models:
        raise InputRefused(f"score {entry.score_id} has no model: the gate or the records let none be asked")
    bundle = open_bundle(home, record["versions"]["bundle"])
    ids = bundle.indicator_ids
    values = {item["id"]: item["value"] for item in record["indicators"]}
    terms = {outcome: _terms(model) for outcome, model in models.items()}
    case = record["case"]["case_key"]
    found = {outcome: interactions(bundle.boosters[outcome], ids, values, terms[outcome], case) for outcome in terms}
    if {"redefault_6", "redefault_7_12"} <= found.keys():
        found = {"redefault_12": blended(found, terms), **found}
    pairs = {outcome: strongest(ids, matrix) for outcome, matrix in found.items()}
    if as_json:
        told = {outcome: [vars(pair) for pair in some] for outcome, some in pairs.items()}
        emit_json({"score_id": entry.score_id, "recorded": False, "interactions": told})
        return DONE
    names, outcome = describe_all(), next(iter(pairs))
    lines = [f"共同作用 Interactions（{vocabulary()['outcomes'][outcome]}；精确SHAP交互值，对数几率）"]
    for pair in pairs[outcome]:
        said = together_said(_described(pair.first, names), _described(pair.second, names), outcome, pair.effect)
        shown = "；".join(
            f"{name_zh(id_, names)}＝{value_zh(id_, values.get(id_), names)}" for id_ in (pair.first, pair.second)
        )
        lines += [f"  {said.zh}（{shown}）", f"  {said.en}"]
    emit_text("\n".join(lines))
    return DONE


def _terms(model: dict[str, Any]) -> ModelTerms:
    return ModelTerms(
        model["base"], model["contributions"], model["margin"], model["calibration"], model["probability"]
    )


def _described(id_: str, names: Any) -> tuple[str, str]:
    told = names.get(id_, {})
    return str(told.get("zh", id_)), str(told.get("en", id_))
