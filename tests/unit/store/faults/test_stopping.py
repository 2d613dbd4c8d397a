"""SIGTERM and Ctrl-C: what is running ends, nothing is signed after it, and a sentence is said."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import weakref
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.outcome import Stopped
from peil.store import signing
from peil.store.faults import stopping


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_says_so_in_one_sentence(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    def run(*_: Any) -> None:
        os.kill(os.getpid(), number)
        time.sleep(5)

    monkeypatch.setattr("peil.commands.run.run", run)
    before = signal.getsignal(number)
    result = CliRunner().invoke(cli.app, ["run", "tiny"])
    assert result.exit_code == code
    assert result.stderr == f"{Stopped(number)}\n" and number.name in result.stderr
    assert signal.getsignal(number) is before and not stopping.is_asked()


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (["retain", "tiny"], "peil.watch.retain.retain.retain"),
        (["shred", "tiny", "2026-03-02", "--yes"], "peil.watch.retain.stop.shred"),
        (["approve", "tiny", "2026-03-02"], "peil.release.approvals.show"),
    ],
)
def test_what_deletes_or_approves_is_stopped_in_words_too(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, words: list[str], function: str
) -> None:
    def work(*_: Any) -> None:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(function, work)
    result = CliRunner().invoke(cli.app, words)
    assert (result.exit_code, result.stderr) == (143, f"{Stopped(signal.SIGTERM)}\n")


def test_nothing_is_signed_after_a_stop_that_a_library_swallowed(tiny: Any) -> None:
    signed = []
    with pytest.raises(Stopped), stopping.heeding():
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
        signed.append(signing.sign(tiny.store, b"a release"))
    assert signed == []
    assert signing.sign(tiny.store, b"a release")


def test_a_stop_that_was_swallowed_ends_the_block_all_the_same() -> None:
    with pytest.raises(Stopped), stopping.heeding(), contextlib.suppress(BaseException):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_stop_that_fell_into_a_callback_is_asked_for_again_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Watched:
        pass

    before, watched = sys.unraisablehook, Watched()
    told = weakref.ref(watched, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    began = time.monotonic()
    with pytest.raises(Stopped) as stop, stopping.heeding():
        del watched
        time.sleep(5)
    assert time.monotonic() - began < 4 and stop.value.exit_code == 143
    assert told() is None and capfd.readouterr().err == ""
    assert sys.unraisablehook is before


def test_another_error_of_a_callback_is_printed_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Watched:
        pass

    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: lost.append(error.exc_type))
    watched = Watched()
    told = weakref.ref(watched, lambda _: 1 // 0)
    with stopping.heeding():
        del watched
    assert told() is None and lost == [ZeroDivisionError]


def test_an_error_that_a_library_made_of_a_stop_is_a_stop() -> None:
    with pytest.raises(Stopped), stopping.heeding():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException:
            raise RuntimeError("Query interrupted") from None


def test_an_error_of_a_block_that_nobody_stopped_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), stopping.heeding():
        _ = 1 // 0


def test_what_does_not_look_at_signals_is_cut_off() -> None:
    code = (
        "import os, signal, sys, time\n"
        "from peil.store.faults import stopping\n"
        "with stopping.heeding(lambda words: print(words, file=sys.stderr), patience_s=0.1):\n"
        "    while True:\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)\n"
        "        except BaseException: time.sleep(60)\n"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 143 and done.stderr == f"{Stopped(signal.SIGTERM)}\n"
    assert time.monotonic() - began < 40


def test_a_command_that_was_stopped_does_not_wait_for_what_tidies_at_the_exit() -> None:
    code = (
        "import atexit, multiprocessing, os, signal, time\n"
        "from peil import cli\n"
        "@cli.app.command()\n"
        "def endless():\n"
        "    with cli.answering(), cli.stopping.heeding():\n"
        "        atexit.register(time.sleep, 60)\n"
        "        cli.lock = multiprocessing.get_context('spawn').RLock()\n"
        "        print('so far'); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "endless"],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (done.returncode, done.stdout) == (143, "so far\n")
    assert done.stderr == f"{Stopped(signal.SIGTERM)}\n"
