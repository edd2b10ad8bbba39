"""The house itself: small files, no notes to self, nothing that only works on one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("data_synth", "explain", "features", "ledger", "models", "pipeline", "policy", "records", "service")
SOURCES = sorted(path for name in (*PACKAGES, "tests", "benchmarks") for path in (ROOT / name).rglob("*.py"))
LIMIT = 500


def test_no_file_is_above_the_limit() -> None:
    assert len(SOURCES) > 200
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > LIMIT} == {}


def test_every_package_of_the_house_is_installed_and_watched() -> None:
    """A folder that the packaging or the import contracts forgot would be unchecked."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == set(PACKAGES)
    assert {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]} == found
    assert set(project["tool"]["importlinter"]["root_packages"]) == found
    assert set(project["tool"]["mypy"]["packages"]) == found


def test_the_service_contract_names_every_other_module_of_the_pipeline() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(
        one for one in project["tool"]["importlinter"]["contracts"] if one["name"].startswith("The service scores")
    )
    modules = {f"pipeline.{path.stem}" for path in (ROOT / "pipeline").glob("*.py")} - {"pipeline.__init__"}
    small = {"pipeline.__main__", "pipeline.score"}
    assert modules - small <= set(contract["forbidden_modules"]), "add the new module to the contract"


def test_locked_requirements_have_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[A-Za-z0-9][^\n]*==", text, flags=re.MULTILINE)
        assert len(pins) > 100
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
