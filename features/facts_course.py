"""Facts of how a repair runs: before the listing, at entry, at the hearing, in stages, under observation.

The decision tables read them where given (`policy.facts.EXTRA_FACTS`); none is needed, and unknown changes
nothing. What no table of the contract carries is not made up: hearings asked for, periods of publicity,
observation or guarantee before a repair, other laws' bars, and obstruction of a bankruptcy stay unknown.
"""

from __future__ import annotations

from types import MappingProxyType

import polars as pl

from features.declare import fact
from features.expressions import coded, day_number, divided, flag, one_of, since
from features.indicator import Indicator, Part
from features.parts import LIVE_LISTING, PERSON, SETTLEMENT_PAYMENTS, THIS_APPLICATION, VERIFIED_FALSE

c = pl.col
_MINE = c("application_id") == c("case_application_id")
_GRANTED = one_of("result", "granted_full", "granted_conditional", "granted_suspension")
_GRANT = Part("decisions", c("this_application") & _GRANTED)
_CLEARING = c("kind") == "bankruptcy_stage"


def _day(moment: str) -> pl.Expr:
    """Court-time day of a timestamp column, as days since 1970-01-01."""
    return c(moment).dt.date().to_physical().cast(pl.Int64)


def _whole_months(since_day: pl.Expr) -> pl.Expr:
    """Calendar months gone by from a day to the as-of day; a day that a month lacks is its last day."""
    today = c("as_of_day")
    months = (today.dt.year() - since_day.dt.year()).cast(pl.Int64) * 12
    months += today.dt.month().cast(pl.Int64) - since_day.dt.month().cast(pl.Int64)
    short = (today.dt.day() < since_day.dt.day()) & (today != today.dt.month_end())
    return months - short.cast(pl.Int64)


def _of_application(  # noqa: PLR0917
    id_: str, zh: str, en: str, basis: str, table: str, rows: pl.Expr
) -> Indicator:
    """Whether the application has such a row."""
    return fact(id_, zh, en, basis, {id_: Part(table, _MINE & rows)}, c(id_).clip(upper_bound=1), missing="none")


def _clearing_step(id_: str, zh: str, en: str, value: str) -> Indicator:
    part = Part("creditor_social_facts", _CLEARING & (c("value") == value))
    return fact(id_, zh, en, "S4b R35", {id_: part}, c(id_).clip(upper_bound=1), dimension="ability", missing="none")


BEFORE: tuple[Indicator, ...] = (
    fact(
        "listing_criteria_met", "符合纳入条件", "Meets the criteria of listing", "R40",
        {"notices_served": Part("pre_notices", pl.lit(True))},
        pl.when(c("notices_served") > 0).then(pl.lit(1, pl.Int64)),
    ),
    # Months and days of the grace period that still runs; a month is at most 31 days.
    fact(
        "grace_elapsed_months", "宽限期已过月数", "Months of grace gone by", "R40",
        {"grace_since": Part("pre_notices", c("outcome").is_null(), "max", day_number("served_date"))},
        divided(c("grace_months") * 31 + c("grace_days"), 31.0), unit="months", maximum=None,
        steps={
            "grace_day": c("grace_since").cast(pl.Int32).cast(pl.Date),
            "grace_months": _whole_months(c("grace_day")),
            "grace_days": c("as_of_day").to_physical().cast(pl.Int64) - c("grace_day").dt.offset_by(
                pl.format("{}mo", c("grace_months"))
            ).to_physical().cast(pl.Int64),
        },
    ),
    # Every listing of the application has been public at least so long; unknown where one has no day.
    fact(
        "months_published", "已公示月数", "Whole months of publication", "DT4",
        {
            "named_published": Part(
                "restriction_measures", LIVE_LISTING & c("in_application"), "min",
                _whole_months(c("published_date")),
            ),
            "named_undated": Part(
                "restriction_measures", LIVE_LISTING & c("in_application") & c("published_date").is_null()
            ),
            **THIS_APPLICATION,
        },
        pl.when(c("named_undated") == 0).then(c("named_published")), unit="months", maximum=None,
    ),
)  # fmt: skip

