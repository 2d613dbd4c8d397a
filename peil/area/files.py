"""Reference inputs of a pilot: zones, tiles, register, land use and elevation from files.

Each module reads one kind and refuses what is wrong with one sentence; `peil.area.area` puts them
together.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from peil.outcome import Refused

Read = TypeVar("Read")


def there(file: Path) -> Path:
    """The file, or a refusal when it is missing."""
    if not file.is_file():
        raise Refused(f"{file.name} is missing: deliver it, or correct `area` in the charter.")
    return file


def opened(read: Callable[[Path], Read], file: Path) -> Read:
    """Read a reference file; what a library says of it may quote it, so only its name is told."""
    try:
        return read(there(file))
    except Refused:
        raise
    except Exception:
        raise Refused(
            f"{file.name} cannot be read: it is empty, damaged or in another format; "
            "have it delivered again."
        ) from None
