"""Where things are kept: one folder, `REPAIR_RISK_HOME` (default `./var`), never in git."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folder that holds the ledger, installed bundles, policy snapshots, keys and reports."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The home named by `REPAIR_RISK_HOME`, or `./var`."""
        return cls(Path(os.environ.get("REPAIR_RISK_HOME", "var")))

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def checkpoints(self) -> Path:
        """Signed checkpoints, a file apart from the ledger; courts copy it elsewhere."""
        return self.root / "checkpoints.log"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def bundles(self) -> Path:
        return self.root / "bundles"

    def bundle(self, bundle_id: str) -> Path:
        """Folder of the installed bundle `bundle_id`."""
        return self.bundles / bundle_id

    @property
    def policies(self) -> Path:
        """Snapshots of every policy a score was made under, by content hash."""
        return self.root / "policies"

    def policy(self, policy_hash: str) -> Path:
        """Snapshot file of one policy."""
        return self.policies / f"{policy_hash}.json"

    @property
    def courts(self) -> Path:
        """Courts' own override files (`*.yaml`): each holds for its own area, beside the packaged rules."""
        return self.root / "courts"

    @property
    def champion(self) -> Path:
        """Which bundle answers, and who approved it."""
        return self.root / "champion.json"

    @property
    def lock(self) -> Path:
        """Held while a bundle is judged and approved, and while an evaluation is numbered and kept."""
        return self.root / "home.lock"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def mlflow_uri(self) -> str:
        """Tracking and registry store of MLflow, a local SQLite file."""
        return f"sqlite:///{(self.root / 'mlflow.db').resolve()}"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.root / "mlartifacts"
