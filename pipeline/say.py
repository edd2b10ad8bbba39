"""How the command line speaks: words for people to stderr, machine output to stdout, exit status."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Outcome = Literal[0, 1, 3]
DONE: Outcome = 0
AT_FAULT: Outcome = 1
INTEGRITY: Outcome = 3
Advance = Callable[[int, int], None]

# What moves a terminal's cursor, turns the direction of writing or cannot be encoded: all but line ends and tabs.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def people() -> Console:
    """Console for words to people (stderr)."""
    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def tell(text: str, style: str | None = None) -> None:
    """One line or block to a person, in one style and letter by letter: much of it was written by others (ids of rows
    set aside, patterns, names), so brackets are never markup, and what a terminal would obey is replaced."""
    people().print(_UNPRINTABLE.sub("\ufffd", text), style=style, markup=False)


def emit_text(text: str) -> None:
    """Text that is the command's result (stdout)."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def emit_bytes(content: bytes) -> None:
    """Bytes that are the command's result (stdout)."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def emit_json(value: Mapping[str, Any] | list[Any]) -> None:
    """A JSON document as the command's result (stdout)."""
    emit_text(json.dumps(value, ensure_ascii=False, indent=1, default=str))


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """A progress bar; the block calls `advance(done, total)`."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=people()) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def run(command: Callable[[], Outcome]) -> None:
    """Run one command; known refusals become one clear message and their exit status."""
    try:
        status = command()
    except KeyboardInterrupt:
        tell("interrupted; what was recorded stays recorded, nothing half-made was kept", style="red")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        raise typer.Exit(130) from None
    except Exception as error:
        found = _status_of(error)
        if found is None:
            raise
        tell(str(error), style="red")
        raise typer.Exit(found) from None
    raise typer.Exit(status)


def _status_of(error: Exception) -> Outcome | None:
    # Imported here: these classes come with heavy packages, and are loaded already when one was raised.
    from json import JSONDecodeError

    from polars.exceptions import PolarsError
    from yaml import YAMLError

    from explain.additivity import AdditivityError
    from explain.report import ReportError
    from explain.what_if import EditError
    from ledger.errors import LedgerError, LedgerLockedError
    from ledger.keys import KeyFileError
    from models.faults import BundleFault, ModelFault
    from pipeline.promote import PromotionRefused
    from pipeline.refusals import InputRefused, IntegrityRefused
    from policy.faults import PolicyFaults, PolicyLookupError
    from records.faults import Faults

    unreadable = (OSError, JSONDecodeError, UnicodeDecodeError, YAMLError, PolarsError)
    refused = (Faults, PromotionRefused, PolicyFaults, PolicyLookupError, InputRefused, ReportError, EditError)
    altered = (BundleFault, LedgerError, KeyFileError, IntegrityRefused, AdditivityError)
    if isinstance(error, LedgerLockedError):  # somebody else records: nothing is wrong with what is stored
        return AT_FAULT
    if isinstance(error, altered):
        return INTEGRITY
    return AT_FAULT if isinstance(error, (*unreadable, *refused, ModelFault)) else None
