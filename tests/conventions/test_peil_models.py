"""The distribution `peil-models`: it installs alone, its examples run, its pages are current."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from peil.settings import PROJECT

PACKAGE = PROJECT / "models" / "peil_models"
READMES = [PROJECT / "models" / "README.md", PROJECT / "README.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.M | re.S)
BLOCKS = [
    (file, code, output) for file in READMES for code, output in BLOCK.findall(file.read_text())
]
NEEDS = {"numpy", "pandas", "scikit-learn", "scipy"}
NOT_THERE = {
    *("apache-airflow", "dbt-core", "duckdb", "geopandas", "highspy", "mlflow", "numba", "shapely"),
}
UNREACHABLE = (
    *("error sending request", "dns error", "Failed to fetch", "network was disabled"),
    *("No matching distribution found for", "NewConnectionError"),  # as pip says it
)
MOST_S, MOST_MB = 60, 400  # of a first estimate and of what is installed for it
COST = re.compile(r"environment of (\d+) MB.*?(\d+) s of processor", re.S)

IN_AN_EMPTY_ENVIRONMENT = """
import importlib, importlib.metadata, pkgutil, re, sys
import peil_models
assert sys.prefix in peil_models.__file__, peil_models.__file__
for module in pkgutil.walk_packages(peil_models.__path__, "peil_models."):
    importlib.import_module(module.name)
    print("module", module.name)
for package in importlib.metadata.distributions():
    print("installed", re.sub("[-_.]+", "-", package.metadata["Name"]).lower())
import numpy as np
from peil_models.multiplicity import by_enumeration
from peil_models.scores import earth_movers_distance
from peil_models.synthetic import make_world
for call in (lambda: by_enumeration(np.array([[0, 1]]), np.ones(1), 2),
             lambda: earth_movers_distance([0, 900], [0, 0], [1, 0], [0, 1]),
             lambda: make_world(1)):
    try:
        call()
    except ModuleNotFoundError as error:
        print("absent", error)
"""


def run(*words: str | Path, cwd: Path) -> str:
    """Output of a command; without a package index the test that calls it is skipped."""
    process = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False
    )
    if process.returncode and any(sign in process.stderr for sign in UNREACHABLE):
        pytest.skip("no package index can be reached")
    assert process.returncode == 0, process.stderr
    return process.stdout


def lines_of(code: str) -> list[str]:
    return [line for line in code.splitlines() if line.strip()]


def printed(code: str) -> str:
    """What a block of code prints, run in a namespace of its own."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "README", "exec"), {"__name__": "README"})
    return output.getvalue()


def test_the_readme_of_the_distribution_begins_with_a_short_example() -> None:
    file, code, output = BLOCKS[0]
    assert file.parent.name == "models"
    statements = [line for line in lines_of(code) if not re.match("import|from", line)]
    assert 3 <= len(statements) <= 10
    assert output


@pytest.mark.parametrize(("file", "code", "output"), BLOCKS)
def test_python_in_a_readme_runs_and_prints_what_is_shown(
    file: Path, code: str, output: str
) -> None:
    shown = printed(code)
    if output:
        assert shown == output, file


def api_pages() -> ModuleType:
    """The script that writes docs/api/."""
    file = PROJECT / "models" / "api_pages.py"
    module = ModuleType("api_pages")
    module.__file__ = str(file)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))
    return module


def test_the_pages_of_the_library_are_those_of_its_docstrings(tmp_path: Path) -> None:
    script = api_pages()
    committed = {file.name: file.read_text() for file in script.FOLDER.glob("*")}
    current = script.pages()
    assert set(committed) == set(current)
    stale = [name for name in current if current[name] != committed[name]]
    assert stale == [], "python models/api_pages.py"
    (tmp_path / "gone.md").write_text("")
    script.write(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.glob("*")} == current


def test_every_subpackage_exports_and_every_export_has_an_example() -> None:
    script = api_pages()
    modules = list(script.subpackages())
    names = {module.__name__ for module in modules}
    folders = {f"peil_models.{file.parent.name}" for file in PACKAGE.glob("*/__init__.py")}
    assert folders <= names and len(modules) >= 13
    exported = [(module, name) for module in modules for name in module.__all__]
    assert len(exported) > 100
    without = [
        f"{module.__name__}.{name}"
        for module, name in exported
        if script.is_documented(member := getattr(module, name))
        and ">>> " not in (member.__doc__ or "")
    ]
    assert without == []


