"""What observation allows: challengers that learnt from many times the cases, on the test cases of a bundle.

    python -m benchmarks.ten_times BUNDLE DIR FEATURES TRUTH BIG BIG_FEATURES

BIG is a world of another seed with (say) ten times the debtors, BIG_FEATURES its indicators. A free and a monotone
LightGBM are fitted on its fit and calibration periods by the bundle's own calendar, with twice the rounds; they rank
the test cases of DIR beside the truth, the bundle and its card. Differences are paired (DeLong), on the same cases.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.auc import auc_interval, paired_difference
from models.crossval import booster_fit
from models.spec import CARD_OUTCOME
from models.splits import split_labels
from pipeline.evaluate import open_evaluated
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import load
from pipeline.train import frames
from records.dataset import Dataset


def main(bundle: str, places: Sequence[Path]) -> None:
    directory, features, truth, big, big_features = places
    given = open_evaluated(bundle, directory, features, truth, None)
    many = load(big_features, Dataset.open(big), rules_in_force(Home.from_environment()))
    data = frames(many, given.params, Dataset.open(big).info.observed_until)
    cohort = many.cohort.select("case_key", "debtor_id", "as_of").to_pandas()
    splits = split_labels(data.labels, cohort, given.frames.plan, given.params.split.regimes)
    ids = list(given.bundle.indicator_ids)
    booster = replace(given.params.booster, rounds=2 * given.params.booster.rounds)
    for outcome in ("success", "redefault_6", CARD_OUTCOME):
        held = given.held_out(outcome)
        mine = splits[(splits["outcome"] == outcome) & splits["split"].isin(("fit", "calibrate"))]
        labels = mine.set_index("case_key")["label"].astype(np.float64).sort_index()
        own = given.frames.splits
        few = ((own["outcome"] == outcome) & own["split"].isin(("fit", "calibrate"))).sum()
        directions = [
            spec.success if outcome == "success" else spec.redefault for spec in given.bundle.specs if spec.scored
        ]
        scores = {"true_probability": held.true}
        for name, constraints in (("free_many", [0] * len(ids)), ("monotone_many", directions)):
            score = booster_fit(constraints, booster, given.params.seed)(
                data.X.loc[labels.index, ids], labels.to_numpy()
            )
            scores[name] = score(given.frames.X.iloc[held.rows][ids])
        scores["lightgbm"] = held.p
        card = given.bundle.scorecard
        if outcome == CARD_OUTCOME and card is not None:
            scores["points_card"] = -card.total(card.points(given.frames.X.iloc[held.rows]))
        print(f"{outcome}: {len(labels):,} cases against {few:,}; {int(held.y.sum()):,} of {len(held.y):,} test cases")
        best = max(("free_many", "monotone_many"), key=lambda name: auc_interval(held.y, scores[name]).value)
        for name, score in scores.items():
            found, gap = auc_interval(held.y, score), paired_difference(held.y, score, scores[best])
            print(
                f"  {name}: AUC {found.value:.4f} [{found.low:.4f}, {found.high:.4f}], minus {best} "
                f"{gap.difference:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"
            )


if __name__ == "__main__":
    main(sys.argv[1], [Path(argument) for argument in sys.argv[2:7]])
