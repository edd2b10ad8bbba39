"""The service as `repair-risk serve` starts it: the champion bundle and the ledger of this home."""

from __future__ import annotations

from fastapi import FastAPI

from ledger.keys import load_or_create
from ledger.store import Ledger
from pipeline.score import Home, ScorerSource
from service.app import create_app


def from_environment() -> FastAPI:
    """The application on `REPAIR_RISK_HOME`. Refuses to start without a promoted, trusted bundle."""
    home = Home.from_environment()
    source = ScorerSource(home)
    source.current()
    keys = load_or_create(home.keys)
    ledger = Ledger.open(home.ledger, home.checkpoints, keys.private)
    return create_app(source, ledger, policy=source.policy)
