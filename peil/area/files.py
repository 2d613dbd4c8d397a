"""Opening a reference file: a missing or unreadable one is refused in one sentence.

The other modules of this room read one kind of reference input each and use what is here; what a
file must hold is theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from peil.outcome import Refused

Read = TypeVar("Read")


def require_file(file: Path) -> Path:
    """Refuse a file that is missing, else give it back."""
    if not file.is_file():
        raise Refused(f"{file.name} is missing: deliver it, or correct `area` in the charter.")
    return file


def read_reference(read: Callable[[Path], Read], file: Path) -> Read:
    """Read a reference file by a function of a library.

    Raises
    ------
    Refused
        Missing or unreadable. Only the file's name is in the sentence: what a library says of a
        file may quote its rows.
    """
    try:
        return read(require_file(file))
    except Refused:
        raise
    except Exception:
        raise Refused(
            f"{file.name} cannot be read: it is empty, damaged or in another format; "
            "have it delivered again."
        ) from None
