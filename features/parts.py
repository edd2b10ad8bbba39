"""Parts that several indicators share: the debt, assets, listings, conduct, the application.

A part's name is its identity within a catalogue (`features.checks` refuses two meanings of one
name), so what several indicators need is declared here, once.
"""

from __future__ import annotations

from types import MappingProxyType

import polars as pl

from features.expressions import as_of_number, divided, fen, flag, micro, one_of, since
from features.indicator import Part

c = pl.col
NOTHING = pl.lit(0, pl.Int64)

# The debt that still stands, over all cases of the debtor.
REMAINING = MappingProxyType(
    {
        "remaining_fen": Part("enforcement_cases", c("owed"), "sum", c("remaining_fen")),
        "remaining_unknown": Part("enforcement_cases", c("owed") & c("remaining_fen").is_null()),
        "owed_obligations": Part("obligations", c("case_owed"), "support"),
        "owed_payments": Part("payments", c("case_owed"), "support"),
    }
)
THIS_APPLICATION = MappingProxyType({"this_application": Part("repair_applications", c("this_application"), "support")})
# Debt in scope: what still stands, and the cases of the application even where they are performed.
SCOPE = MappingProxyType(
    {
        "scope_due_fen": Part("enforcement_cases", c("in_scope"), "sum", c("due_fen")),
        "scope_unknown": Part("enforcement_cases", c("in_scope") & c("due_fen").is_null()),
        "scope_obligations": Part("obligations", c("case_in_scope"), "support"),
        "scope_payments": Part("payments", c("case_in_scope"), "support"),
        **THIS_APPLICATION,
    }
)
SCOPE_REMAINING = Part("enforcement_cases", c("in_scope"), "sum", c("remaining_fen"))

NET_FEN = pl.max_horizontal(fen("gross_value") - fen("encumbrance_value").fill_null(0), NOTHING)
ASSETS = MappingProxyType(
    {
        "assets_found": Part("property_queries", c("latest")),
        "assets_net_fen": Part("property_queries", c("latest"), "sum", NET_FEN),
    }
)

LISTING = c("kind") == "失信"
LIVE_LISTING = LISTING & c("live")

PLAN = MappingProxyType(
    {
        "asked_plan_fen": Part("repair_applications", c("this_application"), "sum", c("plan_future_fen")),
        "asked_plan_last": Part("repair_applications", c("this_application"), "max", c("plan_last_day")),
        "agreed_plan_fen": Part("settlements", c("status") == "performing", "sum", c("plan_future_fen")),
        "agreed_plan_last": Part("settlements", c("status") == "performing", "max", c("plan_last_day")),
    }
)
SETTLEMENT_PAYMENTS = MappingProxyType(
    {"settlement_payments": Part("payments", c("settlement_id").is_not_null(), "support")}
)
# A performing settlement counts as kept up while no instalment is more than 30 days behind
# (beyond it the plan is broken, which after a repair counts as re-default E4: docs/sources.md).
KEPT_UP = (c("status") == "performing") & (c("late_now").fill_null(0) <= 30)

VERIFIED = c("verified_date").is_not_null()


def conduct(months: int, *kinds: str) -> Part:
    """Number of events of the kinds that were verified within the window."""
    return Part("behaviour_events", one_of("kind", *kinds) & VERIFIED & since(c("verified_date"), months))


def debtor(column: str, *, value: pl.Expr | None = None) -> Part:
    """A flag (0 or 1) or a number of the newest registry extract; null without one."""
    return Part("debtors", pl.lit(True), "max", flag(c(column)) if value is None else value)


# A natural person, or the business of one (民法典 art. 54): insolvency law for enterprises is not theirs.
PERSON = MappingProxyType(
    {"persons": debtor("", value=one_of("subject_type", "natural", "individual_business").cast(pl.Int64))}
)
VERIFIED_FALSE = one_of("verdict", "inconsistent", "false")


def social(kind: str, rows: pl.Expr | None = None) -> Part:
    """Number of creditor and social facts of a kind."""
    return Part("creditor_social_facts", (c("kind") == kind) if rows is None else (c("kind") == kind) & rows)


def social_number(kind: str, rows: pl.Expr, *, default: float = 0.0) -> Part:
    """Greatest value of the facts of a kind; `default` where the value is no number."""
    return Part("creditor_social_facts", (c("kind") == kind) & rows, "max", c("number").fill_null(default))


# Creditors are heard when every notice of the application is answered or past its day of reply:
# until then the stance of the silent is unknown, never consent and never non-objection (DT6).
HEARD = MappingProxyType(
    {
        "notices": Part("creditor_notices", c("this_application")),
        "notices_pending": Part(
            "creditor_notices",
            c("this_application") & c("reply").is_null() & (c("reply_due") >= c("as_of_day")),
        ),
    }
)
CONSENT = MappingProxyType(
    {
        "consent_micro": Part(
            "creditor_social_facts", (c("kind") == "consent") & c("this_application"), "sum", micro("share_of_debt")
        )
    }
)
OBJECTION = MappingProxyType(
    {
        "objection_micro": Part(
            "creditor_social_facts", (c("kind") == "objection") & c("this_application"), "sum", micro("share_of_debt")
        )
    }
)
HEARING = MappingProxyType({"heard": (c("notices") > 0) & (c("notices_pending") == 0)})

# Steps that several indicators share. The remaining debt and the debt in scope are in 分, null when the amount
# of a case is not on record; the plan is the one handed in, or that of the performing settlements, null without.
REMAINS = MappingProxyType({"remaining": pl.when(c("remaining_unknown") == 0).then(c("remaining_fen"))})
DUE = MappingProxyType({"scope_due": pl.when(c("scope_unknown") == 0).then(c("scope_due_fen"))})
PLAN_AMOUNT = MappingProxyType(
    {
        "plan_fen": pl.when(c("asked_plan_fen") > 0)
        .then(c("asked_plan_fen"))
        .when(c("agreed_plan_fen") > 0)
        .then(c("agreed_plan_fen"))
    }
)
_PLAN_LAST = pl.when(c("asked_plan_fen") > 0).then(c("asked_plan_last")).otherwise(c("agreed_plan_last"))
# Days from the as-of day to the last instalment of that plan, at least 30.
PLAN_DAYS = MappingProxyType({"plan_days": pl.max_horizontal(_PLAN_LAST - as_of_number(), pl.lit(30, pl.Int64))})


def said_share(part: str) -> pl.Expr:
    """Share of the debt that has spoken so (step `HEARING`). What is said is known; silence is unknown until all
    are heard."""
    return pl.when((c(part) > 0) | c("heard")).then(divided(c(part), 1_000_000.0).clip(upper_bound=1.0))


def covered(part: str | pl.Expr, cap: float = 3.0) -> pl.Expr:
    """A part in 分 over the remaining debt (step `REMAINS`), at most `cap`, which stands also where nothing is owed."""
    held = c(part) if isinstance(part, str) else part
    over = (held / c("remaining")).clip(upper_bound=cap)
    return pl.when(c("remaining") > 0).then(over).when(c("remaining") == 0).then(cap)
