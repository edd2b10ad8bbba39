"""DT5: grade A-D from the public points, with caps (all numbers are assumptions of this project).

A cap that cannot be ruled out applies: unknown re-default probability or unknown query coverage
caps the grade as a bad one does. Without points there is no grade, and the trace says so.
"""

from __future__ import annotations

from policy.casefile import CaseFile
from policy.outcome import Grade, ReviewRow

_GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")
_LIMIT_KEYS = ("grade.limits.A", "grade.limits.B", "grade.limits.C")
_CAP_KEYS = ("grade.caps.grade", "grade.caps.p_redefault_12", "grade.caps.query_coverage")
_REVIEW_KEYS: dict[Grade, tuple[str, ...]] = {
    found: tuple(f"review.{found}.{part}" for part in ("depth", "proof", "frame", "points", "hearing", "materials"))
    for found in _GRADES
}


def grade(file: CaseFile) -> Grade | None:
    """The grade, None without points. Points count to a tenth, as published."""
    rules, points = file.rules, file.scores.points
    if points is None:
        zh = "未给出积分，无法评定等级：本数据类别不计积分，或未经模型评估"
        file.fire_with("DT5", "none", {"points": None}, _LIMIT_KEYS, zh)
        return None
    points = round(points, 1)
    found = next((g for g in _GRADES[:3] if points >= rules.number[f"grade.limits.{g}"]), _GRADES[3])
    zh = f"积分{points:.1f}分，对应{found}级"
    file.fire_with("DT5", found, {"points": points}, _LIMIT_KEYS, zh)
    return _capped(found, file)


def _capped(found: Grade, file: CaseFile) -> Grade:
    rules = file.rules
    risk, coverage = file.scores.p_redefault_12, file.facts.get("query_coverage")
    grounds = []
    if risk is None:
        grounds.append("十二个月再失信概率不明")
    elif risk > rules.number["grade.caps.p_redefault_12"]:
        grounds.append(f"十二个月再失信概率{risk:.3f}偏高")
    if coverage is None:
        grounds.append("查控反馈覆盖率不明")
    elif coverage < rules.number["grade.caps.query_coverage"]:
        grounds.append(f"查控反馈覆盖率{coverage:.2f}不足")
    cap = next(g for g in _GRADES if g == rules.text["grade.caps.grade"])
    if not grounds or found >= cap:
        return found
    read = {"p_redefault_12": risk, "query_coverage": coverage}
    zh = f"{'；'.join(grounds)}，等级以{cap}级为限"
    file.fire_with("DT5.cap", cap, read, _CAP_KEYS, zh)
    return cap


def review_row(file: CaseFile, found: Grade | None) -> ReviewRow | None:
    """The published review row of a grade (R10, R49), None without a grade."""
    if found is None:
        return None
    keys = _REVIEW_KEYS[found]
    depth, proof, frame, points, hearing, materials = keys
    text, words = file.rules.text, file.rules.words
    row = ReviewRow(found, text[depth], text[proof], text[frame], words[points], text[hearing], words[materials])
    file.fire("DT5.review", found, (), keys, f"{found}级审查标准：{row.depth}")
    return row
