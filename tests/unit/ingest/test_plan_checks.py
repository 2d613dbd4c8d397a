"""A cell plan that cannot be is refused when it comes in, in one sentence with the cell."""

from __future__ import annotations

from typing import Any

import pytest

from peil.outcome import Refused

EVENT = "imsi,at,mcc,mnc,cell,imei\n204080000000001,2026-03-02 10:00:00,204,08,c1,\n"
COLUMNS = {"cell_id": "cell", "x_m": "x", "y_m": "y"}


def ingest(tiny: Any, plan: str, **mapped: str) -> Any:
    tiny.write_charter(inputs__cells__columns={**COLUMNS, **mapped})
    tiny.put("cells.csv", plan)
    tiny.deliver("a.csv", EVENT)
    return tiny.ingest()


@pytest.mark.parametrize(
    ("field", "value", "must"),
    [
        ("power_w", "-20", "is not finite and above 0"),
        ("power_w", "0", "is not finite and above 0"),
        ("power_w", "inf", "is not finite and above 0"),
        ("range_m", "-1", "is not finite and above 0"),
        ("path_loss_exponent", "0", "is not finite and above 0"),
        ("midpoint_dbm", "92.5", "is not finite and from -160 to 0"),
        ("midpoint_dbm", "-161", "is not finite and from -160 to 0"),
        ("steepness", "0", "is not finite and above 0 and at most 10"),
        ("steepness", "11", "is not finite and above 0 and at most 10"),
        ("beam_horizontal_deg", "0", "is not finite and above 0 and at most 360"),
        ("beam_vertical_deg", "400", "is not finite and above 0 and at most 360"),
        ("azimuth_deg", "9999", "is not finite and from -360 to 360"),
        ("tilt_deg", "91", "is not finite and from -90 to 90"),
        ("antenna_height_m", "inf", "is not finite;"),
        ("altitude_m", "-inf", "is not finite;"),
        ("frequency_mhz", "inf", "is not finite;"),
        ("x_m", "inf", "is not finite;"),
    ],
)
def test_a_number_that_no_antenna_has_refuses_the_plan(
    tiny: Any, field: str, value: str, must: str
) -> None:
    if field == "x_m":
        plan = f"cell,x,y,f\nc1,100,100,\nc2,{value},100,\n"
        mapped = {}
    else:
        plan = f"cell,x,y,f\nc1,100,100,\nc2,400,100,{value}\n"
        mapped = {field: "f"}
    with pytest.raises(Refused) as refused:
        ingest(tiny, plan, **mapped)
    sentence = str(refused.value)
    assert sentence.startswith(f"cells.csv, cell c2, {field}: {must}")
    assert "or leave it empty" in sentence and "inf" not in sentence.replace("finite", "")
    assert not list(tiny.store.raw_file("tiny", tiny.charter.period.start).parent.glob("*.duckdb"))


def test_a_cells_own_logistic_is_landed_by_mapping(tiny: Any) -> None:
    plan = "cell,x,y,m,k\nc1,100,100,-80.5,0.3\nc2,400,100,,\n"
    assert ingest(tiny, plan, midpoint_dbm="m", steepness="k").status == "done"
    assert tiny.raw("SELECT cell_id, midpoint_dbm, steepness FROM cells ORDER BY cell_id") == [
        ("c1", -80.5, 0.3),
        ("c2", None, None),
    ]


def test_the_sentence_tells_how_many_cells_are_alike(tiny: Any) -> None:
    plan = "cell,x,y,f\nc3,1,1,-1\nc1,100,100,-1\nc2,400,100,-1\n"
    with pytest.raises(Refused, match=r"cell c1, power_w: .* \(and 2 other cells\);"):
        ingest(tiny, plan, power_w="f")


def test_what_is_no_number_at_all_counts_as_missing(tiny: Any) -> None:
    ingest(tiny, "cell,x,y,f\nc1,100,100,nan\nc2,400,100,5\n", power_w="f")
    assert tiny.raw("SELECT cell_id, power_w FROM cells ORDER BY cell_id") == [
        ("c1", None),
        ("c2", 5.0),
    ]


def test_an_azimuth_of_a_cell_that_has_none_is_not_judged(tiny: Any) -> None:
    plan = "cell,x,y,f,d\nc1,100,100,999,false\n"
    assert ingest(tiny, plan, azimuth_deg="f", is_directional="d").status == "done"


def test_an_azimuth_of_minus_one_alone_stands_for_none_and_is_refused(tiny: Any) -> None:
    plan = "cell,x,y,f\nc2,100,100,-1\nc1,400,100,-1\nc3,100,200,360\n"
    with pytest.raises(Refused, match=r"cell c1, azimuth_deg: is -1, .* \(and 1 other cells\)"):
        ingest(tiny, plan, azimuth_deg="f")
    assert ingest(tiny, plan + "c4,100,300,-120\n", azimuth_deg="f").status == "done"


