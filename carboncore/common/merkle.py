"""Merkle trees as RFC 6962 defines them: sha256, leaves prefixed with 0x00 and inner nodes with 0x01."""

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the data of all leaves in order (32 bytes); of none, sha256 of nothing."""
    return root_and_proofs(leaves, ())[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes, from the leaf upwards, that prove leaf `index` to be in the tree.

    Raises:
        IndexError: there is no such leaf.
    """
    return root_and_proofs(leaves, (index,))[1][0]


def root_and_proofs(leaves: Sequence[bytes], indices: Sequence[int]) -> tuple[bytes, list[list[bytes]]]:
    """Return the root over all leaves and, for each of `indices`, its inclusion proof; hashes the tree once.

    Raises:
        IndexError: there is no such leaf.
    """
    for index in indices:
        if not 0 <= index < len(leaves):
            raise IndexError(index)
    if not leaves:
        return hashlib.sha256(b"").digest(), []
    proofs: list[list[bytes]] = [[] for _ in indices]
    places = list(indices)
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        for number, place in enumerate(places):
            if place ^ 1 < len(level):
                proofs[number].append(level[place ^ 1])
            places[number] = place // 2
        level = _parents(level)
    return level[0], proofs


class GrowingTree:
    """A tree that leaves are added to one after another; it keeps the roots of its full subtrees and no leaf."""

    def __init__(self) -> None:
        self._subtrees: list[tuple[int, bytes]] = []  # (number of leaves, root), from the largest to the smallest

    def add(self, leaf: bytes) -> None:
        """Add a leaf's data."""
        size, root = 1, leaf_hash(leaf)
        while self._subtrees and self._subtrees[-1][0] == size:
            root = _inner(self._subtrees.pop()[1], root)
            size *= 2
        self._subtrees.append((size, root))

    def root(self) -> bytes:
        """Return the root over all leaves so far (32 bytes); of none, sha256 of nothing."""
        if not self._subtrees:
            return hashlib.sha256(b"").digest()
        *larger, (_, root) = self._subtrees
        for _, subtree in reversed(larger):
            root = _inner(subtree, root)
        return root


def is_included(*, data: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether `proof` shows that `data` is leaf `index` of the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    node, last, remaining = leaf_hash(data), size - 1, list(proof)
    while last > 0:
        if index % 2 == 1 or index < last:
            if not remaining:
                return False
            sibling = remaining.pop(0)
            node = _inner(sibling, node) if index % 2 == 1 else _inner(node, sibling)
        index, last = index // 2, last // 2
    return not remaining and node == root


def _parents(level: list[bytes]) -> list[bytes]:
    """Hash neighbours together; a last one without a neighbour goes up as it is."""
    paired = [_inner(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return paired + level[-1:] if len(level) % 2 else paired


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