ENTRY: tuple[Indicator, ...] = (
    _of_application(
        "credit_report", "已提交信用报告", "A credit report was handed in", "S0a R23", "documents",
        (c("kind") == "report") & ~one_of("verdict", "false", "inconsistent").fill_null(False),
    ),
    fact(
        "field_checked", "已实地核查", "Checked on site, 12 months", "S1a R27 平度",
        {
            "onsite_answers": Part(
                "property_queries",
                (c("channel") == "onsite") & one_of("feedback_status", "ok", "partial")
                & since(c("requested_at").dt.date(), 12),
            )
        },
        c("onsite_answers").clip(upper_bound=1), dimension="ability", window="12m", missing="none",
    ),
    # A case is closed as 执行完毕 only when the interest for late performance is in (法发〔2014〕26号 art. 15).
    fact(
        "late_interest_paid", "已付清迟延履行利息", "Late-performance interest paid", "S1a R27; 法释〔2014〕8号",
        {
            "named_all": Part("enforcement_cases", c("in_application") & ~c("resumed")),
            "named_whole": Part(
                "enforcement_cases",
                c("in_application") & ~c("resumed") & (c("closing_mode") == "执行完毕").fill_null(False),
            ),
            **THIS_APPLICATION,
        },
        pl.when(c("named_all") > 0).then((c("named_all") == c("named_whole")).cast(pl.Int64)),
    ),
)  # fmt: skip

HEARING: tuple[Indicator, ...] = (
    _of_application("hearing_held", "已举行听证", "A hearing was held", "S0a R08", "hearings", pl.lit(True)),
    # The newest opinion counts; of one day's, the one against.
    fact(
        "third_party_opinion", "第三方意见", "Third party's opinion", "S0a R48",
        {
            "opinion": Part(
                "hearings", _MINE & (c("third_party_opinion") != "none"), "max",
                _day("held_at") * 4 + coded("third_party_opinion", {"support": 0, "neutral": 1, "oppose": 2}),
            )
        },
        1 - c("opinion") % 4, unit="-1 against, 0 neutral, 1 for", minimum=-1,
    ),
)  # fmt: skip

_NAMED = MappingProxyType({"named_any": Part("enforcement_cases", c("in_application"), "support"), **THIS_APPLICATION})
_STAGED = (c("status") == "performing") & c("case_in_application")
STAGES: tuple[Indicator, ...] = (
    fact(
        "stages_total", "约定分期数", "Instalments agreed", "S1c R44",
        {
            "agreed_parts": Part("settlements", _STAGED, "sum", c("plan_parts")),
            **_NAMED,
        },
        pl.when(c("agreed_parts") > 0).then(c("agreed_parts")), unit="count", maximum=None,
    ),
    fact(
        "stages_paid", "已到账期数", "Instalments that have arrived", "S1c R44",
        {
            "agreed_parts": Part("settlements", _STAGED, "sum", c("plan_parts")),
            "reached_parts": Part("settlements", _STAGED, "sum", c("plan_reached")),
            **SETTLEMENT_PAYMENTS, **_NAMED,
        },
        pl.when(c("agreed_parts") > 0).then(c("reached_parts")), unit="count", maximum=None,
    ),
)  # fmt: skip

# 个人债务集中清理 has no table of its own: its steps are stages of a natural person, in the words of
# `features.status.INSOLVENCY_STAGE`; the creditors' vote is the `share_of_debt` of its row.
CLEARING: tuple[Indicator, ...] = (
    fact(
        "debt_clearing", "个人债务集中清理中", "In personal debt clearing", "S2a R68; S4b R35",
        {
            "clearing_stage": Part(
                "creditor_social_facts",
                _CLEARING & c("latest") & one_of(
                    "value", "accepted", "plan_approved", "first_distribution", "administrator_applied",
                    "observation_waived",
                ),
            ),
            **PERSON,
        },
        (c("clearing_stage").clip(upper_bound=1) * c("persons").fill_null(0)), dimension="ability", missing="none",
    ),
    _clearing_step("first_distribution", "已首次分配", "First distribution made", "first_distribution"),
    _clearing_step("administrator_applied", "管理人已申请解除", "The administrator applied", "administrator_applied"),
    fact(
        "waiver_vote_share", "同意免设观察期的债权人占比", "Creditors who waived observation", "S4b R35",
        {
            "waiver_micro": Part(
                "creditor_social_facts", _CLEARING & (c("value") == "observation_waived"), "max",
                (c("share_of_debt") * 1_000_000).round().cast(pl.Int64),
            )
        },
        divided(c("waiver_micro"), 1_000_000.0), unit="ratio",
    ),
    # Kept apart, and never the ward's (S4a).
    fact(
        "guardian_misconduct", "监护人不当行为", "A guardian's misconduct, kept apart", "S4c R70",
        {"guardian_acts": Part("guardian_conduct", pl.lit(True))},
        c("guardian_acts").clip(upper_bound=1), missing="none",
    ),
)  # fmt: skip

