"""What a suggestion holds beyond grade, route and mode, in words: publication period, staged lifting, tasks.

The text of a record, the reviewer's page and the assessment report all say it through here.
"""

from __future__ import annotations

from explain.figures import number
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


def lines(found: Suggestion) -> tuple[tuple[str, str], ...]:
    """Label and text of everything above that the suggestion holds."""
    period = publication(found.publication)
    return (
        *((("公示期 Publication", period),) if period else ()),
        *(("分阶段解除 Staged lifting", line) for line in stages(found.stages)),
        *(("待办 Task for a judge", line) for line in tasks(found.tasks)),
    )
