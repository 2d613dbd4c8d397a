"""The ESSnet simulator's files: two versions of the header, time as a number, antennas in XML."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from peil.charter.schema import Delivery
from peil.outcome import Refused

EPOCH = datetime(2026, 3, 2, 12, 15, tzinfo=UTC)
MAPPING = Delivery(reader="essnet", path="-", epoch=EPOCH, seconds_per_t=10, mcc=204, mnc="01")
COLUMNS = "line, subscriber_id, observed_at, mcc, mnc, cell_id, event_type, defect"
OLD = "t,Antenna ID,Event Code,Device ID,x,y, Tile ID"
NEW = "t,AntennaId,EventCode,PhoneId,NetworkType,TA,x,y,TileId"


def write(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "AntennaInfo_MNO_one.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(EPOCH.timestamp() + seconds, tz=UTC)


EXPECTED = [
    (2, "715", at(0), 204, "01", "28", "attach", None),
    (3, "296", at(90), 204, "01", "54", "detach", None),
    (4, "235", at(95), 204, "01", "25", "attached", None),
    (5, "151", at(100), 204, "01", "62", "refused", None),
    (6, "151", at(110), 204, "01", "62", None, None),
]


@pytest.mark.parametrize(
    ("head", "between", "truth"),
    [(OLD, "", ["Tile ID", "x", "y"]), (NEW, ",3G,4", ["TileId", "x", "y"])],
)
def test_both_versions_of_the_header_become_the_same_rows_without_the_truth(
    desk: Any, tmp_path: Path, head: str, between: str, truth: list[str]
) -> None:
    rest = f"{between},4017.3,7033.9,1136"
    starts = ["0,28,0,715", "9,54,1,296", "9.5,25,2,235", "10,62,3,151", "11,62,9,151"]
    file = write(tmp_path, head, *(start + rest for start in starts))
    rows, dropped = desk.events("essnet", file, MAPPING, COLUMNS)
    assert rows == EXPECTED
    assert dropped == truth


def test_timing_advance_of_4g_is_landed_and_no_other(desk: Any, tmp_path: Path) -> None:
    given = ["4G,7", "4G,", "3G,7", ",4294967295", "4G,1283", "4G,far"]
    file = write(tmp_path, NEW, *(f"0,28,0,715,{timing},1,2,3" for timing in given))
    rows, _ = desk.events("essnet", file, MAPPING, "timing_advance, defect")
    assert rows == [(7, None), *[(None, None)] * 4, (None, "cannot_parse")]


@pytest.mark.parametrize(
    ("line", "defect"),
    [
        ("soon,28,0,715,1,2,3", "cannot_parse"),
        ("1e300,28,0,715,1,2,3", "cannot_parse"),
        ("nan,28,0,715,1,2,3", "cannot_parse"),
        ("inf,28,0,715,1,2,3", "cannot_parse"),
        ("1,28,0,715", "cannot_parse"),
        (",28,0,715,1,2,3", "null_value"),
        ("1,28,0,,1,2,3", "null_value"),
    ],
)
def test_a_record_that_cannot_be_read_stops_nothing(
    desk: Any, tmp_path: Path, line: str, defect: str
) -> None:
    file = write(tmp_path, OLD, line, "0,28,0,715,1,2,3")
    rows, _ = desk.events("essnet", file, MAPPING, "line, defect")
    assert rows == [(2, defect), (3, None)]


def test_a_file_of_another_kind_and_a_missing_epoch_are_told(desk: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "t,Antenna,EventCode,PhoneId", "0,28,0,715")
    with pytest.raises(Refused, match=r"MNO_one.csv, line 1 lacks the column Antenna ID"):
        desk.events("essnet", file, MAPPING)
    file = write(tmp_path, OLD, "0,28,0,715,1,2,3")
    for epoch in (None, EPOCH.replace(tzinfo=None)):
        without = MAPPING.model_copy(update={"epoch": epoch})
        with pytest.raises(Refused, match=r"inputs.events.epoch: give the moment of t = 0"):
            desk.events("essnet", file, without)


ANTENNA = (
    "<antenna><mno_name>one</mno_name><power>10</power><attenuationfactor>{}</attenuationfactor>"
    "<type>{}</type><Smid>-76</Smid><SSteep>0.5</SSteep><x>{}</x><y>10000</y></antenna>"
)


def antennas(tmp_path: Path, *parts: str) -> Path:
    file = tmp_path / "antennas.xml"
    file.write_text('<?xml version="1.0"?>\n<antennas>\n' + "\n".join(parts) + "\n</antennas>\n")
    return file


def test_an_antenna_is_named_after_its_place_in_the_file(desk: Any, tmp_path: Path) -> None:
    file = antennas(
        tmp_path,
        ANTENNA.format("3.8", "omnidirectional", "500"),
        ANTENNA.format("3.9", "directional", " 8000.5 "),
    )
    columns = "cell_id, x_m, y_m, crs, is_directional, power_w, path_loss_exponent"
    assert desk.cells("essnet", file, MAPPING, columns) == [
        ("1", 500.0, 10000.0, "local", False, 10.0, 3.8),
        ("2", 8000.5, 10000.0, "local", True, 10.0, 3.9),
    ]


def test_an_antennas_own_logistic_is_landed_where_it_has_one(desk: Any, tmp_path: Path) -> None:
    whole = ANTENNA.format("3.8", "omnidirectional", "500")
    bare = whole.replace("<Smid>-76</Smid><SSteep>0.5</SSteep>", "<Smid></Smid>")
    columns = "cell_id, midpoint_dbm, steepness"
    landed = desk.cells("essnet", antennas(tmp_path, whole, bare), MAPPING, columns)
    assert landed == [("1", -76.0, 0.5), ("2", None, None)]
    assert desk.cells("essnet", antennas(tmp_path, bare), MAPPING, columns) == [("1", None, None)]
    table = tmp_path / "antennas.csv"
    table.write_text("id,x,y,Smid,SSteep\na,1,2,-80,0.9\nb,1,2,,\n")
    assert desk.cells("essnet", table, MAPPING, columns) == [("a", -80.0, 0.9), ("b", None, None)]
    odd = whole.replace("-76", "loud")
    with pytest.raises(Refused, match=r"antenna 2: .* Smid and SSteep where it has them"):
        desk.cells("essnet", antennas(tmp_path, bare, odd), MAPPING)


def test_an_antenna_file_that_cannot_be_read_is_told_with_its_place(
    desk: Any, tmp_path: Path
) -> None:
    sound = ANTENNA.format("3.8", "omnidirectional", "500")
    with pytest.raises(Refused, match=r"antennas.xml, antenna 2: x, y, power and"):
        desk.cells("essnet", antennas(tmp_path, sound, ANTENNA.format("?", "-", "1")), MAPPING)
    with pytest.raises(Refused, match=r"antennas.xml, line 4, column \d+: not XML"):
        desk.cells("essnet", antennas(tmp_path, sound, "<antenna><x>1</antenna>"), MAPPING)
    with pytest.raises(Refused, match=r"antennas.xml holds no antenna"):
        desk.cells("essnet", antennas(tmp_path), MAPPING)
