"""The notebooks run, say what is so, and need nothing of the operator's plane."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import textwrap
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from peil.score.studies import own
from peil.settings import PROJECT, Settings
from peil_models.presence import PresenceEM

FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(file.stem for file in FOLDER.glob("*.py"))
LIGHT = {"cryptography", "marimo", "matplotlib", "numpy", "pandas", "peil-models", "scikit-learn"}
INSTALLED_AS = {"peil_models": "peil-models", "sklearn": "scikit-learn"}
HEADER = re.compile(r"^# /// script\n((?:#.*\n)+?)# ///$", re.M)
SMALL = {"n_devices": 400, "seeds": (1, 2)}


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")
    monkeypatch.setattr(sys, "argv", ["notebook"])


def notebook(name: str) -> ModuleType:
    """A notebook as a module, whose cells have not run."""
    described = importlib.util.spec_from_file_location(f"notebook_{name}", FOLDER / f"{name}.py")
    assert described is not None and described.loader is not None
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module  # marimo looks there for a class of a notebook's own
    described.loader.exec_module(module)
    return module


def values(name: str, **given: Any) -> dict[str, Any]:
    """What a notebook's cells define, where these are given in place of its own."""
    return dict(notebook(name).app.run(defs=given)[1])


def needs(name: str) -> set[str]:
    """Distributions that a notebook names at its top, without their extras."""
    (block,) = HEADER.findall((FOLDER / f"{name}.py").read_text())
    listed = tomllib.loads(re.sub(r"^# ?", "", block, flags=re.M))["dependencies"]
    return {re.split(r"[\[<>=]", word)[0] for word in listed}


def test_the_four_notebooks_are_those_of_the_page() -> None:
    assert NOTEBOOKS == [
        "compare_versions",
        "first_estimate",
        "own_estimator",
        "released_bundle",
    ]
    shown = re.findall(r"^\| \[(\w+)\.py\]\(\1\.py\)", (FOLDER / "README.md").read_text(), re.M)
    assert sorted(shown) == NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_needs_what_it_names_and_nothing_of_a_plane(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
    }
    packages = {INSTALLED_AS.get(word, word) for word in imported - sys.stdlib_module_names}
    assert packages >= {"marimo"} and packages <= LIGHT
    brought = {"numpy", "pandas", "scikit-learn"} if "peil-models" in needs(name) else set()
    assert needs(name) <= LIGHT
    assert packages - brought <= needs(name)


def test_a_first_estimate_takes_ten_lines_and_is_near_the_truth() -> None:
    source = (FOLDER / "first_estimate.py").read_text()
    (cell,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and "PresenceEM" in ast.unparse(node)
    )
    assert 3 <= len(cell.body) <= 10
    found = values("first_estimate", n_devices=SMALL["n_devices"])
    persons, truth = found["persons"], found["truth"]
    assert persons.shape == truth.shape == (20, 24)
    assert abs(persons.to_numpy().sum() / truth.to_numpy().sum() - 1) < 0.1
    blind = np.abs(persons.to_numpy().mean() / truth.to_numpy()[:, 8:20] - 1).mean()
    assert found["error"] < 0.5 * blind


class Tripled(PresenceEM):
    """Three times too many devices by day."""

    def fit(self, X: Any, y: Any) -> Tripled:
        super().fit(X, y)
        self.devices_ = np.where((np.arange(24) > 6), 3.0, 1.0) * self.devices_
        return self


def plain(prior: Any, land_use: Any) -> PresenceEM:
    return PresenceEM(prior)


def tripled(prior: Any, land_use: Any) -> PresenceEM:
    return Tripled(prior)


@pytest.mark.parametrize(
    ("versions", "verdict"),
    [
        pytest.param((tripled, plain), "better", marks=pytest.mark.slow),
        ((plain, plain), "not told apart by so few countries"),
    ],
)
def test_two_versions_are_told_apart_where_they_differ(versions: Any, verdict: str) -> None:
    given = dict(zip(("version_1", "version_2"), versions, strict=True))
    assert values("compare_versions", **SMALL, **given)["verdict"] == verdict


def test_the_two_versions_of_the_notebook_are_compared_in_each_group() -> None:
    found = values("compare_versions", **SMALL)
    assert set(found["gains"]) == {"all, by day", "night", "small, by day", "large, by day"}
    assert len(found["table"]) == 2 * 20 * 24
    assert all(gain.n_units == 2 for gain in found["gains"].values())


def test_a_bundle_that_holds_is_drawn_as_it_was_written(bundle: Any) -> None:
    found = values("released_bundle", bundle=bundle.folder, key=bundle.key)
    assert found["check"].stdout.startswith("Verified: bundle tiny presence 2026-03-02")
    assert found["n_withheld"] == 1 and np.isnan(found["entries"]["OBS_VALUE"][0])
    assert found["entries"]["OBS_VALUE"].tolist()[1:] == bundle.figures.tolist()[1:]
    assert list(found["order"]) == ["A", "C", "B"]


def test_a_bundle_that_was_changed_is_not_drawn(bundle: Any) -> None:
    (file,) = bundle.folder.glob("*.csv")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"910", b"911"))
    with pytest.raises(SystemExit, match=r"^Do not use this bundle. rel_.*was changed after"):
        values("released_bundle", bundle=bundle.folder, key=bundle.key)


def test_a_bundle_of_another_key_and_a_folder_that_is_none_are_refused(
    bundle: Any, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"^Do not use this bundle"):
        values("released_bundle", bundle=bundle.folder, key="0" * 64)
    with pytest.raises(SystemExit, match="is no bundle"):
        values("released_bundle", bundle=tmp_path, key="")


def test_an_estimator_of_ones_own_stands_in_the_table_and_in_studies(tmp_path: Path) -> None:
    source = (FOLDER / "own_estimator.py").read_text()
    table = values("own_estimator", n_devices=SMALL["n_devices"], seeds=(1,))["table"]
    assert {"my own", "em", "combined"} <= set(table.index) and table["mean"].between(0, 1).all()
    (node,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    node.decorator_list = []
    imports = (
        "import numpy as np\nfrom sklearn.base import BaseEstimator\n"
        "from peil_models.presence import PresenceEM, PresenceSB\n"
    )
    (block,) = re.findall(r"```python\n(.*?)```", source, re.S)
    text = f"{imports}{ast.unparse(node)}\n{textwrap.dedent(block)}"
    (tmp_path / "geometric.py").write_text(text)
    row = own.rows(Settings(estimators=tmp_path))["geometric"]
    prior = np.array([1.0, 2.0])
    fitted = row.build(SimpleNamespace(part=SimpleNamespace(prior=prior))).fit(  # type: ignore[arg-type]
        np.array([[0.8, 0.3], [0.2, 0.7]]), np.array([[90.0], [60.0]])
    )
    assert fitted.devices_.sum() == pytest.approx(150.0)
