"""Cell plans of mobloc, OpenCelliD and the ESSnet simulator: written by hand, landed, placed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyproj import Transformer

from peil.area.area import area_of
from peil.charter.schema import Delivery
from peil.outcome import Refused

MOBLOC = Delivery(reader="mobloc", path="-", crs="EPSG:3035")
HEAD = "cell,small,height,direction,tilt,beam_h,beam_v,x,y,site"
PLANNED = (
    "cell_id, x_m, y_m, crs, cell_type, is_directional, antenna_height_m, azimuth_deg, tilt_deg, "
    "beam_horizontal_deg, beam_vertical_deg"
)


def write(tmp_path: Path, name: str, *lines: str) -> Path:
    file = tmp_path / name
    content = ("\n".join(lines) + "\n").encode()
    file.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return file


def test_a_mobloc_plan_becomes_canonical_rows(desk: Any, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "plan.csv",
        HEAD,
        "A_1,False,20.5,110.0,3.0,65.0,7.5,4028177.5,3100291.25,A",
        "A_2,TRUE,6.0,,,,,4028177.5,3100291.25,A",
    )
    at = (4028177.5, 3100291.25, "EPSG:3035")
    assert desk.cells("mobloc", file, MOBLOC, PLANNED) == [
        ("A_1", *at, "macro", True, 20.5, 110.0, 3.0, 65.0, 7.5),
        ("A_2", *at, "micro", False, 6.0, None, None, None, None),
    ]


def test_other_names_and_a_decimal_comma_are_a_mapping(desk: Any, tmp_path: Path) -> None:
    mapping = MOBLOC.model_copy(
        update={
            "separator": ";",
            "decimal": ",",
            "columns": {"cell_id": "NAAM", "x_m": "RDX", "y_m": "RDY"},
        }
    )
    file = write(tmp_path, "plan.csv", "NAAM;RDX;RDY;height", "a;155000,5;463000;7,5")
    columns = "cell_id, x_m, y_m, antenna_height_m"
    assert desk.cells("mobloc", file, mapping, columns) == [("a", 155000.5, 463000.0, 7.5)]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("A_2,False,20.5,north,3,65,7.5,1,2,A", "line 3, direction: cannot be read"),
        ("A_2,perhaps,20.5,1,3,65,7.5,1,2,A", "line 3, small: cannot be read"),
        ("A_2,False,20.5,1,3,65,7.5,1e999,2,A", "line 3, x: cannot be read"),
        (" ,False,20.5,1,3,65,7.5,1,2,A", "line 3, cell: a cell has no name"),
        ("A_2,False", "line 3, record: cannot be read"),
    ],
)
def test_a_mobloc_plan_is_never_read_in_part(
    desk: Any, tmp_path: Path, line: str, sentence: str
) -> None:
    sound = "A_1,False,20.5,110.0,3.0,65.0,7.5,1,2,A"
    with pytest.raises(Refused, match=f"plan.csv, {sentence}") as refused:
        desk.cells("mobloc", write(tmp_path, "plan.csv", HEAD, sound, line, sound), MOBLOC)
    assert "perhaps" not in str(refused.value)


def test_power_range_and_exponent_of_a_mobloc_plan_are_landed_and_what_the_charter_names(
    desk: Any, tmp_path: Path
) -> None:
    file = write(
        tmp_path, "plan.csv", "cell,x,y,W,range,ple,k", "a,1,2,20,9000,3.9,0.3", "b,1,2,,,,"
    )
    named = MOBLOC.model_copy(update={"columns": {"steepness": "k"}})
    columns = "cell_id, power_w, range_m, path_loss_exponent, steepness"
    assert desk.cells("mobloc", file, named, columns) == [
        ("a", 20.0, 9000.0, 3.9, 0.3),
        ("b", None, None, None, None),
    ]


def test_a_mobloc_plan_needs_its_plane_and_its_columns(desk: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "plan.csv", HEAD, "A_1,False,20.5,110.0,3.0,65.0,7.5,1,2,A")
    with pytest.raises(Refused, match=r"inputs.cells.crs: .* write it, as EPSG:3035"):
        desk.cells("mobloc", file, MOBLOC.model_copy(update={"crs": None}))
    with pytest.raises(Refused, match=r"plan.csv, line 1 lacks the column x: it is no cell plan"):
        desk.cells("mobloc", write(tmp_path, "plan.csv", "cell,y", "a,1"), MOBLOC)
    with pytest.raises(Refused, match=r"plan.csv holds no cell"):
        desk.cells("mobloc", write(tmp_path, "plan.csv", HEAD), MOBLOC)


def test_cells_of_another_plane_are_placed_on_the_charters(tiny: Any) -> None:
    tiny.write_charter(area__crs="EPSG:3035")
    area = area_of(tiny.charter, tiny.store)
    x, y = Transformer.from_crs(28992, 3035, always_xy=True).transform(155000.0, 463000.0)
    placed = area.placed(
        pd.DataFrame(
            {
                "x_m": [155000.0, x, 7.0, None],
                "y_m": [463000.0, y, 8.0, None],
                "latitude": [None, None, None, 52.155],
                "longitude": [None, None, None, 5.387],
                "crs": ["EPSG:28992", "epsg:3035", None, None],
            }
        )
    )
    assert placed["x_m"].to_numpy()[:3] == pytest.approx([x, x, 7.0], abs=1e-3)
    assert placed["y_m"].to_numpy()[:3] == pytest.approx([y, y, 8.0], abs=1e-3)
    assert abs(placed["x_m"].to_numpy()[3] - x) < 200
    with pytest.raises(Refused, match="plane of its own"):
        area.placed(placed.assign(crs="local"))


CELLID = Delivery(reader="opencellid", path="-")
OPEN_HEAD = (
    "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
)
OPEN_LINES = [
    "GSM,204,8,3040,11197,0,4.85,52.4,4015,50,1,1350567953,1727274737,0",
    "UMTS,204,8,3040,11197,0,4.86,52.41,4015,70,1,1350567953,1727274737,0",
    "LTE,204,16,3,1,0,5.75,50.85,1000,5,1,1350567953,1727274737,0",
]


@pytest.mark.parametrize(("name", "head"), [("a.csv", [OPEN_HEAD]), ("204.csv.gz", [])])
def test_cells_of_volunteers_have_a_name_and_a_position_only(
    desk: Any, tmp_path: Path, name: str, head: list[str]
) -> None:
    file = write(tmp_path, name, *head, *OPEN_LINES)
    assert desk.cells("opencellid", file, CELLID) == [
        ("204-16-3-1", 50.85, 5.75),
        ("204-8-3040-11197", 52.41, 4.86),
    ]
    south = CELLID.model_copy(update={"box": (5.7, 50.0, 6.0, 51.0)})
    assert desk.cells("opencellid", file, south, "cell_id") == [("204-16-3-1",)]
    with pytest.raises(Refused, match="holds no cell within the charter's area"):
        desk.cells("opencellid", file, CELLID.model_copy(update={"box": (0, 0, 1, 1)}))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("GSM,204,8,3,1,0,east,52.4,1,5,1,1,1,0", "line 2, lon: cannot be read"),
        ("GSM,204,,3,1,0,4.8,52.4,1,5,1,1,1,0", "line 2, cell: a cell has no name"),
        ("GSM,204,8,3,1,0,4.8", "line 2, record: cannot be read"),
    ],
)
def test_a_line_of_volunteers_that_cannot_be_read_is_told(
    desk: Any, tmp_path: Path, line: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=f"a.csv, {sentence}"):
        desk.cells("opencellid", write(tmp_path, "a.csv", OPEN_LINES[0], line), CELLID)


def test_a_file_that_volunteers_did_not_make_is_told(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="line 1 has 3 fields instead of 14"):
        desk.cells("opencellid", write(tmp_path, "a.csv", "radio,mcc,net"), CELLID)


ESSNET = Delivery(reader="essnet", path="-")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["Antenna ID,x,y", "12,500,10000", "7,8000.5,1"],
            [("12", 500.0, 10000.0, "local"), ("7", 8000.5, 1.0, "local")],
        ),
        (
            ["x,y", "500,10000", "8000.5,1"],
            [("1", 500.0, 10000.0, "local"), ("2", 8000.5, 1.0, "local")],
        ),
        (["t,AntennaId,x,y,MNO Name", "0,7,1,2,one", "10,7,1,2,one"], [("7", 1.0, 2.0, "local")]),
    ],
)
def test_antennas_as_a_table_have_an_id_or_their_order(
    desk: Any, tmp_path: Path, lines: list[str], expected: list[tuple[Any, ...]]
) -> None:
    file = write(tmp_path, "antennas.csv", *lines)
    assert desk.cells("essnet", file, ESSNET, "cell_id, x_m, y_m, crs") == expected


def test_power_and_exponent_of_an_antenna_are_kept_where_they_are(
    desk: Any, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        "antennas.csv",
        "Antenna ID,x,y,power,attenuationfactor,type",
        "1,5,6,10,3.8,directional",
        "2,5,6,,,omnidirectional",
    )
    columns = "cell_id, power_w, path_loss_exponent, is_directional"
    assert desk.cells("essnet", file, ESSNET, columns) == [
        ("1", 10.0, 3.8, True),
        ("2", None, None, False),
    ]
    with pytest.raises(Refused, match=r"antennas.csv, line 3, x: cannot be read"):
        desk.cells("essnet", write(tmp_path, "antennas.csv", "x,y", "1,2", "?,3"), ESSNET)
    with pytest.raises(Refused, match=r"antennas.csv, line 1 lacks the column y"):
        desk.cells("essnet", write(tmp_path, "antennas.csv", "id,x", "1,2"), ESSNET)


def test_mobloc_and_opencellid_know_no_events(desk: Any, tmp_path: Path) -> None:
    for reader in ("mobloc", "opencellid"):
        with pytest.raises(Refused, match=f"{reader} knows cell plans only"):
            desk.events(reader, tmp_path / "a.csv", Delivery(reader=reader, path="-"))
