"""The house: rooms of a size to sit in, no circle between modules, names that name the thing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from tracked import named, tracked

from peil.settings import PROJECT

MOST_MODULES = 16  # in a folder, besides its __init__
MOST_ENTRIES = 25  # directly in peil/
MOST_SKIPS = 20  # of the formatter, for tables of numbers
# names that say how a thing came about, not what it is
SAY_NOTHING = frozenset(
    "found told made kept said asked thought known seen one of here".split()  # noqa: SIM905
)
OWN = ("peil", "models", "expectations", "benchmarks", "dags", "notebooks")
MODULES = [file for file in named(".py") if file.relative_to(PROJECT).parts[0] in OWN]


def crowded(files: list[Path]) -> list[str]:
    """Folders with more modules than one looks over at once."""
    sizes = Counter(file.parent for file in files if file.name != "__init__.py")
    return [f"{folder.name}: {size}" for folder, size in sizes.items() if size > MOST_MODULES]


def dotted(file: Path, root: Path = PROJECT) -> str:
    """The name under which a module is imported."""
    name = ".".join(file.relative_to(root).with_suffix("").parts)
    return name.removeprefix("models.").removesuffix(".__init__")


def imports_of(tree: ast.Module, modules: set[str]) -> set[str]:
    """Modules of our own that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in modules else node.module)
    return names & modules


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Sets of modules that import each other in a round, by taking away what is in none."""
    left = {name: set(to) - {name} for name, to in graph.items()}
    while left:
        ends = {name for name, to in left.items() if not to & set(left)}
        if not ends:
            break
        left = {name: to - ends for name, to in left.items() if name not in ends}
    # what only imports a circle is not in one
    while left:
        imported = set().union(*left.values()) & set(left)
        if imported == set(left):
            break
        left = {name: to for name, to in left.items() if name in imported}
    return [sorted(left)] if left else []


def graph_of(files: list[Path], root: Path = PROJECT) -> dict[str, set[str]]:
    trees = {dotted(file, root): ast.parse(file.read_text()) for file in files}
    return {name: imports_of(tree, set(trees)) for name, tree in trees.items()}


def empty_names(source: str) -> list[str]:
    """Names bound in a source that say nothing about what they hold, with their lines."""
    bound = []
    for node in ast.walk(ast.parse(source)):
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.ExceptHandler):
            name = node.name
        elif isinstance(node, ast.alias):
            name = node.asname
        if name in SAY_NOTHING:
            bound.append(f"line {getattr(node, 'lineno', 0)}: {name}")
    return bound


def twice_named(files: list[Path]) -> dict[str, list[str]]:
    """Public classes of one name that stand in several modules of a package."""
    places: dict[str, list[str]] = {}
    for file in files:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(dotted(file))
    return {name: where for name, where in places.items() if len(where) > 1}


def test_no_folder_holds_more_than_one_looks_over() -> None:
    assert len(MODULES) > 250
    assert crowded(named(".py")) == []
    assert crowded([Path(f"a/{n}.py") for n in range(17)]) == ["a: 17"]
    assert crowded([Path(f"a/{n}.py") for n in range(16)] + [Path("a/__init__.py")]) == []


def test_peil_itself_is_seen_at_a_glance() -> None:
    parts = [file.relative_to(PROJECT).parts for file in tracked()]
    assert len({part[1] for part in parts if part[0] == "peil"}) <= MOST_ENTRIES


def test_no_module_imports_itself_by_a_round() -> None:
    assert circles(graph_of(MODULES)) == []


def test_a_round_is_noticed(tmp_path: Path) -> None:
    for name, text in (("a", "from b import x"), ("b", "import c"), ("c", "def f():\n import a")):
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "d.py").write_text("import a")
    files = sorted(tmp_path.glob("*.py"))
    assert circles(graph_of(files, tmp_path)) == [["a", "b", "c"]]
    (tmp_path / "c.py").write_text("")
    assert circles(graph_of(files, tmp_path)) == []


def test_the_formatter_runs_bare() -> None:
    mark = "# fmt: " + "skip"
    assert sum(file.read_text().count(mark) for file in named(".py")) <= MOST_SKIPS


def test_a_name_says_what_the_thing_is() -> None:
    empty = {
        str(file.relative_to(PROJECT)): names
        for file in MODULES
        if (names := empty_names(file.read_text()))
    }
    assert empty == {}


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for one in x: pass",
        "[seen for seen in x]",
        "def f(of): pass",
        "import a as told",
        "with a() as kept: pass",
        "(made := 1)",
        "lambda said: 0",
    ],
)
def test_a_name_that_says_nothing_is_noticed(source: str) -> None:
    assert len(empty_names(source)) == 1


def test_one_class_name_is_one_class() -> None:
    assert twice_named([file for file in MODULES if "benchmarks" not in file.parts]) == {}
