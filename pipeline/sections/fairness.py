"""Whether people of one sex, age, people or home are served as others are, and whether an indicator gives them away.

The audit-only table of the dataset is read here and nowhere else; no indicator, model or record sees it. Firms have
no such attributes and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl

from models.fairness import FairnessLimits, Gap, Predicted, Verdict, gaps, rates, verdict_of
from models.proxy import Proxy, ProxyLimits, proxies
from models.proxy_words import in_words
from pipeline.sections.evaluated import HEADS, Evaluated, HeldOut, Section

ATTRIBUTES: Final = ("sex", "age_band", "ethnicity", "household", "sex_and_age")
AGES: Final = (0, 30, 45, 60, 200)
AGE_NAMES: Final = ("<30", "30-44", "45-59", "60+")
MAJORITY: Final = "汉族"
LEADING: Final = 3  # indicators named for an attribute at most; the report shows more, group by group


def fairness(given: Evaluated) -> Section:
    """Gaps of every outcome and group on the test period, and a proxy test of every attribute, with the indicators
    (`proxy_indicators`) that lead where one is given away."""
    if given.audit is None:
        return Section()
    limits = FairnessLimits(min_cases=given.settings.min_cases, min_events=given.settings.min_events)
    outcomes: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None or not held.usable:
            continue
        cases, groups = predicted(given, outcome, held), attributes(given, held.keys)
        tests = len(ATTRIBUTES) * len(HEADS)
        found = [gap for name in ATTRIBUTES for gap in gaps(cases, groups[name], limits, tests=tests)]
        outcomes[outcome] = {
            "gaps": [asdict(gap) for gap in found],
            "rates": {name: rates(cases, groups[name]) for name in ATTRIBUTES if groups[name].notna().any()},
        }
        metrics[outcome] = {"worst": worst(found), "verdicts": verdict_of(found)}
    if not outcomes:
        return Section()
    given_away = proxy_tests(given)
    asked = {proxy.attribute for proxy in given_away}
    metrics["proxies"] = {
        name: _gravest([one for one in given_away if one.attribute == name]) for name in sorted(asked)
    }
    names = {spec.id: spec.zh for spec in given.bundle.specs}
    told = {name: leading([one for one in given_away if one.attribute == name], names) for name in sorted(asked)}
    told = {name: found for name, found in told.items() if found}
    tables = {"outcomes": outcomes, "proxies": [asdict(one) for one in given_away], "limits": asdict(limits)}
    return Section({"fairness": metrics, "proxy_indicators": told}, tables, lines(metrics, told))


def predicted(given: Evaluated, outcome: str, held: HeldOut) -> Predicted:
    """Test cases as fairness looks at them. Being likely refused, or above the risk at which the grade is capped
    (DT5), is the disadvantage; for success a refusal is doing badly."""
    if held.p is None:
        raise ValueError(f"no model of {outcome}")
    if outcome == "success":
        return Predicted(held.y, held.p, held.p < 0.5, held.debtors, bad=0)
    rules = given.policy.rules(given.frames.splits["as_of"].max().date())
    return Predicted(held.y, held.p, held.p > rules.number["grade.caps.p_redefault_12"], held.debtors)


def attributes(given: Evaluated, keys: pd.Index) -> pd.DataFrame:
    """`ATTRIBUTES` of the cases `keys` as text; missing where not known. `household`: registered in the province of
    the court, or elsewhere; `sex_and_age` is their intersection."""
    cohort = given.prepared.cohort.select("case_key", "debtor_id", "as_of", "region_code").to_pandas()
    audit = given.audit if given.audit is not None else pd.DataFrame(index=pd.Index([], name="debtor_id"))
    frame = cohort.join(audit, on="debtor_id").set_index("case_key").loc[keys]
    years = frame["as_of"].dt.year - frame["birth_year"]
    ages = pd.cut(years, list(AGES), right=False, labels=list(AGE_NAMES)).astype("object")
    home = frame["household_region"]
    local = np.where(home.str[:2] == frame["region_code"].str[:2], "local", "elsewhere")
    people = np.where(frame["ethnicity"] == MAJORITY, "han", "other")
    found = pd.DataFrame(
        {
            "sex": frame["sex"].astype("object"),
            "age_band": ages,
            "ethnicity": pd.Series(people, index=frame.index, dtype="object").where(frame["ethnicity"].notna()),
            "household": pd.Series(local, index=frame.index, dtype="object").where(home.notna()),
        }
    )
    both = found["sex"].notna() & found["age_band"].notna()
    joined = found["sex"].astype(str) + " " + found["age_band"].astype(str)
    return found.assign(sex_and_age=joined.where(both))


def proxy_tests(given: Evaluated) -> list[Proxy]:
    """Can the scored indicators tell who somebody is? Asked of everyone with an audit row."""
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806
    groups = attributes(given, X.index)
    debtors = given.prepared.cohort["debtor_id"].to_list()
    asked = ATTRIBUTES[:-1]  # the intersection gives nothing away that its parts do not
    limits = ProxyLimits(min_cases=given.settings.min_cases)
    return [
        one
        for name in asked
        for one in proxies(X, groups[name], debtors, limits, seed=given.settings.seed, tests=len(asked))
    ]


def leading(found: Sequence[Proxy], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """`id`, `name` and `auc` of the indicators that give an attribute's groups away, each at the group it tells best:
    the strongest, and those next to it that alone pass the limit of the test. None where nothing is given away."""
    best: dict[str, float] = {}
    for proxy in found:
        for id_, value in proxy.indicators:
            best[id_] = max(value, best.get(id_, 0.0))
    strongest = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:LEADING]
    # Of the rest many are near .5 by chance, and to name them would accuse them.
    named = strongest[:1] + [(id_, value) for id_, value in strongest[1:] if value > ProxyLimits.auc]
    return [{"id": id_, "name": names[id_], "auc": value} for id_, value in named]


def worst(found: list[Gap]) -> dict[str, float]:
    """The largest gap of each measure, in absolute value, among groups with cases enough."""
    known = [gap for gap in found if gap.value is not None]
    return {
        measure: max(abs(gap.value) for gap in known if gap.measure == measure and gap.value is not None)
        for measure in sorted({gap.measure for gap in known})
    }


def read_audit(tables: list[pl.DataFrame]) -> pd.DataFrame | None:
    """The newest audit row of every debtor, by `debtor_id`; None where the dataset has none."""
    rows = pl.concat(tables).sort("known_at", "row_id").unique("debtor_id", keep="last", maintain_order=True)
    if rows.is_empty():
        return None
    columns = ("debtor_id", "sex", "birth_year", "ethnicity", "household_region")
    return rows.select(columns).to_pandas().set_index("debtor_id")


def _gravest(found: list[Proxy]) -> Verdict | str:
    return next(name for name in ("proxy", "insufficient", "within") if any(one.verdict == name for one in found))


def lines(metrics: Mapping[str, Any], told: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[str, ...]:
    """What the command says: every attribute that is not within its limits, and which indicators give it away."""
    said = []
    for outcome, found in metrics.items():
        if outcome == "proxies":
            odd = [
                f"{name}: {verdict}" + (f" by {in_words(told[name])}" if name in told else "")
                for name, verdict in found.items()
                if verdict != "within"
            ]
            said.append("  proxies of protected attributes: " + ("; ".join(odd) or "none found"))
        else:
            odd = [f"{name}: {verdict}" for name, verdict in found["verdicts"].items() if verdict != "within"]
            said.append(f"  fairness, {outcome}: " + (", ".join(odd) or "every group within its limits"))
    return tuple(said)
