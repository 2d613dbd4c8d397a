"""What tests share: a small simulated country, stores of their own, and what `peil run` released.

Settings come from the environment, so every store is made by setting `PEIL_*` for one test or
for one process; nothing is read from, or written to, the checkout's own `data/`.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings as hypothesis_settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from peil.settings import PROJECT, Settings
from tests.stores import (
    DATABASES,
    DELIVERED_DAYS,
    EMPTY,
    SMALL_DAYS,
    SMALL_DEVICES,
    Linked,
    forget_most_of_the_history,
    new_store,
    once,
    peil,
)

TOGETHER = {  # files on one worker: they look at one store, or want the machine for a server
    "end_to_end/test_pilot.py": "small_pilot",
    "attacks/test_identifier_free.py": "small_pilot",
    "unit/commands/test_reproduced.py": "small_pilot",
    "end_to_end/test_linked_pilot.py": "linked",
    "browser/test_released_page.py": "linked",
    "attacks/test_linked_products.py": "linked",
    "end_to_end/test_airflow_backfill.py": "a started Airflow",
    "end_to_end/test_airflow_tells.py": "a started Airflow",
    "end_to_end/test_compose.py": "a started Airflow",
    "end_to_end/hours/test_told_in_time.py": "a started Airflow",
    "properties/test_location_properties.py": "unit/models/location/",
    "recovery/test_heading_recovery.py": "unit/models/location/",
    "recovery/test_hysteresis.py": "unit/models/location/",
    "recovery/test_location_recovery.py": "unit/models/location/",
    "unit/benchmarks/test_bench_location.py": "unit/models/location/",
}
NO_TIME = "no time is left on this machine"
OUTLOOK = "unit/watch/outlook/"
# folders on one worker: files of the first share a fitted model; those of the other need loops that
# a fresh clone compiles for fifteen seconds, on each worker that wants them at the same time
FOLDERS = (OUTLOOK, "unit/models/location/")
LONG_FIRST = (  # and before those that wait for the two pilots, what keeps the others busy so long
    "end_to_end/",
    "dags/",
    OUTLOOK,
    "deliveries/",
    "unit/score/studies/",
    "attacks/",
    "faults/",
    "recovery/",
    "strangers/",
    "unit/commands/",
    "unit/benchmarks/",
    "properties/",
)
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
    # what collection imports and rewrites stays: looking through it again and again for garbage is
    # half of what collection costs
    gc.disable()
    # before anything imports the settings: no test may touch the store of this checkout
    for name in OWN:
        os.environ.pop(name, None)
    # the ordinary run tries the same examples every time, so that a change is judged by what it
    # changes; `make fuzz` tries new ones, and what it finds becomes an example of its own
    hypothesis_settings.register_profile("same examples", derandomize=True)
    hypothesis_settings.register_profile("new examples", derandomize=False)
    is_new = "PEIL_FUZZ_EXAMPLES" in os.environ
    if not is_new:  # else they hang on which modules were read before, so on the order of tests
        providers._get_local_constants = Constants
    hypothesis_settings.load_profile("new examples" if is_new else "same examples")


def pytest_collection_finish() -> None:
    """Look for garbage from here on, and only among what tests make."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Under `--dist loadfile`, keep the files of `TOGETHER` and `FOLDERS` on one worker as well.

    So no verb runs in a store while another test reads it. (The groups of `--dist loadgroup` have
    no effect under pytest 9.2: pytest-xdist #1386.)
    """
    from xdist.scheduler import LoadFileScheduling

    class ByStore(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0].removeprefix("tests/")
            return next(filter(file.startswith, FOLDERS), TOGETHER.get(file, file))

    return ByStore(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes come first, so that workers end at about the same time."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """When a test has its turn: the position of its file's beginning in `LONG_FIRST`."""
    begins = (item.nodeid.startswith(f"tests/{beginning}") for beginning in LONG_FIRST)
    return next((turn for turn, does in enumerate(begins) if does), len(LONG_FIRST))


def pytest_runtest_setup() -> None:
    """Begin no test after `PEIL_TESTS_UNTIL`: what was judged decides, and the rest is told."""
    if time.time() > float(os.environ.get("PEIL_TESTS_UNTIL", "inf")):
        pytest.skip(NO_TIME)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under `.ci/run` a skip that it could have prevented is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("PEIL_FAIL_ON_SKIP") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if NO_TIME not in str(reason):
            report.outcome = "failed"
            report.longrepr = f"skipped where nothing may be skipped: {reason}"


@pytest.fixture(scope="session")
def small_deliveries(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Deliveries and truth of a small country, simulated once for the whole session."""

    def simulate(folder: Path) -> None:
        size = ("--devices", str(SMALL_DEVICES), "--days", str(DELIVERED_DAYS))
        done = peil(folder / "data", "simulate", *size)
        assert done.returncode == 0, done.stderr
        forget_most_of_the_history(folder / "data")
        # stores that are made over these deliveries take along what is the same in each: dbt's
        # parsed project and the tables of two databases, still empty
        environment = {**os.environ, "PEIL_DATA": str(folder / "data")}
        subprocess.run([sys.executable, "-c", EMPTY], env=environment, cwd=PROJECT, check=True)
        for file in DATABASES:
            (folder / "empty" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "data" / file, folder / "empty" / file)

    return Settings(data=once(tmp_path_factory, "small", simulate) / "data")  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def small_pilot(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same store after `peil run`: two days released."""

    def run(_: Path) -> None:
        done = peil(
            small_deliveries.data, "run", "pilots/demo.yml", "--to", f"2026-03-{1 + SMALL_DAYS:02d}"
        )
        assert done.returncode == 0, done.stdout + done.stderr

    once(tmp_path_factory, "small-pilot", run)
    return small_deliveries


@pytest.fixture(scope="session")
def linked(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    """`peil run` of the small country with a window of two days, by its real DAGs."""

    def run(folder: Path) -> None:
        content = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text()) | {
            "period": {"start": "2026-03-02", "end": f"2026-03-{1 + SMALL_DAYS:02d}"},
            "linkage_days": SMALL_DAYS,
            "retention": {"raw_hours": 12, "staged_days": 7},  # raw of the first day ends in time
            "threshold": 4,  # so low that of a small country something is published
            "products": ["presence", "flows", "visitors", "residence"],
        }
        (folder / "pilots").mkdir()
        (folder / "pilots" / "demo.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
        store = new_store(small_deliveries, folder / "data")
        code, output = Linked.over(store, folder).peil("run", str(folder / "pilots" / "demo.yml"))
        assert code == 0, output

    folder = once(tmp_path_factory, "linked", run)
    store = small_deliveries.model_copy(
        update={
            "data": folder / "data",
            "deliveries": small_deliveries.deliveries_folder,
            "truth": small_deliveries.truth_folder,
        }
    )
    return Linked.over(store, folder)


@pytest.fixture
def copied_linked(linked: Linked, tmp_path: Path) -> Linked:
    """A copy of the linked store, to change."""
    shutil.copytree(linked.settings.data.parent, tmp_path / "linked", symlinks=True)
    store = linked.settings.model_copy(update={"data": tmp_path / "linked" / "data"})
    return Linked.over(store, tmp_path / "linked")


@pytest.fixture
def store_of_its_own(
    small_deliveries: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """An empty store over the small deliveries, which the code under test finds by `PEIL_*`."""
    store = new_store(small_deliveries, tmp_path / "data")
    monkeypatch.setenv("PEIL_DATA", str(store.data))
    monkeypatch.setenv("PEIL_DELIVERIES", str(store.deliveries_folder))
    monkeypatch.setenv("PEIL_TRUTH", str(store.truth_folder))
    return store


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
