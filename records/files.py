"""Files that are either wholly the old or wholly the new, also after a crash."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import polars as pl


def write_atomically(path: Path, content: bytes, *, new: bool = False) -> None:
    """Write `content` beside `path`, sync it, then rename it over `path` and sync the folder.

    Raises OSError when the disk refuses, FileExistsError when a file that is to be `new` is there already; `path` then
    still holds what it held.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        with scratch.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(scratch, path)
            scratch.unlink()
        else:
            scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that does not exist yet, whole and synced, with `mode`; of two writers the first one's file stays.

    For secrets: nobody sees half a key, and no moment passes in which others may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.chmod(mode)  # the umask may have taken bits away, never added any
        try:
            os.link(partial, path)
        except FileExistsError:
            return
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove `path` if it is there, and sync its folder."""
    if path.exists():
        path.unlink()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """`frame` as Parquet; equal frames give equal bytes (one row-group layout, no timestamps inside)."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=262_144)
    return buffer.getvalue()


def sha256_file(path: Path) -> str:
    """SHA-256 of the file at `path`, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
