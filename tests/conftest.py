"""One small world for all tests that need the whole path: made once, read by many."""

from __future__ import annotations

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("POLARS_MAX_THREADS", "2")
