"""Bundles by folder or id: found, trusted, and installed in the home so that a replay finds them."""

from __future__ import annotations

from pathlib import Path

from models.bundle import Bundle
from models.install import install_bundle
from models.keys import trusted_keys
from pipeline.home import Home
from pipeline.promote import champion
from pipeline.refusals import InputRefused
from pipeline.score import open_bundle


def install(home: Home, reference: str | None) -> Bundle:
    """The bundle a person names by folder or id (None: the champion), copied into the home if need be.

    Raises InputRefused when there is none, BundleFault when it cannot be trusted.
    """
    if reference is None:
        approved = champion(home)
        if approved is None:
            raise InputRefused("no bundle was promoted yet: name one with --bundle, or promote one")
        return open_bundle(home, str(approved["bundle"]))
    folder = Path(reference)
    if not (folder / "manifest.json").is_file():
        if "/" not in reference and home.bundle(reference).is_dir():
            return open_bundle(home, reference)
        raise InputRefused(f"{reference!r} is neither a bundle folder nor the id of an installed bundle")
    return install_bundle(folder, home.bundles, trusted_keys(home.keys))
