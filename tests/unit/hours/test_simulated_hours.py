"""`peil simulate --hourly` parts what was simulated by the day: each line once, few late."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from peil.charter import reading
from peil.commands.before import hourly
from peil.settings import PROJECT

HEADING = b"IMSI;EVENT_TIME;MCC\n"


def delivered(folder: Path) -> dict[str, list[bytes]]:
    """Lines by hour, without headings."""
    files = sorted((folder / "events" / "2026-03-02").rglob("*.csv.gz"))
    assert all(gzip.decompress(file.read_bytes()).startswith(HEADING) for file in files)
    return {
        file.parent.name: gzip.decompress(file.read_bytes()).splitlines(keepends=True)[1:]
        for file in files
    }


def test_each_line_is_delivered_once_with_its_hour_or_the_next(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_PILOTS", str(PROJECT / "pilots"))
    charter = reading.load("demo_hourly")
    moments = [f"02-03-2026 {n % 24:02d}:{n // 24 % 60:02d}:00" for n in range(1190)]
    lines = [f"{n};{moment};204\n".encode() for n, moment in enumerate(moments)]
    odd = [b"17;not a moment;204\n", b"cut off\n", b"18;01-03-2026 23:59:00;204\n"]
    whole = tmp_path / "whole"
    (whole / "events" / "2026-03-02").mkdir(parents=True)
    (whole / "cells").mkdir()
    (whole / "opt_out.csv").write_text("IMSI\n")
    file = whole / "events" / "2026-03-02" / "signalling.csv.gz"
    file.write_bytes(gzip.compress(HEADING + b"".join([*lines, *odd])))
    by_hour = delivered(hourly.write_hours(charter, tiny.store, whole))
    assert len(by_hour) == 24
    assert sorted(line for own in by_hour.values() for line in own) == sorted([*lines, *odd])
    late = {
        hour: [line for line in own if f" {hour}:".encode() not in line]
        for hour, own in by_hour.items()
    }
    assert set(odd) <= set(late["00"])
    assert sum(map(len, late.values())) - len(odd) == 3  # of 1 190, the first of each 400
    assert late["01"] == [lines[0]]
