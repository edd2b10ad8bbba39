"""The model card of the small home's bundles, in both forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.card import card, contents, render
from pipeline.home import Home
from pipeline.refusals import InputRefused
from tests.pipeline.conftest import Trained

HEADINGS = ("用途", "不得用于", "数据", "指标", "校准", "公平", "选择与外推", "关口", "批准", "局限")


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_the_champions_card_says_who_approved_it_on_what(
    trained: Trained, fresh_home: Home, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"card{suffix}"
    assert card(trained.first.id, out) == 0
    text = out.read_text(encoding="utf-8")
    for heading in HEADINGS:
        assert heading in text
    assert "现行" in text
    assert "甲" in text
    assert "乙" in text
    assert trained.first.training["dataset"] in text
    assert "证据不足" in text  # groups of the small world are too small, and the card does not call that a pass
    assert "100 cases computed again, every bit the same" in text
    for spec in trained.first.specs:
        assert spec.zh in text
    found = contents(fresh_home, trained.first)
    for one in found["newest"]["outcomes"].values():
        assert f"{one['auc']['value']:.3f} [{one['auc']['low']:.3f}, {one['auc']['high']:.3f}]" in text


def test_a_bundle_nobody_evaluated_or_approved_says_so(trained: Trained, fresh_home: Home) -> None:
    for path in (fresh_home.root / "evaluations" / trained.second.id).iterdir():
        path.unlink()
    text = render(contents(fresh_home, trained.second), ".md")
    for words in ("尚未启用", "Never evaluated in this home", "尚无人批准", "cannot be promoted"):
        assert words in text


def test_what_people_wrote_is_text_on_the_page(trained: Trained, fresh_home: Home) -> None:
    found = contents(fresh_home, trained.first)
    found["approvals"] = [{"approver": "<script>x</script>", "at": "now", "reason": "a | b", "verdicts": {}}]
    assert "<script>x" not in render(found, ".html")
    assert "a \\| b" in render(found, ".md")


def test_another_ending_is_refused(trained: Trained, fresh_home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"must end in \.md or \.html"):
        card(trained.first.id, tmp_path / "card.pdf")
