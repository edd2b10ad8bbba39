"""What a suggestion holds beyond grade, route and mode, in words: priority, publication period, staged lifting, tasks.

The text of a record, the reviewer's page and the assessment report all say it through here.
"""

from __future__ import annotations

from explain.figures import number
from explain.phrases import Words
from explain.schema import Publication, Stage, Suggestion, Task
from explain.words import vocabulary


def publication(found: Publication | None) -> str:
    """The publication period (DT4) in one line; "" where none applies to the case."""
    if found is None:
        return ""
    words = vocabulary()
    span = [
        f"{name}{months}个月"
        for name, months in (("最短", found.minimum_months), ("最长", found.maximum_months))
        if months
    ]
    parts = [words["regimes"].get(found.regime, found.regime), *span]
    if found.elapsed_months is not None:
        parts.append(f"已公示{number(found.elapsed_months).zh}个月")
    parts.append(words["publication"].get(found.status, found.status))
    if found.early:
        parts.append("信用积分达标，可提前申请")
    return "，".join(parts)


def stages(found: tuple[Stage, ...]) -> tuple[str, ...]:
    """What is lifted after how many agreed payments, a line each."""
    scopes = vocabulary()["scopes"]
    return tuple(
        f"第{stage.payments}笔到账后解除：{'、'.join(scopes.get(code, code) for code in stage.scope)}"
        for stage in found
    )


def tasks(found: tuple[Task, ...]) -> tuple[str, ...]:
    """What a judge must look at, and by when, a line each."""
    return tuple(
        f"{task.zh}（{task.due}前）"
        + ("" if task.lockout_months is None else f"；如决定撤销，{task.lockout_months}个月内不得再次申请")
        for task in found
    )


def priority(found: Suggestion) -> Words | None:
    """On what the priority start rests; None where there is none.

    A judge's attestation is the only ground of a case whose findings were not looked for (`FIND.inability`).
    """
    if not found.priority_start:
        return None
    facts = next((fired.facts for fired in found.trace if fired.rule == "FIND.inability"), {"hardship_attested": 1.0})
    ground = "attested" if facts.get("hardship_attested") else "found"
    return Words(**vocabulary()["priority"][ground])


def lines(found: Suggestion) -> tuple[tuple[str, str], ...]:
    """Label and text of everything above that the suggestion holds."""
    period, start = publication(found.publication), priority(found)
    return (
        *((("优先启动 Priority", f"{start.zh} / {start.en}"),) if start else ()),
        *((("公示期 Publication", period),) if period else ()),
        *(("分阶段解除 Staged lifting", line) for line in stages(found.stages)),
        *(("待办 Task for a judge", line) for line in tasks(found.tasks)),
    )
