"""Which labelled cases train, which calibrate, which test: by time, with a gap as long as the label, by debtor.

A worked calendar. Labels of re-default are known some 14 months after the case is scored (12 months from lifting,
60 days of reporting lag). The plan is::

    fit_until = 2022-01-01      calibrate_until = 2024-01-01      test_until = None

                2020        2021        2022        2023        2024        2025
    period      |---------- fit --------|------ calibrate ------|-------- test ---------
    usable      |=======================|=========|.....gap.....|=========|...unknown...

    case  debtor  as_of       label known by   split           why
    a     D1      2020-03-10  2021-05-10       fit
    b     D2      2021-02-01  2022-04-01       fit             scored before 2022-01-01, known before 2024-01-01
    c     D1      2022-05-01  2023-07-01       reused_debtor   D1 already stands in fit
    d     D4      2022-06-01  2023-08-01       calibrate
    e     D5      2023-03-01  2024-05-01       gap             would be known only when the test has begun
    f     D3      2024-02-01  2025-04-01       test
    g     D6      2024-03-01  (not known)      unlabelled      not mature at the end of the data
    h     D3      2024-09-01  2025-11-01       test            a debtor may have several cases in one period

Decisions from before the practice that still holds are set aside as `other_regime`, per outcome.

A model is made, calibration and all, on the day the test begins: everything it rests on was known by then, and e was
not. So there is one gap, before the test. Between fit and calibration there is none (decision 13): both are known to
whoever makes the model, and a gap there would throw away the youngest year of what can be learnt from. The
calibration's cases still come later than the fit's and are of other debtors: trees learn from both, and are calibrated
on the later ones, by margins that did not know the case (decision 14). The debtor rule keeps one debtor's habits from
being learnt and then tested. A row dropped by a rule keeps its name (`gap`, `reused_debtor`, `other_regime`;
`unlabelled` where no label is known at all), so the counts always add up.

Vocabulary after dssg/triage (timechop): as-of date, label timespan, knowledge date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from models.faults import SplitFault
from models.params import SplitParams
from records.clock import SHANGHAI

PERIODS: Final = ("fit", "calibrate", "test")
SPLITS: Final = (*PERIODS, "gap", "reused_debtor", "other_regime", "unlabelled")
_COLUMNS: Final = ("case_key", "debtor_id", "as_of", "known_by")


@dataclass(frozen=True)
class SplitPlan:
    """Where the periods end (court time, zone-aware; the instant itself belongs to the next period).

    Without `calibrate_until` there is no calibration period (test follows fit; all cases calibrate).
    Without any date everything mature is fit ("cross_fit"), as for small data.
    """

    fit_until: datetime | None = None
    calibrate_until: datetime | None = None
    test_until: datetime | None = None

    def __post_init__(self) -> None:
        faults = []
        given = [cut for cut in (self.fit_until, self.calibrate_until, self.test_until) if cut is not None]
        if any(cut.tzinfo is None for cut in given):
            faults.append("every date of a split plan needs a time zone")
        elif given != sorted(set(given)):
            faults.append("a split plan's dates must rise: fit_until < calibrate_until < test_until")
        if self.fit_until is None and given:
            faults.append("calibrate_until and test_until need fit_until")
        if faults:
            raise SplitFault(faults)

    @property
    def mode(self) -> str:
        """ "periods", "fit_test" or "cross_fit"."""
        if self.fit_until is None:
            return "cross_fit"
        return "fit_test" if self.calibrate_until is None else "periods"

    @property
    def made(self) -> datetime | None:
        """The instant on which a model that follows this plan is made: what it learns from was known before, and the
        test begins. None in mode "cross_fit"."""
        return self.calibrate_until or self.fit_until

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SplitPlan:
        """The plan of which `to_json` made `values`, in court time. Raises SplitFault as the constructor does."""
        cuts = (values[name] for name in ("fit_until", "calibrate_until", "test_until"))
        return cls(*(None if cut is None else datetime.fromisoformat(cut).astimezone(SHANGHAI) for cut in cuts))

    def to_json(self) -> dict[str, Any]:
        """Dates as ISO text, None where open."""
        return {
            "mode": self.mode,
            **{
                name: None if cut is None else cut.isoformat()
                for name, cut in (
                    ("fit_until", self.fit_until),
                    ("calibrate_until", self.calibrate_until),
                    ("test_until", self.test_until),
                )
            },
        }


def plan_by_shares(frame: pd.DataFrame, observed_until: datetime, params: SplitParams) -> SplitPlan:
    """Cut the calendar so that each period holds its share of the *usable* time.

    Two label lengths are lost: before the test, and at the end of the data. So the span from the first as-of to
    `observed_until` is first relieved of these two gaps (`label_gap`) and only the rest is shared out. `frame`: rows
    as for `split`, with an `outcome` column. Raises SplitFault when the data are too short, naming what would do.
    """
    if params.mode == "cross_fit":
        return SplitPlan()
    _check(frame)
    gap = label_gap(frame, params.label_quantile)
    start = (
        frame.loc[frame["known_by"].notna(), "as_of"]
        .min()
        .to_pydatetime()
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    periods = 3 if params.mode == "periods" else 2
    usable = observed_until - start - 2 * gap
    if usable <= timedelta(days=30 * periods):
        raise SplitFault(
            [
                f"{(observed_until - start).days} days of cases cannot hold {periods} periods and two gaps of "
                f"{gap.days} days; use split mode fit_test or cross_fit, or more history"
            ]
        )
    fit, calibrate = (timedelta(days=int(usable.days * share)) for share in (params.fit_share, params.calibrate_share))
    test_from = start + fit + calibrate + gap
    ends = [start + fit, test_from] if periods == 3 else [test_from]
    return SplitPlan(*ends)


def label_gap(frame: pd.DataFrame, quantile: float) -> timedelta:
    """How long until a label is known, in whole days: per outcome the `quantile` of known_by - as_of, of which the
    longest.

    `frame`: outcome, as_of, known_by (NaT where not known). Raises SplitFault when no label is known.
    """
    known = frame.loc[frame["known_by"].notna()]
    if known.empty:
        raise SplitFault(["no label is known yet: nothing can be split"])
    spans = (known["known_by"] - known["as_of"]).groupby(known["outcome"]).quantile(quantile)
    return timedelta(days=int(spans.max().days) + 1)


def split(frame: pd.DataFrame, plan: SplitPlan) -> pd.Series:
    """Name the split of every row of `frame`.

    `frame`: one row per case and outcome with `case_key`, `debtor_id`, `as_of` (zone-aware), `known_by` (zone-aware,
    NaT while the label is not known). Returns a Series of `SPLITS` with the frame's index. A debtor belongs to the
    earliest period in which any of its rows is used, whatever the outcome. Raises SplitFault on a frame that lacks
    columns or zones. What is fitted or calibrated must be known before the test begins.
    """
    _check(frame)
    known, as_of = frame["known_by"], frame["as_of"]
    result = pd.Series("gap", index=frame.index, dtype="object", name="split").where(known.notna(), "unlabelled")
    made = plan.made
    # Name, first as-of, end of as-ofs, when labels must be known.
    periods: list[tuple[str, datetime | None, datetime | None, datetime | None]] = [("fit", None, plan.fit_until, made)]
    if plan.mode == "periods":
        periods.append(("calibrate", plan.fit_until, made, made))
    if plan.mode != "cross_fit":
        periods.append(("test", made, plan.test_until, plan.test_until))
    used: set[Any] = set()
    for name, start, end, known_before in periods:
        inside = known.notna()
        if start is not None:
            inside &= as_of >= pd.Timestamp(start)
        if end is not None:
            inside &= as_of < pd.Timestamp(end)
        if known_before is not None:
            inside &= known < pd.Timestamp(known_before)
        again = frame["debtor_id"].isin(used)
        result[inside & again] = "reused_debtor"
        result[inside & ~again] = name
        used |= set(frame.loc[inside & ~again, "debtor_id"])
    return result.astype("str")


def split_labels(
    labels: pd.DataFrame, cohort: pd.DataFrame, plan: SplitPlan, regimes: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Labels with their case's debtor, as-of and split: what `fit_models` takes as `splits`.

    `labels`: case_key, outcome, label, status, known_by; `cohort`: case_key, debtor_id, as_of. Only labels with status
    "observed" can be used; every other row is `unlabelled`. `regimes`: outcome -> first day (ISO) of the practice that
    still holds; what would be fitted or calibrated from before it is set aside. Raises SplitFault on labels of
    unknown cases.
    """
    frame = labels_of(labels, cohort)
    found = split(frame, plan)
    for outcome, first in (regimes or {}).items():
        before = frame["as_of"] < pd.Timestamp(first, tz=frame["as_of"].dt.tz)
        found[(frame["outcome"] == outcome) & before & found.isin(["fit", "calibrate"])] = "other_regime"
    return frame.assign(split=found)


