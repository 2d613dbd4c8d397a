"""A registry with what is released as version 1, copied into each test's store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from peil.estimate import champion
from peil.settings import Settings
from peil.store.store import Store


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """MLflow's database and folder with one version of presence, the champion."""
    own = Store(Settings(data=tmp_path_factory.mktemp("registry")))  # type: ignore[call-arg]
    own.operator.mkdir(parents=True)
    shutil.copy(empty_registry, own.operator)
    champion.first_presence(own, "tiny")
    return own.operator


@pytest.fixture
def store(tiny: Any, registry: Path) -> Store:
    """A store with a copy of the registry."""
    own: Store = tiny.store
    shutil.copytree(registry, own.operator, dirs_exist_ok=True)
    return own
