"""How `peil` is typed on this machine: by its name, or by the path of this very installation."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def typed(search_path: str | None = None, folder: Path | None = None) -> str:
    """Say what a person types for `peil`, in the folder where they are.

    Parameters
    ----------
    search_path : str, optional
        Folders in which a shell looks for commands; default `PATH`.
    folder : Path, optional
        Where the person is; default the working folder.

    Returns
    -------
    str
        ``peil`` where a shell would take this installation's; else its path, as
        ``.venv/bin/peil``.
    """
    own = Path(sys.executable).with_name("peil")
    first = shutil.which("peil", path=search_path)
    if first is not None and own.exists() and Path(first).samefile(own):
        return "peil"
    place = folder or Path.cwd()
    return str(own.relative_to(place)) if own.is_relative_to(place) else str(own)
