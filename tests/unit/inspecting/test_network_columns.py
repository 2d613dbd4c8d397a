"""`peil inspect` on deliveries with the network as one code, the visited one, or without any."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from peil.inspecting import stub
from peil.inspecting.inspection import inspect
from peil.inspecting.proposal import Proposal

NETWORKS = ("20408", "20408", "310410", "26202", "20404")


def events_of(folder: Path, name: str, networks: tuple[str, ...] = NETWORKS) -> list[Proposal]:
    rows = "".join(
        f"204080000{n:06d},2026-03-02 {n % 24:02d}:00:00,{networks[n % len(networks)]},c1\n"
        for n in range(60)
    )
    (folder / "events_2026-03-02.csv").write_text(f"IMSI,EVENT_TIME,{name},CELL_ID\n{rows}")
    return inspect(folder, None, date(2026, 3, 2))


def delivery_of(folder: Path, proposals: list[Proposal]) -> dict[str, object]:
    file = folder / "charter" / "pilot.yml"
    stub.write(file, proposals, stub.Home("deliveries", "x", ""), None, None)
    events: dict[str, object] = yaml.safe_load(file.read_text())["inputs"]["events"]
    return events


@pytest.mark.parametrize(
    "name", ["PLMN", "plmn_id", "HPLMN", "MCCMNC", "Network", "netwerk", "MCC"]
)
def test_a_network_as_one_code_is_mapped_and_no_constant_is_written(
    tmp_path: Path, name: str
) -> None:
    proposals = events_of(tmp_path, name)
    assert proposals[0].problems == [] and proposals[0].mcc == 204
    events = delivery_of(tmp_path, proposals)
    assert events["columns"] == {
        "subscriber_id": "IMSI",
        "observed_at": "EVENT_TIME",
        "cell_id": "CELL_ID",
        "plmn": name,
    }
    assert "mcc" not in events


@pytest.mark.parametrize(
    ("name", "networks"),
    [("VPLMN", NETWORKS), ("network", ("4G", "LTE")), ("BAND", ("800", "1800"))],
)
def test_a_constant_is_proposed_only_without_a_network_and_says_what_is_lost(
    tmp_path: Path, name: str, networks: tuple[str, ...]
) -> None:
    proposals = events_of(tmp_path, name, networks)
    assert delivery_of(tmp_path, proposals)["mcc"] == 204
    head = (tmp_path / "charter" / "pilot.yml").read_text()
    assert "foreign SIMs cannot be told apart" in head and "plmn" not in proposals[0].columns
