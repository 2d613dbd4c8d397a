"""`peil inspect` on deliveries written here: mapping, counts and lines, and never a value."""

from __future__ import annotations

import gzip
import traceback
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from peil import cli
from peil.charter import reading
from peil.inspecting.inspection import inspect
from peil.inspecting.proposal import Proposal
from peil.outcome import Refused
from peil.store import parties

DAY = date(2026, 3, 2)


SECRET = "204081234567890"


HEAD = "IMSI;IMEI;EVENT_TIME;LAC_CI;EVENT_CODE;B_PARTY"


def record(n: int, cell: str = "12-7", at: str | None = None) -> str:
    """A record of a day of March; the numbers of subscribers begin with 20408."""
    moment = at if at is not None else f"{13 + n % 3}-03-2026 {n % 24:02d}:{n % 60:02d}:00"
    return f"20408{n:010d};{35209900176148 + n}1;{moment};{cell};call;+31612345678"


@pytest.fixture
def delivery(tiny: Any) -> Path:
    """Two days of events and a plan, in the pilot's deliveries; eight records are bad."""
    folder = Path(tiny.deliveries / "shop")
    (folder / "ev" / "2026-03-13").mkdir(parents=True)
    (folder / "ev" / "2026-03-14").mkdir()
    bad = [
        record(1, cell=""),
        record(2, cell="99-9"),
        record(3, at="soon"),
        f"{SECRET};x;13-03-2026 08:30:00;{SECRET};call;+31687654321",
    ]
    good = [record(n) for n in range(4, 300)]
    more = [record(n, cell="") for n in range(4)]
    first = "\r\n".join([HEAD, *bad, *good, *more]) + "\r\n"
    (folder / "ev" / "2026-03-13" / "a.csv.gz").write_bytes(gzip.compress(first.encode()))
    second = "\n".join([HEAD, *good]) + "\n"
    (folder / "ev" / "2026-03-14" / "a.csv.gz").write_bytes(gzip.compress(second.encode()))
    (folder / "plan.csv").write_text(
        "CGI;LAT;LON;AZIMUTH;OWNER\n12-7;52,37;4,9;110;x\n12-8;52,38;4,91;;x\n12-8;52,38;4,91;;x\n"
        "12-9;;;;x\n"
    )
    return folder


def found_in(folder: Path, role: str) -> Proposal:
    return next(proposal for proposal in inspect(folder, None, DAY) if proposal.role == role)


def test_events_are_mapped_counted_and_compared_with_the_plan(delivery: Path) -> None:
    events = found_in(delivery, "events")
    assert (events.reader, events.path) == ("generic", "ev/{day}/a.csv.gz")
    assert {ours: guess.theirs for ours, guess in events.columns.items()} == {
        "subscriber_id": "IMSI",
        "observed_at": "EVENT_TIME",
        "cell_id": "LAC_CI",
        "event_type": "EVENT_CODE",
    }
    assert events.settings == {
        "separator": ";",
        "time_format": "%d-%m-%Y %H:%M:%S",
        "mcc": 204,
        "time_zone": "Europe/Amsterdam",
    }
    assert events.not_landed == ["B_PARTY", "IMEI"]
    assert events.n_rows == 304 + 296
    assert events.days == (date(2026, 3, 13), date(2026, 3, 15))
    assert [(p.kind, p.file, p.n_rows, p.lines) for p in events.problems] == [
        ("cannot_parse", "a.csv.gz", 1, [4]),
        ("identifier_in_wrong_column", "a.csv.gz", 1, [5]),
        ("no_location", "a.csv.gz", 5, [2, 302, 303]),
        ("other_day", "a.csv.gz", 198, [6, 7, 9]),  # two thirds of the 296 good ones
        ("unknown_cell", "a.csv.gz", 1, [3]),
        ("other_day", "a.csv.gz", 197, [3, 4, 6]),
    ]
    assert any("time zone: Europe/Amsterdam, certainty" in note for note in events.notes)


def test_cells_are_mapped_and_their_gaps_are_told(delivery: Path) -> None:
    cells = found_in(delivery, "cells")
    assert {ours: guess.theirs for ours, guess in cells.columns.items()} == {
        "cell_id": "CGI",
        "latitude": "LAT",
        "longitude": "LON",
        "azimuth_deg": "AZIMUTH",
    }
    assert cells.settings == {"separator": ";", "decimal": ","}
    assert cells.not_landed == ["OWNER"]
    assert [(p.kind, p.n_rows) for p in cells.problems] == [("no_position", 1), ("duplicate", 1)]
    assert "azimuth_deg: 25% of the cells have it; methods.toml fills the rest" in cells.notes
    assert cells.box == (4.9, 52.37, 4.91, 52.38)


def test_an_azimuth_that_stands_for_none_is_told(delivery: Path) -> None:
    plan = delivery / "plan.csv"
    plan.write_text(plan.read_text().replace(";110;", ";-1;"))
    kinds = {(p.kind, p.n_rows) for p in found_in(delivery, "cells").problems}
    assert ("coded_azimuth", 1) in kinds


def looked(*words: str) -> Any:
    return CliRunner().invoke(cli.app, ["inspect", *words])


def test_no_value_of_a_row_is_printed(delivery: Path) -> None:
    outcome = looked(str(delivery))
    assert outcome.exit_code == 0, outcome.output
    for value in (SECRET, "20408", "12-7", "99-9", "soon", "+316", "52,37", "35209900"):
        assert value not in outcome.output, value
    flat = " ".join(outcome.output.split())
    assert "cannot_parse: 1 rows, first in a.csv.gz, lines 4:" in flat
    assert "not landed: B_PARTY, IMEI" in flat


