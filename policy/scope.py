"""DT9: which restrictions the suggested mode would lift, for this case only (S1b R42; S1a R26; assumptions)."""

from __future__ import annotations

from policy.casefile import CaseFile

_BY_MODE = {
    "full": ("full", "完全修复：七个领域、限制消费与限制出境"),
    "conditional": ("conditional", "附条件修复：先行解除部分限制，可随履行分步扩大"),
    "suspension": ("suspension", "暂停惩戒：暂停公示，解除妨碍增强履行能力的限制"),
    "inability_track": ("temporary", "临时解除经营性限制"),
}
_BY_GROUND = {
    "all_performed": ("full", "全部履行：失信信息删除，限制消费等一并解除"),
    "settlement_performed": ("full", "和解履行完毕：失信信息删除，限制消费等一并解除"),
    "reorganisation_approved": ("hidden", "重整期间先行暂停公示，计划执行完毕后终局修复"),
}
_LIST_ONLY = ("list_only", "删除或撤销失信信息，限制消费等依其自身规定")
_FIELDS = ("full", "list_only", "conditional", "temporary", "suspension", "hidden")
_KEYS = {field: (f"scope.lifted.{field}",) for field in _FIELDS}


def scope(file: CaseFile, mode: str, ground: str | None) -> tuple[str, ...]:
    """Codes of the restrictions to lift; empty where the mode lifts nothing yet."""
    if mode == "statutory":
        field, zh = _BY_GROUND.get(ground or "", _LIST_ONLY)
    elif mode in _BY_MODE:
        field, zh = _BY_MODE[mode]
    else:
        file.fire("DT9", "none", (), (), "暂不解除限制")
        return ()
    file.fire("DT9", field, (), _KEYS[field], f"{zh}；仅及于本案")
    return file.rules.words[f"scope.lifted.{field}"]
