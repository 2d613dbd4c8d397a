"""What a first line is that lacks a column: told where the separator, not the column, is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

SEPARATORS = {",": ",", ";": ";", "\t": "tab", "|": "|"}
LONGEST = 60  # characters of a first line that are shown


def seen_instead(names: Sequence[str]) -> str:
    """An aside for a sentence on a missing column; empty where the separator is not to blame.

    A first line that may be a record is not shown.

    >>> seen_instead(["ECGI;LON"])
    ' (it is one column `ECGI;LON`: is the separator `;`? write `separator` in the charter)'
    >>> seen_instead(["204080000000001;soon"])
    ' (it is one column: is the separator `;`? write `separator` in the charter)'
    >>> seen_instead(["ECGI", "LON"])
    ''
    """
    if len(names) != 1 or not any(sign in names[0] for sign in SEPARATORS):
        return ""
    sign = max(SEPARATORS, key=names[0].count)
    text = names[0].replace("\t", " ")
    is_header = text.isprintable() and not re.search(r"\d{5}|@", text)
    shown = f" `{text[:LONGEST]}{'…' if len(text) > LONGEST else ''}`" if is_header else ""
    return (
        f" (it is one column{shown}: is the separator `{SEPARATORS[sign]}`? "
        "write `separator` in the charter)"
    )
