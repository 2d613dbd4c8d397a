"""Import a library without what it names and never uses here.

Great Expectations imports SciPy's distributions and a library of plots for expectations that no
suite of ours has: a third of the seconds that importing it takes, in every verb.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something of it is asked for: that is the module's own."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Leave out modules while others are imported; who asks for something of one gets it.

    What is imported already stays as it is, and an import afterwards is an ordinary one.

    >>> with left_out("this"):
    ...     import this as later
    >>> "this" in sys.modules
    False
    """
    stand_ins = {name: _Later(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
