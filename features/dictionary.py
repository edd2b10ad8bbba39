"""The data dictionary, generated from the declarations and never written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from features.indicator import DIMENSIONS_ZH, MISSING_ZH, Indicator, catalogue_hash
from records.tables import TABLES

_SIGN = {1: "+", -1: "−", 0: "0"}


def to_markdown(catalogue: Sequence[Indicator]) -> str:
    """Markdown tables of the catalogue, one per dimension, in catalogue order (Chinese and English)."""
    lines = [
        "# 指标数据字典 / Data dictionary",
        "",
        f"{len(catalogue)} indicators; catalogue `{catalogue_hash(catalogue)[:16]}`. "
        "方向 S/R：对修复成功/对再失信的影响（+ 增大，− 减小，0 不加约束）。",
    ]
    for dimension, title in DIMENSIONS_ZH.items():
        own = [indicator for indicator in catalogue if indicator.dimension == dimension]
        if not own:
            continue
        lines += [
            "",
            f"## {title} ({dimension})",
            "",
            "| id | 名称 | English | 单位 | 窗口 | 范围 | S/R | 缺失 | 计分 | 来源表 | 依据 | 复核要点 |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [_row(indicator) for indicator in own]
    return "\n".join(lines) + "\n"


def _row(indicator: Indicator) -> str:
    bounds = f"{_bound(indicator.minimum)} … {_bound(indicator.maximum)}"
    cells = (
        f"`{indicator.id}`",
        indicator.zh,
        indicator.en,
        indicator.unit,
        indicator.window,
        bounds,
        f"{_SIGN[indicator.success]}/{_SIGN[indicator.redefault]}",
        MISSING_ZH[indicator.missing],
        "是" if indicator.scored else "否",
        "、".join(f"{TABLES[table].title_zh} `{table}`" for table in indicator.tables),
        indicator.basis,
        indicator.review,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
