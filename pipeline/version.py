"""The version of the code, as every record carries it."""

from __future__ import annotations

from importlib.metadata import version

CODE_VERSION = version("repair-risk")
