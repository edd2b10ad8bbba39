"""Supposed facts are scored beside the original; what cannot be supposed is refused whole."""

from __future__ import annotations

import random
from typing import Any

import pytest

from explain.case_rows import with_changes
from explain.trees import plain_trees
from explain.what_if import MOST_EDITS, Edit, EditError, what_if
from records.tables import CASE_TABLES


@pytest.mark.slow
def test_a_supposed_fact_is_scored_beside_the_original(tiny: Any) -> None:
    case, recorded = next(iter(tiny.cases(1)))
    rescore = tiny.rescore(case)
    same = what_if(case, recorded, [], rescore)
    assert same.moved == ()
    assert same.after == recorded
    (listed,) = case.tables["debtors"].to_dicts()
    event = {"kind": "ban_violation", "event_date": case.day.replace(day=1), "verified_date": case.day.replace(day=1)}
    worse = what_if(case, recorded, [Edit("behaviour_events", None, {**event, "severity": 2})], rescore)
    assert "ban_violation_24m" in {id_ for id_, _, _ in worse.moved}
    assert worse.before is recorded
    assert worse.after["case"] == recorded["case"]
    told = worse.to_json()
    assert told["supposed"] is True
    assert "schema" not in told
    assert {item["id"] for item in told["moved"]} == {id_ for id_, _, _ in worse.moved}
    assert case.tables["debtors"].to_dicts() == [listed]  # the case itself is as it was


@pytest.mark.slow
def test_a_row_set_aside_counts_no_more(tiny: Any) -> None:
    case, recorded = next((c, r) for c, r in tiny.cases(20) if c.tables["payments"].height)
    row_id = case.tables["payments"]["row_id"][0]
    found = what_if(case, recorded, [Edit("payments", row_id)], tiny.rescore(case))
    assert {"voluntary_share", "remaining_debt", "performed_ratio"} & {id_ for id_, _, _ in found.moved}
    assert set(with_changes(case.tables, [])) == set(CASE_TABLES)


def test_every_edit_that_cannot_be_supposed_is_named(tiny: Any) -> None:
    case, recorded = next(iter(tiny.cases(1)))
    debtor = case.tables["debtors"]["row_id"][0]
    edits = [
        Edit("debtor_audit", None, {"sex": "female"}),
        Edit("debtors", debtor, {"debtor_id": "someone", "wealth": 3}),
        Edit("payments", "no-such-row", {}),
        Edit("payments"),
        Edit("debtors", debtor, {"staff_band": "a lot"}),
    ]
    with pytest.raises(EditError) as error:
        what_if(case, recorded, edits, tiny.rescore(case))
    told = "\n".join(error.value.problems)
    for part in (
        "edit 0 (debtor_audit): there is no table of this name",
        "edit 1 (debtors): there is no column wealth",
        "edit 1 (debtors): debtor_id is not supposed otherwise",
        "edit 2 (payments): there is no row no-such-row known on that day",
        "edit 3 (payments): a row without values says nothing",
        "edit 4 (debtors): staff_band",
    ):
        assert part in told
    assert (
        what_if(case, recorded, [Edit("debtors", debtor, {"staff_band": "0"})], tiny.rescore(case)).before is recorded
    )


def test_each_edit_is_made_on_the_rows_that_those_before_it_leave(tiny: Any) -> None:
    case, recorded = next((c, r) for c, r in tiny.cases(20) if c.tables["payments"].height)
    row_id, rescore = case.tables["payments"]["row_id"][0], tiny.rescore(case)
    again, aside = Edit("payments", row_id, {"nature": "voluntary"}), Edit("payments", row_id)
    once = what_if(case, recorded, [aside], rescore)
    assert what_if(case, recorded, [again, again, aside], rescore).moved == once.moved
    for late in (aside, again):
        with pytest.raises(EditError, match=r"edit 1 .* or an edit before this one set it aside") as error:
            what_if(case, recorded, [aside, late], rescore)
        assert [number for number, _ in error.value.faults] == [1]
    with pytest.raises(EditError, match="is too many: at most 100 are supposed at once, not 101"):
        what_if(case, recorded, [again] * (MOST_EDITS + 1), rescore)


@pytest.mark.slow
def test_a_fact_that_differs_moves_only_the_explanations_that_use_it(tiny: Any) -> None:
    """Random pairs of cases that differ in one row: contributions move only of the indicators that moved, and of those
    that share a tree with them (interactions); the points only of the indicators that moved."""
    drawn = random.Random(11)  # noqa: S311  pairs, not secrets
    sharing = {
        outcome: [set(tree["features"][tree["children_left"] >= 0].tolist()) for tree in plain_trees(booster)]
        for outcome, booster in tiny.bundle.boosters.items()
    }
    ids, seen = tiny.bundle.indicator_ids, 0
    for case, recorded in tiny.cases(12):
        rows = [(name, row_id) for name in ("payments", "behaviour_events", "income_facts", "property_queries")
                if name in case.tables for row_id in case.tables[name]["row_id"]]  # fmt: skip
        if not rows or not recorded["models"]["redefault_6"]:
            continue
        found = what_if(case, recorded, [Edit(*drawn.choice(rows))], tiny.rescore(case))
        if found.after["gate"] != recorded["gate"]:
            continue
        moved = {id_ for id_, _, _ in found.moved}
        for outcome, trees in sharing.items():
            columns = {ids.index(id_) for id_ in moved if id_ in ids}
            touched = set().union(*(tree for tree in trees if tree & columns))
            before, after = (one["models"][outcome]["contributions"] for one in (recorded, found.after))
            changed = {ids.index(id_) for id_ in ids if before[id_] != after[id_]}
            assert changed <= touched
            seen += bool(changed)
        card = [one["points"]["indicators"] for one in (recorded, found.after)]
        assert {id_ for id_ in card[0] if card[0][id_] != card[1][id_]} <= moved
    assert seen >= 3
