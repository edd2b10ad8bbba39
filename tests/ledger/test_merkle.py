"""The tree against the public vectors, against pymerkle, and against the RFC's own recursive text."""

from __future__ import annotations

import hashlib

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.merkle import (
    Frontier,
    ProofError,
    TreeHash,
    as_algorithm,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SHA256 = TreeHash("sha256")
# Inputs, roots and paths published with Certificate Transparency (google/certificate-transparency).
VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
VECTOR_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
N5F08 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NBC1A = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NCA85 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N6B47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N96A2 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
N0EBC = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
VECTOR_PATHS = {
    (0, 8): [N96A2, N5F08, N6B47],
    (5, 8): [NBC1A, NCA85, VECTOR_ROOTS[3]],
    (2, 3): [VECTOR_ROOTS[1]],
    (1, 5): [VECTOR_ROOTS[0], N5F08, NBC1A],
}
VECTOR_CONSISTENCY = {
    (1, 8): [N96A2, N5F08, N6B47],
    (6, 8): [N0EBC, NCA85, VECTOR_ROOTS[3]],
    (2, 5): [N5F08, NBC1A],
}


def leaves(count: int, tree: TreeHash = SHA256) -> list[bytes]:
    return [tree.leaf(index.to_bytes(4)) for index in range(count)]


def slow_root(part: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, word for word."""
    if not part:
        return hashlib.sha256(b"").digest()
    if len(part) == 1:
        return part[0]
    k = 1
    while 2 * k < len(part):
        k *= 2
    return hashlib.sha256(b"\x01" + slow_root(part[:k]) + slow_root(part[k:])).digest()


def slow_subproof(first: int, part: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162 §2.1.4.1, word for word."""
    if first == len(part):
        return [] if known else [slow_root(part)]
    k = 1
    while 2 * k < len(part):
        k *= 2
    if first <= k:
        return [*slow_subproof(first, part[:k], known), slow_root(part[k:])]
    return [*slow_subproof(first - k, part[k:], False), slow_root(part[:k])]


def test_public_vectors_of_certificate_transparency() -> None:
    hashed = [SHA256.leaf(leaf) for leaf in VECTOR_LEAVES]
    assert [root_of(hashed[:size], SHA256).hex() for size in range(1, 9)] == VECTOR_ROOTS
    assert SHA256.empty().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for (index, size), path in VECTOR_PATHS.items():
        assert [node.hex() for node in inclusion_proof(hashed[:size], index, SHA256)] == path
    for (first, size), path in VECTOR_CONSISTENCY.items():
        assert [node.hex() for node in consistency_proof(hashed[:size], first, SHA256)] == path


def test_sm3_is_the_hash_of_gb_t_32905() -> None:
    tree = TreeHash("sm3")
    # The digest of the empty message, as published with the standard's implementations.
    assert tree.empty().hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
    assert tree.leaf(b"") != SHA256.leaf(b"")
    two = leaves(2, tree)
    assert root_of(two, tree) == tree.node(*two)


def test_roots_and_paths_equal_pymerkle() -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    hashed = []
    for index in range(70):
        content = index.to_bytes(4)
        hashed.append(SHA256.leaf(content))
        other.append_entry(content)
        assert root_of(hashed, SHA256) == other.get_root(index + 1)
    for size in (1, 2, 7, 32, 33, 70):
        for index in range(size):
            theirs = other.prove_inclusion(index + 1, size).path[1:]  # theirs begins with the leaf itself
            assert inclusion_proof(hashed[:size], index, SHA256) == theirs


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_follow_the_rfc_and_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    first = data.draw(st.integers(0, size))
    index = data.draw(st.integers(0, size - 1))
    hashed = leaves(size)
    root = slow_root(hashed)
    assert root_of(hashed, SHA256) == root
    path = inclusion_proof(hashed, index, SHA256)
    verify_inclusion(hashed[index], index, size, proof=path, root=root, tree=SHA256)
    proof = consistency_proof(hashed, first, SHA256)
    assert proof == (slow_subproof(first, hashed, True) if first else [])
    verify_consistency(first, size, first_root=slow_root(hashed[:first]), second_root=root, proof=proof, tree=SHA256)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_false_claim_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 64))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size - 1))
    hashed = leaves(size)
    root = root_of(hashed, SHA256)
    path = inclusion_proof(hashed, index, SHA256)
    wrong = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    with pytest.raises(ProofError, match=r"another root|too long|too short"):
        verify_inclusion(hashed[index], wrong, size, proof=path, root=root, tree=SHA256)
    with pytest.raises(ProofError, match="too short"):
        verify_inclusion(hashed[index], index, size, proof=path[:-1], root=root, tree=SHA256)
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(hashed[index], index, size, proof=[*path, root], root=root, tree=SHA256)
    proof = consistency_proof(hashed, first, SHA256)
    with pytest.raises(ProofError, match=r"another earlier root|another later root"):
        verify_consistency(first, size, first_root=hashed[0][::-1], second_root=root, proof=proof, tree=SHA256)


def test_claims_outside_the_tree_are_refused() -> None:
    hashed = leaves(3)
    with pytest.raises(IndexError, match="leaf 3 is not in a tree of 3"):
        inclusion_proof(hashed, 3, SHA256)
    with pytest.raises(IndexError, match="4 leaves are more than the 3"):
        consistency_proof(hashed, 4, SHA256)
    with pytest.raises(ProofError, match="cannot be in a tree"):
        verify_inclusion(hashed[0], 3, 3, proof=[], root=hashed[0], tree=SHA256)
    with pytest.raises(ProofError, match="cannot come before"):
        verify_consistency(4, 3, first_root=b"", second_root=b"", proof=[], tree=SHA256)
    with pytest.raises(ProofError, match="differ where nothing was added"):
        verify_consistency(3, 3, first_root=hashed[0], second_root=hashed[1], proof=[], tree=SHA256)
    with pytest.raises(ValueError, match="unknown tree hash 'md5'"):
        as_algorithm("md5")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(0, 60))
def test_a_frontier_goes_on_where_it_was_saved(before: int, added: int) -> None:
    hashed = leaves(before + added)
    frontier = Frontier(SHA256)
    for leaf in hashed[:before]:
        frontier.append(leaf)
    restored = Frontier.from_bytes(SHA256, before, frontier.to_bytes())
    for leaf in hashed[before:]:
        restored.append(leaf)
    assert restored.root() == slow_root(hashed)
    assert len(restored.peaks) == (before + added).bit_count()


def test_a_frontier_of_another_size_is_refused() -> None:
    frontier = Frontier(SHA256)
    for leaf in leaves(5):
        frontier.append(leaf)
    assert Frontier.from_bytes(SHA256, 5, frontier.to_bytes()) == frontier
    with pytest.raises(ValueError, match="a tree of 7 leaves has another number of peaks"):
        Frontier.from_bytes(SHA256, 7, frontier.to_bytes())
