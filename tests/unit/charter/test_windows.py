"""Linkage windows: how long a pseudonym stands for one device, and what a charter may ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from peil.charter import access, reading, windows
from peil.charter.period import Period
from peil.charter.windows import Window
from peil.outcome import Refused
from peil.stage.ready_day import ReadyDay
from peil.store import keys, ledger
from peil.store.atomic import write_json

LINKED = {"products": ["presence", "flows"], "linkage_days": 3, "retention__staged_days": 3}
DAYS = [date(2026, 3, n) for n in range(2, 9)]


def refusal(tiny: Any, **changes: Any) -> str:
    file = tiny.write_charter(**changes)
    with pytest.raises(Refused) as refused:
        reading.load("tiny")
    said = str(refused.value)
    assert str(file) in said and "\n" not in said and said.endswith(".")
    return said


@pytest.mark.parametrize(
    ("products", "days", "said"),
    [
        (["presence"], 2, "linkage_days: presence needs no linkage, so it must be 1"),
        (["presence", "flows"], 1, "linkage_days: flows must link a device over 2 days at least"),
        (["presence", "residence"], 1, "residence must link a device over 2 days"),
        (["presence", "flows", "visitors"], 1, "flows and visitors must link a device"),
        (["presence", "visitors"], 31, "linkage_days: Input should be less than or equal to 30"),
        (["presence", "flows"], 0, "linkage_days: Input should be greater than or equal to 1"),
        (["flows"], 7, "products: name presence too"),
        (["presence", "trips"], 7, "products.1: no such product; there are presence, flows"),
    ],
)
def test_a_charter_links_no_longer_and_no_shorter_than_its_products_need(
    tiny: Any, products: list[str], days: int, said: str
) -> None:
    assert said in refusal(tiny, products=products, linkage_days=days, retention__staged_days=30)


def test_staged_days_outlive_their_window(tiny: Any) -> None:
    said = refusal(tiny, **{**LINKED, "retention__staged_days": 2})
    assert "retention.staged_days: must be 3 at least" in said
    tiny.write_charter(**LINKED)
    assert reading.load("tiny").linkage_days == 3


def test_presence_alone_links_one_day(tiny: Any) -> None:
    assert tiny.charter.linkage_days == 1
    assert windows.windows(tiny.charter) == [Window(day, day) for day in DAYS]


def test_windows_run_from_the_start_of_the_period_and_the_last_is_shorter(tiny: Any) -> None:
    tiny.write_charter(**LINKED)
    found = windows.windows(tiny.charter)
    assert found == [Window(DAYS[0], DAYS[2]), Window(DAYS[3], DAYS[5]), Window(DAYS[6], DAYS[6])]
    assert [day for window in found for day in window.days()] == DAYS
    assert windows.window_of(tiny.charter, DAYS[4]) == found[1]


def test_a_window_has_one_pseudonym_key_and_each_day_a_sealing_key(tiny: Any) -> None:
    tiny.write_charter(**LINKED)
    files = [windows.pseudonym_key(tiny.store, tiny.charter, day) for day in DAYS]
    assert [files.index(file) for file in files] == [0, 0, 0, 3, 3, 3, 6]
    assert len({tiny.store.key("tiny", day, "staged") for day in DAYS}) == len(DAYS)


@pytest.mark.parametrize("trace", ["staged", "ledger"])
def test_a_shredded_window_is_late_as_a_whole_and_its_neighbours_are_not(
    tiny: Any, trace: str
) -> None:
    tiny.write_charter(**LINKED)
    store, charter = tiny.store, tiny.charter
    assert not any(windows.is_shredded(store, charter, day) for day in DAYS)
    if trace == "staged":
        kept = store.staged_manifest("tiny", DAYS[1])
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("{}")
    else:
        at = datetime(2026, 3, 9, tzinfo=UTC)
        ledger.append(store, "tiny", "shredded", at, {"period": str(DAYS[1])})
    shredded = [windows.is_shredded(store, charter, day) for day in DAYS]
    assert shredded == [True] * 3 + [False] * 4
    keys.new_key(windows.pseudonym_key(store, charter, DAYS[2]))
    assert not any(windows.is_shredded(store, charter, day) for day in DAYS)


def test_a_day_of_a_shredded_window_is_never_staged_under_another_key(tiny: Any) -> None:
    from peil.stage import stage

    tiny.write_charter(**LINKED)
    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n1,2026-03-02 10:00:00,204,08,c1,\n")
    tiny.ingest()
    kept = tiny.store.staged_manifest("tiny", DAYS[2])
    kept.write_text("{}")
    with pytest.raises(Refused, match=r"was destroyed: what is left of that day is late"):
        stage._stage(Period(tiny.charter, DAYS[0], tiny.store))
    assert not tiny.store.key("tiny", DAYS[0], "pseudonym").exists()


def test_no_other_key_than_that_of_the_window_stages_a_further_day(tiny: Any) -> None:
    tiny.write_charter(**LINKED)
    store, charter = tiny.store, tiny.charter
    file = access.day_key(store, "tiny", DAYS[0], "pseudonym")
    write_json(store.staged_manifest("tiny", DAYS[1]), {})
    windows.require_key(store, charter, DAYS[0])
    file.unlink()
    keys.new_key(file)
    for asks in ({}, {"other_than": DAYS[0]}):
        with pytest.raises(Refused, match=r"is not the one that the ledger names, under which 20"):
            windows.require_key(store, charter, DAYS[0], **asks)
    windows.require_key(store, charter, DAYS[0], other_than=DAYS[1])  # its own rows go
    windows.require_key(store, charter, DAYS[3])  # another window
    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n1,2026-03-02 10:00:00,204,08,c1,\n")
    tiny.ingest()
    with pytest.raises(Refused, match="restore it from its backup"):
        ReadyDay.of(Period(charter, DAYS[0], store))


def test_the_register_says_how_long_a_device_is_linked(tiny: Any) -> None:
    from peil.charter.public_register import entry_of

    tiny.write_charter(**LINKED)
    assert entry_of(tiny.charter, tiny.store)["linkage_days"] == 3
