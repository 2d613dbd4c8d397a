"""The tree of RFC 6962, against the vectors that its implementations share."""

from __future__ import annotations

import pytest

from peil.store.witnessing import merkle

# the eight entries, roots and proofs of certificate-transparency's own tests
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def test_roots_are_those_of_the_shared_vectors() -> None:
    assert [merkle.root_of(LEAVES[:size]).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[4]])],
)
def test_proofs_of_inclusion_are_those_of_the_shared_vectors(
    index: int, size: int, proof: list[str]
) -> None:
    assert [step.hex() for step in merkle.Tree(LEAVES[:size]).inclusion(index)] == proof


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])],
)
def test_proofs_of_consistency_are_those_of_the_shared_vectors(
    old: int, size: int, proof: list[str]
) -> None:
    assert [step.hex() for step in merkle.Tree(LEAVES[:size]).consistency(old)] == proof


def test_every_proof_verifies_and_no_changed_one_does() -> None:
    n_refused = 0
    for size in range(1, 9):
        root = merkle.root_of(LEAVES[:size])
        for index in range(size):
            proof = merkle.Tree(LEAVES[:size]).inclusion(index)
            assert merkle.is_included(LEAVES[index], index, size, proof, root)
            for wrong in (proof[:-1], [*proof, root], [bytes(32), *proof[1:]]):
                if wrong != proof:
                    n_refused += 1
                    assert not merkle.is_included(LEAVES[index], index, size, wrong, root)
            assert not merkle.is_included(LEAVES[index - 1], index, size, proof, bytes(32))
            assert not merkle.is_included(LEAVES[index], size, size, proof, root)
        for old in range(size + 1):
            before = merkle.root_of(LEAVES[:old])
            proof = merkle.Tree(LEAVES[:size]).consistency(old)
            assert merkle.is_consistent(old, size, before, root, proof), (old, size)
            assert not merkle.is_consistent(old, size, bytes(32), root, proof)
            assert not merkle.is_consistent(old, size, before, root, [*proof, root])
            if proof:
                n_refused += 1
                assert not merkle.is_consistent(old, size, before, root, proof[:-1])
                assert not merkle.is_consistent(old, size, before, bytes(32), proof)
    assert n_refused > 100
