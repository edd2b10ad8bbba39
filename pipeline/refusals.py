"""Refusals of the command line that no lower package has a word for."""

from __future__ import annotations


class InputRefused(Exception):  # noqa: N818 - it is a refusal, and says so
    """What the person gave cannot be used; the message says what and what to do (exit status 1)."""


class IntegrityRefused(Exception):  # noqa: N818 - it is a refusal, and says so
    """Something stored is not what it was when it was signed (exit status 3)."""
