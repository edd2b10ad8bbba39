"""Some of the indicators once more in plain pandas, written as one would at a first go: merge, filter, groupby."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from records.tables import TABLES

READ = (
    "debtors", "enforcement_cases", "obligations", "payments", "restriction_measures", "behaviour_events",
    "property_reports", "income_facts", "creditor_social_facts", "revocations", "pre_notices",
)  # fmt: skip
RANK = {"①": 1, "④": 2, "⑥": 2, "⑤": 3, "③": 4, "②": 5}
IDS = (
    "remaining_debt_log", "open_case_count", "zhongben_count_5y", "resumed_case_count_24m", "disposable_income_m",
    "business_age_y", "paid_in_ratio", "operating_status", "report_days_late", "report_match_ratio",
    "false_report_24m", "ban_violation_24m", "asset_transfer_36m", "obstruction_36m", "fine_detention_24m",
    "summons_response_rate", "cooperation_events_12m", "auto_performance_certs_36m", "days_since_violation",
    "listing_reason_rank", "days_on_list", "prior_revocation_5y", "voluntary_share", "creditor_count", "petition_12m",
)  # fmt: skip


def known(tables: Mapping[str, pd.DataFrame], cohort: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Newest version of each thing known before the as-of, with the case's key and windows."""
    out = {}
    cases = cohort[["debtor_id", "case_key", "as_of"]].copy()
    cases["day"] = cases["as_of"].dt.tz_localize(None).dt.normalize()
    for months in (6, 12, 24, 36, 60):
        cases[f"m{months}"] = cases["day"] - pd.DateOffset(months=months)
    for name in READ:
        rows = tables[name].merge(cases, on="debtor_id")
        rows = rows[rows["known_at"] < rows["as_of"]].sort_values(["known_at", "row_id"])
        out[name] = rows.drop_duplicates(["case_key", TABLES[name].business_id], keep="last")
    return out


@dataclass(frozen=True)
class Per:
    """Numbers per case, in cohort order."""

    keys: pd.Series
    today: pd.Series

    def count(self, frame: pd.DataFrame, keep: pd.Series) -> pd.Series:
        return frame[keep].groupby("case_key").size().reindex(self.keys).fillna(0.0)

    def total(self, frame: pd.DataFrame, values: pd.Series, keep: pd.Series) -> pd.Series:
        return values[keep].groupby(frame["case_key"][keep]).sum().reindex(self.keys)

    def extreme(self, frame: pd.DataFrame, values: pd.Series, keep: pd.Series, how: str) -> pd.Series:
        return values[keep].groupby(frame["case_key"][keep]).agg(how).reindex(self.keys)


def indicators(tables: Mapping[str, pd.DataFrame], cohort: pd.DataFrame) -> pd.DataFrame:
    """The indicators of `IDS`, one row per case in cohort order."""
    rows = known(tables, cohort)
    per = Per(cohort["case_key"], cohort.set_index("case_key")["as_of"].dt.tz_localize(None).dt.normalize())
    out = {**debt(rows, per), **subject(rows, per), **conduct(rows, per), **record(rows, per)}
    return pd.DataFrame({name: out[name].to_numpy(dtype=float) for name in IDS})


Rows = Mapping[str, pd.DataFrame]
Columns = dict[str, pd.Series]


def debt(rows: Rows, per: Per) -> Columns:
    """What is owed, by case."""
    out: Columns = {}
    cases, duties, paid = rows["enforcement_cases"], rows["obligations"], rows["payments"]
    resumed = cases[["case_key", "prior_case_id"]].dropna().rename(columns={"prior_case_id": "case_id"})
    cases = cases.merge(resumed.drop_duplicates().assign(resumed=True), on=["case_key", "case_id"], how="left")
    done = duties["performance_state"] == "全部已履行"
    of_case = ["case_key", "case_id"]
    sums = (
        duties.assign(done=duties["principal"].where(done, 0.0), undone=duties["principal"].where(~done, 0.0))
        .groupby(of_case, as_index=False)[["done", "undone"]]
        .sum()
    )
    cases = cases.merge(sums, on=of_case, how="left")
    cases = cases.merge(paid.groupby(of_case, as_index=False)["amount"].sum(), on=of_case, how="left")
    got = np.maximum(cases["amount"].fillna(0.0), cases["recovered_amount"].fillna(0.0))
    left = (cases["undone"] - np.maximum(got - cases["done"], 0.0)).fillna(cases["requested_amount"] - got)
    standing = (cases["status"] != "closed") | (cases["closing_mode"] == "终结本次执行程序")
    owed = standing & cases["resumed"].isna()
    unknown = per.count(cases, owed & left.isna())
    out["remaining_debt_log"] = np.log1p(per.total(cases, left.clip(lower=0.0), owed).fillna(0.0)).where(unknown == 0)
    out["open_case_count"] = per.count(cases, cases["status"] != "closed")
    ended = cases["closing_mode"] == "终结本次执行程序"
    out["zhongben_count_5y"] = per.count(cases, ended & (cases["closed_date"] >= cases["m60"]))
    out["resumed_case_count_24m"] = per.count(
        cases, (cases["case_type"] == "执恢") & (cases["filed_date"] >= cases["m24"])
    )
    return out