def test_a_synthetic_stub_is_accepted_and_runs_its_first_verb(delivery: Path, tiny: Any) -> None:
    file = tiny.charter_file.with_name("shop.yml")
    outcome = looked(str(delivery), "--charter", str(file), "--basis", "synthetic")
    assert outcome.exit_code == 0, outcome.output
    assert "To be filled in" not in outcome.output
    charter = reading.load("shop")
    assert charter.inputs.root == "deliveries" and charter.inputs.cells.path == "shop/plan.csv"
    assert (charter.period.start, charter.period.end) == (date(2026, 3, 13), date(2026, 3, 15))
    assert (charter.time_zone, charter.operator.mcc, charter.area.country) == (
        "Europe/Amsterdam",
        204,
        "NL",
    )
    assert charter.area.crs == "EPSG:3035" and charter.area.grid is not None
    from peil.ingest import deliveries
    from peil.ingest.ingest import ingest

    deliveries.vouch(tiny.store, charter, delivery, parties.simulator(tiny.store))
    assert ingest("shop", "2026-03-13").facts["n_delivered"] == 304
    again = looked(str(delivery), "--charter", str(file), "--basis", "synthetic")
    assert again.exit_code == 2 and "never overwritten" in " ".join(again.output.split())


def test_a_stub_of_a_real_delivery_waits_for_people(delivery: Path, tiny: Any) -> None:
    file = tiny.charter_file.with_name("shop.yml")
    outcome = looked(str(delivery), "--charter", str(file))
    assert outcome.exit_code == 0
    flat = " ".join(outcome.output.split())
    assert "To be filled in by people:" in flat and "legal_basis" in flat
    with pytest.raises(Refused, match=r"shop.yml, title.en: still to be filled in"):
        reading.load("shop")
    content = yaml.safe_load(file.read_text())
    by_hand: dict[str, Any] = {
        "legal_basis": "statute",
        "expires": "2026-12-31",
        "purpose": "crowding",
    }

    def filled(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: filled(value) for name, value in part.items()}
        if isinstance(part, list):
            return [filled(value) for value in part]
        return "said by a person" if isinstance(part, str) and "FILL IN" in part else part

    file.write_text(yaml.safe_dump({**filled(content), **by_hand}))
    assert reading.load("shop").legal_basis == "statute"


def test_a_simulated_network_without_a_country_gets_one_of_nowhere(tiny: Any) -> None:
    folder = tiny.deliveries / "sim"
    folder.mkdir()
    (folder / "AntennaInfo_MNO_one.csv").write_text(
        "t,AntennaId,EventCode,PhoneId,x,y,TileId\n0,1,0,7,1,2,3\n890,1,2,7,1,2,3\n"
    )
    (folder / "antennas.csv").write_text("x,y\n500,700\n")
    file = tiny.charter_file.with_name("sim.yml")
    outcome = looked(str(folder), "--charter", str(file), "--basis", "synthetic")
    assert outcome.exit_code == 0, outcome.output
    charter = reading.load("sim")
    assert charter.operator.mcc == charter.inputs.events.mcc == 999
    assert str(charter.inputs.events.epoch) == "2026-03-02 12:15:00+00:00"
    assert charter.area.crs == "local"


def test_calls_and_messages_of_one_folder_are_one_delivery(tiny: Any) -> None:
    folder = tiny.deliveries / "fk"
    folder.mkdir()
    for kind in ("calls", "sms"):
        (folder / f"{kind}_20160101.csv").write_text(
            "msisdn,datetime,location_id\n+31612345678,2016-01-01 08:30:00+00,c1\n"
        )
    events = found_in(folder, "events")
    assert (events.reader, events.path, events.n_rows) == ("flowkit", "*_{day:%Y%m%d}.csv", 2)
    assert "time_zone" not in events.settings


def test_a_late_file_and_the_opt_out_list_belong_to_the_delivery(delivery: Path, tiny: Any) -> None:
    late = delivery / "ev" / "2026-03-14" / "a_late.csv.gz"
    late.write_bytes(gzip.compress("\n".join([HEAD, record(999)]).encode()))
    (delivery / "opt_out.csv").write_text(f"IMSI\n{SECRET}\n")
    events = found_in(delivery, "events")
    assert (events.path, events.n_rows) == ("ev/{day}/*.csv.gz", 601)
    file = tiny.charter_file.with_name("shop.yml")
    outcome = looked(str(delivery), "--charter", str(file), "--basis", "synthetic")
    assert outcome.exit_code == 0 and SECRET not in outcome.output
    listed = reading.load("shop").inputs.opt_out
    assert listed is not None and (listed.path, listed.column) == ("shop/opt_out.csv", "IMSI")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "nowhere is not there"),
        (["{plan}", "--basis", "statute"], "--basis knows synthetic only"),
        (["{plan}", "--day", "soon"], "--day is no day"),
        (["{plan}", "--charter", "a.txt"], "let it end in .yml"),
    ],
)
def test_a_wrong_question_is_told(delivery: Path, words: list[str], sentence: str) -> None:
    outcome = looked(*[word.replace("{plan}", str(delivery / "plan.csv")) for word in words])
    assert outcome.exit_code == 2
    assert sentence in " ".join(outcome.output.split())


def test_a_fault_of_ours_does_not_quote_a_row(
    delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(f"invalid literal for int(): {SECRET}")

    monkeypatch.setattr("peil.inspecting.problems.of_events", fail)
    outcome = looked(str(delivery))
    assert outcome.exit_code == 1 and isinstance(outcome.exception, RuntimeError)
    whole = "".join(traceback.format_exception(outcome.exception))
    assert "a fault of Peil (ValueError at" in whole
    assert SECRET not in whole + outcome.output
