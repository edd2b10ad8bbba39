"""The one way this package says no: every problem at once, where it is and what to do."""

from __future__ import annotations

from collections.abc import Iterable


class ModelFault(Exception):  # noqa: N818  (faults are listed, as in records)
    """Something handed to `models` cannot be used. `faults` holds every problem found, not only the first."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults: tuple[str, ...] = tuple(faults)
        super().__init__("; ".join(self.faults))


class ParamsFault(ModelFault):
    """Training parameters that are unknown, of the wrong kind or out of range."""


class SplitFault(ModelFault):
    """A calendar that cannot hold its periods, or a frame that cannot be split."""


class FitFault(ModelFault):
    """Training data from which a required part cannot be fitted."""


class MonotoneFault(ModelFault):
    """A fitted model that moves against a declared direction."""


class PredictFault(ModelFault):
    """Indicators that a bundle cannot score: missing columns or infinite values."""


class TreeFault(ModelFault):
    """A LightGBM text model whose structure is not sound."""


class BundleFault(ModelFault):
    """A bundle folder that is incomplete, altered, unsigned or malformed."""
