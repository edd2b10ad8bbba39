"""Rows of restriction measures (listing, consumption limits, seizure, fines) and of notices before them."""

from __future__ import annotations

from datetime import date
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
    restrained,
)
from data_synth.emit_debts import NEW_CASE, Lanes
from data_synth.latent import Debtors
from data_synth.law import lifted_by, revised
from data_synth.places import column
from data_synth.property import Property, year_of
from data_synth.rng import Bools, Draws, Ints, sigmoid
from data_synth.sheet import NEVER, Sheet, at, coded, day_number, ids, nullify
from records.tables.measures import LIFT_GROUNDS, LIFT_SCOPES

_GROUND = {name: place for place, name in enumerate(LIFT_GROUNDS)}
_BY_STANDING = {
    PERFORMED: "art10_1", SETTLED: "art10_2", TERMINATED: "art10_7", NOT_ENFORCED: "art10_6", SUSPENDED: "art10_5",
    TERM: "term", ERROR: "error", MINOR: "error", PLAN: "plan", LIQUIDATED: "art10_7",
}  # fmt: skip
# What a grant lifts, by its mode in the order of RESULTS (DT9, `policy.scope`); everything by statute.
_MODES = ("full", "conditional", "suspension")
_FULL_SCOPE = len(_MODES)
_CLEARING = day_number(date(2023, 10, 15))


def scopes(codes: Ints) -> pl.Series:
    """Lists of lifted fields by mode, or _FULL_SCOPE for everything; negative is null."""
    lifted = [*(lifted_by(mode) for mode in _MODES), LIFT_SCOPES]
    table = pl.Series([list(scope) for scope in lifted], dtype=pl.List(pl.String))
    return table.gather(nullify(pl.Series(codes), codes < 0))


def lifting(debts: Debts, lanes: Lanes, u: Draws) -> tuple[Ints, Ints, Ints]:
    """Day, ground (position in LIFT_GROUNDS) and scope with which the first measures of the main case end."""
    n = debts.reason.size
    day = np.full(n, NEVER, dtype=np.int64)
    ground, scope = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for app, _ in lanes:
        for standing, name in _BY_STANDING.items():
            hit = (day == NEVER) & (app.lifted != NEVER) & (app.standing == standing)
            early = (standing == PERFORMED) & (debts.term_end != NEVER)  # a term runs unless shortened (art. 2)
            ground = np.where(hit, np.where(early, _GROUND["early_art2"], _GROUND[name]), ground)
            scope, day = np.where(hit, _FULL_SCOPE, scope), np.where(hit, app.lifted, day)
        hit = (day == NEVER) & (app.lifted != NEVER) & app.granted
        ground = np.where(hit, _GROUND["repair"], ground)
        scope, day = np.where(hit, app.result, scope), np.where(hit, app.lifted, day)
    withdrawn = np.isin(debts.standing, (ERROR,)) & (lanes[0][0].accepted != NEVER)
    day = np.where(withdrawn, lanes[0][0].accepted - 1, day)  # the wrong listing was withdrawn before
    ground, scope = np.where(withdrawn, _GROUND["error"], ground), np.where(withdrawn, _FULL_SCOPE, scope)
    asked_until = np.max([np.maximum(app.decided, app.filed) for app, _ in lanes], axis=0)
    nothing = cleared(debts, u, 0, np.maximum(asked_until + 20, debts.listed + 100))
    nothing = np.where(day == NEVER, nothing, NEVER)
    ground = np.where(nothing != NEVER, _GROUND["art10_4"], ground)
    day = np.where(nothing != NEVER, nothing, day)
    by_term = (debts.term_end != NEVER) & ((day == NEVER) | (day > debts.term_end + 3)) & (debts.standing != TERM)
    day = np.where(by_term, debts.term_end + 3, day)
    return day, np.where(by_term, _GROUND["term"], ground), np.where(by_term, _FULL_SCOPE, scope)


