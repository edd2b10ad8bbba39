"""Rows of restriction measures (listing, consumption limits, seizure, fines) and of notices before them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from data_synth.debts import (
    ERROR,
    LIQUIDATED,
    MINOR,
    NOT_ENFORCED,
    PERFORMED,
    PLAN,
    REASONS,
    SETTLED,
    SUSPENDED,
    TERM,
    TERMINATED,
    Debts,
)
from data_synth.emit_debts import NEW_CASE, Lanes
from data_synth.latent import Debtors
from data_synth.places import column
from data_synth.property import Property, year_of
from data_synth.rng import Bools, Ints, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, ids, nullify
from records.tables.measures import LIFT_GROUNDS, LIFT_SCOPES, REPAIR_FIELDS

_GROUND = {name: place for place, name in enumerate(LIFT_GROUNDS)}
_BY_STANDING = {
    PERFORMED: "art10_1", SETTLED: "art10_2", TERMINATED: "art10_7", NOT_ENFORCED: "art10_6", SUSPENDED: "art10_5",
    TERM: "term", ERROR: "error", MINOR: "error", PLAN: "plan", LIQUIDATED: "art10_7",
}  # fmt: skip
# What a grant lifts, by its mode (domain brief, DT9): full, conditional, suspension; and by statute.
_SCOPES = (
    (*REPAIR_FIELDS, "consumption", "exit"),
    ("financing", "bidding", "consumption"),
    ("market_access", "consumption", "exit"),
    tuple(LIFT_SCOPES),
)
_FULL_SCOPE = 3


def scopes(codes: Ints) -> pl.Series:
    """Lists of lifted fields by position in the scopes above; negative is null."""
    table = pl.Series([list(scope) for scope in _SCOPES], dtype=pl.List(pl.String))
    return table.gather(nullify(pl.Series(codes), codes < 0))


def unlisted(d: Debtors, debts: Debts) -> Bools:
    """Debtors under consumption limits only: some of those without proven evasion."""
    return np.asarray(
        (debts.reason == 0) & ~np.isin(debts.standing, (ERROR, MINOR, TERM)) & d.draws.chance("unlisted", 0.12)
    )


def lifting(debts: Debts, lanes: Lanes) -> tuple[Ints, Ints, Ints]:
    """Day, ground (position in LIFT_GROUNDS) and scope with which the first measures of the main case end."""
    n = debts.reason.size
    day = np.full(n, NEVER, dtype=np.int64)
    ground, scope = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for app, _ in lanes:
        for standing, name in _BY_STANDING.items():
            hit = (day == NEVER) & (app.lifted != NEVER) & (app.standing == standing)
            early = (standing == PERFORMED) & (debts.reason > 0)  # ②–⑥ run their term unless shortened (art. 2)
            ground = np.where(hit, np.where(early, _GROUND["early_art2"], _GROUND[name]), ground)
            scope, day = np.where(hit, _FULL_SCOPE, scope), np.where(hit, app.lifted, day)
        hit = (day == NEVER) & (app.lifted != NEVER) & app.granted
        ground = np.where(hit, _GROUND["repair"], ground)
        scope, day = np.where(hit, app.result, scope), np.where(hit, app.lifted, day)
    withdrawn = np.isin(debts.standing, (ERROR,)) & (lanes[0][0].accepted != NEVER)
    day = np.where(withdrawn, lanes[0][0].accepted - 1, day)  # the wrong listing was withdrawn before
    ground, scope = np.where(withdrawn, _GROUND["error"], ground), np.where(withdrawn, _FULL_SCOPE, scope)
    by_term = (debts.term_end != NEVER) & ((day == NEVER) | (day > debts.term_end + 3)) & (debts.standing != TERM)
    day = np.where(by_term, debts.term_end + 3, day)
    return day, np.where(by_term, _GROUND["term"], ground), np.where(by_term, _FULL_SCOPE, scope)


def _measure(
    sheet: Sheet, d: Debtors, number: int, case: int, kind: str, *, rows: Bools, decided: Ints, published: bool = False,
    reason: Ints | None = None, term_end: Ints | None = None, lifted: Ints | None = None, ground: Ints | None = None,
    scope: Ints | None = None,
) -> None:  # fmt: skip
    fixed: dict[str, Any] = {
        "tag": "M", "number": number, "case_id": ids(d.who, "C", case), "kind": kind, "decided_date": decided,
        "published_date": np.where(rows & published, decided, NEVER),
        "listing_reason": None if reason is None else coded(reason, REASONS), "term_end": term_end,
    }  # fmt: skip
    sheet.add("restriction_measures", at(decided + 1, 570), rows=rows, **fixed)
    if lifted is not None and ground is not None:
        codes = np.full(d.size, _FULL_SCOPE, dtype=np.int64) if scope is None else scope
        sheet.add(
            "restriction_measures",
            at(lifted + 1, 570),
            rows=rows & (lifted != NEVER),
            version=2,
            lifted_date=lifted,
            lift_ground=coded(ground, LIFT_GROUNDS),
            lift_scope=scopes(codes),
            **fixed,
        )


def emit_measures(sheet: Sheet, d: Debtors, debts: Debts, own: Property, lanes: Lanes) -> None:
    """Measures before the application, their lifting, and what a re-default brings back."""
    u = d.draws
    n = d.size
    day, ground, scope = lifting(debts, lanes)
    listed = ~unlisted(d, debts)
    by_term = ground == _GROUND["term"]
    consumption = np.where(by_term & (debts.standing != TERM), NEVER, day)  # consumption limits have no term
    _measure(
        sheet,
        d,
        0,
        0,
        "失信",
        rows=listed,
        decided=debts.listed,
        published=True,
        reason=debts.reason,
        term_end=debts.term_end,
        lifted=day,
        ground=ground,
        scope=scope,
    )
    _measure(
        sheet,
        d,
        1,
        0,
        "限消",
        rows=np.ones(n, dtype=np.bool_),
        decided=debts.listed,
        published=True,
        lifted=consumption,
        ground=ground,
        scope=scope,
    )
    _earlier(sheet, d, debts)
    room = np.maximum(d.anchor - debts.listed - 20, 1)
    for number, kind, chance in (
        (4, "冻结", sigmoid(-0.6 + 0.3 * d.ability)),
        (5, "罚款", sigmoid(-2.9 - 0.75 * d.willingness)),
        (6, "拘留", sigmoid(-3.6 - 0.85 * d.willingness)),
        (7, "限制出境", sigmoid(-3.4 - 0.2 * d.willingness)),
        (8, "查封", np.where(own.gross[:, 1] > 0, 0.45, 0.0)),
    ):
        decided = debts.listed + np.floor(room * u.u("measure_day", number)).astype(np.int64)
        if number in (4, 8):
            decided = debts.filed[:, 0] + u.whole("seized", 12, 60, number)
        _measure(sheet, d, number, 0, kind, rows=u.chance("measure", chance, number), decided=decided)
    for app, outcome in lanes:
        again = outcome.event != NEVER
        case, base = NEW_CASE + app.lane, 20 + 10 * app.lane
        reason = np.where(outcome.kind == 7, 2, np.where(outcome.kind == 6, 4, 0))
        no_term = np.full(n, NEVER, dtype=np.int64)
        _measure(
            sheet,
            d,
            base,
            case,
            "失信",
            rows=again & (outcome.kind == 0),
            decided=outcome.event,
            published=True,
            reason=reason,
            term_end=no_term,
        )
        _measure(
            sheet, d, base + 1, case, "限消", rows=again & (outcome.kind <= 1), decided=outcome.event, published=True
        )
        fined = u.chance("fined", 0.6, base)
        _measure(sheet, d, base + 2, 0, "罚款", rows=again & (outcome.kind == 6) & fined, decided=outcome.event)
        _measure(sheet, d, base + 3, 0, "拘留", rows=again & (outcome.kind == 6) & ~fined, decided=outcome.event)
        back = outcome.revoked_on
        _measure(
            sheet,
            d,
            base + 4,
            0,
            "失信",
            rows=back != NEVER,
            decided=back,
            published=True,
            reason=reason,
            term_end=np.where(reason > 0, back + 730, NEVER),
            **_second_lift(app.lane, lanes),
        )
        wrong = outcome.annulled
        _measure(
            sheet,
            d,
            base + 5,
            0,
            "失信",
            rows=wrong != NEVER,
            decided=wrong,
            published=True,
            reason=np.zeros(n, dtype=np.int64),
            lifted=np.where(wrong == NEVER, NEVER, wrong + 12),
            ground=np.full(n, _GROUND["error"], dtype=np.int64),
        )
    _notices(sheet, d, debts)


def _second_lift(lane: int, lanes: Lanes) -> dict[str, Ints]:
    """What ends the listing that a revocation restored: a grant on the second application."""
    n = lanes[0][0].granted.size
    if lane > 0 or len(lanes) < 2:
        return {}
    app = lanes[1][0]
    return {
        "lifted": np.where(app.granted, app.lifted, NEVER),
        "ground": np.full(n, _GROUND["repair"], dtype=np.int64),
        "scope": np.where(app.granted, app.result, -1),
    }


def _earlier(sheet: Sheet, d: Debtors, debts: Debts) -> None:
    """Listings and limits in other cases: some ended long ago (paid, term, wrong), some still run."""
    u = d.draws
    for slot in (1, 2):
        decided = debts.filed[:, slot] + 50 + u.whole("other_listed", 0, 40, slot)
        gone = debts.mode[:, slot] == 0
        rows = debts.exists[:, slot] & (decided < d.anchor - 3) & u.chance(
            "other_listing", sigmoid(-0.9 - 0.55 * d.willingness), slot
        )  # fmt: skip
        rows &= ~gone | (debts.closed[:, slot] > decided)
        wrong = rows & u.chance("other_wrong", 0.06, slot)
        lifted = np.where(gone, debts.closed[:, slot] + 2, NEVER)
        lifted = np.where(wrong, decided + 2, lifted)
        pick = u.pick("other_ground", (0.6, 0.2, 0.2), slot)
        by = np.array([_GROUND["art10_1"], _GROUND["art10_2"], _GROUND["art10_3"]])[pick]
        _measure(
            sheet,
            d,
            1 + slot,
            slot,
            "失信",
            rows=rows,
            decided=decided,
            published=True,
            reason=np.zeros(d.size, dtype=np.int64),
            lifted=lifted,
            ground=np.where(wrong, _GROUND["error"], by),
        )


def _notices(sheet: Sheet, d: Debtors, debts: Debts) -> None:
    """Notices with a grace period before listing, where the court's practice knows them."""
    u = d.draws
    served = debts.filed[:, 0] + 10
    since = column("notice_from_year")[d.place]
    rows = (year_of(served) >= since) & u.chance("pre_notice", 0.45)
    grace = np.minimum(served + np.array([30, 60, 90])[u.pick("grace", (0.6, 0.25, 0.15))], debts.listed - 1)
    # "performed" would have stopped the listing, so only those without one reach it
    weights = np.stack(
        [
            np.where(unlisted(d, debts), 0.3, 0.0),
            0.30 * np.exp(0.5 * d.willingness + 0.4 * d.ability),
            0.35 * np.exp(0.6 * d.willingness),
            0.50 * np.exp(-0.6 * d.willingness),
        ],
        axis=1,
    )
    outcome = coded(u.pick("grace_outcome", weights), ("performed", "partial", "cooperative", "none"))
    fixed: dict[str, Any] = {"tag": "N", "served_date": served, "grace_end": grace, "rows": rows}
    sheet.add("pre_notices", at(served + 1, 572), **fixed)
    sheet.add("pre_notices", at(grace + 1, 572), version=2, outcome=outcome, **fixed)
