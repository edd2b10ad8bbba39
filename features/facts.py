"""All facts that gates, routes and warnings read, and the cohort parameters some of them need.

Facts are indicators that are never scored: 0 or 1, or a number, null when unknown, each with its
evidence rows. Windows set by law or policy come with the cohort as columns `p_<name>`; `pipeline`
fills them from the policy's `features.<name>`, `PARAMETER_DEFAULTS` lists the names and the values
that hold where no policy speaks (all assumptions of this project).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from features.declare import fact
from features.expressions import EVERY, coded, day_number, one_of, ratio, since, yuan
from features.facts_course import COURSE
from features.facts_law import NEGATIVE, STATUTORY
from features.indicator import Indicator, Part
from features.parts import (
    CONSENT,
    DUE,
    HEARD,
    HEARING,
    KEPT_UP,
    LIVE_LISTING,
    NET_FEN,
    PERSON,
    PLAN,
    PLAN_AMOUNT,
    REMAINING,
    REMAINS,
    SCOPE,
    SCOPE_REMAINING,
    SETTLEMENT_PAYMENTS,
    THIS_APPLICATION,
    conduct,
    covered,
    said_share,
    social,
    social_number,
)
from features.status import COVERAGE, HARDSHIP

PARAMETER_DEFAULTS: Mapping[str, float] = MappingProxyType(
    {
        "neg_window_months": 36.0,  # conduct that bars repair (DT2)
        "fake_list_months": 36.0,  # stay on the fake-repair list (DT11)
        "lockout_near_months": 6.0,  # a lock-out that ended so recently is a warning
        "provident_cap": 100_000_000.0,  # CNY of provident fund within reach; this stands for no cap (R75)
        "monitor_regular_months": 12.0,  # months of observation in which M01–M12 are followed (S0a R36)
        "monitor_deep_months": 12.0,  # the same for D1–D6; 6 where the matrix is read as 12 and 6 months
    }
)


def with_parameters(cohort: pl.DataFrame, values: Mapping[str, float] | None = None) -> pl.DataFrame:
    """The cohort with one `p_<name>` column per parameter, `values` before the defaults.

    Columns the cohort already has are kept. Raises ValueError naming every unknown parameter.
    """
    given = dict(values or {})
    unknown = sorted(set(given) - set(PARAMETER_DEFAULTS))
    if unknown:
        raise ValueError(f"unknown parameters of facts: {', '.join(unknown)}")
    wanted = {**PARAMETER_DEFAULTS, **given}
    return cohort.with_columns(
        pl.lit(float(value)).alias(f"p_{name}") for name, value in wanted.items() if f"p_{name}" not in cohort.columns
    )


c = pl.col

RECORD: tuple[Indicator, ...] = (
    fact(
        "listing_reason_rank", "纳入情形严重度", "Severity of the listing reason", "法释〔2017〕7号 art. 1",
        {"reason_rank": Part("restriction_measures", LIVE_LISTING, "max", c("reason_rank"))},
        c("reason_rank").fill_null(0), unit="ordinal 0-5", maximum=5, missing="none",
    ),
    # The gravest live listing speaks for the case; rank first, then the number of the reason.
    fact(
        "listing_reason", "纳入情形", "Listing reason (1 to 6)", "法释〔2017〕7号 art. 1",
        {"reason_ranked": Part("restriction_measures", LIVE_LISTING, "max", c("reason_rank") * 8 + c("reason_code"))},
        c("reason_ranked") % 8, unit="code", minimum=1, maximum=6,
    ),
    fact(
        "live_listings_5y", "近五年现行失信", "Live listings, 5 years", "DT3",
        {"live_listings_60m": Part("restriction_measures", LIVE_LISTING & since(c("decided_date"), 60))},
        c("live_listings_60m"), unit="count", maximum=None, window="60m", missing="none",
    ),
    fact(
        "multi_behaviour", "多项失信行为", "Several kinds of dishonest conduct", "法释〔2017〕7号 art. 2",
        {
            "reason_first": Part("restriction_measures", LIVE_LISTING, "min", c("reason_code")),
            "reason_last": Part("restriction_measures", LIVE_LISTING, "max", c("reason_code")),
        },
        (c("reason_first") != c("reason_last")).cast(pl.Int64).fill_null(0), missing="none",
    ),
    fact(
        "prior_revocations", "既往撤销", "Earlier revocations", "R38; DT3",
        {"revocations_all": Part("revocations", c("decided_at").is_not_null())},
        c("revocations_all"), unit="count", maximum=None, window="all", missing="none",
    ),
    fact(
        "lockout_near", "禁止申请期刚满", "Lock-out ended recently", "DT11",
        {
            "lockouts_recent": Part(
                "revocations",
                c("decided_at").is_not_null() & (c("lockout_until") < c("as_of_day"))
                & (c("lockout_until") >= c("as_of_day").dt.offset_by(
                    pl.format("-{}mo", c("p_lockout_near_months").cast(pl.Int64))
                )),
            )
        },
        c("lockouts_recent").clip(upper_bound=1), missing="none",
    ),
    fact(
        "able_at_listing", "列入时有履行能力", "Able to perform when listed", "S2a; DT3 严重",
        {
            "early_found": Part("property_queries", c("before_listing")),
            "early_net_fen": Part("property_queries", c("before_listing"), "sum", NET_FEN),
            "first_live_listing": Part("restriction_measures", LIVE_LISTING, "min", day_number("decided_date")),
            "due_at_listing_fen": Part("enforcement_cases", c("owed_at_listing"), "sum", c("due_fen")),
            "due_at_listing_unknown": Part("enforcement_cases", c("owed_at_listing") & c("due_fen").is_null()),
            "obligations_at_listing": Part("obligations", c("case_owed"), "support"),
        },
        pl.when(
            (c("early_found") > 0) & c("first_live_listing").is_not_null()
            & (c("due_at_listing_fen") > 0) & (c("due_at_listing_unknown") == 0)
        ).then(
            (c("early_net_fen") >= c("due_at_listing_fen")).cast(pl.Int64)
        ),
    ),
    fact(
        "grace_good", "预惩戒期表现良好", "Good conduct in the grace period", "R40; DT6",
        {
            "grace_answers": Part("pre_notices", c("outcome").is_not_null()),
            "grace_good_answers": Part("pre_notices", one_of("outcome", "performed", "partial", "cooperative")),
        },
        pl.when(c("grace_answers") > 0).then(c("grace_good_answers").clip(upper_bound=1)),
    ),
)  # fmt: skip

MEANS: tuple[Indicator, ...] = (
    fact(
        "remaining_debt", "未履行金额", "Unperformed amount", "DT3, DT6", {**REMAINING}, yuan(c("remaining")),
        steps=REMAINS,
        dimension="ability", unit="CNY", maximum=None,
    ),
    fact(
        "performed_ratio", "履行比例", "Share performed", "法释〔2017〕7号 art. 10(1)",
        {**SCOPE, "scope_remaining_fen": SCOPE_REMAINING},
        ratio(c("scope_due") - c("scope_remaining_fen"), c("scope_due")), steps=DUE,
        dimension="ability", unit="ratio",
    ),
    fact(
        "subject_is_person", "自然人", "A natural person (or individual business)", "民法典 art. 54",
        PERSON,
        c("persons"), dimension="ability",
    ),
    fact(
        "hardship_attested", "经核实失能事由", "Hardship attested by a judge", "R14; 个人信息保护法 art. 28",
        HARDSHIP,
        c("hardships").clip(upper_bound=1), dimension="ability", missing="none",
    ),
    fact(
        "query_coverage", "查控反馈覆盖率", "Share of network queries answered", "R74",
        COVERAGE,
        ratio(c("queries_answered"), c("queries_asked")), dimension="ability", unit="ratio", window="12m",
    ),
    fact(
        "settlement_active", "正常履行和解", "A settlement is being kept", "R25",
        {"settlements_kept": Part("settlements", KEPT_UP), **SETTLEMENT_PAYMENTS},
        c("settlements_kept").clip(upper_bound=1), missing="none",
    ),
    fact(
        "security_cover", "担保覆盖率", "Security over remaining debt", "R25",
        {
            **REMAINING,
            "security_fen": Part(
                "settlements", c("status") == "performing", "sum", c("security_value").to_physical().cast(pl.Int64)
            ),
        },
        covered("security_fen"), steps=REMAINS, dimension="ability", unit="ratio", maximum=3,
    ),
    fact(
        "plan_set", "履行计划与承诺已定", "A plan is set and the commitment signed", "DT7 row 5",
        {
            "asked_plan_fen": PLAN["asked_plan_fen"],
            "agreed_plan_fen": PLAN["agreed_plan_fen"],
            "commitment_signed": Part("repair_applications", c("this_application") & c("commitment_signed")),
        },
        (c("plan_fen").is_not_null() & (c("commitment_signed") > 0)).cast(pl.Int64), steps=PLAN_AMOUNT, missing="none",
    ),
    fact(
        "conduct_active", "积极履行行为", "Active performance conduct verified", "S1a 安徽指引",
        {
            "active_events": conduct(12, "clue_given", "asset_handed_over", "commitment_kept"),
            "voluntary_payments": Part(
                "payments", (c("nature") == "voluntary") & (c("amount") > 0) & since(c("paid_date"), 12)
            ),
        },
        (c("active_events") + c("voluntary_payments")).clip(upper_bound=1), window="12m", missing="none",
    ),
    fact(
        "open_cases_elsewhere", "其他未结案件", "Open cases outside the application", "S1a 平度",
        {
            "open_elsewhere": Part("enforcement_cases", (c("status") != "closed") & ~c("in_application")),
            **THIS_APPLICATION,
        },
        c("open_elsewhere"), unit="count", maximum=None, dimension="ability", missing="none",
    ),
    fact(
        "insolvency_sign", "破产迹象", "Sign or stage of insolvency", "R67–R68; DT7 row 2",
        {
            "insolvency": Part(
                "creditor_social_facts",
                (c("kind") == "bankruptcy_stage") & c("latest") & one_of("value", "applied", "accepted"),
            )
        },
        c("insolvency").clip(upper_bound=1), dimension="ability", missing="none",
    ),
)  # fmt: skip

PEOPLE: tuple[Indicator, ...] = (
    fact(
        "creditor_count", "债权人数", "Creditors", "DT6", {"creditors": social("creditor")}, c("creditors"),
        dimension="impact", unit="count", maximum=None, missing="none",
    ),
    fact(
        "creditors_heard", "债权人已听取", "Creditors heard", "R45", {**HEARD},
        pl.when(c("notices") > 0).then((c("notices_pending") == 0).cast(pl.Int64)), dimension="impact",
    ),
    fact(
        "objections", "异议数", "Objections", "R45; DT6",
        {
            **HEARD,
            "replies_object": Part("creditor_notices", c("this_application") & (c("reply") == "object")),
            "objection_facts": social("objection", c("this_application")),
        },
        pl.when((c("replies_object") > 0) | (c("objection_facts") > 0) | c("heard")).then(
            pl.max_horizontal(c("replies_object"), c("objection_facts"))
        ),
        steps=HEARING, dimension="impact", unit="count", maximum=None,
    ),
    fact(
        "consent_share", "债权同意占比", "Share of the debt that consents", "R25", {**HEARD, **CONSENT},
        said_share("consent_micro"), steps=HEARING, dimension="impact", unit="ratio",
    ),
    fact(
        "material_discrepancies", "材料不符项", "Discrepancies in the materials", "R39",
        {"discrepancies": Part("repair_applications", c("this_application"), "max", c("material_discrepancies"))},
        c("discrepancies"), unit="count", maximum=None,
    ),
    fact(
        "mass_event", "群体性事件", "Mass event", "DT6, DT7",
        {"mass_events": social("mass_event", since(c("event_date"), 12))},
        c("mass_events").clip(upper_bound=1), dimension="impact", window="12m", missing="none",
    ),
    fact(
        "related_party_listed", "关联方失信数", "Related parties listed", "本项目设定",
        {
            "related_facts": social("related_party_listed"),
            "related_number": social_number("related_party_listed", EVERY, default=1.0),
        },
        pl.max_horizontal(c("related_facts"), c("related_number")),
        dimension="impact", unit="count", maximum=None, missing="none",
    ),
    fact(
        "granted_mode", "已准予的修复方式", "Mode granted (1 full, 2 conditional, 3 suspension)", "R25–R26",
        {
            "grant": Part(
                "decisions", c("this_application"), "max",
                coded("result", {"granted_full": 1, "granted_conditional": 2, "granted_suspension": 3}),
            )
        },
        c("grant"), unit="code", minimum=1, maximum=3,
    ),
)  # fmt: skip

FACTS: tuple[Indicator, ...] = STATUTORY + NEGATIVE + RECORD + MEANS + PEOPLE + COURSE