_EVENT = c("annulled_at").is_null()
OBSERVED: tuple[Indicator, ...] = (
    # The condition stands in the decision by the code that the suggestion gives it (DT8).
    fact(
        "lifting_temporary", "正式修复前的临时解除", "Temporary lifting before the formal repair", "S2a R33",
        {
            "grants": _GRANT,
            "grants_temporary": Part(
                "decisions",
                c("this_application") & _GRANTED & c("conditions_json").str.contains("temporary_lifting", literal=True),
            ),
        },
        pl.when(c("grants") > 0).then(c("grants_temporary").clip(upper_bound=1)),
    ),
    fact(
        "observation_ended", "观察期已届满", "Observation is over", "DT8, DT10",
        {
            "grants": _GRANT,
            "grants_over": Part(
                "decisions",
                c("this_application") & _GRANTED
                & (c("decided_at").dt.date().dt.offset_by(pl.format("{}mo", c("observation_months"))) < c("as_of_day")),
            ),
        },
        pl.when(c("grants") > 0).then((c("grants_over") == c("grants")).cast(pl.Int64)),
    ),
    _of_application(
        "false_material_verified", "查实虚假材料", "False material verified", "R38–R39", "documents",
        c("verdict") == "false",
    ),
    fact(
        "breach_days", "违反所附条件的逾期日数", "Days behind with what was agreed", "R33; DT10",
        {
            "agreed_late": Part(
                "settlements", one_of("status", "performing", "breached") & c("case_in_application"), "max",
                c("late_now"),
            ),
            "monitored_late_now": Part("monitoring_monthly", c("newest"), "max", c("d1_days_late")),
            **SETTLEMENT_PAYMENTS, **_NAMED,
        },
        pl.max_horizontal(c("agreed_late"), c("monitored_late_now")), unit="days", maximum=None, window="newest",
    ),
    # E1 listed again, E2 a new consumption order, E7 penalty for conduct after the grant, E8 assets concealed.
    _of_application(
        "new_dishonesty", "观察期内新的失信", "New dishonest conduct", "R38; DT10", "redefault_events",
        _EVENT & one_of("kind", "E1", "E2", "E7", "E8"),
    ),
    _of_application(
        "new_dishonesty_serious", "观察期内新的严重失信", "New and serious dishonest conduct", "R38; DT10",
        "redefault_events", _EVENT & one_of("kind", "E7", "E8"),
    ),
    # Facts of before the grant that became known after it: a paper found not to be what it said.
    fact(
        "lookback_mismatch", "事后得知与所提交材料不符", "What was submitted does not hold, known later", "R38; DT10",
        {
            "grant_day": Part("decisions", c("this_application") & _GRANTED, "max", _day("decided_at")),
            "mismatch_day": Part("documents", _MINE & VERIFIED_FALSE, "max", _day("verified_at")),
            "paper_alarm": Part("monitoring_monthly", c("newest"), "max", flag(c("d6_document_mismatch") > 0)),
        },
        pl.when(c("grant_day").is_not_null()).then(
            ((c("mismatch_day") > c("grant_day")).fill_null(False) | (c("paper_alarm") > 0).fill_null(False))
            .cast(pl.Int64)
        ),
    ),
)  # fmt: skip

COURSE: tuple[Indicator, ...] = BEFORE + ENTRY + HEARING + STAGES + CLEARING + OBSERVED
