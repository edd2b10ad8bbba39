"""The whole check of a bundle folder; LightGBM is not touched here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from models.bundle_files import ALWAYS, CARD, FORMAT, MANIFEST, MODELS, SIGNATURE, id_of
from models.calibration import Calibrator
from models.faults import BundleFault, ModelFault
from models.horizons import HEADS, HORIZON
from models.intervals import IntervalTable
from models.monotone import check_monotone
from models.reference import ReferencePopulation
from models.scorecard import Scorecard
from models.signatures import signed_by_trusted
from models.spec import IndicatorSpec
from models.tree_check import MAX_BYTES, parse_model
from records.faults import CaseFaults
from records.strict_json import loads

_T = TypeVar("_T")


@dataclass(frozen=True)
class CheckedFiles:
    """Everything of a faultless folder, parsed but not yet given to LightGBM; `raw`: the bytes that were checked."""

    raw: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    catalogue: Mapping[str, Any]
    specs: tuple[IndicatorSpec, ...]
    calibrators: Mapping[str, Calibrator]
    intervals: Mapping[str, IntervalTable]
    horizon: Mapping[str, str]
    scorecard: Scorecard | None
    reference: ReferencePopulation
    plain: Mapping[str, Any]


def read_checked(path: Path, trusted: Sequence[Ed25519PublicKey]) -> CheckedFiles:
    """Read every file once and check it. Raises BundleFault with every fault of every file."""
    return _Check(path, trusted).run()


class _Check:
    """One folder's check. Methods add to `faults` and go on, so that one run names everything that is wrong."""

    def __init__(self, path: Path, trusted: Sequence[Ed25519PublicKey]) -> None:
        self.path = path
        self.trusted = trusted
        self.faults: list[str] = []

    def run(self) -> CheckedFiles:
        raw = self._read_all()
        manifest = self._manifest(raw)
        catalogue = self._json(raw, "catalogue.json")
        specs = self._parsed("catalogue.json", lambda: _specs(catalogue))
        calibration = self._json(raw, "calibrators.json")
        calibrators = self._parsed("calibrators.json", lambda: _calibrators(calibration))
        tables = self._json(raw, "intervals.json")
        intervals = self._parsed("intervals.json", lambda: _intervals(tables))
        card_content = self._json(raw, CARD) if CARD in raw else None
        card = self._parsed(CARD, lambda: None if card_content is None else Scorecard.from_json(card_content))
        population = self._json(raw, "reference.json")
        reference = self._parsed("reference.json", lambda: ReferencePopulation.from_json(population))
        plain = {name: self._json(raw, name) for name in ("metrics.json", "params.json", "training.json")}
        if _texts(plain["training.json"].get("absent")) is None:
            self.faults.append("training.json/absent: must name what is absent and why")
        if calibrators is not None and intervals is not None:
            self._interval_each(calibrators, intervals, _texts(plain["training.json"].get("absent")) or {})
        if specs is not None:
            self._models(raw, specs)
            self._together(raw, specs, calibrators, card, reference)
        if self.faults or specs is None or calibrators is None or intervals is None or reference is None:
            raise BundleFault(self.faults)
        return CheckedFiles(
            raw=raw,
            manifest=manifest,
            catalogue=catalogue,
            specs=specs,
            calibrators=calibrators,
            intervals=intervals,
            horizon=calibration["horizon"],
            scorecard=card,
            reference=reference,
            plain=plain,
        )

    def _read_all(self) -> dict[str, bytes]:
        if not self.path.is_dir():
            raise BundleFault([f"{self.path.name} is not a folder: no bundle there"])
        raw: dict[str, bytes] = {}
        for entry in sorted(self.path.iterdir()):
            if entry.is_symlink() or not entry.is_file():
                self.faults.append(f"{entry.name}: not a plain file")
            elif entry.stat().st_size > MAX_BYTES:
                self.faults.append(f"{entry.name}: larger than {MAX_BYTES} bytes")
            else:
                raw[entry.name] = entry.read_bytes()
        return raw

    def _manifest(self, raw: Mapping[str, bytes]) -> Mapping[str, Any]:
        manifest, signature = self._json(raw, MANIFEST), self._json(raw, SIGNATURE)
        hashes = _texts(manifest.get("files")) or {}
        if MANIFEST in raw and (manifest.get("format") != FORMAT or not hashes):
            self.faults.append(f"{MANIFEST}: not a manifest of format {FORMAT}")
        if SIGNATURE in raw and MANIFEST in raw and not signed_by_trusted(raw[MANIFEST], signature, self.trusted):
            self.faults.append(f"{SIGNATURE}: not a signature of {MANIFEST} by a trusted key")
        if hashes and manifest.get("id") != id_of(hashes):
            self.faults.append(f"{MANIFEST}: the id does not follow from the files")
        known = {*ALWAYS, CARD, *MODELS}
        for name in sorted({*hashes, *ALWAYS}):
            if name not in raw:
                self.faults.append(f"{name}: missing")
            elif name in hashes and hashlib.sha256(raw[name]).hexdigest() != hashes[name]:
                self.faults.append(f"{name}: altered, its hash is not the manifest's")
            if name not in known:
                self.faults.append(f"{name}: the manifest lists a file that no bundle has")
        for name in sorted(set(raw) - set(hashes) - {MANIFEST, SIGNATURE}):
            self.faults.append(f"{name}: not in the manifest")
        return manifest

    def _json(self, raw: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
        if name not in raw:
            if name in (MANIFEST, SIGNATURE):
                self.faults.append(f"{name}: missing")
            return {}
        try:
            content = loads(raw[name], MAX_BYTES)
        except CaseFaults as error:
            self.faults += [f"{name}{fault.where}: {fault.detail}" for fault in error.faults]
            return {}
        if not isinstance(content, dict):
            self.faults.append(f"{name}: must be one JSON object")
            return {}
        return content

    def _parsed(self, name: str, parse: Callable[[], _T]) -> _T | None:
        try:
            return parse()
        except ValidationError as error:
            self.faults += [f"{name}/{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.faults.append(f"{name}: not of the expected shape ({type(error).__name__}: {error})")
        return None

    def _models(self, raw: Mapping[str, bytes], specs: Sequence[IndicatorSpec]) -> None:
        scored = [spec for spec in specs if spec.scored]
        for name, outcome in MODELS.items():
            if name not in raw:
                continue
            directions = tuple(spec.direction(outcome) for spec in scored)
            try:
                model = parse_model(raw[name], [spec.id for spec in scored])
            except ModelFault as error:
                self.faults += [f"{name}: {fault}" for fault in error.faults]
                continue
            if model.monotone != directions:
                self.faults.append(f"{name}: directions are not the catalogue's")
            try:
                check_monotone(model, directions)
            except ModelFault as error:
                self.faults += [f"{name}: {fault}" for fault in error.faults]

    def _interval_each(
        self, calibrators: Mapping[str, Calibrator], intervals: Mapping[str, IntervalTable], absent: Mapping[str, str]
    ) -> None:
        """Every probability has its intervals or a reason why not, and nothing else has."""
        for head, parts in HEADS.items():
            given, wanted = head in intervals, set(parts) <= set(calibrators)
            if given and not wanted:
                self.faults.append(f"intervals.json: '{head}' has intervals but no models")
            elif wanted and given == (f"intervals.{head}" in absent):
                self.faults.append(f"intervals.json: '{head}' needs intervals, or why they are absent, and not both")
        if strange := sorted(set(intervals) - set(HEADS)):
            self.faults.append(f"intervals.json: unknown probabilities {', '.join(strange)}")

    def _together(
        self,
        raw: Mapping[str, bytes],
        specs: Sequence[IndicatorSpec],
        calibrators: Mapping[str, Calibrator] | None,
        card: Scorecard | None,
        reference: ReferencePopulation | None,
    ) -> None:
        fitted = {outcome for name, outcome in MODELS.items() if name in raw}
        if calibrators is not None and set(calibrators) != fitted:
            self.faults.append("calibrators.json: must hold one calibrator per model file")
        scored = {spec.id for spec in specs if spec.scored}
        if card is not None and (strange := sorted(set(card.indicator_ids) - scored)):
            self.faults.append(f"{CARD}: indicators not scored by the catalogue: {', '.join(strange)}")
        if reference is not None and set(reference.indicators) != scored:
            self.faults.append("reference.json: indicators are not those the catalogue scores")


def _specs(catalogue: Mapping[str, Any]) -> tuple[IndicatorSpec, ...]:
    if not isinstance(catalogue["profile"], str) or not isinstance(catalogue["hash"], str):
        raise TypeError("profile and hash must be text")
    specs = tuple(IndicatorSpec(**item) for item in catalogue["indicators"])
    if not specs or len({spec.id for spec in specs}) != len(specs):
        raise ValueError("indicators must be named, each once")
    for spec in specs:
        if not isinstance(spec.id, str) or not isinstance(spec.scored, bool):
            raise TypeError("an indicator needs a name and a yes or no for scored")
        if any(type(value) is not int or value not in (-1, 0, 1) for value in (spec.success, spec.redefault)):
            raise ValueError(f"directions of '{spec.id}' must be -1, 0 or 1")
    return specs


def _calibrators(content: Mapping[str, Any]) -> dict[str, Calibrator]:
    if content["horizon"] != dict(HORIZON):
        raise ValueError("horizon is not the one this version computes")
    return {str(name): Calibrator.from_json(item) for name, item in content["calibrators"].items()}


def _intervals(content: Mapping[str, Any]) -> dict[str, IntervalTable]:
    return {str(name): IntervalTable.from_json(item) for name, item in content.items()}


def _texts(value: object) -> dict[str, str] | None:
    """`value` when it is an object of texts, else None."""
    return value if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()) else None