def test_a_class_name_is_given_once() -> None:
    names = [
        node.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert len(names) > 60
    assert sorted(names) == sorted(set(names))


def test_needs_four_packages_and_the_extras_are_those_of_the_project() -> None:
    own = tomllib.loads((PROJECT / "models" / "pyproject.toml").read_text())["project"]
    assert {re.split("[<>=]", word)[0] for word in own["dependencies"]} == NEEDS
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = ",".join(sorted(own["optional-dependencies"]))
    assert f"peil-models[{extras}]" in project["dependencies"]


def test_a_loop_without_numba_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from peil_models import compiled, extras

    def nothing(name: str) -> None:
        raise ModuleNotFoundError(name)

    def first(values: list[int]) -> int:
        """The first of them."""
        return values[0]

    monkeypatch.setattr(compiled, "find_spec", lambda name: None)
    monkeypatch.setattr(extras.importlib, "import_module", nothing)
    loop = compiled.compiled(first)
    assert loop.__doc__ == first.__doc__
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"peil-models\[devices\]\"$"):
        loop([1])


def cost_in_words() -> tuple[int, int]:
    """Megabytes and seconds that the distribution's README says a first estimate takes."""
    (words,) = COST.findall(READMES[0].read_text())
    return int(words[0]), int(words[1])


def test_the_readme_says_what_a_first_estimate_costs() -> None:
    megabytes, seconds = cost_in_words()
    assert 100 < megabytes <= MOST_MB and 1 < seconds <= MOST_S


@dataclass(frozen=True)
class Alone:
    """An environment with nothing but the built wheel, and what it took."""

    python: Path
    empty: Path
    first_estimate: str
    seconds: float

    @property
    def megabytes(self) -> float:
        """Of the whole environment, pip and compiled Python included."""
        files = [file for file in self.python.parents[1].rglob("*") if not file.is_symlink()]
        return sum(file.stat().st_blocks * 512 for file in files) / 2**20


def processor_s() -> float:
    """Seconds that processes which ended took of the processor, whoever else used it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    folder = tmp_path_factory.mktemp("alone")
    uv, empty = Path(sys.executable).with_name("uv"), folder / "empty"
    empty.mkdir()
    run(uv, "build", "--quiet", "--wheel", "--out-dir", folder, PROJECT / "models", cwd=empty)
    (wheel,) = folder.glob("peil_models-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=empty)
    python = folder / "venv" / "bin" / "python"
    before = processor_s()
    run(python, "-m", "pip", "install", "--quiet", "--no-cache-dir", wheel, cwd=empty)
    shown = run(python, "-I", "-c", BLOCKS[0][1], cwd=empty)
    yield Alone(python, empty, shown, processor_s() - before)
    assert list(empty.iterdir()) == []


@pytest.mark.slow
def test_a_first_estimate_costs_what_the_readme_says(alone: Alone) -> None:
    assert alone.first_estimate == BLOCKS[0][2]
    assert alone.seconds <= MOST_S and alone.megabytes <= MOST_MB
    megabytes, _ = cost_in_words()
    assert abs(alone.megabytes - megabytes) <= 0.1 * megabytes  # libraries grow


@pytest.mark.slow
def test_installs_alone_and_says_what_is_missing(alone: Alone) -> None:
    python, empty = alone.python, alone.empty
    lines = run(python, "-I", "-c", IN_AN_EMPTY_ENVIRONMENT, cwd=empty).splitlines()
    reported = {
        kind: [line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")]
        for kind in ("module", "installed", "absent")
    }
    assert len(reported["module"]) == len(list(PACKAGE.rglob("*.py"))) - 1
    assert set(reported["installed"]) >= NEEDS | {"peil-models"}
    assert not set(reported["installed"]) & NOT_THERE
    assert reported["absent"] == [
        'numba is needed here: pip install "peil-models[devices]"',
        'highspy is needed here: pip install "peil-models[disclosure]"',
        'pyproj is needed here: pip install "peil-models[synthetic]"',
    ]
    typed = list(python.parents[1].glob("lib/python*/site-packages/peil_models/py.typed"))
    assert len(typed) == 1
    for file, code, output in BLOCKS:
        if file.parent.name == "models":
            shown = run(python, "-I", "-c", code, cwd=empty)
            assert shown == (output or shown)
