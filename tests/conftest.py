"""What tests share: a small simulated country, stores of their own, and what `peil run` released.

Settings come from the environment, so every store is made by setting `PEIL_*` for one test or
for one process; nothing is read from, or written to, the checkout's own `data/`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import settings as hypothesis_settings

from peil.settings import PROJECT, Settings

SMALL_DEVICES = 2_000
SMALL_DAYS = 3
OWN = (
    "PEIL_DATA",
    "PEIL_DELIVERIES",
    "PEIL_TRUTH",
    "PEIL_MLFLOW_URI",
    "PEIL_PILOTS",
    "PEIL_METHODS",
    "PEIL_SMTP_HOST",
)


def pytest_configure(config: pytest.Config) -> None:
    # before anything imports the settings: no test may touch the store of this checkout
    for name in OWN:
        os.environ.pop(name, None)
    # the ordinary run tries the same examples every time, so that a change is judged by what it
    # changes; `make fuzz` tries new ones, and what it finds becomes an example of its own
    hypothesis_settings.register_profile("same examples", derandomize=True)
    hypothesis_settings.register_profile("new examples", derandomize=False)
    is_new = "PEIL_FUZZ_EXAMPLES" in os.environ
    hypothesis_settings.load_profile("new examples" if is_new else "same examples")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under `.ci/run` a skip that it could have prevented is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("PEIL_FAIL_ON_SKIP") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"


def peil(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command `peil` on a store of its own, as a person would."""
    env = {**os.environ, "PEIL_DATA": str(data), **environment}
    return subprocess.run(
        [sys.executable, "-m", "peil.cli", *words],
        capture_output=True,
        text=True,
        env=env,
        cwd=PROJECT,
        timeout=900,
        check=False,
    )


def new_store(deliveries: Settings, data: Path) -> Settings:
    """A store of its own over the same deliveries: other keys, an empty ledger, vouched for."""
    from peil.charter import reading
    from peil.ingest import deliveries as manifest
    from peil.store.store import Store

    made = Settings(
        data=data, deliveries=deliveries.deliveries_folder, truth=deliveries.truth_folder
    )  # type: ignore[call-arg]
    folder = deliveries.deliveries_folder / "demo"
    manifest.vouch(Store(made), reading.load("demo"), folder, "the tests")
    return made


@pytest.fixture(scope="session")
def small_deliveries(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Deliveries and truth of a small country, simulated once for the whole session."""
    data = tmp_path_factory.mktemp("small") / "data"
    done = peil(data, "simulate", "--devices", str(SMALL_DEVICES), "--days", str(SMALL_DAYS))
    assert done.returncode == 0, done.stderr
    return Settings(data=data)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def small_pilot(small_deliveries: Settings) -> Settings:
    """The same store after `peil run`: every day released."""
    done = peil(small_deliveries.data, "run", "pilots/demo.yml", "--to", "2026-03-04")
    assert done.returncode == 0, done.stdout + done.stderr
    return small_deliveries


@dataclass(frozen=True)
class Linked:
    """A store whose pilot follows devices, and the environment in which its charter is found."""

    settings: Settings
    environment: dict[str, str]

    def peil(self, *words: str) -> tuple[int, str]:
        done = peil(self.settings.data, *words, COLUMNS="140", **self.environment)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def linked(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    """`peil run` of the small country with a window of three days, by its real DAGs."""
    folder = tmp_path_factory.mktemp("linked")
    content = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text()) | {
        "period": {"start": "2026-03-02", "end": f"2026-03-{1 + SMALL_DAYS:02d}"},
        "linkage_days": SMALL_DAYS,
        "threshold": 4,  # so low that of a small country something is published
        "products": ["presence", "flows", "visitors", "residence"],
    }
    (folder / "pilots").mkdir()
    (folder / "pilots" / "demo.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
    made = new_store(small_deliveries, folder / "data")
    found = Linked(
        made,
        {
            "PEIL_PILOTS": str(folder / "pilots"),
            "PEIL_DELIVERIES": str(made.deliveries_folder),
            "PEIL_TRUTH": str(made.truth_folder),
        },
    )
    code, said = found.peil("run", str(folder / "pilots" / "demo.yml"))
    assert code == 0, said
    return found


@pytest.fixture
def store_of_its_own(
    small_deliveries: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """An empty store over the small deliveries, which the code under test finds by `PEIL_*`."""
    made = new_store(small_deliveries, tmp_path / "data")
    monkeypatch.setenv("PEIL_DATA", str(made.data))
    monkeypatch.setenv("PEIL_DELIVERIES", str(made.deliveries_folder))
    monkeypatch.setenv("PEIL_TRUTH", str(made.truth_folder))
    return made


@pytest.fixture
def copied_store(
    small_pilot: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A copy of the released small store, to break."""
    shutil.copytree(small_pilot.data, tmp_path / "data", symlinks=True)
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    return Settings(data=tmp_path / "data")  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder of outside samples, or a skip that says why."""
    folder = os.environ.get("PEIL_OUTSIDE_DATA")
    if not folder:
        pytest.skip("PEIL_OUTSIDE_DATA is not set: the outside samples are not on this machine")
    return Path(folder)
