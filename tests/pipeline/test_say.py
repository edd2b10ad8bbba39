"""What others wrote is told letter by letter: no markup, no pictures, nothing a terminal would obey."""

from __future__ import annotations

import pytest
import typer

from pipeline.refusals import InputRefused
from pipeline.say import AT_FAULT, run, tell
from pipeline.scoring import Batch, Unscored, tell_unscored
from records.tables import TABLES


@pytest.mark.parametrize(
    "text", ["plain", "id a[/b]", "must match [a-z]{2}", "[red]x", "[link=file:///x]y", "a:100:b :skull:", "one\n\ttwo"]
)
def test_what_is_told_stands_as_it_was_written(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(text)
    tell(text, style="red")
    assert capsys.readouterr().err.expandtabs() == f"{text}\n{text}\n".expandtabs()


@pytest.mark.parametrize("hostile", ["\x1b]0;title\x07", "\x1b[2J", "\r", "\x9b2J", "\u202e", "\ud800"])
def test_what_a_terminal_would_obey_is_replaced(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(f"before {hostile} after")
    told = capsys.readouterr().err
    assert "\ufffd" in told
    assert not set(told) & set("\x1b\x07\r\x9b\u202e\ud800")
    assert told.startswith("before ")
    assert told.endswith(" after\n")


def test_debtors_that_were_not_scored_are_named_whatever_their_rows_hold(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = ("payments r[/r]: kind must match [a-z]{2}",)
    tell_unscored(Batch(TABLES["score_log"].empty(), (Unscored("a[/b]", reasons),)))
    assert capsys.readouterr().err == "not scored: a[/b]: payments r[/r]: kind must match [a-z]{2}\n"


def test_a_refusal_is_told_as_it_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise InputRefused("no bundle [/x] :100:")

    with pytest.raises(typer.Exit) as ended:
        run(refuse)  # type: ignore[arg-type]
    assert ended.value.exit_code == AT_FAULT
    assert capsys.readouterr().err == "no bundle [/x] :100:\n"
