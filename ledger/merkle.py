"""Merkle tree of RFC 9162 §2 (Certificate Transparency 2.0) over SHA-256 or SM3.

A leaf is hashed with the prefix byte 0x00, an inner node with 0x01, so that no node can be passed
off as a record. A tree of n leaves is split at the largest power of two below n. The functions that
make a proof take *leaf hashes* in order; those that check one need no tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from cryptography.hazmat.primitives import hashes

Algorithm = Literal["sha256", "sm3"]
HASH_BYTES = 32


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


_DIGESTS: dict[Algorithm, Callable[[bytes], bytes]] = {"sha256": _sha256, "sm3": _sm3}


class ProofError(ValueError):
    """A proof does not connect what it claims to connect."""


@dataclass(frozen=True)
class TreeHash:
    """The three hashes of the tree under one algorithm (GB/T 32905 for SM3, FIPS 180-4 for SHA-256).

    Raises ValueError for an algorithm the tree does not know.
    """

    algorithm: Algorithm = "sha256"
    _digest: Callable[[bytes], bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.algorithm not in _DIGESTS:
            raise ValueError(f"unknown tree hash {self.algorithm!r}: use one of {', '.join(_DIGESTS)}")
        object.__setattr__(self, "_digest", _DIGESTS[self.algorithm])

    def empty(self) -> bytes:
        """Root of the tree without leaves: the hash of nothing."""
        return self._digest(b"")

    def leaf(self, content: bytes) -> bytes:
        """Hash of one leaf."""
        return self._digest(b"\x00" + content)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Hash of an inner node over its two children."""
        return self._digest(b"\x01" + left + right)


@dataclass
class Frontier:
    """The right edge of a growing tree: one root per perfect subtree, largest first.

    Appending costs O(log n) hashes and the whole state is at most 64 hashes, so a ledger of any
    length is opened and continued without reading its leaves again.
    """

    tree: TreeHash
    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf hash at the end."""
        self.peaks.append(leaf_hash)
        merged = self.size
        while merged & 1:  # as in binary counting: every trailing one-bit carries
            right = self.peaks.pop()
            self.peaks.append(self.tree.node(self.peaks.pop(), right))
            merged >>= 1
        self.size += 1

    def root(self) -> bytes:
        """Root hash of the tree so far."""
        if not self.peaks:
            return self.tree.empty()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = self.tree.node(peak, root)
        return root

    def copy(self) -> Frontier:
        """An independent copy, to be kept only if a transaction succeeds."""
        return Frontier(self.tree, self.size, list(self.peaks))

    def to_bytes(self) -> bytes:
        """The peaks one after another; `size` is kept beside them."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, tree: TreeHash, size: int, data: bytes) -> Frontier:
        """Inverse of `to_bytes`; ValueError when `data` cannot belong to a tree of `size` leaves."""
        if size < 0 or len(data) != HASH_BYTES * size.bit_count():
            raise ValueError(f"a tree of {size} leaves has another number of peaks than these {len(data)} bytes hold")
        return cls(tree, size, [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])


def root_of(leaf_hashes: Sequence[bytes], tree: TreeHash) -> bytes:
    """Root over all leaf hashes (RFC 9162 §2.1.1)."""
    frontier = Frontier(tree)
    for leaf_hash in leaf_hashes:
        frontier.append(leaf_hash)
    return frontier.root()


def _split(n: int) -> int:
    """Largest power of two below n (n > 1)."""
    return 1 << ((n - 1).bit_length() - 1)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int, tree: TreeHash) -> list[bytes]:
    """PATH(index, leaves) of RFC 9162 §2.1.3.1, nearest sibling first; IndexError outside the tree."""
    if not 0 <= index < len(leaf_hashes):
        raise IndexError(f"leaf {index} is not in a tree of {len(leaf_hashes)} leaves")
    path: list[bytes] = []
    part = leaf_hashes
    while len(part) > 1:
        k = _split(len(part))
        if index < k:
            path.append(root_of(part[k:], tree))
            part = part[:k]
        else:
            path.append(root_of(part[:k], tree))
            part, index = part[k:], index - k
    return path[::-1]


def consistency_proof(leaf_hashes: Sequence[bytes], first: int, tree: TreeHash) -> list[bytes]:
    """PROOF(first, leaves) of RFC 9162 §2.1.4.1: the tree of `first` leaves is a prefix of this one.

    Empty for an empty or equal earlier tree; IndexError when `first` is larger than the tree.
    """
    if not 0 <= first <= len(leaf_hashes):
        raise IndexError(f"{first} leaves are more than the {len(leaf_hashes)} of the tree")
    if first in {0, len(leaf_hashes)}:
        return []
    path: list[bytes] = []
    part, known = leaf_hashes, True  # known: the verifier already has this subtree's root
    while first != len(part):
        k = _split(len(part))
        if first <= k:
            path.append(root_of(part[k:], tree))
            part = part[:k]
        else:
            path.append(root_of(part[:k], tree))
            part, first, known = part[k:], first - k, False
    if not known:
        path.append(root_of(part, tree))
    return path[::-1]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, *, proof: Sequence[bytes], root: bytes, tree: TreeHash
) -> None:
    """Check that `leaf_hash` is leaf `index` of the tree of `size` leaves with `root` (RFC 9162 §2.1.3.2).

    Raises ProofError when it is not.
    """
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} cannot be in a tree of {size} leaves")
    (node,) = _climb(index, size - 1, [leaf_hash], proof, tree)
    if node != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    first: int, second: int, *, first_root: bytes, second_root: bytes, proof: Sequence[bytes], tree: TreeHash
) -> None:
    """Check that the tree of `first` leaves is a prefix of the tree of `second` (RFC 9162 §2.1.4.2).

    Raises ProofError when it is not.
    """
    if not 0 <= first <= second:
        raise ProofError(f"a tree of {first} leaves cannot come before one of {second}")
    if first in {0, second}:
        expected = second_root if first == second else tree.empty()
        if proof or first_root != expected:
            raise ProofError("the two roots differ where nothing was added")
        return
    # A perfect earlier tree is its own first node, so the proof leaves it out.
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        raise ProofError("the consistency proof is too short")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old, new = _climb(fn, sn, [path[0], path[0]], path[1:], tree)
    if old != first_root:
        raise ProofError("the consistency proof leads to another earlier root")
    if new != second_root:
        raise ProofError("the consistency proof leads to another later root")


def _climb(fn: int, sn: int, nodes: list[bytes], siblings: Sequence[bytes], tree: TreeHash) -> list[bytes]:
    """Walk from position `fn` of a level that ends at `sn` to the root.

    Left siblings belong to every tree the nodes stand for, right ones only to the last (the newest).
    """
    for sibling in siblings:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            nodes = [tree.node(sibling, node) for node in nodes]
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            nodes = [*nodes[:-1], tree.node(nodes[-1], sibling)]
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("the proof is too short")
    return nodes


def as_algorithm(name: str) -> Algorithm:
    """`name` as a tree algorithm; ValueError when it is none."""
    return TreeHash(cast(Algorithm, name)).algorithm
