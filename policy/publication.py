"""DT4: how long dishonest conduct stays public, under three regimes that contradict each other.

judicial_list: no minimum; situations 2-6 have a term (法释〔2017〕7号). public_credit: Order 36, from
2026-04-01. proposal: S2a, for discretionary repair only. Which regime applies after full performance
and which in discretion are parameters (docs/decisions/0002). Good points allow an earlier application
in the tier 一般, where the regime is a proposal: no points shorten a period that law fixes (R18).
"""

from __future__ import annotations

from typing import Literal

from policy.casefile import CaseFile
from policy.facts import FIXED_TERM_FROM_RANK, holds
from policy.findings import Findings
from policy.mode import Mode
from policy.outcome import Coded, Publication, Tier

_ZH = {"judicial_list": "司法名单规定", "public_credit": "第36号令", "proposal": "改革建议（S2a）"}
_TIERS = {"slight": "轻微", "general": "一般", "severe": "严重"}
_REGIME_KEYS = ("publication.regime.performed", "publication.regime.discretionary")
_EARLY_KEYS = ("publication.early.points", "publication.early.regimes", "publication.proposal.general_min_early")
_FACTS = ("all_performed", "settlement_performed", "months_published", "listing_reason_rank", "multi_behaviour")
_LIST_KEYS = ("publication.judicial_list.term_months", "publication.judicial_list.extension_max")
_BOUNDS: dict[str, dict[str, tuple[str, str | None]]] = {
    "judicial_list": {tier: (f"publication.judicial_list.{tier}_min", None) for tier in _TIERS},
    "public_credit": {
        tier: (f"publication.public_credit.{tier}_min", f"publication.public_credit.{tier}_max") for tier in _TIERS
    },
    "proposal": {
        tier: (f"publication.proposal.{tier}_min", "publication.proposal.slight_max" if tier == "slight" else None)
        for tier in _TIERS
    },
}


def publication(file: CaseFile, tier: Tier, findings: Findings) -> Publication:
    """The period of a case that may be assessed, or that a person decides on the negative list."""
    facts, rules = file.facts, file.rules
    performed = holds(facts, "all_performed") or holds(facts, "settlement_performed")
    regime = rules.text[_REGIME_KEYS[0] if performed else _REGIME_KEYS[1]]
    words = ""
    if rules.value.get(_BOUNDS[regime][tier][0]) is None:
        words = f"{_ZH[regime]}在决定日尚未施行，依名单规定；"
        regime = "judicial_list"
    lower, upper = _BOUNDS[regime][tier]
    keys = [*_REGIME_KEYS, lower]
    minimum = int(rules.number[lower])
    if regime == "judicial_list":
        maximum = _term(file)
        keys += _LIST_KEYS
    else:
        maximum = int(rules.number[upper]) if upper is not None else None
        keys += [upper] if upper is not None else []
    early = _early(file, regime, tier, findings)
    if early:
        minimum = int(rules.number["publication.proposal.general_min_early"])
    elapsed = facts.get("months_published")
    status = _status(minimum, maximum, elapsed)
    span = "无最短期限" if minimum == 0 else f"最短{minimum}个月"
    span += f"、最长{maximum}个月" if maximum is not None else ""
    words += f"{_ZH[regime]}，{_TIERS[tier]}：{span}；{_SAID[status]}"
    file.fire("DT4", regime, _FACTS, tuple(keys), words)
    return Publication(regime, minimum, maximum, elapsed, status, early)


_SAID = {
    "none": "不以公示期为条件",
    "passed": "最短公示期已满",
    "runs": "最短公示期未满",
    "over": "已达最长公示期，应停止公示",
    "unknown": "已公示月数不明，由审查人核对",
}


def publication_missing(file: CaseFile, found: Publication, how: Mode) -> tuple[Coded, ...]:
    """What the period still asks before the listing itself may fall away (mode full alone removes it)."""
    if how.code != "full" or found.minimum_months is None or found.status not in {"runs", "unknown"}:
        return ()
    months = found.minimum_months
    if found.elapsed_months is None:
        return (Coded("publication_unknown", f"核对公示起算日：最短公示期{months}个月，已公示月数不明"),)
    return (Coded("publication_period", f"最短公示期{months}个月，已公示{found.elapsed_months:g}个月"),)


def statutory_publication(file: CaseFile) -> None:
    """A statutory exit needs no period; the trace says so."""
    file.fire("DT4", "statutory", (), _REGIME_KEYS[:1], "法定退出依其规定删除或暂停公示，不适用最短公示期")


def no_publication(file: CaseFile) -> None:
    """A case for a person alone on account of who the debtor is: no tier, so no period."""
    file.fire("DT4", "not_applied", (), (), "由人工审查，不适用公示期规则")


def _term(file: CaseFile) -> int | None:
    """Months of the listing's term: situations 2-6, longer for several kinds of conduct; None for 1."""
    rank, term = file.facts.get("listing_reason_rank"), file.rules.value["publication.judicial_list.term_months"]
    if rank is None or rank < FIXED_TERM_FROM_RANK or not isinstance(term, int):
        return None
    more = file.rules.value["publication.judicial_list.extension_max"]
    return term + more if holds(file.facts, "multi_behaviour") and isinstance(more, int) else term


def _early(file: CaseFile, regime: str, tier: Tier, findings: Findings) -> bool:
    """Credit-points restoration: tier 一般, points reached, no malice found, materials agree."""
    if regime not in file.rules.words["publication.early.regimes"] or tier != "general":
        return False
    points, limit = file.scores.points, file.rules.number["publication.early.points"]
    reached = points is not None and round(points, 1) >= limit
    clean = findings.malice == "no" and file.facts.get("material_discrepancies") == 0
    outcome = "early" if reached and clean else "normal"
    zh = (
        f"信用积分恢复：积分达到{limit:g}分且无恶意、材料相符，可提前申请"
        if outcome == "early"
        else f"信用积分恢复：须积分达到{limit:g}分且无恶意、材料相符，未具备"
    )
    read = {"points": points, "material_discrepancies": file.facts.get("material_discrepancies")}
    file.fire_with("DT4.early", outcome, read, _EARLY_KEYS, zh)
    return reached and clean


def _status(
    minimum: int, maximum: int | None, elapsed: float | None
) -> Literal["none", "passed", "runs", "over", "unknown"]:
    if elapsed is not None and maximum is not None and elapsed >= maximum:
        return "over"
    if minimum == 0:
        return "none"
    if elapsed is None:
        return "unknown"
    return "passed" if elapsed >= minimum else "runs"
