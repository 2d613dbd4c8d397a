"""The Merkle tree of RFC 6962 (and 9162) over a log: roots, proofs of inclusion and consistency.

Nothing here knows a file or a key. A tree head says of a log of so many entries what its root is; a
proof of inclusion that an entry is in it; a proof of consistency that a longer log only added.

References
----------
RFC 6962, sections 2.1.1 to 2.1.3; RFC 9162, sections 2.1.3 and 2.1.4 (verification).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry: one that is no hash of a node.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """Roots of the full subtrees of a log, largest first: all that its growth needs to know.

    Attributes
    ----------
    size : int
        Entries of the log.
    roots : list of bytes
        As many as there are ones in the binary digits of the size.

    Examples
    --------
    >>> grown = Frontier()
    >>> for entry in (b"", b"a", b"b"):
    ...     grown.add(leaf_hash(entry))
    >>> grown.size, len(grown.roots)
    (3, 2)
    """

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """Add the hash of one more entry."""
        full = self.size
        while full & 1:
            leaf = node_hash(self.roots.pop(), leaf)
            full >>= 1
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the whole log."""
        if not self.roots:
            return EMPTY
        *rest, whole = self.roots
        for left in reversed(rest):
            whole = node_hash(left, whole)
        return whole


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over hashes of entries, in their order."""
    grown = Frontier()
    for leaf in leaves:
        grown.add(leaf)
    return grown.root()


def _split(size: int) -> int:
    """The largest power of two that is smaller than the size."""
    return 1 << (size - 1).bit_length() - 1


@dataclass
class Tree:
    """A log's hashes of entries, and roots of its subtrees as they are asked for.

    Each subtree is hashed once, however many proofs are made.

    Examples
    --------
    >>> tree = Tree([leaf_hash(entry) for entry in (b"", b"a", b"b")])
    >>> len(tree.inclusion(1)), len(tree.consistency(2))
    (2, 1)
    """

    leaves: Sequence[bytes]
    _roots: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def root(self, start: int, end: int) -> bytes:
        """The root over the entries from a place on, to another."""
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self._roots:
            middle = start + _split(end - start)
            self._roots[start, end] = node_hash(self.root(start, middle), self.root(middle, end))
        return self._roots[start, end]

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes that lead from an entry to the root, from below."""
        steps: list[bytes] = []
        start, end = 0, len(self.leaves)
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                steps.append(self.root(middle, end))
                end = middle
            else:
                steps.append(self.root(start, middle))
                start = middle
        return steps[::-1]

    def consistency(self, old_size: int) -> list[bytes]:
        """The hashes that show that the log only grew from an old size to what it is."""
        start, end = 0, len(self.leaves)
        if not 0 < old_size < end:
            return []
        steps: list[bytes] = []
        while old_size != end:
            middle = start + _split(end - start)
            if old_size <= middle:
                steps.append(self.root(middle, end))
                end = middle
            else:
                steps.append(self.root(start, middle))
                start = middle
        return [*([self.root(start, end)] if start else []), *steps[::-1]]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof leads from an entry to the root of a log of that size (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, whole = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            whole = node_hash(step, whole)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            whole = node_hash(whole, step)
        position, last = position >> 1, last >> 1
    return last == 0 and whole == root


def is_consistent(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that one log is the beginning of another (RFC 9162, 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof and old_root == EMPTY
    if not 0 < old_size < size:
        return False
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, step)
        position, last = position >> 1, last >> 1
    return last == 0 and before == old_root and after == root
