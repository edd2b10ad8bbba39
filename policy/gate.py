"""DT1 statutory exits and DT2 the negative list: before any model, on facts and law alone.

Some exits are a right, so no model is asked (法释〔2017〕7号 art. 10, DT1). Where the law or the
negative list leaves the case to a person, no model is asked either. Nothing here refuses: a bar
is a suggestion with its ground, and a judge decides.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.facts import FIXED_TERM_FROM_RANK, clean, holds, known_no
from policy.outcome import Context, Facts, Gate, Scores
from policy.sources import RuleSource

# Ground, the fact that shows it, whether it needs a live listing, whether a fixed term bars it, words.
# Withdrawals come first: a listing that should never have been is worse than one that has run out.
_STATUTORY: tuple[tuple[str, str, bool, bool, str], ...] = (
    ("minor_listed", "is_minor", True, False, "未成年人不得纳入失信被执行人名单，应予撤销（法释〔2017〕7号第四条）"),
    ("wrong_listing", "wrong_listing", False, False, "纳入错误，应予撤销更正（法释〔2017〕7号第十一条至第十三条）"),
    ("all_performed", "all_performed", False, True, "义务已全部履行，应删除失信信息并解除限制消费"),
    ("settlement_performed", "settlement_performed", False, True, "和解协议已履行完毕，应删除失信信息"),
    ("enforcement_terminated", "enforcement_terminated", False, True, "已裁定终结执行，应删除失信信息"),
    ("non_enforcement_ruled", "non_enforcement_ruled", False, True, "已裁定不予执行，应删除失信信息"),
    ("enforcement_suspended", "enforcement_suspended", True, True, "因再审或破产中止执行，应删除失信信息"),
    ("listing_term_passed", "listing_term_passed", True, False, "纳入期限届满，应删除失信信息"),
    ("reorganisation_completed", "reorganisation_completed", False, False, "重整计划执行完毕，终局修复"),
    ("liquidation_completed", "liquidation_completed", False, False, "破产清算程序终结，应清理名单记录"),
    (
        "reorganisation_approved",
        "reorganisation_approved",
        False,
        False,
        "重整计划已获批准，先行暂停公示，执行完毕后终局修复",
    ),
)
_STATUTORY_FACTS = tuple(row[1] for row in _STATUTORY)
_FLAG_KEYS = {row[0]: f"gate.statutory.{row[0]}" for row in _STATUTORY}
_OFF_KEYS = {ground: (key,) for ground, key in _FLAG_KEYS.items()}
_EXIT_KEYS = {ground: (key, "clocks.working_days.list_deletion") for ground, key in _FLAG_KEYS.items()}
_LATER_STAGES = frozenset({"reorganisation_completed", "liquidation_completed"})
_TERM_KEYS = ("gate.statutory.fixed_term",)

_NEGATIVE: tuple[tuple[str, str, str], ...] = (
    ("refusal_crime", "refusal_crime_36m", "拒不执行判决、裁定罪已判决或在诉"),
    ("concealment", "concealment_36m", "经查实隐匿、转移财产"),
    ("sham_or_false_report", "sham_or_false_report_36m", "经查实虚假诉讼、虚假仲裁或虚假报告财产"),
    ("violence", "violence_36m", "经查实以暴力、威胁方法妨碍执行"),
    ("in_lockout", "in_lockout", "修复撤销后的再申请限制期未满"),
    ("fake_repair_listed", "fake_repair_listed", "列入虚假修复主体名单"),
    ("report_refused", "report_refused_uncured", "拒绝报告财产且未改正"),
    ("grave_harm", "grave_harm", "造成严重社会危害"),
    ("law_bars_repair", "law_bars_repair", "法律法规规定不可修复"),
)
_OBSTRUCTION = "bankruptcy_obstruction_months"
_OBSTRUCTION_KEY = f"gate.negative_list.{_OBSTRUCTION}"
_NEGATIVE_FACTS = (*(row[1] for row in _NEGATIVE), _OBSTRUCTION)
_NEGATIVE_KEYS = {row[0]: f"gate.negative_list.{row[0]}" for row in _NEGATIVE}

_PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("no_ai", "no_ai", "当事人要求不使用人工智能，由人工审查（法发〔2022〕33号；个人信息保护法第二十四条）"),
    ("lacks_capacity", "lacks_capacity", "当事人无完全民事行为能力，由人工审查；监护人行为不记于被监护人"),
    ("minor", "is_minor", "当事人为未成年人，由人工审查"),
)
_PERSONAL_FACTS = tuple(row[1] for row in _PERSONAL)


def gate(facts: Facts, context: Context, policy: RuleSource) -> Gate:
    """Whether the case is a statutory exit, is for a person alone, or may be assessed.

    Raises PolicyLookupError on a date before the first values, ValueError for a region or industry
    that is no code.
    """
    rules = policy.rules(context.on, context.region, context.industry)
    return apply_gate(CaseFile(clean(facts), Scores(), context.on, rules))


def apply_gate(file: CaseFile) -> Gate:
    """`gate` for a case file with cleaned facts; adds to its trace."""
    exits = _statutory(file)
    if exits:
        first = exits[0]
        return Gate("no_discretion", first[0], first[4], tuple(row[0] for row in exits), tuple(file.trace))
    # The debtor's wish for human review comes before the bars, so that no reader of the first
    # ground can overlook it.
    grounds = _personal(file) + _negative(file)
    if grounds:
        return Gate("human_only", grounds[0][0], grounds[0][1], tuple(code for code, _ in grounds), tuple(file.trace))
    return Gate("assess", None, None, (), tuple(file.trace))


def _statutory(file: CaseFile) -> list[tuple[str, str, bool, bool, str]]:
    facts, rules = file.facts, file.rules
    exits: list[tuple[str, str, bool, bool, str]] = []
    for row in _STATUTORY:
        ground, fact, needs_listing, bound_by_term, zh = row
        if not facts.get(fact):
            continue
        if ground == "reorganisation_approved" and _LATER_STAGES.intersection(row[0] for row in exits):
            continue  # the plan is completed, or has failed into liquidation
        names = (fact, "is_listed", "listing_reason_rank", "listing_term_passed")
        if not rules.flag[_FLAG_KEYS[ground]]:
            words = f"{zh}；但决定日的规定尚无此情形"
            file.fire("DT1", "not_yet_law", names, _OFF_KEYS[ground], words)
        elif needs_listing and known_no(facts, "is_listed"):
            file.fire("DT1", "not_listed", names, (), f"{zh}；但现未被列入名单")
        elif bound_by_term and _term_runs(file):
            words = "情形②至⑥有固定纳入期限且未届满：期满删除，或依第二条由法院裁量提前删除；限制消费依其自身规定解除"
            file.fire("DT1", "term_runs", names, _TERM_KEYS, words)
        else:
            exits.append(row)
            days = rules.value["clocks.working_days.list_deletion"]
            limit = f"；法院应在{days}个工作日内办理" if days is not None else ""
            file.fire("DT1", ground, names, _EXIT_KEYS[ground], zh + limit)
    if not exits:
        file.fire("DT1", "none", _STATUTORY_FACTS, (), "未发现法定退出情形")
    return exits


def _term_runs(file: CaseFile) -> bool:
    """Whether a fixed term is known to run. An unknown reason does not take the right away."""
    facts, rules = file.facts, file.rules
    rank = facts.get("listing_reason_rank")
    return (
        rules.flag["gate.statutory.fixed_term"]
        and rank is not None
        and rank >= FIXED_TERM_FROM_RANK
        and not holds(facts, "listing_term_passed")
        and not known_no(facts, "is_listed")
    )


def _personal(file: CaseFile) -> list[tuple[str, str]]:
    found = [(ground, zh) for ground, fact, zh in _PERSONAL if holds(file.facts, fact)]
    if found:
        zh = "；".join(words for _, words in found)
        file.fire("DT1", "human_only", _PERSONAL_FACTS, (), zh)
    return found


def _negative(file: CaseFile) -> list[tuple[str, str]]:
    facts, rules = file.facts, file.rules
    found: list[tuple[str, str]] = []
    keys: list[str] = []
    not_law: list[str] = []
    for ground, fact, zh in _NEGATIVE:
        if facts.get(fact):
            keys.append(_NEGATIVE_KEYS[ground])
            if rules.flag[_NEGATIVE_KEYS[ground]]:
                found.append((ground, f"建议限制修复：{zh}，由法官审查决定"))
            else:
                not_law.append(f"{zh}；但决定日的规定尚无此负面清单情形")
    since = facts.get(_OBSTRUCTION)
    if since is not None:
        keys.append(_OBSTRUCTION_KEY)
        wait = rules.number[_OBSTRUCTION_KEY]
        if since < wait:
            words = f"建议限制修复：严重妨害破产程序受罚未满{wait:g}个月，由法官审查决定"
            found.append(("bankruptcy_obstruction", words))
    zh = "；".join([*(words for _, words in found), *not_law]) or "未发现负面清单情形"
    outcome = "bar" if found else "none"
    file.fire("DT2", outcome, _NEGATIVE_FACTS, tuple(keys), zh)
    return found
