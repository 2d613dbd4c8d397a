"""What is written: bytes, dirt, and a killed run."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import signal
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peil.commands.simulate import simulate
from peil.outcome import Refused
from peil.store.atomic import replace_folder

SMALL = {"devices": 200, "days": 2}


def hashes(folder: Path) -> dict[str, str]:
    sums: dict[str, str] = json.loads((folder / "demo" / "manifest.json").read_text())["sha256"]
    return sums


def lines_of(file: Path) -> list[str]:
    return gzip.decompress(file.read_bytes()).decode().splitlines()


def kind_of(line: str, day: str, cells: set[str]) -> str:
    """Judge one line by itself, as a reader would that knows the day and the cell plan."""
    fields = line.split(";")
    if len(fields) != 9:
        return "ragged"
    subscriber, moment, mcc, mnc, cell = fields[:5]
    if not subscriber or not moment:
        return "null_value"
    try:
        at = datetime.strptime(moment, "%d-%m-%Y %H:%M:%S")
    except ValueError:
        return "bad_time"
    if not mcc and not mnc:
        return "no_network"
    if not cell:
        return "no_location"
    if cell.isdigit() and len(cell) == 15:
        return "identifier_in_wrong_column"
    if cell not in cells:
        return "unknown_cell"
    return "good" if f"{at:%Y-%m-%d}" == day else "late"


def test_dirt_is_as_much_as_the_truth_says(written: Any) -> None:
    dirt = written.known("dirt")
    demo = written.deliveries / "demo"
    assert dirt["kind"].nunique() == 14  # clean and thirteen sorts of dirt
    files = sorted(demo.glob("events/*/*.csv.gz"))
    assert len(files) == written.simulation.days + 1  # one late file
    for file in files:
        day = file.parent.name
        cells = set(pd.read_csv(demo / "cells" / f"{day}.csv")["cell_id"])
        header, *lines = lines_of(file)
        assert header == "IMSI;EVENT_TIME;MCC;MNC;LAC_CI;EVENT_CODE;TA;IMEI;B_PARTY"
        counted = Counter(kind_of(line, day, cells) for line in lines)
        counted["duplicate"] = len(lines) - len(set(lines))
        stated = dirt[(dirt["day"] == day) & (dirt["file_name"] == file.name)]
        assert stated["n_rows"].sum() == len(lines)
        n = stated.groupby("reason")["n_rows"].sum().to_dict()
        assert counted["good"] == n.pop("", 0) + n.get("duplicate", 0)
        assert counted["ragged"] + counted["bad_time"] == n.pop("cannot_parse", 0)
        assert {reason: counted[reason] for reason in n} == n
        if file.name.endswith("_late.csv.gz"):
            assert counted["late"] == len(lines) > 0


def test_repeated_records_are_next_to_and_far_from_their_original(written: Any) -> None:
    file = next(iter(sorted((written.deliveries / "demo/events/2026-03-03").glob("*.gz"))))
    lines = lines_of(file)
    place: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        place.setdefault(line, []).append(number)
    gaps = [places[1] - places[0] for places in place.values() if len(places) > 1]
    dirt = written.known("dirt").set_index(["day", "kind"])["n_rows"]
    assert gaps.count(1) == dirt["2026-03-03", "duplicate_next"]
    assert sum(gap > 90 for gap in gaps) == dirt["2026-03-03", "duplicate_apart"]


def test_opted_out_subscribers_are_listed_and_deliver_clean_records(written: Any) -> None:
    listed = (written.deliveries / "demo/opt_out.csv").read_text().split()
    assert listed[0] == "IMSI"
    assert 0 < len(listed) - 1 < 0.05 * 500
    subscribers = set(written.known("devices")["subscriber_id"])
    assert set(listed[1:]) <= subscribers
    for file in (written.deliveries / "demo/events").glob("*/*.gz"):
        theirs = [line for line in lines_of(file) if line.split(";")[0] in set(listed[1:])]
        assert len(theirs) == len(set(theirs))
        if file.name.endswith("_late.csv.gz"):
            assert not theirs


def test_visitors_from_abroad_carry_a_foreign_network(written: Any) -> None:
    kind = written.known("devices").set_index("subscriber_id")["kind"]
    mcc = {}
    for file in (written.deliveries / "demo/events").glob("*/*.gz"):
        for line in lines_of(file)[1:]:
            subscriber, _, code, *_ = (*line.split(";"), "", "")
            if subscriber in kind.index and code:
                mcc[subscriber] = code
                assert subscriber.startswith(code)
    roamers = {s for s in mcc if kind[s] == "roamer"}
    assert len(roamers) >= 5
    assert all(mcc[s] != "204" for s in roamers)
    assert all(mcc[s] == "204" for s in set(mcc) - roamers)


def test_the_same_seed_gives_the_same_bytes(written: Any, tmp_path: Path) -> None:
    again = simulate(devices=500, days=4, deliveries=tmp_path / "d", truth=tmp_path / "t")
    assert again["status"] == "done"
    assert hashes(tmp_path / "d") == hashes(written.deliveries)
    assert hashes(tmp_path / "t") == hashes(written.truth)
    assert len(hashes(tmp_path / "t")) == 6


def test_another_seed_gives_other_people_in_the_same_country(tmp_path: Path) -> None:
    deliveries = {}
    for seed in (1, 2):
        to = tmp_path / str(seed)
        simulate(**SMALL, seed=seed, deliveries=to, truth=to / "truth")
        deliveries[seed] = hashes(to)
    same = {name for name in deliveries[1] if deliveries[1][name] == deliveries[2].get(name)}
    assert {"reference/tiles.parquet", "reference/zones.geojson"} <= same
    assert not any(name.startswith("events/") for name in same)


def test_a_second_run_leaves_all_untouched_and_says_so(tmp_path: Path) -> None:
    def run(**changed: int) -> dict[str, object]:
        return simulate(**{**SMALL, **changed}, deliveries=tmp_path / "d", truth=tmp_path / "t")

    def stamps() -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}

    first, before = run(), stamps()
    second = run()
    assert (first["status"], second["status"]) == ("done", "unchanged")
    assert "untouched" in str(second["sentence"])
    assert stamps() == before
    # an altered file, or other parameters, and it is made again
    file = next((tmp_path / "d/demo/events").glob("*/*.gz"))
    wanted = file.read_bytes()
    file.write_bytes(b"altered")
    assert run()["status"] == "done"
    assert file.read_bytes() == wanted
    assert run(seed=5)["status"] == "done"


@pytest.mark.parametrize("moment", ["events of 2026-03-03", "truth", "between the renames"])
def test_a_killed_run_leaves_nothing_half_and_runs_again(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def tell(what: str, share: float) -> None:
        if what == moment:
            die()

    def replace(aside: Path, path: Path) -> Path:
        if path == tmp_path / "d/demo" and moment == "between the renames":
            die()
        return replace_folder(aside, path)

    def run(progress: Any = None) -> dict[str, Any]:
        return simulate(**SMALL, deliveries=tmp_path / "d", truth=tmp_path / "t", progress=progress)

    wanted = simulate(**SMALL, deliveries=tmp_path / "wanted", truth=tmp_path / "wanted/truth")
    monkeypatch.setattr("peil.commands.simulate.replace_folder", replace)
    child = multiprocessing.get_context("fork").Process(target=run, args=(tell,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert not (tmp_path / "d/demo").exists()
    monkeypatch.undo()
    assert run() == wanted
    assert hashes(tmp_path / "d") == hashes(tmp_path / "wanted")
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["demo"]
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["demo"]


def test_progress_is_told_and_ends_at_one(tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    simulate(
        **SMALL,
        deliveries=tmp_path,
        truth=tmp_path / "t",
        progress=lambda what, share: steps.append((what, share)),
    )
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert steps[-1] == ("done", 1.0)


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 30}, {"devices": 10}, {"seed": -1}], ids=str
)
def test_impossible_parameters_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(Refused, match=next(iter(wrong))):
        simulate(**{**SMALL, **wrong}, deliveries=tmp_path, truth=tmp_path)
    assert not list(tmp_path.iterdir())