def _measure(
    sheet: Sheet, d: Debtors, number: int, case: int | Ints, kind: str, *, rows: Bools, decided: Ints,
    published: bool = False, reason: Ints | None = None, term_end: Ints | None = None, lifted: Ints | None = None,
    ground: Ints | None = None, scope: Ints | None = None,
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
    day, ground, scope = lifting(debts, lanes, u)
    listed = ~debts.unlisted
    asked = ground == _GROUND["repair"]
    asked &= np.any([app.on_request & (app.lifted == day) for app, _ in lanes], axis=0)
    list_only = ((ground == _GROUND["term"]) & (debts.standing != TERM)) | (ground == _GROUND["art10_4"])
    consumption = np.where(list_only, NEVER, day)  # consumption limits have no term and outlive the listing
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
        ground=np.where(asked, _GROUND["art10_3"], ground),
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
        (6, "拘留", sigmoid(-2.1 - 0.85 * d.willingness)),
        (7, "限制出境", sigmoid(-3.4 - 0.2 * d.willingness)),
        (8, "查封", np.where(own.gross[:, 1] > 0, 0.45, 0.0)),
    ):
        decided = debts.listed + np.floor(room * u.u("measure_day", number)).astype(np.int64)
        if number in (4, 8):
            decided = debts.filed[:, 0] + u.whole("seized", 12, 60, number)
        _measure(sheet, d, number, 0, kind, rows=u.chance("measure", chance, number), decided=decided)
    for app, outcome in lanes:
        again = outcome.event != NEVER
        base = 20 + 10 * app.lane
        case = np.where(outcome.same_case, 0, NEW_CASE + app.lane)
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


def cleared(debts: Debts, u: Draws, slot: int, after: Ints) -> Ints:
    """Day a listing is deleted because a case without assets stayed so (art. 10(4)): at least two queries after
    the closing, not before `after` (n,); NEVER for none. Courts cleared old listings above all in 2024."""
    ended = debts.closed[:, slot]
    wave = _CLEARING + np.floor(700 * u.u("clearing_day", slot) ** 1.2).astype(np.int64)
    soon = revised(ended) & u.chance("clearing_early", 0.12, slot)
    day = np.where(soon, ended + 400, np.maximum(wave, ended + 400))
    hit = (debts.mode[:, slot] == 1) & (ended != NEVER) & (day > after) & (soon | u.chance("clearing", 0.52, slot))
    return np.asarray(np.where(hit, day, NEVER), dtype=np.int64)


def _earlier(sheet: Sheet, d: Debtors, debts: Debts) -> None:
    """Listings and limits in other cases: some ended long ago (paid, wrong, nothing found), some still run."""
    u = d.draws
    for slot in (1, 2):
        decided = debts.filed[:, slot] + 50 + u.whole("other_listed", 0, 40, slot)
        gone = debts.mode[:, slot] == 0
        rows = debts.exists[:, slot] & (decided < d.anchor - 3) & u.chance(
            "other_listing", sigmoid(-0.6 - 0.55 * d.willingness), slot
        )  # fmt: skip
        rows &= ~gone | (debts.closed[:, slot] > decided)
        listed = rows & ~u.chance("other_restrained", restrained(decided), slot)
        wrong = listed & u.chance("other_wrong", 0.06, slot)
        paid = np.where(gone, debts.closed[:, slot] + 2, NEVER)
        nothing = cleared(debts, u, slot, decided)
        lifted = np.where(wrong, decided + 2, np.where(gone, paid, nothing))
        pick = u.pick("other_ground", (0.6, 0.2, 0.2), slot)
        pick = np.where((pick == 2) & ~revised(paid), 0, pick)
        by = np.array([_GROUND["art10_1"], _GROUND["art10_2"], _GROUND["art10_3"]])[pick]
        by = np.where(gone, by, _GROUND["art10_4"])
        fixed: dict[str, Any] = {"decided": decided, "published": True}
        reason = np.zeros(d.size, dtype=np.int64)
        _measure(sheet, d, 1 + slot, slot, "失信", rows=listed, reason=reason, lifted=lifted,
                 ground=np.where(wrong, _GROUND["error"], by), **fixed)  # fmt: skip
        _measure(sheet, d, 8 + slot, slot, "限消", rows=rows, lifted=paid, ground=by, **fixed)


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
            np.where(debts.unlisted, 0.3, 0.0),
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
