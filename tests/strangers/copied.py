"""A copy of the checkout in which a test changes files, and the count of the files it touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from peil.settings import PROJECT

PARTS = ("peil", "models", "expectations", "docs", "methods.toml", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.png")


@dataclass
class Copied:
    """A copy of parts of the checkout.

    Attributes
    ----------
    folder : Path
    touched : set of str
        Files that were changed or added since, by their path in the checkout.
    """

    folder: Path
    touched: set[str] = field(default_factory=set)

    @classmethod
    def of_the_checkout(cls, folder: Path, *more: str) -> Copied:
        """Copy `PARTS` and more files or folders of the checkout."""
        for part in (*PARTS, *more):
            source, target = PROJECT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=LEFT_OUT)
            else:
                shutil.copy(source, target)
        return cls(folder)

    def put_before(self, name: str, place: str, text: str) -> None:
        """Insert text before the first occurrence of a place that the file has."""
        file = self.folder / name
        content = file.read_text()
        assert place in content, f"{name} has no {place!r}"
        file.write_text(content.replace(place, text + place, 1))
        self.touched.add(name)

    def replace(self, name: str, old: str, new: str) -> None:
        """Put other words in the place of all that stand in a file."""
        file = self.folder / name
        content = file.read_text()
        assert old in content, f"{name} has no {old!r}"
        file.write_text(content.replace(old, new))
        self.touched.add(name)

    def add(self, name: str, text: str) -> None:
        """Add a file that is not there yet."""
        file = self.folder / name
        assert not file.exists()
        file.write_text(text)
        self.touched.add(name)

    def python(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the copy's modules, on a store of its own and no other setting."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PEIL_", "AIRFLOW"))
        }
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={
                **environment,
                "PYTHONPATH": f"{self.folder}:{self.folder / 'models'}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PEIL_DATA": str(self.folder / "data"),
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
