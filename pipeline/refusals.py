"""Refusals of the command line that no lower package has a word for."""

from __future__ import annotations


class InputRefused(Exception):
    """What the person gave cannot be used; the message says what and what to do (exit status 1)."""


class IntegrityRefused(Exception):
    """Something stored is not what it was when it was signed (exit status 3)."""
