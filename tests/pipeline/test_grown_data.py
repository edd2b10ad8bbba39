"""A bundle is tested on what it cannot have learnt from, also when data have grown since, or are others."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from models.bundle import Bundle
from models.splits import SplitPlan
from pipeline import evaluate
from pipeline.evaluate import open_evaluated
from pipeline.evidence import gather
from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.sections.evaluated import Evaluated
from tests.pipeline.conftest import Trained


def opened(trained: Trained, patch: pytest.MonkeyPatch, bundle: Bundle) -> Evaluated:
    patch.setattr(evaluate, "install", lambda _home, _reference: bundle)
    return open_evaluated("as told", trained.world, trained.root / "features", None, None)


def made_on(bundle: Bundle, fit_until: str) -> Bundle:
    """As if the bundle had been made on another day."""
    return replace(bundle, training=dict(bundle.training) | {"calendar": calendar(fit_until)})


def calendar(fit_until: str) -> dict[str, str | None]:
    return {"mode": "fit_test", "fit_until": fit_until, "calibrate_until": None, "test_until": None}


@pytest.mark.parametrize("day", ["2019-03-01T00:00:00+08:00", "2023-03-01T00:00:00+08:00"])
def test_the_test_begins_on_the_day_the_bundle_was_made(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    given = opened(trained, monkeypatch, made_on(trained.first, day))
    splits = given.frames.splits
    tested = splits[splits["split"] == "test"]
    assert given.frames.plan == SplitPlan.from_json(calendar(day))
    assert tested["as_of"].min() >= pd.Timestamp(day)
    # Nothing is lost either: the case that comes first after that day is tested.
    labelled = splits[splits["known_by"].notna() & (splits["as_of"] >= pd.Timestamp(day))]
    fresh = labelled[~labelled["debtor_id"].isin(set(splits.loc[splits["split"] == "fit", "debtor_id"]))]
    assert tested["as_of"].min() == fresh["as_of"].min()


def test_the_same_data_give_the_periods_of_the_training(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    given = opened(trained, monkeypatch, trained.first)
    assert given.frames.plan.to_json() == trained.first.training["calendar"]
    counted = given.frames.splits.groupby(["outcome", "split"]).size()
    for outcome, counts in trained.first.training["counts"].items():
        assert {name: int(counted.get((outcome, name), 0)) for name in counts} == counts


def test_data_that_lack_the_bundles_own_period_are_refused(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputRefused, match="holds no case before 2001-01-01"):
        opened(trained, monkeypatch, made_on(trained.first, "2001-01-01T00:00:00+08:00"))


def test_an_outcome_with_labels_of_one_kind_is_counted_for_the_gates(
    trained: Trained, fresh_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = opened(trained, monkeypatch, trained.second)
    splits = given.frames.splits
    rare = (splits["outcome"] == "redefault_6") & (splits["split"] == "test") & (splits["label"] == 1)
    one_kind = replace(given, frames=replace(given.frames, splits=splits[~rare]))
    found = gather(fresh_home, one_kind, {}, "2025-12-31")["outcomes"]
    assert found["redefault_6"] == {"cases": len(one_kind.held_out("redefault_6").y), "events": 0}
    assert found["success"]["auc"]["value"] > 0.5
