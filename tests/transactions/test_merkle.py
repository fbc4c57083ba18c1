"""Merkle trees against RFC 6962's recursive definition and the known roots of its eight test leaves."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carboncore.common.merkle import GrowingTree, inclusion_proof, is_included, leaf_hash, merkle_root, root_and_proofs

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1: split at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.mark.parametrize(
    ("count", "root"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_roots_are_those_of_the_published_vectors(count, root):
    assert merkle_root(LEAVES[:count]).hex() == root


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_is_proved_at_its_place_and_nowhere_else(size):
    leaves = [bytes([number]) for number in range(size)]
    root = by_definition(leaves)
    assert merkle_root(leaves) == root
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        places = [
            place
            for place in range(size)
            if is_included(data=leaves[index], index=place, size=size, proof=proof, root=root)
        ]
        assert places == [index]


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40, unique=True), st.data())
def test_a_changed_leaf_or_step_is_not_proved(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(leaves, index), merkle_root(leaves)
    given_leaf = {"index": index, "size": len(leaves), "root": root}
    assert is_included(data=leaves[index], proof=proof, **given_leaf)
    assert not is_included(data=leaves[index] + b"x", proof=proof, **given_leaf)
    assert not is_included(data=leaves[index], proof=proof[:-1], **given_leaf)
    assert not is_included(data=leaves[index], proof=[*proof, b"\x00" * 32], **given_leaf)
    assert not is_included(data=leaves[index], proof=[b"\x00" * 32, *proof[1:]], **given_leaf)


def test_a_leaf_that_is_not_there_has_no_proof():
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, 8)


def test_a_tree_that_grows_has_the_root_of_its_leaves_at_each_size():
    tree = GrowingTree()
    assert tree.root() == by_definition([])
    for size in range(1, 70):
        tree.add(bytes([size]))
        assert tree.root() == by_definition([bytes([number]) for number in range(1, size + 1)])


def test_several_proofs_are_made_with_one_root():
    leaves = [bytes([number]) for number in range(21)]
    root, proofs = root_and_proofs(leaves, [20, 0, 7])
    assert root == by_definition(leaves)
    assert proofs == [inclusion_proof(leaves, index) for index in (20, 0, 7)]
