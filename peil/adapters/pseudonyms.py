"""The pseudonym of an identifier: a keyed hash, other under each key."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pyarrow as pa

DOMAIN = b"imsi|"  # what is hashed is an identifier of a subscriber, and nothing else ever is


def pseudonym(key: bytes, canonical_id: str) -> str:
    """First 128 bits of HMAC-SHA-256, as 32 hexadecimal digits.

    >>> pseudonym(bytes(32), "204080123456789")
    '113dd028b3b6f23940fc1e11544efc14'
    """
    return hmac.digest(key, DOMAIN + canonical_id.encode(), "sha256")[:16].hex()


def pseudonyms(key: bytes) -> Callable[[Any], pa.Array]:
    """Make the function that DuckDB calls with a column of identifiers; it holds the key."""

    def of_column(column: Any) -> pa.Array:
        return pa.array(
            [
                None if identifier is None else pseudonym(key, identifier)
                for identifier in column.to_pylist()
            ],
            pa.string(),
        )

    return of_column
