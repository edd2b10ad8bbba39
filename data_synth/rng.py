"""Counter-based random numbers: each draw is a hash of (seed, stream, debtor, ordinal).

Nothing is drawn in sequence, so the rows of a debtor do not depend on how many debtors stand
beside it, on chunk size, on bucket count or on processes. The mixer is the finaliser of
SplitMix64 (Steele, Lea, Flood 2014), applied twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ODD = tuple(np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0x8CB92BA72F3D8DD7))
_MIX = tuple(np.uint64(value) for value in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_SHIFT = tuple(np.uint64(value) for value in (30, 27, 31, 11))


def stream_key(seed: int, stream: str) -> np.uint64:
    """The 64-bit key of a named stream under a seed."""
    digest = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> _SHIFT[0])) * _MIX[0]
    bits = (bits ^ (bits >> _SHIFT[1])) * _MIX[1]
    return bits ^ (bits >> _SHIFT[2])


@dataclass(frozen=True)
class Draws:
    """Random numbers of a set of debtors. `who` (n,) holds debtor numbers; `lane` tells apart
    repeated acts of one debtor (a first and a second application)."""

    seed: int
    who: Ints
    lane: int = 0

    def bits(self, stream: str, j: int | Ints = 0) -> NDArray[np.uint64]:
        """Uniform 64-bit words, shape (n,); `j` is the ordinal within the stream."""
        with np.errstate(over="ignore"):
            order = np.asarray(j, dtype=np.int64).astype(np.uint64) * _ODD[1]
            lane = np.asarray(self.lane, dtype=np.int64).astype(np.uint64) * _ODD[2]
            bits = _mix(self.who.astype(np.uint64) * _ODD[0] + stream_key(self.seed, stream))
            return _mix(bits + order + lane)

    def u(self, stream: str, j: int | Ints = 0) -> Floats:
        """Uniform numbers in the open interval (0, 1), shape (n,)."""
        return ((self.bits(stream, j) >> _SHIFT[3]).astype(np.float64) + 0.5) * 2.0**-53

    def z(self, stream: str, j: int | Ints = 0) -> Floats:
        """Standard normal numbers, shape (n,)."""
        return np.asarray(ndtri(self.u(stream, j)), dtype=np.float64)

    def chance(self, stream: str, p: float | Floats, j: int | Ints = 0) -> Bools:
        """True with probability `p`, shape (n,)."""
        return np.asarray(self.u(stream, j) < p, dtype=np.bool_)

    def whole(self, stream: str, low: int | Ints, high: int | Ints, j: int | Ints = 0) -> Ints:
        """Whole numbers from `low` to `high`, both included, shape (n,)."""
        span = np.asarray(high, dtype=np.int64) - np.asarray(low, dtype=np.int64) + 1
        return np.asarray(low + np.floor(self.u(stream, j) * np.maximum(span, 1)).astype(np.int64), dtype=np.int64)

    def pick(self, stream: str, weights: Sequence[float] | Floats, j: int | Ints = 0) -> Ints:
        """Index drawn with the given weights: (k,) for all debtors alike, or (n, k), shape (n,)."""
        table = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        steps = np.cumsum(table, axis=1)
        level = self.u(stream, j) * steps[:, -1]
        return np.asarray((level[:, None] >= steps[:, :-1]).sum(axis=1), dtype=np.int64)

    def matrix(self, stream: str, columns: int) -> Floats:
        """Uniform numbers, shape (n, columns); column j equals `u(stream, j)`."""
        return np.stack([self.u(stream, j) for j in range(columns)], axis=1)

    def of(self, who: Ints) -> Draws:
        """The same draws for other debtors (rows repeated or left out)."""
        return Draws(self.seed, who, self.lane)


def sigmoid(x: Floats) -> Floats:
    """Logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def cents(amounts: Floats) -> Floats:
    """Money to two decimals."""
    return np.asarray(np.round(amounts, 2), dtype=np.float64)


def partner(who: Ints, total: int, seed: int, stream: str) -> Ints:
    """A permutation of the debtor numbers 1…total, read at `who`; affine, so it needs no memory.

    Used to hand each debtor another's hidden cause: the cause keeps its distribution and loses
    its owner.
    """
    key = int(stream_key(seed, stream))
    step = max(1, key % total)
    while np.gcd(step, total) != 1 or (step == 1 and total > 2):
        step = step % total + 1
    offset = (key >> 32) % total
    return np.asarray(((who - 1) * step + offset) % total + 1, dtype=np.int64)
