"""Packages that only some functions need, imported when such a function runs.

The module belongs to the installed distribution: the names here are those of the extras in
`pyproject.toml`. What is computed with the packages stays with the function that asks for them.
"""

from __future__ import annotations

import importlib
from typing import Any


def optional_package(name: str, extra: str) -> Any:
    """Import a package that an extra of `peil-models` installs.

    Parameters
    ----------
    name : str
        As it is imported.
    extra : str
        Extra of the distribution that brings it.

    Raises
    ------
    ModuleNotFoundError
        The package is not installed, with the command that installs it.

    Examples
    --------
    >>> optional_package("no_such_package", "disclosure")
    Traceback (most recent call last):
    ModuleNotFoundError: no_such_package is needed here: pip install "peil-models[disclosure]"
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'{name} is needed here: pip install "peil-models[{extra}]"', name=name
        ) from error
