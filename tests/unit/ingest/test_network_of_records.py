"""A delivery whose records name the network as one code: nobody becomes a resident, no row goes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from peil.charter import reading
from peil.outcome import Refused

DAY = date(2026, 3, 2)
HEADER = "imsi,at,PLMN,cell\n"
COLUMNS = {"subscriber_id": "imsi", "observed_at": "at", "cell_id": "cell"}
NETWORKS = ("20408", "20408", "310410", "26202")


def rows(n: int, network: str = "", at: str = "2026-03-02 10:{:02d}:00") -> str:
    """Sound records of residents and visitors, in this order by `NETWORKS`."""
    return "".join(
        f"2040800000{k:05d},{at.format(k % 60)},{network or NETWORKS[k % 4]},c1\n"
        for k in range(20, n + 20)
    )


def mapped(tiny: Any, **extra: Any) -> None:
    changes = {f"inputs__events__{key}": value for key, value in extra.items()}
    tiny.write_charter(**changes)


@pytest.mark.parametrize("constant", [None, 204])
def test_a_network_as_one_code_gives_country_and_network(tiny: Any, constant: int | None) -> None:
    mapped(tiny, columns={**COLUMNS, "plmn": "PLMN"}, mcc=constant)
    tiny.deliver("a.csv", HEADER + rows(4))
    tiny.ingest()
    networks = tiny.raw("SELECT mcc, mnc FROM events ORDER BY line")
    assert networks == [(204, "08"), (204, "08"), (310, "410"), (262, "02")]


def test_a_network_as_one_code_is_no_country_code_and_the_remedy_is_told(tiny: Any) -> None:
    mapped(tiny, columns={**COLUMNS, "mcc": "PLMN"})
    tiny.deliver("a.csv", HEADER + rows(4))
    with pytest.raises(Refused) as refused:
        tiny.ingest()
    assert str(refused.value) == (
        "a.csv, column PLMN: of 4 records 4 cannot be read, 4 of them since 5 or 6 digits are no "
        "country code but a whole network: map it as `plmn`, not `mcc`, or have the file delivered "
        "again."
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", rows(3, at="2 March {:02d}"), "column at: of 3 records 3 cannot be read, 3 of"),
        ("b.csv", rows(70, at="soon {}") + rows(40), "of 110 records 70 cannot be read, 70 of"),
        ("c.csv", rows(3, network="999"), "column PLMN: of 3 records 3 cannot be read"),
    ],
)
def test_a_file_of_which_most_records_cannot_be_read_is_refused_and_the_others_go_on(
    tiny: Any, name: str, content: str, told: str
) -> None:
    mapped(tiny, columns={**COLUMNS, "plmn": "PLMN"})
    tiny.deliver(name, HEADER + content)
    tiny.deliver("z.csv", HEADER + rows(4).replace("10:", "11:"))
    assert tiny.ingest().facts["n_files_refused"] == 1
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    (entry,) = record["refused"]
    assert (entry["name"], entry["reason"]) == (name, "unreadable") and told in entry["why"]
    assert tiny.raw("SELECT count(*) FROM events") == [(4,)]


def test_a_file_with_some_bad_records_is_landed(tiny: Any) -> None:
    mapped(tiny, columns={**COLUMNS, "plmn": "PLMN"})
    tiny.deliver("a.csv", HEADER + rows(50, at="soon {}") + rows(60))
    tiny.deliver("b.csv", HEADER + rows(3, at="never {}") + rows(1).replace("10:", "12:"))
    tiny.ingest()
    counts = tiny.raw("SELECT count(*), count(defect) FROM events")
    assert counts == [(114, 53)]


@pytest.mark.parametrize("missing", ["subscriber_id", "observed_at", "cell_id", "mcc"])
def test_a_charter_without_a_needed_column_is_refused_with_file_and_key(
    tiny: Any, missing: str
) -> None:
    columns = {name: name for name in (*COLUMNS, "mcc") if name != missing}
    file = tiny.write_charter(inputs__events__columns=columns)
    with pytest.raises(Refused, match=f"{file}, inputs.events: columns.{missing}: say which"):
        reading.load("tiny")
    if missing == "mcc":
        for network in ({"columns": {**columns, "plmn": "PLMN"}}, {"mcc": 204}):
            mapped(tiny, **{"columns": columns, **network})
            assert reading.load("tiny").pilot == "tiny"
