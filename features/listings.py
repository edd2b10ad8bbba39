"""Extension catalogue for public listing records of enterprises (profile first_listings).

Such records hold listings, lawsuits, tenders won, qualifications and investments, and no repair
application. An enterprise is assessed at the start of its first listing month, so no listing of
its own is known yet. Dimension shares and grade do not apply there; the dimension given here only
groups the indicators on pages.
"""

from __future__ import annotations

import polars as pl

from features.expressions import log_yuan, since
from features.indicator import Indicator, Part
from features.parts import social, social_number

c = pl.col
_TODAY = c("as_of_day").to_physical().cast(pl.Int64)
_FEN = (c("number").fill_null(0.0) * 100).round().cast(pl.Int64)
_BASIS = "公开的失信被执行人名单、裁判文书、招投标与登记信息（CCF BDCI 2017）"
_LONG_AGO = 3650


def _recent(kind: str) -> Part:
    return Part("creditor_social_facts", c("kind") == kind, "max", c("event_date").to_physical().cast(pl.Int64))


def _count(key: str, kind: str, months: int | None) -> tuple[str, Part]:
    rows = None if months is None else since(c("event_date"), months)
    return f"{key}_{'all' if months is None else f'{months}m'}", social(kind, rows)


def _suits(months: int | None) -> Indicator:
    name, part = _count("suits", "civil_suit", months)
    window = "all" if months is None else f"{months}m"
    return Indicator(
        id="suit_count" if months is None else f"suit_count_{months}m",
        zh="涉诉次数" if months is None else f"近{months}个月涉诉次数",
        en="Lawsuits" if months is None else f"Lawsuits, {months} months",
        dimension="ability", unit="count", window=window, minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis=_BASIS,
        parts={name: part}, combine=c(name), review="核对是否为被告，撤诉是否剔除",
    )  # fmt: skip


def _log_count(id_: str, zh: str, en: str, kind: str, redefault: int) -> Indicator:
    name, part = _count(id_, kind, None)
    return Indicator(
        id=id_, zh=zh, en=en,
        dimension="ability", unit="count", window="all", minimum=0, maximum=None,
        success=-redefault, redefault=redefault, missing="none", basis=_BASIS,  # type: ignore[arg-type]
        parts={name: part}, combine=c(name), review="核对登记日期",
    )  # fmt: skip


LISTINGS: tuple[Indicator, ...] = (
    _suits(None),
    _suits(6),
    _suits(12),
    _suits(24),
    Indicator(
        id="suit_amount_log_24m", zh="近24个月涉诉金额", en="Amount in lawsuits, 24 months (log)",
        dimension="ability", unit="ln(1+CNY)", window="24m", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis=_BASIS,
        parts={
            "suit_fen_24m": Part(
                "creditor_social_facts", (c("kind") == "civil_suit") & since(c("event_date"), 24), "sum", _FEN
            )
        },
        combine=log_yuan(c("suit_fen_24m")), review="约 4% 的金额为零，可能是未公开",
    ),
    Indicator(
        id="suit_recency_days", zh="距最近涉诉天数", en="Days since the last lawsuit",
        dimension="ability", unit="days", window="all", minimum=0, maximum=_LONG_AGO,
        success=1, redefault=-1, missing="none", basis=_BASIS,
        parts={"suit_day": _recent("civil_suit")},
        combine=(_TODAY - c("suit_day")).clip(upper_bound=_LONG_AGO).fill_null(_LONG_AGO),
        review="从未涉诉取上限；日期只到月",
    ),
    _log_count("tender_count", "中标次数", "Tenders won", "tender_won", -1),
    Indicator(
        id="tender_count_24m", zh="近24个月中标次数", en="Tenders won, 24 months",
        dimension="ability", unit="count", window="24m", minimum=0, maximum=None,
        success=1, redefault=-1, missing="none", basis=_BASIS,
        parts={"tenders_24m": social("tender_won", since(c("event_date"), 24))}, combine=c("tenders_24m"),
        review="核对中标公示",
    ),
    _log_count("qualification_count", "资质数", "Qualifications", "qualification", -1),
    _log_count("investment_count", "对外投资数", "Investments", "investment", 0),
    Indicator(
        id="related_party_listed", zh="关联方失信数", en="Related parties listed",
        dimension="impact", unit="count", window="all", minimum=0, maximum=None,
        success=-1, redefault=1, missing="none", basis=_BASIS,
        parts={
            "related_facts": social("related_party_listed"),
            "related_number": social_number("related_party_listed", pl.lit(True), default=1.0),
        },
        combine=pl.max_horizontal(c("related_facts"), c("related_number")), review="以股权投资关系认定",
    ),
)  # fmt: skip
