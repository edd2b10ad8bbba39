"""Recourse, measured on real C and D cases of a scored synthetic world, by the real scoring function.

    python -m benchmarks.recourse DIR BUNDLE [--cases 100] [--bucket 0] [--actions 4]

Each case is searched twice for a better grade: by `explain.recourse`, as the product does, and exhaustively over a
small instance: every horizon, every set of the first `--actions` open actions, eight levels of payment within the
means, all in the order of their burden until one reaches the goal, so that the cheapest of the instance is certain.
Printed: plans that reach their stated grade when their rows are applied and scored again (all must); of the cases with
a plan in the small instance, how many got one no more than 10 % dearer (95 % must); and what the plans touch.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from explain.actions import TOUCHED, Action, costs, left_after, open_actions, owed_cases, payment, presupposed
from explain.burden import burden, means
from explain.case_rows import KnownCase, day_after, moment, with_changes
from explain.recourse import Rescore, apply_plan, outlook, reached, recourse
from pipeline.bundles import install
from pipeline.cohorts import bucket_cohort
from pipeline.home import Home
from pipeline.score import Scorer, score
from policy.parameters import load as load_policy
from records.case import Case
from records.dataset import Dataset
from records.frames import check_rows
from records.tables import CASE_TABLES, TABLES

LEVELS = ("0", "0.05", "0.1", "0.2", "0.35", "0.5", "0.75", "1")  # of what is owed
# Columns that tell who somebody is, what a court found, or what another decided: no plan may change them.
FIXED = frozenset({"debtor_id", "verdict", "verified_by", "no_ai", "case_ids", "type_requested", "withdrawn_at"})


def weak_cases(dataset: Dataset, scorer: Scorer, bucket: int, count: int) -> Iterator[Case]:
    """`count` cases of grade C or D, spread evenly over a bucket's."""
    tables = dataset.read_bucket(bucket)
    records = score(tables, bucket_cohort(dataset, tables), scorer.bundle, scorer.policy)
    weak = [record["case"] for record in records if record["suggestion"]["grade"] in ("C", "D")]
    print(f"{len(weak):,} of {len(records):,} cases of the bucket have grade C or D")
    cohort = {row["case_key"]: row for row in bucket_cohort(dataset, tables).to_dicts()}
    for case in weak[:: max(1, len(weak) // count)][:count]:
        row = cohort[case["case_key"]]
        yield dataset.case(row["debtor_id"], row["application_id"], row["as_of"])


def cheapest(case: KnownCase, record: Mapping[str, Any], rescore: Rescore, most: int) -> float | None:
    """Burden of the cheapest plan of the small instance; None where it holds none."""
    owed = sum(owed_cases(case).values(), Decimal(0))
    income = {item["id"]: item["value"] for item in record["indicators"]}.get("disposable_income_m")
    plans: list[tuple[float, int, tuple[Action, ...], Decimal]] = []
    for days in costs()["horizons_days"]:
        until = day_after(case.day, days)
        able = min(
            means(record, owed, days).amount, sum(left_after(case, presupposed(case, until)).values(), Decimal(0))
        )
        steps = {(owed * Decimal(level)).quantize(Decimal(1), ROUND_CEILING) for level in LEVELS}
        actions = [action for action in open_actions(case, income) if action.days <= days][:most]
        plans += [
            (burden(days, chosen, pay, owed), days, chosen, pay)
            for size in range(len(actions) + 1)
            for chosen in combinations(actions, size)
            for pay in steps
            if pay <= able
        ]
    for asked, days, chosen, pay in sorted(plans, key=lambda plan: plan[0]):
        until = day_after(case.day, days)
        given = presupposed(case, until)
        changes = [change for action in chosen for change in action.changes(day_after(case.day, action.days))]
        if pay > 0:
            day = day_after(case.day, costs()["actions"]["pay"]["days"])
            changes += payment(case, pay, day, [*given, *changes])
        after = rescore(with_changes(case.tables, (*given, *changes)), moment(day_after(until, 1)))
        if reached("grade", record, after):
            return asked
    return None


def faults_of(tables: Mapping[str, pl.DataFrame]) -> set[tuple[str, ...]]:
    """Every fault of the rows against their contracts: table, row, column and code."""
    return {
        (name, *fault)
        for name in CASE_TABLES
        for fault in check_rows(TABLES[name], tables[name]).faults.select("row_id", "column", "code").iter_rows()
    }


def measure(directory: Path, bundle: str, bucket: int, cases: int, most: int) -> None:
    """Search every case both ways and print what was promised; SystemExit when it does not hold."""
    scorer = Scorer(install(Home.from_environment(), bundle), load_policy())
    counts: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    tables: set[str] = set()
    seconds: list[float] = []
    worst = 0.0
    for number, one in enumerate(weak_cases(Dataset.open(directory), scorer, bucket, cases)):
        case, record, rescore = scorer.suppose(one)
        begun = time.perf_counter()
        found = recourse(case, record, rescore, "grade")
        seconds.append(time.perf_counter() - begun)
        counts["cases"] += 1
        counts["not exhaustive"] += not found.exhaustive
        plan = found.plan
        if plan is not None:
            after = apply_plan(case, plan)
            again = rescore(after, plan.as_of)
            counts["plans"] += 1
            counts["reach"] += reached("grade", record, again) and outlook(again) == plan.to_json()["reaches"]
            tables |= {name for name in CASE_TABLES if after[name].height != case.tables[name].height}
            # A cut case keeps a newer version whose older one it left out: that fault is none of the plan's.
            counts["broken contracts"] += len(faults_of(after) - faults_of(case.tables))
            old = {name: {r["row_id"]: r for r in case.tables[name].to_dicts()} for name in CASE_TABLES}
            fixed = sum(
                change.row[column] != old[change.table][str(change.row["row_id"]).removesuffix("/if")][column]
                for change in plan.changes
                if str(change.row["row_id"]).endswith("/if")
                for column in change.told & FIXED - {"verdict"}
            )
            counts["fixed columns changed"] += fixed
            actions.update(step.code for step in plan.steps)
        least = cheapest(case, record, rescore, most)
        if least is not None:
            counts["feasible"] += 1
            counts["found"] += plan is not None and plan.burden <= 1.1 * least + 1e-9
            counts["missed"] += plan is None
            if plan is not None and least > 0:
                worst = max(worst, plan.burden / least)
            if plan is None or plan.burden > 1.1 * least + 1e-9:
                said = "none" if plan is None else f"{plan.burden:.2f}"
                print(f"  case {number}: least {least:.2f}, got {said}, rescored {found.rescored}")
        counts["only by recourse"] += least is None and plan is not None
    print(dict(counts))
    print(f"plans that reach what they state: {counts['reach']} of {counts['plans']}")
    share = f"{counts['found']} of {counts['feasible']}"
    print(f"within 10 % of the cheapest of the small instance: {share}; largest ratio {worst:.2f}")
    print(f"tables touched: {sorted(tables)} (allowed {sorted(TOUCHED)}); actions: {dict(actions)}")
    print(f"seconds a search: median {sorted(seconds)[len(seconds) // 2]:.2f}, longest {max(seconds):.2f}")
    broken = [
        said
        for said, wrong in (
            ("a plan does not reach what it states", counts["reach"] < counts["plans"]),
            ("too few plans are near the cheapest", counts["found"] < 0.95 * counts["feasible"]),
            ("a table was touched that no plan may touch", not tables <= TOUCHED),
            ("a fixed column was changed", counts["fixed columns changed"] > 0),
            ("a plan's rows break their contract", counts["broken contracts"] > 0),
        )
        if wrong
    ]
    if broken:
        raise SystemExit("; ".join(broken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("bundle")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--bucket", type=int, default=0)
    parser.add_argument("--actions", type=int, default=4)
    asked = parser.parse_args()
    measure(asked.directory, asked.bundle, asked.bucket, asked.cases, asked.actions)


if __name__ == "__main__":
    main()
