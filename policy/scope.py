"""DT9: which restrictions the suggested mode would lift, for this case only (S1b R42; S1a R26; assumptions).

Payments agreed in parts widen a conditional repair as they arrive (S1c R44, Jinyun: three payments).
The repair letter names seven fields in which nobody may sanction because of this case (S1b, Sanya).
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.mode import Mode
from policy.outcome import Stage

_BY_MODE = {
    "full": ("full", "完全修复：七个领域、限制消费与限制出境"),
    "conditional": ("conditional", "附条件修复：先行解除部分限制，可随履行分步扩大"),
    "suspension": ("suspension", "暂停惩戒：暂停公示，解除妨碍增强履行能力的限制"),
    "inability_track": ("temporary", "临时解除经营性限制"),
}
_BY_GROUND = {
    "all_performed": ("full", "全部履行：失信信息删除，限制消费等一并解除"),
    "settlement_performed": ("full", "和解履行完毕：失信信息删除，限制消费等一并解除"),
    "reorganisation_completed": ("full", "重整计划执行完毕：终局修复"),
    "reorganisation_approved": ("hidden", "重整期间先行暂停公示，计划执行完毕后终局修复"),
}
_WIDTH = ("full", "list_only", "hidden")  # scopes of a statutory exit, the widest first
_LIST_ONLY = ("list_only", "删除或撤销失信信息，限制消费等依其自身规定")
_FIELDS = ("full", "list_only", "conditional", "temporary", "suspension", "hidden")
_KEYS = {field: (f"scope.lifted.{field}",) for field in _FIELDS}
_LETTER_KEYS = ("scope.letter.fields",)
_LETTER = frozenset({"full", "list_only"})  # scopes that end the listing, so that the letter is due
_STAGED_KEYS = ("scope.staged.order", "scope.staged.minimum_parts", "scope.staged.maximum_parts", "scope.lifted.full")
_STAGED_FACTS = ("stages_total", "stages_paid")


def scope(file: CaseFile, how: Mode, grounds: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of the restrictions to lift; empty where the mode lifts nothing yet.

    Of several grounds of a statutory exit the one that lifts most decides: each is a right of its own.
    """
    mode = how.code
    if how.clearing is not None and how.clearing.lifts:
        field, zh = "full", "个人债务集中清理：首次分配后依管理人申请解除"
    elif mode == "statutory":
        field, zh = _widest(grounds)
    elif mode in _BY_MODE:
        field, zh = _BY_MODE[mode]
    else:
        file.fire("DT9", "none", (), (), "暂不解除限制")
        return ()
    file.fire("DT9", field, (), _KEYS[field], f"{zh}；仅及于本案")
    if field in _LETTER:
        fields = file.rules.words[_LETTER_KEYS[0]]
        zh = f"信用修复告知书：{len(fields)}个领域不得因本案惩戒；其他案件各依其规定"
        file.fire("DT9.letter", str(len(fields)), (), _LETTER_KEYS, zh)
    return file.rules.words[f"scope.lifted.{field}"]


def _widest(grounds: tuple[str, ...]) -> tuple[str, str]:
    """The scope of the ground that lifts most, and its words."""
    found = [_BY_GROUND.get(ground, _LIST_ONLY) for ground in grounds]
    return min(found, key=lambda one: _WIDTH.index(one[0]), default=_LIST_ONLY)


def stages(file: CaseFile, how: Mode, lifted: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Stage, ...]]:
    """What is lifted by now and after each agreed payment, the last of which lifts all.

    What is not lifted beforehand falls away in the set order, in step with the payments: the first frees something,
    something is left for the last, and where there are more payments than restrictions none frees two at once.
    Without a conditional repair, or without payments agreed in parts, `lifted` stays and there is no stage.
    """
    total, paid = file.facts.get("stages_total"), file.facts.get("stages_paid") or 0
    least, most = file.rules.number[_STAGED_KEYS[1]], file.rules.number[_STAGED_KEYS[2]]
    if how.code != "conditional" or total is None or not least <= total <= most:
        return lifted, ()
    parts = int(total)
    order, everything = file.rules.words[_STAGED_KEYS[0]], file.rules.words[_STAGED_KEYS[3]]
    waiting = tuple(code for code in order if code not in lifted)

    def after(payments: int) -> tuple[str, ...]:
        fallen = waiting[: _fallen(len(waiting), payments, parts)]
        return tuple(dict.fromkeys((*lifted, *fallen, *(everything if payments >= parts else ()))))

    arrived = int(min(paid, parts))
    zh = (
        f"分步解除：约定{parts}期，已到账{arrived}期；除先行解除的以外，其余限制按到账期数逐步解除，"
        "全部到账即全部解除；已控财产按到账比例解封"
    )
    file.fire("DT9.staged", f"{arrived}/{parts}", _STAGED_FACTS, _STAGED_KEYS, zh)
    return after(arrived), tuple(Stage(count, after(count)) for count in range(1, parts + 1))


def _fallen(waiting: int, payments: int, parts: int) -> int:
    """How many of the restrictions that wait have fallen away after so many of the agreed payments."""
    if payments <= 0:
        return 0
    return waiting if payments >= parts else min(max(1, waiting * payments // parts), max(0, waiting - 1))
