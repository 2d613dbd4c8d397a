"""Write a JSON value in the canonical form of RFC 8785, so that what is signed is the same bytes.

Own code, since a library of forty lines would be one more supplier between a signature and its
text. Numbers are written as ECMAScript does, keys are sorted by their UTF-16 code units.
What is hashed inside a store and never leaves it may take `peil.store.atomic.canonical`.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

LARGEST = 2**53 - 1  # integers beyond are not the same number in every reader


def canonical(content: Any) -> bytes:
    """Write a JSON value in its canonical form.

    Raises
    ------
    ValueError
        Not a JSON value, not a finite number, or an integer that readers round differently.

    Examples
    --------
    >>> canonical({"b": 1.0, "a": [1e21, 0.000001, True], "€": None})
    b'{"a":[1e+21,0.000001,true],"b":1,"\\xe2\\x82\\xac":null}'
    """
    return _written(content).encode("utf-8")


def _written(content: Any) -> str:
    if content is None or isinstance(content, bool | str):
        return json.dumps(content, ensure_ascii=False)
    if isinstance(content, int):
        if abs(content) > LARGEST:
            raise ValueError("an integer beyond 2^53 has no canonical form")
        return str(content)
    if isinstance(content, float):
        return _number(content)
    if isinstance(content, dict):
        keys = sorted(content, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(key)}:{_written(content[key])}" for key in keys) + "}"
    if isinstance(content, list | tuple):
        return "[" + ",".join(map(_written, content)) + "]"
    raise ValueError(f"{type(content).__name__} is no JSON value")


def _number(value: float) -> str:
    """Write the shortest digits that read back as this number, in the form of ECMAScript."""
    if not math.isfinite(value):
        raise ValueError("a number that is not finite has no canonical form")
    if value == 0:
        return "0"
    _, figures, exponent = Decimal(repr(abs(value))).as_tuple()
    digits = "".join(map(str, figures)).rstrip("0")
    point = len(figures) + int(exponent)  # digits before the decimal point
    if len(digits) <= point <= 21:
        text = digits.ljust(point, "0")
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    return f"-{text}" if value < 0 else text
