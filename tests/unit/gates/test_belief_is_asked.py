"""A believable batch opens its gate; each planted fault is found, and named."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from peil import gates
from peil.gates.report import GateReport
from tests.unit.gates.faults import NOTES, STOPS, Fault


@pytest.mark.parametrize("state", gates.STATES)
def test_a_believable_batch_opens_its_gate_without_a_note(batch: Any, state: str) -> None:
    batch.write(state)

    report = gates.check(state, batch.pilot, batch.day)

    assert report.is_open
    assert [finding.expectation for finding in report.results if not finding.success] == []
    assert len(report.results) >= 10


@pytest.mark.parametrize(
    ("state", "belief"),
    [pytest.param(*key, marks=[] if key[0] == "released" else pytest.mark.slow) for key in STOPS],
)
def test_a_planted_fault_closes_the_gate_and_is_named(batch: Any, state: str, belief: str) -> None:
    STOPS[state, belief](batch)
    batch.write(state)

    report = gates.check(state, batch.pilot, batch.day)

    assert not report.is_open
    assert belief in [finding.expectation for finding in report.stopped]
    assert belief in report.sentence()


# planted together, since asking takes time; those that undo each other are apart
APART = (
    {"rows_were_delivered"},
    {"rows_can_be_read"},
    {"volume_is_not_a_fragment", "rows_belong_to_the_day", "most_cells_have_a_position"},
    {"half_the_day_has_events"},
    {"no_persons_below_zero"},
    {"no_hour_holds_other_persons_than_the_register"},
    {"volume_is_not_high", "no_hour_bursts", "few_rows_lie_outside_the_day"},
    {"the_night_is_not_above_the_register", "nearly_every_zone_has_a_figure"},
    {"persons_of_an_hour_meet_the_register"},
)


def together(planted: dict[tuple[str, str], Fault]) -> list[tuple[str, list[str]]]:
    """Each state with faults that can be planted at once, in their order."""
    found = []
    for state in gates.STATES:
        names = [name for planted_in, name in planted if planted_in == state]
        rest = set(names).difference(*APART)
        for chosen in (rest, *APART):
            if there := [name for name in names if name in chosen]:
                found.append((state, there))
    return found


def judged_with(
    planted: dict[tuple[str, str], Fault], batch: Any, state: str, names: list[str]
) -> GateReport:
    """What the gate of a state says of a batch with these faults in it."""
    for name in names:
        planted[state, name](batch)
    batch.write(state)
    return gates.check(state, batch.pilot, batch.day)


BEFORE_RELEASE = {key: fault for key, fault in STOPS.items() if key[0] != "released"}


@pytest.mark.parametrize(("state", "names"), together(BEFORE_RELEASE))
def test_planted_together_each_is_named(batch: Any, state: str, names: list[str]) -> None:
    report = judged_with(STOPS, batch, state, names)

    assert not report.is_open
    assert set(names) <= {finding.expectation for finding in report.stopped}


@pytest.mark.parametrize(("state", "names"), together(NOTES))
def test_notes_are_written_and_stop_nothing(batch: Any, state: str, names: list[str]) -> None:
    report = judged_with(NOTES, batch, state, names)

    assert report.is_open, report.sentence()
    assert set(names) <= {finding.expectation for finding in report.noted}


@pytest.mark.parametrize(("severity", "planted"), [("stop", STOPS), ("note", NOTES)])
def test_every_belief_has_a_fault_that_it_finds(
    store: Any, severity: str, planted: dict[tuple[str, str], Fault]
) -> None:
    from peil.gates import tables
    from peil.quality import choices

    held = {
        (state, belief.name)
        for state in gates.STATES
        for belief in tables.beliefs(state, choices.limits_of("small"))
        if belief.severity == severity
    }

    assert held == set(planted)


def test_a_day_where_everything_is_withheld_passes_with_notes(batch: Any) -> None:
    """Few devices are no fault of the batch: the smallest pilot reaches the end."""
    counted = "int_devices_counted__by_cell_hour"
    batch.staged[counted] = batch.staged[counted].iloc[:0]
    for frame in batch.estimated.values():
        for column in [name for name in frame.columns if name.startswith("n_")]:
            frame[column] = 0.0
    persons_columns = ["n_persons", "n_persons_lower", "n_persons_upper"]
    batch.estimated["est_presence__by_zone_hour"][persons_columns] = float("nan")
    NOTES["released", "most_entries_are_published"](batch)
    for state in ("staged", "estimated", "released"):
        batch.write(state)

    states = ("staged", "estimated", "released")
    reports = [gates.check(state, "small", batch.day) for state in states]

    assert [report.is_open for report in reports] == [True, True, True]
    assert "the_threshold_leaves_most_devices" in [f.expectation for f in reports[0].noted]
    assert "most_entries_are_published" in [f.expectation for f in reports[2].noted]


def test_a_clock_change_day_has_its_own_number_of_hours(store: Any) -> None:
    from peil.charter import reading
    from peil.gates import tables

    small = reading.load("small")
    hours = {
        day: int(tables.batch(small, date.fromisoformat(day))["n_hours"].iloc[0])
        for day in ("2026-03-28", "2026-03-29", "2026-10-25")
    }

    assert hours == {"2026-03-28": 24, "2026-03-29": 23, "2026-10-25": 25}
