from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.faults import SplitFault
from models.params import SplitParams
from models.splits import SPLITS, SplitPlan, counts, plan_by_shares, split, split_labels

COURT = ZoneInfo("Asia/Shanghai")
START = datetime(2020, 1, 1, tzinfo=COURT)
PLAN = SplitPlan(datetime(2022, 1, 1, tzinfo=COURT), datetime(2024, 1, 1, tzinfo=COURT))


def frame_of(rows: list[tuple[str, str, str, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["case_key", "debtor_id", "as_of", "known_by"])
    for name in ("as_of", "known_by"):
        frame[name] = pd.to_datetime(frame[name]).dt.tz_localize(COURT)
    return frame.assign(outcome="redefault_12")


CALENDAR = frame_of(
    [
        ("a", "D1", "2020-03-10", "2021-05-10"),
        ("b", "D2", "2021-02-01", "2022-04-01"),
        ("c", "D1", "2022-05-01", "2023-07-01"),
        ("d", "D4", "2022-06-01", "2023-08-01"),
        ("e", "D5", "2023-03-01", "2024-05-01"),
        ("f", "D3", "2024-02-01", "2025-04-01"),
        ("g", "D6", "2024-03-01", None),
        ("h", "D3", "2024-09-01", "2025-11-01"),
    ]
)


def test_the_worked_calendar_of_the_docstring() -> None:
    found = dict(zip(CALENDAR["case_key"], split(CALENDAR, PLAN), strict=True))
    assert found == {
        "a": "fit",
        "b": "fit",
        "c": "reused_debtor",
        "d": "calibrate",
        "e": "gap",
        "f": "test",
        "g": "unlabelled",
        "h": "test",
    }
    totals = counts(CALENDAR, split(CALENDAR, PLAN))["redefault_12"]
    assert sum(totals.values()) == len(CALENDAR)
    assert totals["reused_debtor"] == 1


def test_a_label_known_on_the_very_first_instant_of_the_test_is_in_the_gap() -> None:
    rows = frame_of([("x", "D1", "2021-01-01", "2024-01-01"), ("y", "D2", "2021-01-01", "2023-12-31")])
    assert list(split(rows, PLAN)) == ["gap", "fit"]
    assert list(split(rows, SplitPlan(PLAN.fit_until))) == ["gap", "gap"]


def test_without_dates_all_that_is_known_is_fit() -> None:
    assert set(split(CALENDAR, SplitPlan())) == {"fit", "unlabelled"}
    assert SplitPlan().mode == "cross_fit"
    no_calibration = SplitPlan(PLAN.fit_until)
    assert no_calibration.mode == "fit_test"
    assert "calibrate" not in set(split(CALENDAR, no_calibration))


def slow(frame: pd.DataFrame, plan: SplitPlan) -> list[str]:
    """The same rules, one row at a time."""
    ends = [plan.fit_until, plan.calibrate_until]
    known_before = [plan.calibrate_until, plan.calibrate_until, None]
    result = []
    period_of = []
    for _, row in frame.iterrows():
        period = 0 if row.as_of < ends[0] else 1 if row.as_of < ends[1] else 2
        period_of.append(period)
        if pd.isna(row.known_by):
            result.append("unlabelled")
        elif known_before[period] is not None and row.known_by >= known_before[period]:
            result.append("gap")
        else:
            result.append(("fit", "calibrate", "test")[period])
    for later in (1, 2):
        before = {
            frame.debtor_id[i] for i in range(len(frame)) if period_of[i] < later and result[i] in SPLITS[:3]
        }  # fmt: skip
        for i in range(len(frame)):
            if period_of[i] == later and result[i] in SPLITS[:3] and frame.debtor_id[i] in before:
                result[i] = "reused_debtor"
    return result


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 2200), st.one_of(st.none(), st.integers(1, 500))),
        min_size=1,
        max_size=25,
    )
)
def test_equals_the_slow_oracle_and_never_shares_a_debtor(rows: list[tuple[int, int, int | None]]) -> None:
    frame = pd.DataFrame(
        {
            "case_key": [str(i) for i in range(len(rows))],
            "debtor_id": [f"D{d}" for d, _, _ in rows],
            "as_of": pd.Series([START + timedelta(days=a) for _, a, _ in rows]),
            "known_by": pd.Series(
                [pd.NaT if lag is None else START + timedelta(days=a + lag) for _, a, lag in rows],
                dtype="datetime64[us, Asia/Shanghai]",
            ),
        }
    )  # fmt: skip
    found = split(frame, PLAN)
    assert list(found) == slow(frame, PLAN)
    debtors = [set(frame.debtor_id[found == name]) for name in ("fit", "calibrate", "test")]
    assert not debtors[0] & debtors[1]
    assert not debtors[0] & debtors[2]
    assert not debtors[1] & debtors[2]


def test_shares_leave_room_for_the_gaps() -> None:
    days = range(0, 3650, 5)
    as_of = pd.Series([START + timedelta(days=d) for d in days])
    frame = pd.DataFrame(
        {"case_key": [str(d) for d in days], "debtor_id": [str(d) for d in days], "as_of": as_of, "outcome": "x"}
    ).assign(known_by=as_of + pd.Timedelta(days=400))
    until = START + timedelta(days=3650 + 400)
    plan = plan_by_shares(frame, until, SplitParams(fit_share=0.6, calibrate_share=0.2))
    usable = frame.assign(split=split(frame, plan)).groupby("split").size()
    kept = usable[["fit", "calibrate", "test"]]
    shares = kept / kept.sum()
    assert shares["fit"] == pytest.approx(0.6, abs=0.05)
    assert shares["calibrate"] == pytest.approx(0.2, abs=0.05)
    assert plan_by_shares(frame, until, SplitParams(mode="fit_test")).calibrate_until is None
    assert plan_by_shares(frame, until, SplitParams(mode="cross_fit")) == SplitPlan()
    with pytest.raises(SplitFault, match="cannot hold 3 periods and two gaps of 401 days"):
        plan_by_shares(frame, START + timedelta(days=890), SplitParams())


def test_plans_and_frames_that_make_no_sense_are_refused() -> None:
    with pytest.raises(SplitFault, match="dates must rise"):
        SplitPlan(datetime(2022, 1, 1, tzinfo=COURT), datetime(2021, 1, 1, tzinfo=COURT))
    with pytest.raises(SplitFault, match="needs a time zone"):
        SplitPlan(datetime(2022, 1, 1))  # noqa: DTZ001
    with pytest.raises(SplitFault, match="need fit_until"):
        SplitPlan(None, datetime(2022, 1, 1, tzinfo=COURT))
    naive = CALENDAR.assign(as_of=CALENDAR["as_of"].dt.tz_localize(None)).drop(columns="debtor_id")
    with pytest.raises(SplitFault) as caught:
        split(naive, PLAN)
    assert caught.value.faults == (
        "split frame lacks column 'debtor_id'",
        "split frame's column 'as_of' must be zone-aware timestamps",
    )


def test_only_observed_labels_are_split() -> None:
    cohort = CALENDAR[["case_key", "debtor_id", "as_of"]]
    labels = CALENDAR[["case_key", "outcome", "known_by"]].assign(label=1.0, status="observed")
    labels.loc[labels["case_key"] == "a", "status"] = "competing"
    found = split_labels(labels, cohort, PLAN).set_index("case_key")["split"]
    # D1's first case taught nothing, so its second may be used.
    assert found["a"] == "unlabelled"
    assert found["c"] == "calibrate"
    with pytest.raises(SplitFault, match="1 labelled cases are not in the cohort, first a"):
        split_labels(labels, cohort[1:], PLAN)
