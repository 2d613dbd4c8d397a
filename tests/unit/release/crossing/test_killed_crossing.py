"""A crossing that is killed at any step, on either side, and begun again ends in the same state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peil.release import release
from peil.store import verifying
from peil.store.atomic import canonical
from peil.store.store import Store
from peil.store.witnessing import lines

DAY, NEXT = "2026-03-02", "2026-03-03"
MOST_STEPS = 60


def state(*folders: Path) -> dict[str, bytes]:
    """Every file by its place, and every folder that is named after a day."""
    places = [place for folder in folders for place in folder.rglob("*")]
    return {
        str(place): place.read_bytes() if place.is_file() else b""
        for place in places
        if "locks" not in place.parts and place.suffix != ".lock"
        if place.is_file() or place.name[:2] in ("20", ".2")
    }


def killed_at(step: int, verb: Callable[[], Any]) -> bool:
    """Run a verb in a child that ends by its own hand before its step-th change; whether it did.

    A change is a rename, a removal of a folder, or lines added to a ledger: half of them, first.
    """
    child = os.fork()
    if child == 0:
        try:
            _die_before(step)
            verb()
        except BaseException:
            os._exit(2)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), code
    return code == 9


def _die_before(step: int) -> None:
    n_left, extend = step, lines.extend

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def change(*words: Any, **more: Any) -> Any:
            nonlocal n_left
            n_left -= 1
            if n_left == 0:
                if function is extend and words[1]:
                    with Path(words[0]).open("ab") as file:
                        file.write(words[1][: len(words[1]) // 2])
                os._exit(9)
            return function(*words, **more)

        return change

    os.replace = dying(os.replace)
    shutil.rmtree = dying(shutil.rmtree)  # type: ignore[assignment]
    lines.extend = dying(extend)


@pytest.fixture
def one_day_before(sides: Any) -> Any:
    """A day was sent and taken in: both sides have drawn their keys."""
    sides.publish()
    sides.receive()
    return sides


def each_kill(
    sides: Any, verb: Callable[[], Any], be: Callable[[], Any], *places: Path
) -> tuple[int, dict[str, bytes]]:
    """Kill the verb at its first change, its second, and so on, each from the same beginning."""
    beginning = sides.tiny.folder / "beginning"
    for place in places:
        shutil.copytree(place, beginning / place.name)
    be()
    verb()
    whole = state(*places)
    for step in range(1, MOST_STEPS):
        for place in places:
            shutil.rmtree(place)
            shutil.copytree(beginning / place.name, place)
        be()
        if not killed_at(step, verb):
            return step - 1, whole
        verb()
        assert state(*places) == whole, step
    raise AssertionError("it has more steps than are tried")


def test_receive_killed_at_any_change_and_run_again_ends_the_same(one_day_before: Any) -> None:
    sides, folder = one_day_before, one_day_before.tiny.folder
    sides.publish(NEXT, 121)
    places = (folder / "agencys", folder / "outbox")
    n_kills, whole = each_kill(sides, sides.receive, sides.agency, *places)
    assert n_kills >= 6  # ledger, head, bundle, receipts, out of the outbox
    assert str(sides.received(NEXT) / "metadata.json") in whole
    assert not [name for name in whole if name.startswith(str(sides.outbound(NEXT)))]
    assert verifying.answer(sides.agency().root)[0] == 0


def be_one_machine(sides: Any) -> Store:
    """Be both sides on one machine, over the operator's store."""
    sides.patch.setenv("PEIL_PLANE", "both")
    sides.patch.setenv("PEIL_DATA", str(sides.tiny.folder / "operators"))
    return Store()


@pytest.mark.parametrize("plane", ["operator", "both"])
def test_publish_killed_at_any_change_and_run_again_sends_the_same(sides: Any, plane: str) -> None:
    if plane == "both":
        sides.patch.setattr(sides, "operator", lambda: be_one_machine(sides))
    sides.publish()  # each side has drawn its key
    sides.candidate(NEXT, 121)
    sides.answer(NEXT, "operator", "agency")
    folder = sides.tiny.folder
    # the moment of an entry is the machine's: the pilot is real
    moment = release.now(sides.tiny.charter)
    places = ("charter.public_register", "release.release", "release.crossing.sending")
    for name in (f"peil.{place}.now" for place in places):
        sides.patch.setattr(name, lambda _: moment)

    def publish() -> Any:
        return release.publish("tiny", NEXT)

    places = (folder / "operators", folder / "outbox")
    n_kills, whole = each_kill(sides, publish, sides.operator, *places)
    assert n_kills >= 6
    sent = str(sides.outbound(NEXT) / "metadata.json")
    assert (sent in whole) == (plane == "operator")  # on one machine it is taken in at once
    assert verifying.answer(sides.operator().verifiable)[0] == 0
    if plane == "operator":
        assert sides.receive().facts == {"n_received": 2}


def test_a_kill_that_lost_something_would_show(one_day_before: Any) -> None:
    """The comparison of these tests sees a file more, a file less and a byte."""
    folder = one_day_before.tiny.folder / "agencys"
    before = state(folder)
    (folder / "more").write_bytes(canonical({}))
    assert state(folder) != before
