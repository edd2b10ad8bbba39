"""How debtors behave and whom the debt touches: conduct under enforcement, creditors, social facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from data_synth.debts import LIQUIDATED, PLAN, SUSPENDED, Debts
from data_synth.latent import ENTERPRISE, Debtors
from data_synth.places import CAUSES
from data_synth.property import Property
from data_synth.rng import Bools, Floats, Ints, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, ids

CREDITORS = 8
# kind, slots, log-odds at the mean, per unit of willingness, of ability, days until verified
_KINDS = (
    ("ban_violation", 2, -2.7, -0.80, 0.0, 50),
    ("asset_transfer", 1, -3.6, -0.85, 0.0, 90),
    ("obstruct", 1, -3.7, -0.80, 0.0, 30),
    ("lost_contact", 1, -1.8, -0.75, -0.2, 20),
    ("clue_given", 1, -1.5, 0.70, 0.0, 6),
    ("asset_handed_over", 1, -1.6, 0.65, 0.3, 6),
    ("commitment", 2, -0.7, 0.35, 0.0, 3),
    ("auto_performance_cert", 1, -2.0, 0.50, 0.4, 3),
    ("refusal_crime", 1, -5.75, -0.90, 0.0, 90),
)


@dataclass(frozen=True)
class Conduct:
    """Conduct before the anchor. `happened[kind]` (n, slots) days of verified events, NEVER for none;
    `restored` and `kept` what followed a lost contact and a commitment; `summons` days of service and
    whether each was missed; `shares` (n, CREDITORS) of the debt, 0 beyond the last creditor."""

    happened: dict[str, Ints]
    restored: Ints
    kept: Bools
    summons: Ints
    missed: Bools
    shares: Floats
    mood: Floats  # creditors' readiness to consent (log-odds)
    severity: Ints
    jobs: Bools
    mass: Bools

    def count(self, *kinds: str) -> Floats:
        """Events of the kinds, (n,)."""
        return np.asarray(sum((self.happened[kind] != NEVER).sum(axis=1) for kind in kinds), dtype=np.float64)

    def barred(self, own: Property) -> Bools:
        """Whether the record holds what puts a debtor on the negative list (DT2, `policy.gate`)."""
        violent = (self.happened["obstruct"][:, 0] != NEVER) & (self.severity >= 2)
        refused = (own.verdict == 3) & ~own.cured
        concealed = self.count("asset_transfer", "refusal_crime") > 0
        return np.asarray(concealed | violent | refused | (own.verdict == 2), dtype=np.bool_)


def draw_conduct(d: Debtors, debts: Debts) -> Conduct:
    """Conduct in the main case, by willingness above all."""
    u = d.draws
    filed = debts.filed[:, 0]
    happened: dict[str, Ints] = {}
    for kind, slots, base, by_will, by_ability, lag in _KINDS:
        days = np.full((d.size, slots), NEVER, dtype=np.int64)
        room = np.maximum(d.anchor - filed - 40 - lag, 1)
        for j in range(slots):
            hit = u.chance(kind, sigmoid(base + by_will * d.willingness + by_ability * d.ability), j)
            day = filed + 22 + np.floor(room * u.u(f"{kind}/day", j)).astype(np.int64)
            days[:, j] = np.where(hit, day, NEVER)
        happened[kind] = days
    crime = happened["refusal_crime"]
    crime[(d.anchor - filed) < 250] = NEVER  # a conviction takes longer than that
    lost = happened["lost_contact"][:, 0]
    back = np.minimum(lost + u.whole("restored", 10, 150), d.anchor - 4)
    restored = np.where((lost != NEVER) & u.chance("is_restored", sigmoid(1.2 + 0.5 * d.willingness)), back, NEVER)
    first = np.maximum(filed + 12, d.anchor - 345)
    summons = np.stack(
        [
            np.where(
                u.chance("summons", (0.75, 0.45, 0.25)[j]),
                first + np.floor((d.anchor - 14 - first) * u.u("summons_day", j)).astype(np.int64),
                NEVER,
            )
            for j in range(3)
        ],
        axis=1,
    )
    missed = np.stack([u.chance("summons_missed", sigmoid(-0.9 - 1.1 * d.willingness), j) for j in range(3)], axis=1)
    number = np.clip(np.floor(np.exp(0.45 + 0.35 * d.impact + 0.5 * u.z("creditors"))), 1, CREDITORS)
    weight = np.exp(0.8 * np.stack([u.z("creditor_share", j) for j in range(CREDITORS)], axis=1))
    weight = np.where(np.arange(CREDITORS) < number[:, None], weight, 0.0)
    return Conduct(
        happened=happened,
        restored=restored,
        kept=np.stack([u.chance("kept", sigmoid(0.6 + 1.0 * d.willingness), j) for j in range(2)], axis=1),
        summons=summons,
        missed=missed,
        shares=np.round(weight / weight.sum(axis=1, keepdims=True), 4),
        mood=-0.1 + 0.55 * d.willingness - 0.35 * d.impact + 0.5 * u.z("mood"),
        severity=1 + u.pick("severity", (0.55, 0.33, 0.12)),
        jobs=(d.subject == ENTERPRISE) & u.chance("jobs", 0.6),
        mass=u.chance("mass", sigmoid(-5.6 + 0.7 * d.impact)),
    )


def emit_behaviour(sheet: Sheet, d: Debtors, debts: Debts, own: Property, conduct: Conduct) -> None:
    """Behaviour events, each known when verified."""
    u = d.draws
    case = ids(d.who, "C", 0)
    for place, (kind, slots, *_, lag) in enumerate(_KINDS):
        for j in range(slots):
            day = conduct.happened[kind][:, j]
            verified = np.where(day == NEVER, NEVER, day + u.whole(f"{kind}/verified", 1, lag, j))
            big = kind in ("asset_transfer", "asset_handed_over")
            sheet.add(
                "behaviour_events",
                at(verified, 1020),
                tag="B",
                number=place * 10 + j,
                case_id=case,
                kind=kind,
                event_date=day,
                verified_date=verified,
                severity=conduct.severity
                if place < 3
                else np.where(kind == "refusal_crime", 3, 1) + 0 * conduct.severity,
                amount=0.15 * debts.principal[:, 0] if big else None,
            )
            if kind == "commitment":
                done = np.where(day == NEVER, NEVER, np.minimum(day + 25, d.anchor - 3))
                sheet.add(
                    "behaviour_events",
                    at(done + 1, 1020),
                    tag="B",
                    number=200 + j,
                    case_id=case,
                    kind="commitment_kept",
                    rows=(day != NEVER) & conduct.kept[:, j],
                    event_date=done,
                    verified_date=done + 1,
                    severity=1,
                )
    plain: dict[str, Any] = {"case_id": case, "severity": 1, "tag": "B"}
    back = conduct.restored
    sheet.add(
        "behaviour_events",
        at(back + 1),
        number=210,
        rows=back != NEVER,
        kind="contact_restored",
        event_date=back,
        verified_date=back + 1,
        **plain,
    )
    for j in range(3):
        day = conduct.summons[:, j]
        served, missed = day != NEVER, (day != NEVER) & conduct.missed[:, j]
        sheet.add("behaviour_events", at(day + 1), number=220 + j, rows=served, kind="summons_served", event_date=day,
                  verified_date=day + 1, **plain)  # fmt: skip
        sheet.add(
            "behaviour_events",
            at(day + 8),
            number=230 + j,
            rows=missed,
            kind="summons_missed",
            event_date=day + 7,
            verified_date=day + 8,
            **plain,
        )
    false = own.verdict == 2
    found = d.anchor - 3
    sheet.add("behaviour_events", at(found, 1020), number=240, rows=false, kind="false_report", event_date=found - 10,
              verified_date=found, case_id=case, severity=2, tag="B")  # fmt: skip
    broken = debts.breach
    sheet.add("behaviour_events", at(broken + 2), number=241, rows=broken != NEVER, kind="settlement_breach",
              event_date=broken, verified_date=broken + 1, **plain)  # fmt: skip


def emit_social(sheet: Sheet, d: Debtors, debts: Debts, conduct: Conduct) -> None:
    """Creditors and what else the debt touches, before the first application."""
    u = d.draws
    total = np.where(debts.exists, debts.principal, 0.0).sum(axis=1)
    known = debts.filed[:, 0] + 20
    for j in range(CREDITORS):
        share = conduct.shares[:, j]
        sheet.add(
            "creditor_social_facts", at(known, 600 + j), tag="F", number=j, rows=share > 0, kind="creditor",
            value=text_money(share * total), share_of_debt=share, event_date=known,
        )  # fmt: skip
    unit, firm = d.unit, d.subject == ENTERPRISE
    labour = np.isin(debts.cause[:, 0], [k for k, row in enumerate(CAUSES) if "劳" in row[0]])
    heads = 1 + np.floor(np.exp(0.9 + 0.5 * d.impact + 0.7 * u.z("heads"))).astype(np.int64)
    stage = np.select(
        [debts.standing == PLAN, debts.standing == LIQUIDATED, debts.standing == SUSPENDED], [3, 5, 2], default=1
    )
    in_stage = np.isin(debts.standing, (PLAN, LIQUIDATED, SUSPENDED)) | (
        firm & u.chance("bankruptcy_applied", sigmoid(-4.2 - 0.6 * d.ability))
    )
    stages = ("none", "applied", "accepted", "plan_approved", "completed", "liquidated")
    ended = debts.mode[:, 0] == 1  # four in ten petitions stem from there being no assets (S4a)
    petitions = u.chance("petition", sigmoid(-3.15 + 0.5 * d.impact + 0.35 * ended))
    order = np.exp(12.0 + 0.5 * d.ability + 0.9 * u.z("order"))
    facts: tuple[tuple[str, Bools, pl.Series | None, int, str], ...] = (
        ("petition", petitions, None, 330, "petition_system"),
        ("wage_arrears", labour & unit & u.chance("wage_arrears", 0.8), text_whole(heads), 300, "social_insurance"),
        ("jobs_supported", conduct.jobs, text_whole(d.staff), 200, "social_insurance"),
        ("order_at_stake", firm & u.chance("order_at_stake", 0.3), text_money(order), 120, "party_submission"),
        ("mass_event", conduct.mass, None, 300, "petition_system"),
        (
            "admin_penalty",
            u.chance("penalty", sigmoid(-2.7 + 0.35 * d.impact - 0.3 * d.willingness)),
            text_whole(conduct.severity),
            900,
            "coordination_platform",
        ),
        ("abnormal_list", unit & u.chance("abnormal", sigmoid(-2.0 - 0.5 * d.ability)), None, 500, "registry"),
        (
            "other_severe_list",
            u.chance("other_list", sigmoid(-3.7 + 0.3 * d.impact - 0.4 * d.willingness)),
            None,
            900,
            "coordination_platform",
        ),
        (
            "related_party_listed",
            u.chance("related", sigmoid(-2.5 - 0.45 * d.ability - 0.3 * d.willingness)),
            text_whole(1 + u.pick("related_count", (0.75, 0.2, 0.05))),
            700,
            "publicity_site",
        ),
        ("bankruptcy_stage", in_stage, coded(stage, stages), 90, "bankruptcy_system"),
        ("civil_suit", u.chance("suit", sigmoid(-1.6 - 0.5 * d.ability)), text_money(0.3 * total), 800, "case_system"),
        (
            "tender_won",
            firm & u.chance("tender", sigmoid(-1.8 + 0.5 * d.ability)),
            text_money(2 * order),
            400,
            "registry",
        ),
        ("qualification", firm & u.chance("qualification", 0.25), None, 1200, "registry"),
        ("investment", firm & u.chance("investment", 0.15), text_money(d.capital * 0.1), 1200, "registry"),
    )
    for place, (kind, rows, value, window, source) in enumerate(facts):
        day = d.anchor - 12 - np.floor(window * u.u(f"{kind}/on")).astype(np.int64)
        sheet.add(
            "creditor_social_facts", at(day + 5, 700), tag="F", number=20 + place, rows=rows, source=source, kind=kind,
            value=value, event_date=day,
        )  # fmt: skip


def text_money(values: Floats) -> pl.Series:
    """Money as plain text with two decimals."""
    return pl.Series(np.nan_to_num(values)).round(2).cast(pl.Decimal(18, 2)).cast(pl.String)


def text_whole(values: Ints) -> pl.Series:
    """Counts as plain text."""
    return pl.Series(values).cast(pl.String)
