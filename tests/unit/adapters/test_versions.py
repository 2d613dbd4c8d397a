"""Whose figures are released: a version is promoted, and one goes back to that before it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli, train
from peil.adapters import experiments, versions
from peil.outcome import Refused
from peil.settings import Settings
from peil.store import ledger
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength


def register(store: Store, number: int) -> int:
    footprint = FootprintSignalStrength(steepness=0.1 * number)
    tags = {"peil.footprint": f"planted {number}"}
    return versions.register(store, "tiny", str(number) * 32, footprint, {}, {}, tags)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """MLflow's database and folder with two footprints; the second took the first one's place."""
    own = Store(Settings(data=tmp_path_factory.mktemp("registry")))  # type: ignore[call-arg]
    own.operator.mkdir(parents=True)
    shutil.copy(empty_registry, own.operator)
    for number in (1, 2):
        versions.promote(own, "tiny", register(own, number))
    return own.operator


@pytest.fixture
def store(tiny: Any, registry: Path) -> Store:
    """A store with a copy of the registry."""
    own: Store = tiny.store
    shutil.copytree(registry, own.operator, dirs_exist_ok=True)
    return own


def champion(store: Store) -> int:
    version = versions.champion(store, "tiny")
    assert version is not None
    return version.number


def places(store: Store) -> list[dict[str, Any]]:
    written = ledger.entries(store.ledger("tiny"))
    return [entry["facts"] for entry in written if entry["kind"] == "footprint_rolled_back"]


def test_the_champion_before_stands_again_and_a_second_time_all_is_as_it_was(store: Store) -> None:
    done = CliRunner().invoke(cli.app, ["rollback", "tiny"])
    assert done.exit_code == 0, done.output
    assert "version 1 again, in place of 2" in done.output
    assert champion(store) == 1
    train.rollback("tiny")
    assert champion(store) == 2
    assert places(store) == [
        {"version": 1, "in_place_of": 2, "number": 0},
        {"version": 2, "in_place_of": 1, "number": 1},
    ]


def test_promoting_the_champion_again_keeps_the_version_before_it(store: Store) -> None:
    versions.promote(store, "tiny", 2)
    train.rollback("tiny")
    assert champion(store) == 1


def test_where_none_was_champion_before_it_is_said(tiny: Any) -> None:
    refused = "no other footprint was champion before, .* `peil compare tiny`"
    with pytest.raises(Refused, match=refused):
        train.rollback("tiny")
    versions.promote(tiny.store, "tiny", register(tiny.store, 1))
    with pytest.raises(Refused, match=refused):
        train.rollback("tiny")
    assert champion(tiny.store) == 1 and places(tiny.store) == []


class Killed(BaseException):
    """A process that ends where it is."""


@pytest.mark.parametrize("n_done", range(5))
def test_killed_at_any_step_and_run_again_it_is_done_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, n_done: int
) -> None:
    steps: list[str] = []

    def counted(does: Any) -> Any:
        def step(*words: Any, **named: Any) -> Any:
            if len(steps) == n_done:
                raise Killed
            steps.append(does.__name__)
            return does(*words, **named)

        return step

    client = experiments.MlflowClient
    with monkeypatch.context() as patch:
        for name in (
            "set_registered_model_tag",
            "set_registered_model_alias",
            "delete_registered_model_tag",
        ):
            patch.setattr(client, name, counted(getattr(client, name)))
        patch.setattr(train.ledger, "append", counted(ledger.append))
        with pytest.raises(Killed):
            train.rollback("tiny")
    assert len(steps) == n_done
    train.rollback("tiny")
    assert champion(store) == 1
    assert places(store) == [{"version": 1, "in_place_of": 2, "number": 0}]
