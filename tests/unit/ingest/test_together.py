"""Small files of a day are landed in one transaction, and apart where one of them gives trouble."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.ingest import file_rows
from peil.store.atomic import read_json

HEADER = "imsi,at,mcc,mnc,cell,imei\n"
LANDED = "SELECT file_id, count(*) FROM events GROUP BY file_id ORDER BY file_id"


def records(number: int) -> str:
    return "".join(
        f"2040800000000{number}{n},2026-03-02 10:00:0{n},204,08,c1,3500000000\n" for n in (1, 2)
    )


def test_one_that_gives_trouble_costs_itself_only(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = file_rows._landed_together, []

    def watched(opened: Any, files: dict[int, Path], *words: Any) -> Any:
        outcomes = real(opened, files, *words)
        asked.append((len(files), len(outcomes)))
        return outcomes

    monkeypatch.setattr(file_rows, "_landed_together", watched)
    for number in range(4):
        tiny.deliver(f"{number}.csv", HEADER + records(number))
    assert tiny.ingest().facts["n_delivered"] == 8
    assert asked == [(4, 4)]
    assert tiny.raw(LANDED) == [(0, 2), (1, 2), (2, 2), (3, 2)]
    tiny.deliver("2.csv", "imsi,tm\n1,2\n")
    assert tiny.ingest().facts["n_delivered"] == 6
    assert asked == [(4, 4), (4, 0)]
    assert tiny.raw(LANDED) == [(0, 2), (1, 2), (3, 2)]
    refused = read_json(tiny.store.raw_manifest("tiny", date(2026, 3, 2)))["refused"]
    assert [trouble["name"] for trouble in refused] == ["2.csv"]


def test_side_by_side_no_thread_is_left_that_takes_from_another(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, had = file_rows.land_files, []

    def watched(opened: Any, *words: Any, n_at_a_time: int, **named: Any) -> Any:
        (threads,) = opened.execute("SELECT current_setting('threads')").fetchone()
        had.append((n_at_a_time, threads))
        return real(opened, *words, n_at_a_time=n_at_a_time, **named)

    monkeypatch.setattr(file_rows, "land_files", watched)
    monkeypatch.setenv("PEIL_THREADS", "3")
    for n_files in (1, 2, 4):
        for number in range(n_files):
            tiny.deliver(f"{number}.csv", HEADER + records(number))
        assert tiny.ingest().facts["n_delivered"] == 2 * n_files
    assert had == [(1, 3), (2, 2), (3, 1)]
