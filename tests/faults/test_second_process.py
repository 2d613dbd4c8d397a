"""A run's second process: in order, its refusals its own days', and gone when the run is gone."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from peil.adapters.airflow.second import second_process
from peil.outcome import GateClosed, Outcome, Refused, Stopped
from peil.settings import settings
from peil.store.faults import stopping

DAYS = [f"2026-03-0{day}" for day in range(2, 6)]


class _Odd(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


class _Slow:
    def __del__(self) -> None:
        time.sleep(3)


def walk(verb: str, pilot: str, day: str) -> list[Outcome]:
    """Do what the verb's name says, in place of a DAG."""
    if verb == "refuse":
        raise Refused(f"no delivery of {day}")
    if verb == "close":
        raise GateClosed(f"{day} is not believable")
    if verb == "break":
        raise OSError(28, "No space left on device", "/store")
    if verb == "raise":
        raise _Odd("cannot", "be made again")
    if verb == "die":
        os._exit(9)
    if verb == "load":  # something that takes its time to be taken apart
        globals()["slow"] = _Slow()
    if verb in {"last", "swallow", "hold"}:
        Path(pilot).write_text(str(os.getpid()))
    if verb == "last":
        time.sleep(60)
    while verb == "hold" and Path(pilot).exists():
        time.sleep(0.01)
    while verb == "swallow":  # whatever it is asked
        with contextlib.suppress(BaseException):
            time.sleep(60)
    return [Outcome(verb, pilot, day, "done", {"process": os.getpid(), "n": settings().threads})]


def test_verbs_are_walked_in_order_in_another_process() -> None:
    with second_process("demo", walk) as second:
        for day in DAYS:
            second.ask("stage", day)
        answers = list(second.answers(wait=True))
    assert [walked for walked, _ in answers] == [("stage", day) for day in DAYS]
    (outcome,) = {answer[0].facts["process"] for _, answer in answers}  # type: ignore[index]
    assert outcome != os.getpid()


@pytest.mark.parametrize(("given", "each"), [("4", 2), ("3", 1), ("1", 1), (None, 1)])
def test_either_process_has_half_of_the_threads(
    given: str | None, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("PEIL_THREADS", raising=False)
    else:
        monkeypatch.setenv("PEIL_THREADS", given)
    before = settings().threads
    with second_process("demo", walk) as second:
        second.ask("stage", DAYS[0])
        ((_, outcomes),) = second.answers(wait=True)
        assert outcomes[0].facts["n"] == settings().threads == each  # type: ignore[index]
    assert settings().threads == before and os.environ.get("PEIL_THREADS") == given


def test_what_waits_for_its_turn_can_be_taken_back_and_is_not_walked_there(tmp_path: Path) -> None:
    file = tmp_path / "held"
    with second_process(str(file), walk) as second:
        second.ask("hold", DAYS[0])
        _pid(file)
        for day in DAYS[1:]:
            second.ask("stage", day)
        assert list(second.answers()) == []
        taken = [second.take_back() for _ in DAYS]
        file.unlink()
        assert [walked for walked, _ in second.answers(wait=True)] == [("hold", DAYS[0])]
    assert taken == [*(("stage", day) for day in DAYS[1:]), None]


def test_the_next_begins_before_anybody_looks_at_the_last(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with second_process(str(file), walk) as second:
        second.ask("stage", DAYS[0])
        second.ask("last", DAYS[1])
        assert _pid(file)
        assert [walked for walked, _ in second.answers()] == [("stage", DAYS[0])]


def test_one_that_stopped_while_it_was_idle_stops_the_run_at_its_next_look() -> None:
    with second_process("demo", walk) as second:
        second.ask("stage", DAYS[0])
        ((_, outcomes),) = second.answers(wait=True)
        os.kill(outcomes[0].facts["process"], signal.SIGTERM)  # type: ignore[index]
        second._process.join(10)
        second.ask("stage", DAYS[1])
        with pytest.raises(Stopped):
            list(second.answers(wait=True))


def test_an_idle_one_is_gone_at_once() -> None:
    with second_process("demo", walk) as second:
        second.ask("load", DAYS[0])
        list(second.answers(wait=True))
        began = time.monotonic()
    assert time.monotonic() - began < 0.5


def test_a_refusal_comes_as_it_was_raised_and_the_next_day_goes_on() -> None:
    verbs = ("refuse", "close", "break", "raise", "stage")
    with second_process("demo", walk) as second:
        for verb, day in zip(verbs, [*DAYS, "2026-03-06"], strict=True):
            second.ask(verb, day)
        answers = [answer for _, answer in second.answers(wait=True)]
    assert [type(answer) for answer in answers] == [Refused, GateClosed, OSError, TypeError, list]
    assert str(answers[0]) == "no delivery of 2026-03-02"
    assert isinstance(answers[2], OSError) and answers[2].filename == "/store"


def test_a_second_process_that_dies_is_told_with_its_day() -> None:
    with second_process("demo", walk) as second:
        second.ask("die", DAYS[0])
        with pytest.raises(RuntimeError, match="die of 2026-03-02 died"):
            list(second.answers(wait=True))


def test_one_that_is_asked_to_stop_stops_the_run(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with second_process(str(file), walk) as second:
        second.ask("last", DAYS[0])
        os.kill(_pid(file), signal.SIGTERM)
        with pytest.raises(Stopped) as stop:
            list(second.answers(wait=True))
    assert stop.value.exit_code == 143


def test_a_run_that_ends_early_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with second_process(str(file), walk) as second:
        second.ask("last", DAYS[0])
        pid = _pid(file)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_run_that_is_killed_does_not_leave_it_behind(tmp_path: Path) -> None:
    assert _outlives_its_run("last", tmp_path / "pid") < 15


def test_a_run_that_was_cut_off_and_its_second_end_within_ten_seconds(tmp_path: Path) -> None:
    outlived = _outlives_its_run("swallow", tmp_path / "pid")
    assert stopping.PATIENCE_OF_SECOND_S <= outlived < 10 - stopping.PATIENCE_S


def _outlives_its_run(verb: str, file: Path) -> float:
    """Kill a run whose second process walks a verb; the seconds that it walks on."""
    run = multiprocessing.get_context("spawn").Process(target=_run, args=(str(file), verb))
    run.start()
    pid = _pid(file)
    run.kill()
    began = time.monotonic()
    run.join()
    while time.monotonic() - began < 15:
        if not Path(f"/proc/{pid}").exists() or _is_dead(pid):
            return time.monotonic() - began
        time.sleep(0.05)
    pytest.fail("it walks on")


def _run(file: str, verb: str) -> None:
    with second_process(file, walk) as second:
        second.ask(verb, DAYS[0])
        list(second.answers(wait=True))


def _is_dead(pid: int) -> bool:
    return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()


def _pid(file: Path) -> int:
    for _ in range(300):
        if file.exists() and (text := file.read_text()):
            return int(text)
        time.sleep(0.1)
    pytest.fail("it did not begin")
