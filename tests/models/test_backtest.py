"""Origins, and that nothing known on or after an origin is used."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest

from models.backtest import LATER, origins, splits_at
from models.params import SplitParams
from models.splits import label_gap, labels_of
from tests.models.conftest import COURT, World

FIRST, END = datetime(2014, 1, 1, tzinfo=COURT), datetime(2024, 12, 31, tzinfo=COURT)
GAP = timedelta(days=480)


def test_the_last_years_with_a_whole_known_test_year() -> None:
    found = origins(FIRST, END, GAP, 3, SplitParams())
    assert [one.at.year for one in found] == [2020, 2021, 2022]
    # 2023's cases are known by 2024-04-25 and fit in, but those of 2023-12-31 only by 2025-04-24.
    assert all(one.until + GAP <= END + timedelta(days=1) for one in found)
    assert all(one.plan.calibrate_until == one.at and one.until.year == one.at.year + 1 for one in found)
    days = [(one.plan.fit_until - FIRST).days / (one.at - FIRST - GAP).days for one in found]  # type: ignore[operator]
    assert days == pytest.approx([0.76 / 0.87] * 3, abs=0.001)


def test_short_data_hold_fewer_origins_or_none() -> None:
    assert next(one.at.year for one in origins(FIRST, END, GAP, 20, SplitParams())) == 2017
    assert origins(datetime(2022, 1, 1, tzinfo=COURT), END, GAP, 3, SplitParams()) == ()
    assert origins(FIRST, END, GAP, 0, SplitParams()) == ()


def test_nothing_known_on_or_after_the_origin_is_learnt(world: World) -> None:
    frame = labels_of(world.labels, world.cohort)
    gap = label_gap(frame, 0.9)
    assert gap == timedelta(days=481)
    for origin in origins(FIRST, END, gap, 3, SplitParams()):
        found = splits_at(origin, world.labels, world.cohort)
        at, until = pd.Timestamp(origin.at), pd.Timestamp(origin.until)
        learnt = found[found["split"].isin(("fit", "calibrate"))]
        assert len(learnt) > 500
        assert (learnt["known_by"] < at).all()
        tested = found[found["split"] == "test"]
        assert len(tested) > 50
        assert ((tested["as_of"] >= at) & (tested["as_of"] < until)).all()
        assert not set(tested["debtor_id"]) & set(learnt["debtor_id"])
        assert (found.loc[found["split"] == LATER, "as_of"] >= until).all()
        assert len(found) == len(frame)