def subject(rows: Rows, per: Per) -> Columns:
    """Income, register and reports."""
    out: Columns = {}
    income = rows["income_facts"]
    recent = income["period_end"] >= income["m6"]
    net = income["income"] - income["living_cost_allowance"]
    out["disposable_income_m"] = per.total(income, net, recent) / per.count(income, recent)

    who = rows["debtors"].set_index("case_key").reindex(per.keys)
    out["business_age_y"] = (who["day"] - who["established_date"]).dt.days / 365.25
    out["paid_in_ratio"] = (who["paid_in_capital"] / who["registered_capital"]).clip(upper=1.0)
    out["operating_status"] = who["operating_status"].map({"存续": 0, "迁出": 1, "歇业": 2, "吊销": 3, "注销": 4})

    reports = rows["property_reports"]
    late = (reports["filed_date"].fillna(reports["day"]) - reports["due_date"]).dt.days.clip(lower=0)
    out["report_days_late"] = per.extreme(reports, late, late.notna(), "max").clip(upper=180)
    out["report_match_ratio"] = reports.groupby("case_key")["verified_match"].mean().reindex(per.keys)
    bad = reports["verdict"].isin(["false", "refused"]) & (reports["verified_date"] >= reports["m24"])
    out["false_report_24m"] = per.count(reports, bad)
    return out


def conduct(rows: Rows, per: Per) -> Columns:
    """Verified events."""
    out: Columns = {}
    events = rows["behaviour_events"]
    verified = events["verified_date"]

    def of_kind(months: int, *kinds: str) -> pd.Series:
        return per.count(events, events["kind"].isin(kinds) & (verified >= events[f"m{months}"]))

    out["ban_violation_24m"] = of_kind(24, "ban_violation")
    out["asset_transfer_36m"] = of_kind(36, "asset_transfer")
    out["obstruction_36m"] = of_kind(36, "obstruct")
    out["cooperation_events_12m"] = of_kind(12, "clue_given", "asset_handed_over")
    out["auto_performance_certs_36m"] = of_kind(36, "auto_performance_cert")
    year = events["event_date"] >= events["m12"]
    served = per.count(events, (events["kind"] == "summons_served") & year)
    missed = per.count(events, (events["kind"] == "summons_missed") & year)
    out["summons_response_rate"] = ((served - missed) / served.where(served > 0)).clip(lower=0.0)
    violations = ("ban_violation", "asset_transfer", "obstruct", "false_report", "settlement_breach", "refusal_crime")
    last = per.extreme(events, verified, events["kind"].isin(violations) & verified.notna(), "max")
    out["days_since_violation"] = (per.today - last).dt.days.clip(upper=1825).fillna(1825)
    return out


def record(rows: Rows, per: Per) -> Columns:
    """Measures, revocations, payments, creditors."""
    out: Columns = {}
    paid = rows["payments"]
    measures = rows["restriction_measures"]
    stands = measures["lift_ground"] != "error"
    penalty = measures["kind"].isin(["罚款", "拘留"]) & (measures["decided_date"] >= measures["m24"]) & stands
    out["fine_detention_24m"] = per.count(measures, penalty)
    live = (measures["kind"] == "失信") & measures["lifted_date"].isna() & stands
    rank = measures["listing_reason"].map(RANK)
    out["listing_reason_rank"] = per.extreme(measures, rank, live, "max").fillna(0)
    out["days_on_list"] = (per.today - per.extreme(measures, measures["decided_date"], live, "min")).dt.days.fillna(0)

    revoked = rows["revocations"]
    day = revoked["decided_at"].dt.tz_localize(None).dt.normalize()
    out["prior_revocation_5y"] = per.count(revoked, day >= revoked["m60"])
    all_paid = per.total(paid, paid["amount"], paid["amount"].notna())
    voluntary = per.total(paid, paid["amount"], paid["nature"] == "voluntary").fillna(0.0)
    out["voluntary_share"] = (voluntary / all_paid).where(all_paid > 0)
    social = rows["creditor_social_facts"]
    out["creditor_count"] = per.count(social, social["kind"] == "creditor")
    out["petition_12m"] = per.count(social, (social["kind"] == "petition") & (social["event_date"] >= social["m12"]))
    return out
