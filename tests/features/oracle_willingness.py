"""Plain-Python indicators of 行为意愿: a function per indicator, named as its column; None where it is unknown."""

from __future__ import annotations

from datetime import date

from oracle_case import RANK, Case, Number, fen, months_back, over, total


def report_days_late(c: Case) -> Number:
    late = [((row["filed_date"] or c.day) - row["due_date"]).days for row in c.rows("property_reports")]
    return min(180, max(0, *late)) if late else None


def report_match_ratio(c: Case) -> Number:
    found = [
        round(row["verified_match"] * 1e6) for row in c.rows("property_reports") if row["verified_match"] is not None
    ]
    return sum(found) / len(found) / 1e6 if found else None


def false_report_24m(c: Case) -> Number:
    rows = [row for row in c.rows("property_reports") if row["verdict"] in ("false", "refused")]
    return sum(c.since(row["verified_date"], 24) for row in rows)


def ban_violation_24m(c: Case) -> Number:
    return len(c.events(24, "ban_violation"))


def asset_transfer_36m(c: Case) -> Number:
    return len(c.events(36, "asset_transfer"))


def obstruction_36m(c: Case) -> Number:
    return len(c.events(36, "obstruct"))


def fine_detention_24m(c: Case) -> Number:
    rows = [row for row in c.rows("restriction_measures") if row["kind"] in ("罚款", "拘留")]
    return sum(c.since(row["decided_date"], 24) and row["lift_ground"] != "error" for row in rows)


def summons_response_rate(c: Case) -> Number:
    served = sum(c.since(row["event_date"], 12) for row in c.rows("behaviour_events", kind="summons_served"))
    missed = sum(c.since(row["event_date"], 12) for row in c.rows("behaviour_events", kind="summons_missed"))
    return max(0.0, (served - missed) / served) if served else None


def lost_contact_days_12m(c: Case) -> Number:
    back = sorted(row["event_date"] for row in c.rows("behaviour_events", kind="contact_restored"))
    spells: dict[date | None, date] = {}
    for row in c.rows("behaviour_events", kind="lost_contact"):
        end = next((day for day in back if day >= row["event_date"]), None)
        spells[end] = min(spells.get(end, row["event_date"]), row["event_date"])
    return sum(
        max(0, (min(end or c.day, c.day) - max(start, months_back(c.day, 12))).days) for end, start in spells.items()
    )


def cooperation_events_12m(c: Case) -> Number:
    return len(c.events(12, "clue_given", "asset_handed_over"))


def commitment_kept_ratio(c: Case) -> Number:
    made, kept = (
        len(c.rows("behaviour_events", kind="commitment")),
        len(c.rows("behaviour_events", kind="commitment_kept")),
    )
    return min(1.0, kept / made) if made else None


def auto_performance_certs_36m(c: Case) -> Number:
    return len(c.events(36, "auto_performance_cert"))


def days_since_violation(c: Case) -> Number:
    kinds = ("ban_violation", "asset_transfer", "obstruct", "false_report", "settlement_breach", "refusal_crime")
    days = [row["verified_date"] for row in c.rows("behaviour_events") if row["kind"] in kinds and row["verified_date"]]
    return min(1825, (c.day - max(days)).days) if days else 1825


def listing_reason_rank(c: Case) -> Number:
    return max((RANK[row["listing_reason"]] for row in c.live() if row["listing_reason"]), default=0)


def multi_behaviour_flag(c: Case) -> Number:
    return int(len({row["listing_reason"] for row in c.live() if row["listing_reason"]}) > 1)


def prior_listing_5y(c: Case) -> Number:
    revoked = {row["application_id"] for row in c.rows("revocations") if row["decided_at"]}
    covered = {
        case
        for row in c.rows("repair_applications")
        if row["application_id"] in revoked
        for case in row["case_ids"] or []
    }
    count = 0
    for row in c.rows("restriction_measures", kind="失信"):
        if row["lift_ground"] == "error" or row["case_id"] in c.named_cases() or not c.since(row["decided_date"], 60):
            continue
        count += row["lift_ground"] not in ("repair", "plan") or row["case_id"] in covered
    return count


def prior_repair_5y(c: Case) -> Number:
    rows = [row for row in c.rows("decisions") if row["result"].startswith("granted")]
    rows = [row for row in rows if c.application is None or row["application_id"] != c.application]
    return sum(c.since(row["decided_at"], 60) for row in rows)


def prior_revocation_5y(c: Case) -> Number:
    return sum(c.since(row["decided_at"], 60) for row in c.rows("revocations"))


def days_on_list(c: Case) -> Number:
    first = c.first_live()
    return (c.day - first).days if first else 0


def grace_outcome(c: Case) -> Number:
    order = ("none", "cooperative", "partial", "performed")
    rows = [(row["grace_end"], order.index(row["outcome"])) for row in c.rows("pre_notices") if row["outcome"]]
    return max(rows)[1] if rows else None


def voluntary_share(c: Case) -> Number:
    paid = sum(fen(row["amount"]) for row in c.rows("payments"))
    return over(sum(fen(row["amount"]) for row in c.rows("payments", nature="voluntary")), paid)


def paid_before_measure_ratio(c: Case) -> Number:
    due = total(c.due(case) for case in c.scope())
    if due is None:
        return None
    early = 0
    for case in c.scope():
        measures = c.rows("restriction_measures", case_id=case["case_id"])
        days = [row["decided_date"] for row in measures if row["kind"] in ("失信", "限消")]
        for row in c.rows("payments", case_id=case["case_id"]):
            early += fen(row["amount"]) if not days or row["paid_date"] < min(days) else 0
    ratio = over(early, due)
    return None if ratio is None else min(1.0, ratio)


def _recent_instalments(c: Case) -> list[tuple[date, date | None]]:
    rows = [row for row in c.rows("settlements") if row["status"] != "changed"]
    return [pair for row in rows for pair in c.lateness(row) if c.since(pair[0], 12)]


def on_time_rate_12m(c: Case) -> Number:
    dues = _recent_instalments(c)
    return over(sum(reached is not None and reached <= due for due, reached in dues), len(dues))


def max_overdue_days_12m(c: Case) -> Number:
    late = [max(0, ((reached or c.day) - due).days) for due, reached in _recent_instalments(c)]
    months = [row for row in c.rows("monitoring_monthly") if c.since(row["period_end"], 12)]
    late += [row["d1_days_late"] for row in months if row["d1_days_late"] is not None]
    return max(late, default=None)


def settlement_active(c: Case) -> Number:
    return c.kept_up()


def settlement_breach_36m(c: Case) -> Number:
    broken = sum(c.since(row["agreed_date"], 36) for row in c.rows("settlements", status="breached"))
    return max(len(c.events(36, "settlement_breach")), broken)


def material_completeness(c: Case) -> Number:
    for row in c.own("repair_applications"):
        ratio = over(row["materials_submitted"], row["materials_required"])
        return None if ratio is None else min(1.0, ratio)
    return None


def material_discrepancies(c: Case) -> Number:
    rows = c.own("repair_applications")
    return rows[0]["material_discrepancies"] if rows else None
