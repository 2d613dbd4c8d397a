"""`peil up` looks after what it started: dead ones start again, and no address is said too soon."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.adapters.airflow import standalone
from peil.adapters.airflow.children import MOST_DEATHS, Children, looked_after, running
from peil.adapters.airflow.home import environment
from peil.outcome import Refused
from peil.settings import Settings


def sleeper(name: str) -> list[str]:
    return [sys.executable, "-c", "import time; time.sleep(60)", name]


def end(pid: int, family: Children) -> None:
    """Kill a process and wait until it is seen to be gone."""
    os.kill(pid, signal.SIGKILL)
    while family.members[0].process.poll() is None:
        time.sleep(0.01)


def test_a_process_that_ends_is_started_again_and_one_that_always_ends_ends_all(
    tmp_path: Path,
) -> None:
    sentences: list[str] = []
    with (
        pytest.raises(Refused, match=r"^scheduler ended 3 times within 10 minutes, with code -9"),
        running([sleeper("scheduler"), sleeper("other")], {}, tmp_path / "logs") as family,
    ):
        family.tell = sentences.append
        family.look_after()
        assert sentences == []
        other = family.members[1].process
        for _ in range(MOST_DEATHS):
            end(family.members[0].process.pid, family)
            family.look_after()
    assert len(sentences) == MOST_DEATHS - 1 and "is started again" in sentences[0]
    assert other.poll() is not None and family.members == []


def test_while_others_use_them_they_are_looked_after(tmp_path: Path) -> None:
    with running([sleeper("scheduler")], {}, tmp_path) as family, looked_after(family):
        first = family.members[0].process
        os.kill(first.pid, signal.SIGKILL)
        end_s = time.monotonic() + 20
        while family.members[0].process is first and time.monotonic() < end_s:
            time.sleep(0.05)
        assert family.members[0].process is not first


def test_deaths_long_ago_are_forgiven(tmp_path: Path) -> None:
    moments = iter(range(0, 6000, 601))
    family = Children(clock=lambda: next(moments))
    with running([sleeper("scheduler")], {}, tmp_path, family):
        for _ in range(MOST_DEATHS + 1):
            end(family.members[0].process.pid, family)
            family.look_after()
        assert family.members[0].process.poll() is None


@pytest.mark.parametrize("option", ["--airflow-port", "--mlflow-port"])
def test_a_port_in_use_is_refused_by_its_option(tiny: Any, option: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        others = {"--airflow-port", "--mlflow-port"} - {option}
        free = [words for name in others for words in (name, str(standalone.free_port()))]
        result = CliRunner().invoke(cli.app, ["up", option, str(port), *free])
    assert result.exit_code == 2
    assert f"Port {port} of this machine is in use" in result.stderr and option in result.stderr


def test_no_address_is_printed_before_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    @contextmanager
    def nothing(*_: Any) -> Iterator[Children]:
        yield Children()

    monkeypatch.setattr(standalone, "running", nothing)
    monkeypatch.setattr(standalone, "MLFLOW_S", -1.0)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        with pytest.raises(Refused, match="MLflow"):
            standalone.up(Settings(data=tmp_path), standalone.free_port(), standalone.free_port())
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    assert "http" not in capsys.readouterr().out


def test_the_agency_has_airflow_alone_and_no_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    @contextmanager
    def answering(*_: Any) -> Iterator[Any]:
        yield SimpleNamespace(url="http://127.0.0.1:1")

    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(standalone, "started", answering)
    monkeypatch.setattr(standalone.time, "sleep", stopped)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        settings = Settings(data=tmp_path, plane="agency")
        standalone.up(settings, standalone.free_port(), standalone.free_port())
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    printed = capsys.readouterr().out
    assert "Airflow  http://127.0.0.1:1 " in printed and "none runs here" in printed
    assert [folder.name for folder in tmp_path.iterdir()] == ["agency"]


def test_no_task_is_started_before_the_api_server_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    @contextmanager
    def written(commands: list[list[str]], *_: Any) -> Iterator[Children]:
        steps.extend(command[3] for command in commands)
        yield Children()

    def answered(step: str) -> Any:
        return lambda _: steps.append(step) or True  # type: ignore[func-returns-value]

    monkeypatch.setattr(standalone, "running", written)
    monkeypatch.setattr(standalone.subprocess, "run", lambda *_, **__: None)
    for step in ("answers", "is_healthy"):
        monkeypatch.setattr(standalone.Airflow, step, answered(step))
    with standalone.started(Settings(data=tmp_path)):
        steps.append("used")
    assert set(steps[:3]) == {"api-server", "dag-processor", "triggerer"}
    assert steps[3:] == ["answers", "scheduler", "is_healthy", "used"]


def test_tasks_of_a_dead_scheduler_are_looked_for_every_half_minute(tmp_path: Path) -> None:
    variables = environment(Settings(data=tmp_path))
    assert variables["AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL"] == "30"
