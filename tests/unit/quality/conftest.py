"""A handful of rows through the real verbs, and what the quality store then says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.quality import store as quality
from peil.quality.measuring import measure
from tests.unit.conftest import DAY, Tiny
from tests.unit.quality.figure_weeks import Weeks, charter_text

HEADER = "imsi,at,mcc,mnc,cell\n"
# (subscriber, moment, cell), what becomes of it
ROWS = [
    ("1", "2026-03-02 10:00:01", "c1"),  # staged
    ("1", "2026-03-02 10:00:01", "c1"),  # duplicate
    ("2", "2026-03-02 10:20:00", "c1"),  # staged
    ("1", "2026-03-02 10:00:01", "c1"),  # duplicate: any distance
    ("2", "2026-03-02 10:20:00", "c1"),  # duplicate
    ("3", "2026-03-02 11:05:30", "c2"),  # staged
    ("4", "2026-03-02 11:10:00", "zz"),  # unknown_cell
    ("", "2026-03-02 11:00:00", "c2"),  # null_value
    ("5", "2026-03-02 11:12:00", ""),  # no_location
    ("6", "2026-03-01 23:30:40", "c1"),  # late
    ("7", "2026-03-03 00:10:20", "c1"),  # out_of_range
    ("9", "2026-03-02 10:00:00", "c1"),  # opted out
    ("2", "2026-03-02 23:59:59", "c3"),  # staged
    ("8", "yesterday", "c1"),  # cannot_parse
    ("", "gestern", ""),  # cannot_parse, and so neither without subscriber nor without cell
]


def text_of(rows: list[tuple[str, str, str]]) -> str:
    """One delivered file."""
    lines = [
        f"{'20408000000000' + who if who else ''},{at},204,08,{cell}\n" for who, at, cell in rows
    ]
    return HEADER + "".join(lines)


@dataclass
class Measured:
    """A tiny pilot of which days can be delivered, staged and measured."""

    tiny: Tiny

    def run(self, files: dict[str, str], day: date = DAY) -> dict[tuple[Any, ...], Any]:
        """Deliver, ingest, stage without its gate, measure; the figures by their keys."""
        from peil.charter.period import Period
        from peil.stage.stage import _stage

        for name, text in files.items():
            self.tiny.deliver(name, text, day)
        self.tiny.ingest(day)
        _stage(Period(self.tiny.charter, day, self.tiny.store))
        measure(self.tiny.charter, day, self.tiny.store)
        return self.figures(day)

    def figures(self, day: date = DAY) -> dict[tuple[Any, ...], Any]:
        """Value by check, scope, place and local hour."""
        rows = quality.figures(self.tiny.store, "tiny", [day])
        hours = rows["hour_at"].dt.tz_convert("Europe/Amsterdam").dt.hour
        keys = zip(rows["check"], rows["scope"], rows["place"], hours, strict=True)
        return {
            (check, scope, place, None if hour != hour else int(hour)): (
                None if value != value else value
            )
            for (check, scope, place, hour), value in zip(keys, rows["value"], strict=True)
        }


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """The tiny pilot, once a module: a run of dbt takes seconds."""
    folder: Path = tmp_path_factory.mktemp("measured")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(folder / "data"))
        patch.setenv("PEIL_PILOTS", str(folder / "pilots"))
        patch.setenv("PEIL_SETTLE_S", "0")
        pilot = Tiny(folder)
        pilot.write_charter(period={"start": "2026-03-02", "end": "2026-03-31"})
        pilot.put("cells.csv", "cell,x,y\nc1,100,100\nc2,400,100\nc3,8000,300\n")
        pilot.put("opt_out.csv", "imsi\n204080000000009\n")
        yield Measured(pilot)


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weeks:
    """A store with a pilot and no day yet."""
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "tiny.yml").write_text(charter_text())
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_PILOTS", str(tmp_path / "pilots"))
    return Weeks(tmp_path)