@pytest.mark.parametrize("n_near", [0, 1])
def test_a_plan_of_another_part_of_the_world_is_refused(tiny: Any, n_near: int) -> None:
    cells = [(f"c{n:03}", 9_000_000 + n, 9_000_000) for n in range(200 - n_near)]
    cells += [(f"d{n}", 100, 100) for n in range(n_near)]
    plan = "cell,x,y\n" + "".join(f"{name},{x},{y}\n" for name, x, y in cells)
    with pytest.raises(Refused) as refused:
        ingest(tiny, plan)
    assert str(refused.value).startswith(
        "cells.csv, cell c000: lies outside the pilot's area and 10 km around it, as do all but "
        f"{n_near} of 200 cells; compare the position columns"
    )


def test_degrees_of_another_continent_are_refused(tiny: Any) -> None:
    area = {"x_min_m": 4_000_000, "y_min_m": 3_000_000, "x_max_m": 4_001_000, "y_max_m": 3_001_000}
    tiny.write_charter(
        area={"crs": "EPSG:3035", "grid": {**area, "zone_m": 500}},
        inputs__cells__columns={"cell_id": "cell", "latitude": "y", "longitude": "x"},
    )
    tiny.put("cells.csv", "cell,x,y\nc1,151.2,-33.9\nc2,151.3,-33.8\n")
    tiny.deliver("a.csv", EVENT)
    with pytest.raises(Refused, match=r"cells.csv, cell c1: lies outside the pilot's area"):
        tiny.ingest()


@pytest.mark.parametrize(
    ("plane", "x_m", "y_m"),
    [("EPSG:3857", 545_000, 6_860_000), ("EPSG:28992", 6_700_000, -2_800_000)],
)
def test_a_plane_on_which_metres_are_not_those_of_the_area_is_refused(
    tiny: Any, plane: str, x_m: int, y_m: int
) -> None:
    bounds = {"x_min_m": x_m, "y_min_m": y_m, "x_max_m": x_m + 1000, "y_max_m": y_m + 1000}
    tiny.write_charter(
        area={"crs": plane, "grid": {**bounds, "zone_m": 500}}, inputs__cells__columns=COLUMNS
    )
    tiny.put("cells.csv", f"cell,x,y\nc1,{x_m},{y_m}\n")
    tiny.deliver("a.csv", EVENT)
    with pytest.raises(Refused, match=f"area.crs: distances on {plane} are not those on the groun"):
        tiny.ingest()


def test_a_plan_on_a_plane_that_there_is_not_is_refused(tiny: Any) -> None:
    area = {"x_min_m": 4_000_000, "y_min_m": 3_000_000, "x_max_m": 4_001_000, "y_max_m": 3_001_000}
    tiny.write_charter(
        area={"crs": "EPSG:3035", "grid": {**area, "zone_m": 500}},
        inputs__cells__columns={**COLUMNS, "crs": "c"},
    )
    tiny.put("cells.csv", "cell,x,y,c\nc1,4000100,3000100,EPSG:1\n")
    tiny.deliver("a.csv", EVENT)
    with pytest.raises(Refused, match="lies on a plane that there is not"):
        tiny.ingest()


def test_a_national_plan_of_a_small_region_is_taken(tiny: Any) -> None:
    far = "".join(f"f{n},{200_000 + n},{300_000 + n}\n" for n in range(60))
    assert ingest(tiny, f"cell,x,y\nc1,100,100\n{far}").status == "done"


def test_a_cell_at_two_places_at_one_time_is_refused(tiny: Any) -> None:
    plan = "cell,x,y\nc2,100,100\nc1,400,100\nc3,1,1\nc2,100,1200\nc1,400,1200\n"
    with pytest.raises(Refused) as refused:
        ingest(tiny, plan)
    assert str(refused.value) == (
        "cells.csv, cell c1: lies at two places more than 1000 m apart at the same time (and 1 "
        "other cells); correct its position, or say from when to when each holds."
    )


def test_a_cell_twice_at_one_site_is_taken(tiny: Any) -> None:
    assert ingest(tiny, "cell,x,y\nc1,100,100\nc1,120,90\n").status == "done"


def test_a_cell_that_moved_is_taken(tiny: Any) -> None:
    plan = "cell,x,y,f\nc1,100,100,2026-01-01T00:00:00Z\nc1,100,4000,2026-03-01T00:00:00Z\n"
    assert ingest(tiny, plan, valid_from="f").status == "done"
