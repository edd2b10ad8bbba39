"""Findings before the tables: nature, malice, harm, evasion, and 失信 (will not) against 失能 (cannot).

Each rests on verified facts alone; none is a model's, and malice is never read out of low points
(S2a 行为性质, 主观恶性, 社会危害; R13, R14). A judge's attestation of hardship
can only help: it sets the priority-start flag.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from policy.casefile import CaseFile
from policy.facts import holds, known_no
from policy.outcome import Facts

MALICE_FACTS = ("refusal_crime_36m", "concealment_36m", "sham_or_false_report_36m", "violence_36m")
_EVASION_FACTS = ("concealment_36m", "sham_or_false_report_36m")
_INABILITY_FACTS = ("able_at_listing", "hardship_attested", "conduct_active")
_NATURE_FACTS = ("listing_reason_rank", *MALICE_FACTS, "grave_harm")
_NATURES = {
    1: "情形①（有履行能力而拒不履行，亦为通用事由）",
    2: "情形④或⑥（违反报告制度或拒不履行和解）",
    3: "情形⑤（违反限制消费令）",
    4: "情形③（规避执行）",
    5: "情形②（妨碍、抗拒执行）",
}
_UNSTATED = "纳入情形不明或未纳入"

# What only a guardian did. No table reads it: it is named apart, and never charged to the ward (S4c R70).
GUARDIAN_FACTS = ("guardian_misconduct",)

Answer = Literal["yes", "no", "unclear"]
_ANSWERS = {"yes": "有", "no": "无", "unclear": "不明"}
_ABILITY = {"inability": "失能（不能履行）", "default": "失信（不愿履行）", "unclear": "失信或失能尚不明"}


class Findings(NamedTuple):
    """What was found; `inability` is "inability" 失能, "default" 失信 or "unclear"."""

    malice: Answer
    harm: Answer
    evasion: Answer
    inability: Literal["inability", "default", "unclear"]
    priority_start: bool


def find(file: CaseFile) -> Findings:
    """The findings of a case, each added to the trace with its facts."""
    facts = file.facts
    malice = any_of(facts, MALICE_FACTS)
    harm = any_of(facts, ("grave_harm",))
    evasion = any_of(facts, _EVASION_FACTS)
    inability = _inability(facts, malice)
    priority = holds(facts, "hardship_attested") or inability == "inability"
    rank = facts.get("listing_reason_rank")
    nature = _UNSTATED if rank is None else _NATURES.get(int(rank), _UNSTATED)
    zh = f"性质：{nature}；主观恶性（仅凭查实行为）：{_ANSWERS[malice]}；严重社会危害：{_ANSWERS[harm]}"
    file.fire("FIND.conduct", malice, _NATURE_FACTS, (), zh)
    file.fire("FIND.evasion", evasion, _EVASION_FACTS, (), f"逃废债：{_ANSWERS[evasion]}")
    attested = "经法官核实" if holds(facts, "hardship_attested") else "尚未经法官核实"
    start = f"；优先启动（{attested}）" if priority else ""
    file.fire("FIND.inability", inability, _INABILITY_FACTS, (), _ABILITY[inability] + start)
    return Findings(malice, harm, evasion, inability, priority)


def guardian_apart(file: CaseFile) -> None:
    """Name a guardian's conduct in the trace, apart from the ward's findings and without effect on them."""
    if holds(file.facts, "guardian_misconduct"):
        zh = "监护人的不当行为另册记录，不计入被监护人的评估"
        file.fire("FIND.guardian", "kept_apart", GUARDIAN_FACTS, (), zh)


def any_of(facts: Facts, names: tuple[str, ...]) -> Answer:
    """ "yes" when one is known to hold, "no" when all are known not to, else "unclear"."""
    answer: Answer = "no"
    for name in names:
        value = facts.get(name)
        if value is None:
            answer = "unclear"
        elif value > 0:
            return "yes"
    return answer


def _inability(facts: Facts, malice: Answer) -> Literal["inability", "default", "unclear"]:
    if holds(facts, "hardship_attested"):
        return "inability"
    if holds(facts, "able_at_listing"):
        return "default"
    if known_no(facts, "able_at_listing") and malice == "no" and holds(facts, "conduct_active"):
        return "inability"
    return "unclear"
