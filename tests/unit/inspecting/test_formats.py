"""Which format a table is of, which day its path names, which plane it lies on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.inspecting.formats import day_of, format_of, plane_of, template, why_unknown
from peil.inspecting.tables import Table


def table(**columns: list[Any]) -> Table:
    return Table(Path("a.csv"), "csv", columns=columns)


@pytest.mark.parametrize(
    ("columns", "reader", "role"),
    [
        ("datetime,msisdn,location_id", "flowkit", "events"),
        ("id,version,geom_point", "flowkit", "cells"),
        ("t,AntennaId,EventCode,PhoneId,x,y", "essnet", "events"),
        ("cell,small,height,direction,tilt,beam_h,beam_v,x,y", "mobloc", "cells"),
        ("radio,mcc,net,area,cell,unit,lon,lat,range", "opencellid", "cells"),
        ("cell_id,latitude,longitude", "generic", "cells"),
        ("id,latitude,longitude,azimuth", "generic", "cells"),
        ("code,population", "register", "register"),
        ("rid,x,y,building,forest,water", "tiles", "tiles"),
    ],
)
def test_a_format_is_known_by_its_columns(columns: str, reader: str, role: str) -> None:
    form = format_of(table(**{name: ["1"] for name in columns.split(",")}))
    assert form is not None and (form.reader, form.role) == (reader, role)


@pytest.mark.parametrize("columns", ["name,latitude,longitude", "a,b", "date,holiday"])
def test_a_table_of_something_else_is_not_taken(columns: str) -> None:
    assert format_of(table(**{name: ["1"] for name in columns.split(",")})) is None


def test_a_table_of_events_whose_moments_cannot_be_read_says_which_column_it_is() -> None:
    days = table(IMSI=["204080000000001"] * 5, AT=["2026-03-02"] * 5, CELL=["c1"] * 5)
    assert format_of(days) is None
    assert why_unknown(days).startswith("it has a subscriber, but AT is written as no moment")


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("e/2026-03-02/a.csv", date(2026, 3, 2)),
        ("cells_20260302.csv", date(2026, 3, 2)),
        ("year=2023/month=1/day=7/a", date(2023, 1, 7)),
        ("ev_2026030208.csv", date(2026, 3, 2)),
        ("e/2026-13-40/a.csv", None),
        ("n_12345678901.csv", None),
    ],
)
def test_a_path_names_its_day(path: str, day: date | None) -> None:
    assert day_of(Path(path)) == day


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("e/2026-03-02/a.csv", "e/{day}/a.csv"),
        ("e/month=03/day=09/a.csv", "e/month={month:02d}/day={day_of_month:02d}/a.csv"),
        ("cells_20260302.csv", "cells_{day:%Y%m%d}.csv"),
        ("part-00001-ab.c000.csv.gz", "*.csv.gz"),
        ("cells.csv", "cells.csv"),
        ("n_12345678.csv", "n_12345678.csv"),
    ],
)
def test_a_days_path_becomes_every_days(path: str, pattern: str) -> None:
    assert template(path) == pattern


def test_a_plane_is_told_by_the_size_of_its_coordinates() -> None:
    assert plane_of(["4028177.3"], ["3100291.1"])[0] == "EPSG:3035"
    assert plane_of(["155000,5"], ["463000"])[0] == "EPSG:28992"
    assert plane_of(["12"], ["7"])[0] is None and plane_of([None], ["1"])[0] is None
