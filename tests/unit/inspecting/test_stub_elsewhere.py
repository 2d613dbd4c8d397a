"""The stub of a delivery from elsewhere: local days, and all hours of a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from peil import cli
from peil.inspecting.inspection import inspect

HEAD = "IMSI,EVENT_TIME,CGI\n"


def hourly(folder: Path, country: str, name: str) -> Path:
    """Two files of one local day in India, each with an hour of it, whose moments say UTC."""
    for hour, moment in ((3, "2026-06-14T21:45:00Z"), (4, "2026-06-14T22:45:00Z")):
        file = folder / name.format(hour)
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = (f"{country}20{number:010d},{moment},404-20-7-{number}\n" for number in range(30))
        file.write_text(HEAD + "".join(rows))
    return folder


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("date=2026-06-15/hour={:02d}/part-0.csv", "date={day}/hour=*/*.csv"),
        ("2026-06-15/{:02d}/a.csv", "{day}/*/a.csv"),
        ("ev_20260615_{:02d}00.csv", "ev_{day:%Y%m%d}_*.csv"),
        ("ev_20260615{:02d}.csv", "ev_{day:%Y%m%d}*.csv"),
    ],
)
def test_the_hours_of_a_day_are_one_delivery(tmp_path: Path, name: str, path: str) -> None:
    (events,) = inspect(hourly(tmp_path / "op", "404", name), None, date(2026, 3, 2))
    assert (events.path, len(events.files), events.n_rows) == (path, 2, 60)
    assert events.days == (date(2026, 6, 15), date(2026, 6, 15))  # in UTC it is the day before
    assert not events.problems


def test_files_by_the_day_of_utc_are_told(tmp_path: Path) -> None:
    name = "date=2026-06-14/hour={:02d}/part-0.csv"
    (events,) = inspect(hourly(tmp_path / "op", "404", name), None, date(2026, 3, 2))
    assert [(problem.kind, problem.n_rows) for problem in events.problems] == [
        ("other_day", 30),
        ("other_day", 30),
    ]


@pytest.mark.parametrize(("country", "zone"), [("404", "Asia/Kolkata"), ("999", "FILL IN")])
def test_the_pilots_days_are_local_also_where_moments_are_utc(
    tiny: Any, country: str, zone: str
) -> None:
    folder = hourly(tiny.deliveries / "op", country, "{:02d}_2026-06-15.csv")
    file = tiny.charter_file.with_name("op.yml")
    words = ["inspect", str(folder), "--charter", str(file), "--mcc", country]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    assert yaml.safe_load(file.read_text())["time_zone"].startswith(zone)
    assert ("# ask: time_zone: Asia/Kolkata is that of most people" in file.read_text()) == (
        country == "404"
    )
