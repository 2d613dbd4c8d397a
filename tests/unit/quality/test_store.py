"""The quality store: what is written is read back, in one order, or the old file stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from peil.quality import store as quality
from peil.settings import Settings
from peil.store import atomic
from peil.store.faults.damage import Damaged
from peil.store.store import Store

DAY = date(2026, 3, 2)
HOUR = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"check": "n_rows_staged", "scope": "hour", "place": "", "hour_at": HOUR, "value": 20.0},
    {"check": "n_rows_staged", "scope": "cell_hour", "place": "c1", "hour_at": HOUR, "value": None},
    {"check": "count_imsis", "scope": "day", "place": "", "hour_at": None, "value": 7.0},
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(data=tmp_path))  # type: ignore[call-arg]


def keep(store: Store, rows: list[dict[str, Any]], day: date = DAY) -> bytes:
    table = pa.Table.from_pylist(rows, schema=quality.SCHEMAS["figures"])
    return quality.write(store, "tiny", day, "figures", table, "f1").read_bytes()


def test_what_is_written_is_read_back_in_one_order(store: Store) -> None:
    keep(store, ROWS)
    figures = quality.figures(store, "tiny", [DAY, date(2026, 3, 3)])
    assert list(figures.columns) == ["day", "check", "scope", "place", "hour_at", "value"]
    assert figures["check"].tolist() == ["n_rows_staged", "count_imsis", "n_rows_staged"]
    assert figures["scope"].tolist() == ["cell_hour", "day", "hour"]
    assert figures["day"].tolist() == ["2026-03-02"] * 3
    assert figures["value"].isna().tolist() == [True, False, False]
    assert figures["hour_at"][0] == HOUR and figures["value"][1] == 7.0
    assert quality.fingerprint_of(store, "tiny", DAY, "figures") == "f1"


@pytest.mark.parametrize("end", [200, -40])
def test_a_damaged_file_is_named_with_what_makes_it_again(store: Store, end: int) -> None:
    keep(store, ROWS)
    file = quality.file_of(store, "tiny", DAY, "figures")
    content = file.read_bytes()
    file.write_bytes(content[:20] + bytes(len(content[20:end])) + content[end:])
    with pytest.raises(Damaged) as refused:
        quality.figures(store, "tiny", [DAY])
    assert str(refused.value) == (
        f"The file {file} of the store is damaged: move it away and run `peil stage tiny {DAY}`, "
        "which counts it again where its rows are still there."
    )


def test_the_order_of_rows_does_not_change_a_byte(store: Store) -> None:
    assert keep(store, ROWS) == keep(store, ROWS[::-1])


def test_a_scope_is_read_without_the_others(store: Store) -> None:
    keep(store, ROWS)
    assert quality.figures(store, "tiny", [DAY], scopes=["day"])["check"].tolist() == [
        "count_imsis"
    ]


def test_nothing_is_an_empty_frame_with_the_same_columns(store: Store) -> None:
    keep(store, ROWS)
    for read in (quality.figures, quality.judged):
        assert list(read(store, "other", [DAY]).columns)[:3] == ["day", "check", "scope"]
    assert quality.fingerprint_of(store, "other", DAY, "figures") == ""


def test_a_kill_while_writing_leaves_the_old_file(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, ROWS)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        keep(store, ROWS[:1])
    assert len(quality.figures(store, "tiny", [DAY])) == 3


def test_the_last_days_are_those_with_figures_before_the_day(store: Store) -> None:
    for day in (date(2026, 2, 20), date(2026, 2, 27), DAY, date(2026, 3, 3)):
        keep(store, ROWS, day)
    assert quality.last_days(store, "tiny", DAY, 7) == ["2026-02-27"]
    assert quality.last_days(store, "tiny", DAY, 10) == ["2026-02-20", "2026-02-27"]
    quality.forget(store, "tiny", [date(2026, 2, 27)])
    assert quality.last_days(store, "tiny", DAY, 10) == ["2026-02-20"]
