"""A pilot from end to end by the command line, as a person would run it."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.settings import Settings
from peil.store.store import Store
from tests.stores import SMALL_DAYS, new_store, peil, peil_here

DAYS = [f"2026-03-{day:02d}" for day in range(2, 2 + SMALL_DAYS)]


def released(data: Path) -> dict[str, bytes]:
    """Every released table, by day; fails when one is missing."""
    folder = data / "agency/released/demo/presence"
    return {day: (folder / day / "rel_presence__by_zone_hour.csv").read_bytes() for day in DAYS}


def test_a_second_run_does_nothing_twice_and_says_so(small_pilot: Settings) -> None:
    data = small_pilot.data
    before = {
        file: file.stat().st_mtime_ns
        for file in data.rglob("*")
        if file.is_file() and "released" in str(file)
    }
    assert before
    ledger = (data / "operator/ledger/demo.jsonl").read_bytes()
    done = peil(data, "run", "pilots/demo.yml", "--to", DAYS[-1])
    assert done.returncode == 0, done.stderr
    assert f"{SMALL_DAYS} days released before: nothing was done again." in done.stdout
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert (data / "operator/ledger/demo.jsonl").read_bytes() == ledger


@pytest.mark.slow
def test_a_fresh_run_and_another_pseudonym_key_release_the_same_bytes(
    small_pilot: Settings, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_pilot.data, data, symlinks=True)
    key = data / f"operator/keys/demo/{DAYS[0]}.pseudonym.key"
    key.unlink()
    key.write_bytes(bytes(range(32)))
    key.chmod(0o400)
    words = ("run", "pilots/demo.yml", "--to", DAYS[-1], "--fresh")
    # in two processes, as a run of many days: the small pilot was made by one
    done = peil(data, *words, PEIL_TWO_PROCESSES_FROM_DAYS="2", PEIL_THREADS="2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert key.read_bytes() == bytes(range(32))
    assert released(data) == released(small_pilot.data)
    from peil.store import ledger

    store = Store(Settings(data=data))
    kinds = [entry["kind"] for entry in ledger.entries(store.ledger("demo"))]
    assert kinds.count("withdrawn") == SMALL_DAYS
    assert kinds.count("release") == 2 * SMALL_DAYS
    assert ledger.check(store, "demo") == []


def test_every_file_is_accounted_for_and_agrees_with_what_was_simulated(
    small_pilot: Settings,
) -> None:
    import pandas as pd

    dirt = pd.read_parquet(small_pilot.data / "truth/demo/dirt.parquet")
    n_rows_seen = 0
    for day in DAYS:
        sealed = small_pilot.data / "operator/sealed/demo"
        raw = json.loads((sealed / f"{day}.raw.json").read_text())
        staged = json.loads((sealed / f"{day}.staged.json").read_text())
        for file in raw["files"]:
            rows = [row for row in staged["accounting"] if row["file_name"] == file["name"]]
            assert sum(row["n_rows"] for row in rows) == file["n_rows"]
            planted = dirt[dirt["file_name"] == file["name"]]
            for reason, group in planted[planted["reason"] != ""].groupby("reason"):
                n_accounted = sum(row["n_rows"] for row in rows if row["reason"] == reason)
                assert n_accounted == group["n_rows"].sum(), reason
            n_rows_seen += file["n_rows"]
    assert n_rows_seen > 100_000


def test_released_tables_hold_the_threshold_and_hide_what_is_withheld(
    small_pilot: Settings,
) -> None:
    n_withheld = n_free = 0
    for content in released(small_pilot.data).values():
        for row in csv.DictReader(content.decode().splitlines()):
            if row["CONF_STATUS"] == "C":
                assert row["OBS_VALUE"] == row["OBS_LOWER"] == row["OBS_UPPER"] == ""
                n_withheld += 1
            else:
                assert int(row["OBS_LOWER"]) <= int(row["OBS_VALUE"]) <= int(row["OBS_UPPER"])
                n_free += 1
    assert n_withheld > 0 and n_free > 0


def test_an_entry_rests_on_the_threshold_and_is_no_finer_than_a_zone_and_an_hour(
    small_pilot: Settings,
) -> None:
    from peil.area.area import area_of
    from peil.charter import reading

    charter, store = reading.load("demo"), Store(small_pilot)
    zones = set(area_of(charter, store).zones["zone_id"].astype(str))
    least = []
    for day, content in released(small_pilot.data).items():
        estimated = store.estimated("demo", date.fromisoformat(day))
        rows = pd.read_parquet(estimated / "est_presence__by_zone_hour.parquet")
        rows = rows[rows["estimator"] == RELEASED_ESTIMATOR]
        places = zip(
            rows["zone_id"].astype(str), pd.to_datetime(rows["hour_at"], utc=True), strict=True
        )
        evidence = dict(
            zip(places, rows[["n_devices", "n_devices_counted"]].min(axis=1), strict=True)
        )
        table = list(csv.DictReader(content.decode().splitlines()))
        entries = [(row["REF_AREA"], pd.Timestamp(row["TIME_PERIOD"])) for row in table]
        assert len(set(entries)) == len(entries) and {zone for zone, _ in entries} <= zones
        assert all(hour == hour.floor("h") for _, hour in entries)
        for row, (zone, hour) in zip(table, entries, strict=True):
            if row["OBS_VALUE"]:
                least.append(evidence[zone, hour.tz_convert("UTC")])
    assert charter.threshold == 15 and 15 <= min(least) < 30


def test_the_metadata_of_a_release_say_how_much_of_it_is_withheld(small_pilot: Settings) -> None:
    for day, content in released(small_pilot.data).items():
        folder = small_pilot.data / f"agency/released/demo/presence/{day}"
        metadata = json.loads((folder / "metadata.json").read_text())
        status = [row["OBS_STATUS"] for row in csv.DictReader(content.decode().splitlines())]
        assert (metadata["n_entries"], metadata["n_withheld"]) == (len(status), status.count("Q"))
        assert metadata["withheld_share"] == round(status.count("Q") / len(status), 4) > 0


def test_what_crossed_stands_in_the_operators_disclosure_ledger(small_pilot: Settings) -> None:
    store = Store(small_pilot)
    kept = {file.name for file in store.disclosure.glob("*/*.json")}
    assert {f"demo.presence.{day}.json" for day in DAYS} <= kept
    assert {file.parent.name for file in store.disclosure.glob("*/*.json")} - {"areas"}


def test_the_bundle_verifies_and_a_changed_byte_does_not(copied_store: Settings) -> None:
    from peil.store import verifying

    folder = copied_store.data / f"agency/released/demo/presence/{DAYS[0]}"
    assert verifying.answer(folder)[0] == 0
    assert verifying.answer(copied_store.data)[0] == 0
    table = folder / "rel_presence__by_zone_hour.csv"
    table.write_bytes(table.read_bytes().replace(b"A,F", b"A,C", 1))
    changed = "rel_presence__by_zone_hour.csv was changed after it was signed."
    assert verifying.answer(folder) == (1, changed)


def test_a_changed_release_is_named_and_its_figures_are_not_on_the_page(
    copied_store: Settings,
) -> None:
    from peil import status
    from peil.area.area import area_of
    from peil.charter import reading
    from peil.pages import build

    charter, store = reading.load("demo"), Store(copied_store)
    rows = list(csv.DictReader(released(copied_store.data)[DAYS[0]].decode().splitlines()))
    shown = next(row["OBS_VALUE"] for row in rows if row["OBS_VALUE"])
    table = copied_store.data / f"agency/released/demo/presence/{DAYS[0]}" / f"{build.TABLE}.csv"
    table.write_bytes(table.read_bytes().replace(shown.encode(), b"999999", 1))
    done = peil_here(copied_store.data, "status", "demo")
    broken = f"{build.TABLE}.csv was changed after it was signed."
    assert f"✗ {DAYS[0]} presence is released and broken: {broken}" in done.stdout
    page, _ = build.build(charter, store)
    content = page.read_text() if page else ""
    assert f"Not shown, since it is not as it was signed. presence: {broken}" in content
    assert f"{DAYS[1]}T12:00:00+01:00" in content
    days = status.of_pilot(charter, store)
    data = build.collected(charter, store, area_of(charter, store), days)
    assert data is not None
    hours = [t for t, time in enumerate(data.released.times) if time.startswith(DAYS[0])]
    assert all(row[t] is None for row in data.released.values for t in hours)
    for day in DAYS[1:]:  # then nothing is whole, and the page says so instead of staying as it was
        (table.parent.with_name(day) / "metadata.json").unlink()
    page, _ = build.build(charter, store)
    content = page.read_text() if page else ""
    assert "metadata.json is missing." in content and "T12:00:00+01:00" not in content


def test_nothing_of_a_finished_store_is_open_to_another_user(small_pilot: Settings) -> None:
    """Databases of Airflow and MLflow, logs, locks and pages included, as deliveries."""
    places = [small_pilot.data, *small_pilot.data.rglob("*")]
    modes = {place: place.lstat().st_mode & 0o777 for place in places if not place.is_symlink()}
    assert {"airflow.db", "mlflow.db", "index.html"} <= {place.name for place in modes}
    assert {str(place): oct(mode) for place, mode in modes.items() if mode & 0o077} == {}


def test_training_registers_two_versions_with_one_champion(copied_store: Settings) -> None:
    data = copied_store.data
    done = peil_here(data, "train", "demo", "--fit-days", "1", "--judge-days", "1")
    assert done.returncode == 0, done.stderr
    again = peil_here(data, "train", "demo", "--fit-days", "1", "--judge-days", "1")
    assert "unchanged" in again.stdout

    from peil.adapters import version_rows

    comparison = version_rows.compare(Store(copied_store), "demo")
    assert [version["version"] for version in comparison["versions"]] == [1, 2]
    assert [version["footprint"] for version in comparison["versions"]] == [
        "defaults",
        "calibrated",
    ]
    assert sum(version["is_champion"] for version in comparison["versions"]) == 1
    assert {run["estimator"] for run in comparison["runs"]} == set(ESTIMATORS)
    assert all("mape_day" in run for run in comparison["runs"])
    shown = peil_here(data, "compare", "demo", COLUMNS="160")
    assert shown.returncode == 0
    for word in (*ESTIMATORS, "calibrated", "defaults", "± "):
        assert word in shown.stdout
    assert comparison["versions"][1]["steepness_se"] > 0


@pytest.mark.slow
def test_a_footprint_is_judged_against_the_champion_that_stands(
    copied_store: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil import train
    from peil.adapters import versions
    from peil_models.footprint import FootprintSignalStrength

    store, words = Store(copied_store), ("train", "demo", "--judge-days", "1", "--fit-days")
    deaf = FootprintSignalStrength(path_loss_exponent=5.0, steepness=0.6)
    tags = {"peil.footprint": "planted"}
    planted = versions.register(store, "demo", "a" * 32, deaf, {}, {}, tags)
    versions.promote(store, "demo", planted)
    assert peil_here(copied_store.data, *words, "1").returncode == 0
    better = versions.champion(store, "demo")
    assert better is not None and better.number in (2, 3)  # a worse one does not stay
    # of the same nights nothing that is worse than the champion takes its place
    store.trained("demo").unlink()  # else nothing is trained again
    monkeypatch.setattr(train, "calibrate_footprint", lambda *given: deaf)
    monkeypatch.setattr(train, "default_footprint", lambda pilot: deaf)
    done = peil_here(copied_store.data, *words, "1")
    assert f"version {better.number} stays" in done.stdout.replace("\n", " ")
    assert "at the edge of what is allowed" in done.stdout.replace("\n", " ")
    still = versions.champion(store, "demo")
    assert still is not None and still.number == better.number


def test_a_release_that_is_not_as_it_was_signed_is_not_scored(copied_store: Settings) -> None:
    file = Store(copied_store).released("demo", "presence", date(2026, 3, 2))
    file = file / "rel_presence__by_zone_hour.parquet"
    file.write_bytes(file.read_bytes()[:500])
    done = peil_here(copied_store.data, "score", "demo", COLUMNS="400")
    assert done.returncode == 2 and "cannot be vouched for" in done.stdout + done.stderr
    assert "restore it from a copy" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_closed_gate_stops_its_own_day_only_and_tells_a_person(
    small_deliveries: Settings, tmp_path: Path
) -> None:
    deliveries = tmp_path / "deliveries"
    shutil.copytree(small_deliveries.deliveries_folder, deliveries)
    two_processes = {"PEIL_TWO_PROCESSES_FROM_DAYS": "2", "PEIL_THREADS": "2"}
    file = next((deliveries / "demo/events" / DAYS[0]).glob("*.csv.gz"))
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    # every third record's time cannot be read: more than the gate of raw believes of a delivery
    broken = [line if n % 3 else b";not a time" + line for n, line in enumerate(lines[1:])]
    file.write_bytes(gzip.compress(lines[0] + b"".join(broken), 1, mtime=0))
    store_settings = Settings(
        data=tmp_path / "data", deliveries=deliveries, truth=small_deliveries.truth_folder
    )
    store_settings = new_store(store_settings, store_settings.data)
    done = peil(
        store_settings.data,
        "run",
        "pilots/demo.yml",
        "--to",
        DAYS[1],
        PEIL_DELIVERIES=str(deliveries),
        PEIL_TRUTH=str(store_settings.truth_folder),
        **two_processes,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"{DAYS[0]} stopped" in done.stderr
    store = Store(store_settings)
    assert not (store_settings.data / "agency/released/demo/presence" / DAYS[0]).exists()
    assert (store_settings.data / "agency/released/demo/presence" / DAYS[1]).exists()
    assert (store.quarantine("demo") / f"{DAYS[0]}.closed.json").exists()
    alerts = (store.quarantine("demo") / "alerts.jsonl").read_text().splitlines()
    assert len(alerts) == 1 and json.loads(alerts[0])["state"] == "raw"
    again = peil(store_settings.data, "ingest", "demo", DAYS[0], PEIL_DELIVERIES=str(deliveries))
    assert again.returncode == 3
    assert (store.quarantine("demo") / "alerts.jsonl").read_text().splitlines() == alerts


@pytest.mark.parametrize("verb", ["ingest", "stage", "estimate", "release"])
def test_a_verb_on_a_released_day_says_unchanged(small_pilot: Settings, verb: str) -> None:
    done = peil_here(small_pilot.data, verb, "demo", DAYS[0])
    assert done.returncode == 0
    assert "unchanged" in done.stdout


def test_a_damaged_record_of_a_released_day_holds_up_neither_death_nor_pages(
    copied_store: Settings,
) -> None:
    """Its verb says to restore it, since made again it might not be what was released."""
    operator = copied_store.data / "operator"
    records = {
        "ingest": operator / f"sealed/demo/{DAYS[1]}.raw.json",
        "stage": operator / f"sealed/demo/{DAYS[1]}.staged.json",
        "estimate": operator / f"estimated/demo/presence/{DAYS[1]}/estimated.json",
    }
    for verb, file in records.items():
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        seen = peil_here(copied_store.data, "status", "demo", COLUMNS="400").stdout
        assert file.name in seen, verb
        assert peil_here(copied_store.data, "retain", "demo").returncode == 0, verb
        done = peil_here(copied_store.data, verb, "demo", DAYS[1])
        assert done.returncode == 2 and "restore it from backup" in done.stderr, verb
        assert "could not be made again" not in done.stderr, verb
        file.write_bytes(whole)
        assert peil_here(copied_store.data, verb, "demo", DAYS[1]).returncode == 0, verb


def test_a_damaged_record_of_scores_is_made_again(copied_store: Settings) -> None:
    file = copied_store.data / "operator/estimated/demo/scores/scores.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert peil_here(copied_store.data, "score", "demo").returncode == 0
    assert file.read_bytes() == whole


def test_status_and_the_pages_are_there(small_pilot: Settings) -> None:
    done = peil_here(small_pilot.data, "status", "demo", COLUMNS="140")
    assert done.returncode == 0
    assert done.stdout.count("released") >= SMALL_DAYS
    assert (small_pilot.data / "agency/portal/demo/index.html").stat().st_size > 100_000
    assert (small_pilot.data / "operator/page/demo/index.html").stat().st_size > 10_000
