"""What debtors own and earn, as the court learns of it: property reports, operating months, income,
attested hardship (queries: `data_synth.queries`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_synth.debts import DISCRETIONARY, Debts
from data_synth.latent import NATURAL, Debtors
from data_synth.places import PLACES, column, macro
from data_synth.rng import Bools, Floats, Ints, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, working
from data_synth.shocks import ILLNESS, JOB_LOSS, RECEIVABLES, receipts_left

CLASSES = (
    "deposit", "real_estate", "vehicle", "securities", "equity", "provident_fund", "insurance", "receivable", "other",
)  # fmt: skip
_PRESENT = (0.75, 0.40, 0.35, 0.10, 0.10, 0.30, 0.15, 0.25, 0.08)
_WEIGHT = (0.5, 3.0, 1.2, 0.6, 0.8, 0.5, 0.4, 0.8, 0.4)
VERDICTS = ("true", "omitted", "false", "refused")
MONTHS = 14


@dataclass(frozen=True)
class Property:
    """Asset arrays (n, 9) in CNY in the order of CLASSES; `wallet` the share of the deposits that lies in
    electronic wallets, which no network query reaches; `cover` net assets over what is left of the
    main case; `verdict` of the first property report (position in VERDICTS); `cured` when a later
    true report followed a refused one."""

    gross: Floats
    burden: Floats
    wallet: Floats
    cover: Floats
    verdict: Ints
    cured: Bools
    days_late: Ints
    match: Floats
    attested: Bools


def draw_property(d: Debtors, debts: Debts) -> Property:
    """Assets and honesty about them."""
    u = d.draws
    n = d.size
    left = np.maximum(debts.principal[:, 0] - debts.paid_by(d.anchor), 500.0)
    cover = np.exp(-1.2 + 0.78 * d.ability + 0.45 * u.z("cover"))
    cover = np.minimum(cover, 4.0)
    present = np.stack([u.chance("present", p, j) for j, p in enumerate(_PRESENT)], axis=1)
    present[:, 5] &= d.subject == NATURAL
    present[:, 4] |= d.unit & u.chance("equity", 0.2)
    unpaid = d.shock_kind == RECEIVABLES  # what a unit owns is then owed to it (R30)
    present[:, 7] |= unpaid & u.chance("unpaid", 0.85)
    present[~present.any(axis=1), 0] = True
    weight = np.array(_WEIGHT) * present * np.exp(0.4 * np.stack([u.z("weight", j) for j in range(9)], axis=1))
    weight[:, 7] *= np.where(unpaid, 4.0, 1.0)
    net = cover[:, None] * left[:, None] * weight / weight.sum(axis=1, keepdims=True)
    ratio = 0.85 * sigmoid(-0.6 - 0.55 * d.ability + 0.6 * u.z("burden"))
    mortgaged = np.zeros((n, 9))
    mortgaged[:, 1], mortgaged[:, 2], mortgaged[:, 4] = ratio, 0.5 * ratio, 0.6 * ratio
    gross = np.round(net / (1 - mortgaged), 2)
    refused = u.chance("report_refused", sigmoid(-2.9 - 0.8 * d.willingness))
    honest = u.chance("report_honest", sigmoid(1.5 + 0.8 * d.willingness))
    verdict = np.where(refused, 3, np.where(honest, 0, 1 + u.pick("report_false", (0.8, 0.2))))
    broken = (debts.reason == 3) & (verdict == 0)
    verdict = np.where(broken, 1 + u.pick("report_reason", (0.55, 0.10, 0.35)), verdict)
    low = np.array([0.88, 0.45, 0.0, np.nan])[verdict]
    high = np.array([1.0, 0.88, 0.4, np.nan])[verdict]
    late = np.floor(np.exp(2.0 - 0.5 * d.willingness + 0.8 * u.z("report_late"))).astype(np.int64) - 5
    hardship = sigmoid(-3.2 + 3.4 * d.past_shock - 0.2 * d.ability)
    return Property(
        gross=gross,
        burden=np.round(gross * mortgaged, 2),
        wallet=np.clip(0.05 * (year_of(d.anchor) - 2014.0), 0.0, 0.4)
        * u.u("wallet") ** (2 * np.exp(0.4 * d.willingness)),  # who will not pay keeps more out of sight
        cover=cover,
        verdict=verdict,
        cured=(verdict == 3) & u.chance("cured", sigmoid(0.2 + 0.7 * d.willingness)),
        days_late=np.clip(late, -4, 200),
        match=np.round(low + (high - low) * u.u("match"), 3),
        attested=(d.subject == NATURAL) & (debts.standing == DISCRETIONARY) & u.chance("attested", hardship),
    )


def emit_reports(sheet: Sheet, d: Debtors, debts: Debts, own: Property) -> None:
    """The property report ordered in the main case, its filing and its verdict; a cure where there is one."""
    u = d.draws
    total = own.gross.sum(axis=1)
    ordered = working(debts.filed[:, 0] + 8)
    due = ordered + 15
    refused = own.verdict == 3
    filed = np.where(refused, NEVER, np.maximum(due + own.days_late, ordered + 2))
    filed = np.where(refused, NEVER, np.minimum(filed, d.anchor - 25))
    verified = np.where(refused, due + 31, np.minimum(filed + u.whole("verified", 10, 50), d.anchor - 4))
    declared = np.where(refused, np.nan, np.round(total * np.where(np.isnan(own.match), 0.0, own.match), 2))
    order: dict[str, Any] = {"tag": "PR", "ordered_date": ordered, "due_date": due}
    sheet.add("property_reports", at(ordered + 1), **order)
    sheet.add(
        "property_reports", at(filed, 990), version=2, source="party_submission",
        filed_date=filed, declared_value=declared, rows=~refused, **order,
    )  # fmt: skip
    sheet.add(
        "property_reports", at(verified, 1000), version=3, filed_date=filed, declared_value=declared,
        verified_match=own.match, verdict=coded(own.verdict, VERDICTS), verified_date=verified, **order,
    )  # fmt: skip
    again = np.maximum(d.anchor - 24 - u.whole("cure_day", 0, 30), due + 35)
    more = own.cured | u.chance("supplement", 0.06)
    sheet.add(
        "property_reports",
        at(again + 1),
        tag="PR",
        number=1,
        rows=more,
        ordered_date=again - 10,
        due_date=again + 5,
        filed_date=again,
        declared_value=np.round(total, 2),
        verified_match=1.0,
        verdict="true",
        verified_date=again + 1,
    )


def month_end(day: Ints, offset: int | Ints) -> Ints:
    """Last day of the month `offset` months from the month of `day`; NEVER stays NEVER."""
    safe = np.where(day == NEVER, 0, day)
    month = safe.astype("datetime64[D]").astype("datetime64[M]") + np.asarray(offset, dtype=np.int64)
    end = (month + 1).astype("datetime64[D]").astype(np.int64) - 1
    return np.asarray(np.where(day == NEVER, NEVER, end), dtype=np.int64)


def year_of(day: Ints) -> Floats:
    """Fractional year of a day number."""
    return np.asarray(1970 + np.where(day == NEVER, 16071, day) / 365.25, dtype=np.float64)


def emit_operating(sheet: Sheet, d: Debtors, again: Ints) -> None:
    """Fourteen months of operation before the anchor of every unit, six before a second application."""
    u = d.draws
    paid_in = receipts_left(d.shock_kind)
    tilt = 0.020 * d.ability - 0.03 * d.past_shock - 0.01 * macro(year_of(d.anchor)) + 0.008 * u.z("tilt")
    for lane, (day, months) in enumerate(((d.anchor, MONTHS), (again, 6))):
        for back in range(months, 0, -1):
            k = lane * 20 + back
            end = month_end(day, -back)
            rows = d.unit & (day != NEVER) & ((lane == 0) | (end > d.anchor))
            step = (MONTHS - back) if lane == 0 else MONTHS
            sales = d.income * np.exp(tilt * step + 0.12 * u.z("month_sales", k))
            costs = sales * np.exp(-0.10 * d.ability + 0.14 * u.z("month_costs", k) + 0.03)
            tax = 0.05 * sales
            paid = np.where(u.chance("tax_paid", sigmoid(1.4 + 0.8 * d.ability), k), 1.0, 0.55 * u.u("tax_part", k))
            staff = np.floor(d.staff * np.exp(0.6 * tilt * step) + 0.5).astype(np.int64)
            receipts = np.where(end > d.shock_day, paid_in, 1.0)
            gap = u.chance("month_gap", 0.06, k)
            sheet.add(
                "operating_monthly", at(end + 15 + u.whole("month_lag", 0, 30, k)), tag="OM", number=k, source="tax",
                rows=rows, period_end=end, sales=sales, cash_in=sales * 0.97 * receipts, cash_out=costs, tax_due=tax,
                tax_paid=tax * paid, insured_staff=np.where(gap, NEVER, staff),
                power_use=np.where(gap, np.nan, np.round(0.02 * sales * np.exp(0.1 * u.z("power", k)), 1)),
                orders_won=np.floor(np.exp(0.3 * d.ability + 0.6 * u.z("orders", k))).astype(np.int64),
                answer_form=coded(np.where(u.chance("band", 0.05, k), 1, 0), ("value", "band")),
            )  # fmt: skip


def emit_income(sheet: Sheet, d: Debtors, own: Property, again: Ints) -> None:
    """Three months' income of persons before an application; hardship that a judge attested."""
    u = d.draws
    living = np.round(column("living_cost")[d.place], 2)
    for lane, day in enumerate((d.anchor, again)):
        for back in (4, 3, 2):
            k = lane * 10 + back
            end = month_end(day, -back)
            sheet.add(
                "income_facts", at(end + 30 + u.whole("income_lag", 0, 14, k)), tag="IF", number=k,
                source="social_insurance", rows=(d.subject == NATURAL) & (day != NEVER), period_end=end,
                income=d.income * np.exp(0.10 * u.z("income", k)), living_cost_allowance=living,
            )  # fmt: skip
    attested = d.anchor - u.whole("attested_day", 5, 120)
    kinds = ("loss_of_work", "loss_of_main_income", "force_majeure", "other")
    other = 2 + u.pick("hardship_kind", (0.4, 0.6))
    found = np.where(d.shock_kind == JOB_LOSS, 0, np.where(d.shock_kind == ILLNESS, 1, other))
    sheet.add(
        "hardship_attestations",
        at(attested + 1),
        tag="HA",
        source="reviewer_attestation",
        rows=own.attested,
        kind_class=coded(found, kinds),
        attested_by=coded(d.place, [f"J{place.code}" for place in PLACES]),
        attested_at=at(attested, 960),
        valid_to=attested + 365,
    )
