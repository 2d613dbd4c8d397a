"""Estimators of your own: a file each in the folder that `PEIL_ESTIMATORS` names.

A file says ``ESTIMATOR = Estimator(...)``, a row as those of `peil.estimate.estimators`. Studies
try it beside Peil's, behind a wall (`walled`); no verb of a pilot does.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from peil.estimate.estimators import ESTIMATORS, Estimator
from peil.outcome import Refused
from peil.score.studies import beside
from peil.settings import Settings


def rows(settings: Settings) -> dict[str, Estimator]:
    """Peil's estimators by name, and those of your own after them.

    Raises
    ------
    Refused
        A file that cannot be run, holds no row, or names one that Peil has.
    """
    every = dict(ESTIMATORS)
    for file in _files(settings):
        row = _read(file)
        if row.name in every:
            raise Refused(f"{file}: there is an estimator {row.name} already; name it otherwise.")
        every[row.name] = row
    return every


def source(settings: Settings) -> str:
    """Hash of the files; empty where there are none."""
    digest = hashlib.sha256()
    files = _files(settings)
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest() if files else ""


def _files(settings: Settings) -> list[Path]:
    folder = settings.estimators
    if folder is None:
        return []
    if not folder.is_dir():
        raise Refused(f"PEIL_ESTIMATORS names {folder}, which is no folder: correct or unset it.")
    return sorted(folder.glob("*.py"))


def _read(file: Path) -> Estimator:
    row = beside.row_of(file)
    if row is None:
        raise Refused(f"{file} holds no `ESTIMATOR = Estimator(...)`: write that row in it.")
    return row
