"""Where cells stand: as the plan of a staged day has it, also when that day is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

from peil.adapters import database, sealing
from peil.area.area import area_of
from peil.pages.cell_places import outlines, places, region_names
from peil.store import keys

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)


def stage(tiny: Any, day: date, *cells: tuple[Any, ...]) -> None:
    """A staged file that holds a cell plan only: cell_id, x, y, valid from, valid to."""
    store = tiny.store
    keys.new_key(store.key("tiny", day, "staged"))
    key = keys.read_key(store.key("tiny", day, "staged"))
    with database.connection(store, tiny.folder / "make") as opened:
        store.staged_file("tiny", day).parent.mkdir(parents=True, exist_ok=True)
        sealing.attach(opened, store.staged_file("tiny", day), "staged", key, False)
        opened.execute(
            "CREATE TABLE staged.main.stg_operator__cells (cell_id VARCHAR, x_m DOUBLE, "
            "y_m DOUBLE, latitude DOUBLE, longitude DOUBLE, valid_from TIMESTAMPTZ, "
            "valid_to TIMESTAMPTZ)"
        )
        for cell_id, x, y, start, end in cells:
            opened.execute(
                "INSERT INTO staged.main.stg_operator__cells VALUES (?, ?, ?, NULL, NULL, ?, ?)",
                [cell_id, x, y, start, end],
            )


def found(tiny: Any, *days: date) -> list[tuple[Any, ...]]:
    charter = tiny.charter
    table = places(charter, tiny.store, area_of(charter, tiny.store), list(days))
    return [tuple(row) for row in table.to_numpy().tolist()]


def test_a_cell_stands_where_the_newest_plan_has_it(tiny: Any) -> None:
    stage(tiny, DAY, ("c1", 100, 100, None, None))
    stage(
        tiny,
        NEXT,
        ("c2", 400, 100, None, None),
        ("c1", 150, 100, "2026-03-03 08:00:00+01", None),
        ("c1", 100, 100, None, "2026-03-03 08:00:00+01"),
    )
    assert found(tiny, DAY, NEXT) == [
        ("c1", "E0.0N0.0", 150.0, 100.0),
        ("c2", "E0.0N0.0", 400.0, 100.0),
    ]


def test_places_outlive_the_day_that_told_them(tiny: Any) -> None:
    stage(tiny, DAY, ("c1", 100, 100, None, None), ("c3", 800, 300, None, None))
    assert len(found(tiny, DAY)) == 2
    stage(tiny, NEXT, ("c1", 120, 100, None, None))
    assert [row[2] for row in found(tiny, DAY, NEXT)] == [120.0, 800.0]
    for day in (DAY, NEXT):  # what retention does
        tiny.store.key("tiny", day, "staged").unlink()
    assert [row[2] for row in found(tiny, DAY, NEXT)] == [120.0, 800.0]
    file = tiny.store.operator / "quality" / "tiny" / "places.parquet"
    assert file.stat().st_mode & 0o077 == 0
    assert not list(file.parent.glob(".*"))


def test_no_plan_is_no_place(tiny: Any) -> None:
    assert found(tiny, DAY) == []


def test_a_region_is_named_after_the_zone_that_holds_most_of_its_cells(tiny: Any) -> None:
    grid = {"x_min_m": 0, "y_min_m": 0, "x_max_m": 20_000, "y_max_m": 2_500, "zone_m": 2500}
    tiny.write_charter(area={"crs": "local", "grid": grid})
    stage(
        tiny,
        DAY,
        ("a", 100, 100, None, None),
        ("b", 2_600, 100, None, None),
        ("c", 4_900, 100, None, None),
        ("d", 9_000, 9_000, None, None),
    )
    area = area_of(tiny.charter, tiny.store)
    cells = places(tiny.charter, tiny.store, area, [DAY])
    assert region_names(cells, area) == {"E0.0N0.0": "E01 N00 E0.0N0.0", "E5.0N5.0": "E5.0N5.0"}


def test_outlines_are_rings_in_metres(tiny: Any) -> None:
    shapes = outlines(area_of(tiny.charter, tiny.store))
    assert len(shapes) == 2  # two squares of 500 m
    assert sorted(set(shapes[0][0])) == [(0, 0), (0, 500), (500, 0), (500, 500)]
    assert shapes[0][0][0] == shapes[0][0][-1]


def test_degrees_on_a_plane_of_its_own_have_a_region_and_no_place(tiny: Any) -> None:
    stage(tiny, DAY, ("c1", None, None, None, None))
    key = keys.read_key(tiny.store.key("tiny", DAY, "staged"))
    with database.connection(tiny.store, tiny.folder / "make") as opened:
        sealing.attach(opened, tiny.store.staged_file("tiny", DAY), "staged", key, False)
        opened.execute("UPDATE staged.main.stg_operator__cells SET latitude = 52, longitude = 5")
    (row,) = found(tiny, DAY)
    assert row[1].startswith("E340.0N") and row[2] != row[2]
