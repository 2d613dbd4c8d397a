"""Run an estimator of your own behind a wall: a process that reads no file, network or store.

`python -m` this module is that process. It is given counts and footprints, and answers with devices
per tile; truth, paths and the operator's store are not in it. Libraries that open files by
themselves, past Python's audit, are not loaded there. It is a wall against looking, not a jail.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import pickle
import struct
import subprocess
import sys
import sysconfig
import types
from collections.abc import Callable, MutableSequence, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
ABSENT = ("duckdb", "fiona", "pyogrio", "rasterio")  # a stub stands in their place
NONE = ("pyarrow", "polars", "h5py", "lxml", "mlflow", "sqlalchemy", "psycopg2", "cffi")
STARTS = "_posixsubprocess"  # starts processes past the audit
TIME_ZONES = Path("/usr/share/zoneinfo")
# audit events (Python's table of them) that no estimator needs
CLOSED = (
    *("socket.", "subprocess.", "shutil.", "sqlite3.", "ctypes.", "urllib.", "http.", "ftplib."),
    *("smtplib.", "tempfile.", "pty.", "syslog.", "gc.", "os.exec", "os.spawn", "os.posix_spawn"),
    *("os.system", "os.fork", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link"),
    *("os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime", "os.kill", "os.chdir"),
    *("os.fwalk", "os.setxattr", "os.getxattr", "os.listxattr"),
)
LISTING = ("os.listdir", "os.scandir", "os.walk", "glob.glob", "pathlib.Path.glob")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Behind(PermissionError):
    """What lies behind the wall was asked for."""


class _Stub(types.ModuleType):
    """A library that is not there: whatever is taken from it is a class that does nothing."""

    __path__: MutableSequence[str] = []  # noqa: RUF012  (as modules have it)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Give stubs for `ABSENT`, so that what names them can be imported."""

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in ABSENT:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is in it."""


def close(allowed: Sequence[Path]) -> list[str]:
    """Raise the wall around this process, for good; what it turned away is in the list returned.

    Parameters
    ----------
    allowed : sequence of Path
        Folders of code that may be read.
    """
    roots = tuple(os.path.realpath(folder) for folder in allowed)
    turned_away: list[str] = []
    listed = frozenset((*roots, *map(os.path.realpath, filter(None, sys.path))))
    realpath, separator, path_like = os.path.realpath, os.sep, os.PathLike
    for module in (subprocess, sys.modules[STARTS]):
        for name in ("_fork_exec", "fork_exec"):
            vars(module).pop(name, None)

    def is_code(place: Any) -> bool:
        if isinstance(place, int):
            return True  # opened before, by us
        if not isinstance(place, str | bytes | path_like):
            return False
        whole = realpath(os.fsdecode(place))
        return whole == os.devnull or any(
            whole == root or whole.startswith(root + separator) for root in roots
        )

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 else 0
            is_read = not (isinstance(flags, int) and flags & WRITES)
            if is_read and is_code(arguments[0]):
                return
            turned_away.append("open a file")
        elif event.startswith(LISTING):
            place = arguments[0] if arguments and arguments[0] is not None else "."
            if is_code(place) or realpath(os.fsdecode(place)) in listed:  # imports look there
                return
            turned_away.append("list a folder")
        elif event == "import":
            if str(arguments[0]).partition(".")[0] not in (*ABSENT, *NONE, STARTS):
                return
            turned_away.append(f"import {str(arguments[0]).partition('.')[0]}")
        elif event.startswith(CLOSED):
            turned_away.append(f"use {event}")
        else:
            return
        raise Behind(f"behind the wall: an estimator of your own may not {turned_away[-1]}")

    sys.addaudithook(look)
    return turned_away


def write(stream: BinaryIO, content: bytes) -> None:
    """Write one message."""
    stream.write(LENGTH.pack(len(content)) + content)
    stream.flush()


def read(stream: BinaryIO) -> bytes | None:
    """Read one message; none at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size: int = LENGTH.unpack(head)[0]
    content = stream.read(size)
    return content if len(content) == size else None


def _answer(does: Callable[[], dict[str, Any]], turned_away: list[str]) -> dict[str, Any]:
    """What it came to, or in words why it came to nothing; and what was turned away meanwhile."""
    before = len(turned_away)
    try:
        answer = does()
    except Exception as error:
        words = "" if isinstance(error, Behind) else f"{type(error).__name__}: {error}"
        return {"failed": words, "turned_away": turned_away[before:][:1]}
    return {**answer, "turned_away": turned_away[before:][:1]}


def main(place: str) -> None:
    """Serve an estimator of somebody's own: its row first, then a fit for each message."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever it prints is no answer
    sys.modules.update(dict.fromkeys(NONE))  # type: ignore[arg-type]
    sys.meta_path.insert(0, _Stubs())

    import numpy as np

    from peil.estimate.estimators import Estimator
    from peil.settings import PROJECT

    file = Path(place)
    code = compile(file.read_bytes(), str(file), "exec")
    libraries = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib", "platlib")]
    ours = [PROJECT / "peil", PROJECT / "models", Path(sys.base_prefix) / "lib", file.parent]
    turned_away = close([*libraries, *ours, TIME_ZONES])
    module = types.ModuleType(f"peil_own_{file.stem}")
    module.__file__ = str(file)
    rows: list[Estimator] = []

    def described() -> dict[str, Any]:
        exec(code, module.__dict__)
        row = getattr(module, "ESTIMATOR", None)
        if not isinstance(row, Estimator):
            return {"row": None}
        rows.append(row)
        names = ("name", "en", "nl", "footprint", "is_iterative")
        return {"row": {name: getattr(row, name) for name in names}}

    def fitted(content: bytes) -> dict[str, Any]:
        given, X, y = pickle.loads(content)
        model: Any = rows[0].build(given)
        model.fit(X, y)
        devices = np.asarray(model.devices_, dtype=np.float64)
        unlocated = np.broadcast_to(np.asarray(model.unlocated_, np.float64), devices.shape[1:])
        return {
            "devices": devices.tobytes().hex(),
            "shape": devices.shape,
            "unlocated": unlocated.tobytes().hex(),
            "n_iter": int(getattr(model, "n_iter_", 1)),
        }

    write(answers, json.dumps(_answer(described, turned_away)).encode())
    while (content := read(requests)) is not None:
        write(answers, json.dumps(_answer(partial(fitted, content), turned_away)).encode())


if __name__ == "__main__":
    main(sys.argv[1])
