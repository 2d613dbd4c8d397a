"""A part of the accuracy benchmark writes its own record and the page, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import accuracy
from benchmarks.accuracy.seeds import across
from benchmarks.recording import NothingMeasured
from peil.outcome import Refused
from peil.store.atomic import read_json


def part(name: str, figure: object, **more: Any) -> SimpleNamespace:
    def measure(tell: Callable[[str], object]) -> dict[str, Any]:
        tell(f"measuring {name}")
        return {"figure": figure}

    return SimpleNamespace(
        TITLE=name.title(),
        measure=measure,
        report=lambda record: f"The figure is {record['figure']}.\n",
        facts=lambda record: {f"{name}_figure": record["figure"]},
        **more,
    )


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, SimpleNamespace]:
    monkeypatch.delenv("PEIL_OUTSIDE_DATA", raising=False)
    parts = {
        "demo": part("demo", 1),
        "essnet": part("essnet", 2, needs_outside_data=True),
        "moves": part(
            "moves", 3, plots=lambda record, folder: (folder / "moves.png").write_bytes(b"png")
        ),
    }
    monkeypatch.setattr(accuracy, "PARTS", tuple(parts))
    monkeypatch.setattr(accuracy, "part_of", parts.__getitem__)
    return parts


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_part_that_is_named_writes_its_record_and_the_page_only(
    tmp_path: Path, parts: dict[str, SimpleNamespace]
) -> None:
    progress: list[str] = []
    accuracy.accuracy((), progress.append, tmp_path)
    assert progress[0] == "measuring demo" and "PEIL_OUTSIDE_DATA" in progress[1]
    before = contents(tmp_path)
    assert set(before) == {
        "accuracy.md",
        "figures/accuracy/demo.json",
        "figures/accuracy/moves.json",
        "moves.png",
    }
    parts["demo"] = part("demo", 10)
    outcome = accuracy.accuracy(["demo"], progress.append, tmp_path)
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} == {
        "accuracy.md",
        "figures/accuracy/demo.json",
    }
    page = after["accuracy.md"]
    assert "The figure is 10." in page and "The figure is 3." in page and "Essnet" not in page
    assert outcome.facts == {"demo_figure": 10}
    assert set(read_json(tmp_path / "figures/accuracy/demo.json")) == {
        "figure",
        "machine",
        "read_on",
    }


@pytest.mark.parametrize("nothing", [None, [], {}, float("nan")])
def test_a_part_that_measured_nothing_fails_and_keeps_its_record(
    tmp_path: Path, parts: dict[str, SimpleNamespace], nothing: object
) -> None:
    accuracy.accuracy(["demo"], lambda text: None, tmp_path)
    before = contents(tmp_path)
    parts["demo"] = part("demo", nothing)
    with pytest.raises(NothingMeasured, match="part demo, measured nothing: figure"):
        accuracy.accuracy(["demo"], lambda text: None, tmp_path)
    assert contents(tmp_path) == before


def test_a_part_that_cannot_be_measured_is_refused(
    tmp_path: Path, parts: dict[str, SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="No part luck of the accuracy benchmark: there are `demo`"):
        accuracy.accuracy(["luck"], lambda text: None, tmp_path)
    with pytest.raises(Refused, match="needs PEIL_OUTSIDE_DATA"):
        accuracy.accuracy(["essnet"], lambda text: None, tmp_path)
    monkeypatch.setattr(accuracy, "PARTS", ("essnet",))
    with pytest.raises(Refused, match="Nothing was measured"):
        accuracy.accuracy((), lambda text: None, tmp_path)
    assert contents(tmp_path) == {}


def test_one_seed_has_a_mean_and_no_width() -> None:
    assert across([3.0]) == (3.0, 0.0)
    mean, half = across([1.0, 3.0])
    assert mean == 2.0 and half == pytest.approx(6.3138, abs=1e-3)  # t, 1 degree of freedom
