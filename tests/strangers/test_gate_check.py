"""Somebody who does not know Peil adds a gate check with a measure and a limit of its own.

It touches three files: the suite of its table, the list of limits, and the limit's value. A check
whose measure is there and whose limit needs no choice touches the suite alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from copied import Copied

pytestmark = pytest.mark.slow  # each runs a copy of the checkout

MOST_FILES = 3
SUITE, LIMITS, CHOICES = "expectations/raw/cells.py", "expectations/limits.py", "methods.toml"

MEASURE = '''    "raw_toy": """
        SELECT max(antenna_height_m) AS highest_m FROM raw.cells
    """,
'''
BELIEF = """        stop(
            name="no_antenna_stands_too_high",
            table="cells",
            measure="raw_toy",
            expectation=at_most("highest_m", limits.raw_toy_height_m_max_stop),
            why="An antenna above every building is a height in another unit.",
            do="Ask the operator for the unit of the heights.",
            shows=("highest_m",),
        ),
"""
CHOICE = """[expectations.raw_toy_height_m_max_stop]
value = 500
unit = "m"
reason = "higher than any mast"
reference = "docs/decisions/0003"

"""
FAULT = """    ("raw", "no_antenna_stands_too_high"): plan(put("antenna_height_m", 3000.0, 0.1)),
"""
ASK = """
from pathlib import Path

from peil import gates
from peil.outcome import GateClosed
from peil.store.store import Store
from tests.unit.gates import conftest

data = Store().root
(data.parent / "pilots").mkdir()
(data.parent / "pilots" / "small.yml").write_text(conftest.CHARTER)
conftest.write_reference(data / "deliveries")
batch = conftest.Batch(Store())
batch.write("raw")
print(gates.check("raw", batch.pilot, batch.day).sentence())
batch.raw["cells"]["antenna_height_m"] = 3000.0
batch.write("raw")
try:
    gates.require_open("raw", batch.pilot, batch.day)
except GateClosed as stop:
    print(stop)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy of the checkout with the toy check in it, and the fault that its test plants."""
    folder = tmp_path_factory.mktemp("check")
    copied = Copied.of_the_checkout(folder, "tests/unit/gates")
    copied.put_before(SUITE, "}\n\n\ndef suite", MEASURE)
    copied.put_before(SUITE, '        note(\n            name="every_cell', BELIEF)
    copied.put_before(SUITE, "at_least, note, stop", "at_most, ")
    copied.put_before(LIMITS, "    # staged\n", "    raw_toy_height_m_max_stop: float\n")
    copied.put_before(CHOICES, "[expectations.staged_share_min_stop]", CHOICE)
    copied.put_before(
        "tests/unit/gates/faults.py", '    ("released", "there_is_something_to_release")', FAULT
    )
    return copied


def test_a_new_gate_check_touches_three_files_and_closes_the_gate(checkout: Copied) -> None:
    touched = {name for name in checkout.touched if not name.startswith("tests/")}
    assert len(touched) <= MOST_FILES, touched

    done = checkout.python("-c", ASK, PEIL_PILOTS=str(checkout.folder / "pilots"))

    assert done.returncode == 0, done.stderr
    believable, closed = done.stdout.splitlines()
    assert believable == "The raw gate of small 2026-03-02 is open."
    assert closed.startswith(
        "The raw gate of small 2026-03-02 is closed: no_antenna_stands_too_high. Nothing "
        "downstream of it has moved. An antenna above every building is a height in another unit "
        "(highest_m 3000.0). What to do: Ask the operator for the unit of the heights. Read "
    )


def test_the_tests_of_the_gates_hold_with_a_new_check(checkout: Copied) -> None:
    """They find the new belief and the new limit by themselves, and ask for its fault."""
    tests = "tests/unit/gates"
    done = checkout.python(
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"{tests}/test_convention.py::test_every_limit_is_used_by_a_belief_or_a_measure",
        f"{tests}/test_convention.py::test_every_belief_says_why_and_what_to_do",
        f"{tests}/test_belief_is_asked.py::test_every_belief_has_a_fault_that_it_finds",
        f"{tests}/test_belief_is_asked.py",
        "-k",
        "limit or belief_says or belief_has or no_antenna_stands_too_high",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("........ "), done.stdout


def test_a_check_without_a_limit_of_its_own_touches_its_suite_alone(tmp_path: Path) -> None:
    copied = Copied.of_the_checkout(tmp_path, "tests/unit/gates")
    belief = BELIEF.replace("raw_toy", "raw_cells", 1).replace("highest_m", "n_cells")
    belief = belief.replace("limits.raw_toy_height_m_max_stop", "7")
    copied.put_before(SUITE, '        note(\n            name="every_cell', belief)
    copied.put_before(SUITE, "at_least, note, stop", "at_most, ")
    assert copied.touched == {SUITE}

    done = copied.python("-c", ASK, PEIL_PILOTS=str(tmp_path / "pilots"))

    assert "gate of small 2026-03-02 is closed: no_antenna_stands_too_high." in done.stdout, (
        done.stderr
    )
