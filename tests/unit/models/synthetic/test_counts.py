"""Counts by cell and hour are those of the clean records, each phone once an hour."""

from __future__ import annotations

import pandas as pd
import pytest

from peil_models.synthetic import Simulation


def test_each_phone_is_counted_where_it_was_recorded_last(
    simulation: Simulation, events: list[pd.DataFrame]
) -> None:
    devices = simulation.population.devices
    is_counted = (devices["kind"] != "machine") & ~devices["is_opted_out"]
    records = events[1][events[1]["of_day"] == 1]
    places: dict[tuple[int, int], int] = {}
    for row in records.itertuples():
        if is_counted[row.device]:
            places[row.device, row.second // 3600] = row.cell
    cells = simulation.world.cells["cell_id"]
    counts = simulation.counts(1)
    assert counts.index.tolist() == cells.tolist() and counts.shape[1] == 24
    expected = pd.Series(list(places.values())).groupby([h for _, h in places]).value_counts()
    # soiling takes some records out of a delivery, so a few phones are counted elsewhere there
    for (hour, cell), number in expected.items():
        assert abs(counts.iloc[cell, hour] - number) <= 3 + 0.2 * number
    assert abs(counts.to_numpy().sum() - len(places)) <= 0.02 * len(places)
    assert (counts.sum() <= is_counted.sum()).all()


def test_a_day_that_is_not_in_the_period_is_refused(simulation: Simulation) -> None:
    for day in (-1, simulation.days):
        with pytest.raises(ValueError, match=f"day={day}: the period has 4 days"):
            simulation.counts(day)