def labels_of(labels: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """Labels joined with debtor and as-of of their case; `known_by` is kept only where the label was observed."""
    frame = labels[["case_key", "outcome", "label", "status", "known_by"]].merge(
        cohort[["case_key", "debtor_id", "as_of"]], on="case_key", how="left", validate="many_to_one"
    )
    if strange := sorted(set(frame.loc[frame["debtor_id"].isna(), "case_key"])):
        raise SplitFault([f"{len(strange)} labelled cases are not in the cohort, first {strange[0]}"])
    return frame.assign(known_by=frame["known_by"].where(frame["status"] == "observed"))


def counts(frame: pd.DataFrame, splits: pd.Series) -> dict[str, dict[str, int]]:
    """Rows per outcome and split, every split named; the sum of one outcome is its number of rows."""
    table = pd.crosstab(frame["outcome"], splits).reindex(columns=list(SPLITS), fill_value=0)
    return {str(outcome): {name: int(row[name]) for name in SPLITS} for outcome, row in table.iterrows()}


def _check(frame: pd.DataFrame) -> None:
    faults = [f"split frame lacks column '{name}'" for name in _COLUMNS if name not in frame.columns]
    for name in ("as_of", "known_by"):
        if name in frame.columns and not isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            faults.append(f"split frame's column '{name}' must be zone-aware timestamps")
    if not faults and frame["as_of"].isna().any():
        faults.append(f"{int(frame['as_of'].isna().sum())} rows of the split frame have no as_of")
    if faults:
        raise SplitFault(faults)
